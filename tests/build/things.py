"""Words that make the examples of a test different from each other."""

THINGS = (
    "lamp",
    "boat",
    "train",
    "shoe",
    "clock",
    "table",
    "river",
    "engine",
    "song",
    "garden",
    "cup",
    "tree",
)
