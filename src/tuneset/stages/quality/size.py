"""How many training examples there are, beside what is usual for such a task."""

from tuneset.stages.quality.signal import Signal

USUAL = {
    "classification": (500, 1_000),
    "instruction": (1_000, 3_000),
    "domain": (2_000, 5_000),
    "style": (300, 800),
}
"""Training examples by task. Source: research/science 3.9: starting values of practice, not findings."""
LEAST = 50
"""Source: OpenAI's guide: improvements were seen from 50 to 100 examples."""


def size(task: str, count: int) -> Signal:
    """The number of training examples; only far too few is called poor, a learning curve decides the rest."""
    low, high = USUAL[task]
    where = "below" if count < low else "above" if count > high else "within"
    return Signal(
        "size",
        task,
        float(count),
        "count",
        count,
        None,
        None,
        "poor" if count < LEAST else "good" if count >= low else "undecided",
        f"{count:,} training examples, {where} the {low:,} to {high:,} that are usual for {task}",
        "a starting value of practice, no finding",
        "" if count >= low else "measure whether more would help before you collect them",
    )
