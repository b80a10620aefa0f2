"""What people thought of an answer: thumbs in the feedback of logs, in the words of whoever took them."""

from collections.abc import Mapping

import orjson

Json = object
"""A JSON value."""

_UP = {
    "up",
    "thumbs_up",
    "thumbsup",
    "thumb_up",
    "positive",
    "like",
    "liked",
    "good",
    "correct",
    "yes",
    "true",
    "1",
}
_DOWN = {
    *("down", "thumbs_down", "thumbsdown", "thumb_down", "negative", "dislike", "disliked"),
    *("bad", "incorrect", "no", "false", "0", "-1"),
}
_PLACES = (
    "thumb",
    "thumbs",
    "thumbs_up",
    "rating",
    "label",
    "score",
    "value",
    "vote",
    "feedback",
    "sentiment",
    "type",
    "result",
)
_NAMES = ("thumb", "feedback", "rating", "vote", "like")


def thumb_in(feedback: str | None) -> bool | None:
    """`thumb_of` the column `feedback`, JSON or null."""
    return None if feedback is None else thumb_of(orjson.loads(feedback))


def thumb_of(feedback: Json) -> bool | None:
    """True for a thumb up, False for one down, None if there is none or several that disagree.

    Only what cannot be meant otherwise counts: words, true and false, 1, 0 and -1 under a name that says
    thumb, rating or feedback. A score of 0.7 is no thumb.
    """
    found = set(_thumbs(feedback, named=True))
    return found.pop() if len(found) == 1 else None


def _thumbs(value: Json, *, named: bool) -> "list[bool]":
    match value:
        case bool():
            return [value] if named else []
        case int() | float():
            return [value > 0] if named and value in (1, 0, -1) else []
        case str():
            word = value.strip().lower().replace("-", "_").replace(" ", "_")
            return [True] if named and word in _UP else [False] if named and word in _DOWN else []
        case list():
            return [thumb for entry in value for thumb in _thumbs(entry, named=named)]
        case dict():
            return _in_object(value)
        case _:
            return []


def _in_object(value: Mapping[str, Json]) -> list[bool]:
    """The first place that says it. An entry with a name of its own must be called a thumb."""
    called = value.get("name", value.get("key"))
    if isinstance(called, str) and not any(word in called.lower() for word in _NAMES):
        return []
    for place in _PLACES:
        if place in value and (thumbs := _thumbs(value[place], named=True)):
            return thumbs
    return []
