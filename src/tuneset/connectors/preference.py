"""Preference pairs and thumbs: only the better answer is an example."""

from collections.abc import Mapping

from tuneset.connectors.turns import Turns, decoded
from tuneset.core.errors import Rejected

CHOSEN = ("chosen", "chosen_messages", "preferred_output")


def refuse_negative(record: Mapping[str, object]) -> None:
    """Raises:
    Rejected: `negative-example` if the record says that its answer is bad, as KTO files do.
    """
    if record.get("label") is False:
        raise Rejected("negative-example", "`label` is false")


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
    return value[0].get("role", value[0].get("from")) not in ("assistant", "gpt")
