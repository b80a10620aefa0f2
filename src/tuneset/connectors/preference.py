"""Preference pairs and thumbs: the better answer is the example, the other stays in `extra["rejected"]`."""

from collections.abc import Mapping

from tuneset.connectors.turns import Turns, decoded
from tuneset.core.connector import Parsed

CHOSEN = ("chosen", "chosen_messages", "preferred_output")
LABELS = ("label", "kto_tag")
"""Where rows for KTO say whether their answer is a good one: TRL's name and LLaMA-Factory's."""
REJECTED = ("rejected", "rejected_messages", "non_preferred_output")
_ASSISTANT = ("assistant", "gpt")


def completed(parsed: Parsed, *, turns: Turns, tools: object = None) -> Parsed:
    """A record with its tools, its label for KTO as feedback, and what its messages held besides."""
    parsed.tools = tools
    settle_thumb(parsed)
    if turns.leftovers:
        parsed.extra["messages"] = turns.leftovers
    return parsed


def settle_thumb(parsed: Parsed) -> None:
    """Moves the `label` of rows for KTO to the feedback: true is a thumb up, false one down. What is there
    stays.
    """
    for name in LABELS:
        if type(parsed.extra.get(name)) is bool and parsed.feedback is None:
            parsed.feedback = {"label": parsed.extra.pop(name)}


def chosen_field(record: Mapping[str, object]) -> str | None:
    """The field with the better of two answers, if the record has one."""
    return next((name for name in CHOSEN if record.get(name) is not None), None)


def add_chosen(value: object, turns: Turns, *, where: str) -> None:
    """The better answer: a text, one message or a list of messages.

    Raises:
        Rejected: as `Turns.extend`.
    """
    value = decoded(value)
    if type(value) is str:
        turns.say("assistant", value)
    else:
        turns.extend([value] if type(value) is dict else value, where=where)


def is_whole_conversation(value: object) -> bool:
    """Does the chosen side hold the question too?"""
    value = decoded(value)
    if type(value) is not list or not value or type(value[0]) is not dict:
        return False
    return value[0].get("role", value[0].get("from")) not in _ASSISTANT


def settle_rejected(extra: dict[str, object], record: Mapping[str, object]) -> None:
    """Puts the worse answer under `rejected` as one message, in whatever way the pair was written.

    What is no single answer to the same question (other turns, calls, masks) stays as it is.
    """
    name = next((name for name in REJECTED if extra.get(name) is not None), None)
    chosen = chosen_field(record)
    if name is None or chosen is None:
        return
    message = _single(decoded(extra[name]), beside=decoded(record[chosen]))
    if message is not None:
        del extra[name]
        extra["rejected"] = message


def _single(value: object, *, beside: object) -> Mapping[str, object] | None:
    if type(value) is str:
        return {"role": "assistant", "content": value}
    if type(value) is list and value:
        *before, value = value
        if before and not (type(beside) is list and beside[:-1] == before):
            return None
    if type(value) is not dict or value.get("role", value.get("from")) not in _ASSISTANT:
        return None
    text = value.get("content", value.get("value"))
    plain = type(text) is str and len(value) == 2
    return {"role": "assistant", "content": text} if plain else None
