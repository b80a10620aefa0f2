"""Preferences: which answer of two is better, and which answers got a thumb. Shared by DPO and KTO targets.

Connectors keep a worse answer in `extra["rejected"]`: the model's own where a person has corrected it, or the
sibling that a user did not choose. Thumbs lie in `feedback`, in the words of whoever took them.
"""

from collections.abc import Mapping

from tuneset.exporters.conversation import Conversation, Json, Message

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
)
_NAMES = ("thumb", "feedback", "rating", "vote", "like")


def rejected_of(talk: Conversation) -> list[Json] | None:
    """The worse answer as messages of the assistant; None if there is none, or it is not the assistant's."""
    worse = talk.extra.get("rejected")
    if isinstance(worse, str):
        worse = {"role": "assistant", "content": worse}
    listed = worse if isinstance(worse, list) else [worse]
    messages = [_message(entry) for entry in listed]
    if not messages or any(message is None for message in messages):
        return None
    return messages


def _message(entry: Json) -> Json:
    if not isinstance(entry, dict):
        return None
    role = entry.get("role", entry.get("from", "assistant"))
    content = entry.get("content", entry.get("value"))
    calls = entry.get("tool_calls")
    if role not in ("assistant", "gpt", "model") or not (content or calls):
        return None
    return {"role": "assistant", "content": content, **({"tool_calls": calls} if calls else {})}


def same_answer(chosen: Message, rejected: list[Json]) -> bool:
    """Do both answers say the same?"""
    return len(rejected) == 1 and (rejected[0]["content"], rejected[0].get("tool_calls")) == (
        chosen["content"],
        chosen.get("tool_calls"),
    )


def thumb_on(talk: Conversation) -> bool | None:
    """The thumb that its answer got. Those in the log of a corrected example are on the original answer."""
    return None if talk.kind == "corrected" else thumb_of(talk.feedback)


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
