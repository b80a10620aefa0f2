"""Alpaca: `instruction`, an optional `input`, `output`; earlier turns in `history`."""

from collections.abc import Mapping

from tuneset.connectors.envelope import envelope
from tuneset.connectors.preference import (
    add_chosen,
    chosen_field,
    settle_rejected,
    settle_thumb,
)
from tuneset.connectors.readers.batch import json_type
from tuneset.connectors.turns import Turns, decoded
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

_INPUTS = ("input", "context")
_OUTPUTS = ("output", "response", "chosen")


class Alpaca:
    """Records with `instruction` and `output`. Instruction and input become one user turn, a blank line
    between.
    """

    name = "alpaca"
    version = 4

    def recognises(self, record: Mapping[str, object]) -> str | None:
        """By `instruction` and a field with the answer."""
        output = next((name for name in _OUTPUTS if name in record), None)
        if type(record.get("instruction")) is not str or output is None:
            return None
        return f"`instruction`, `{output}`"

    def parse(self, record: Mapping[str, object], into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        turns, extra = Turns(into), dict(record)
        settle_rejected(extra, record)
        instruction = _text(extra, (fields.prompt or "instruction",))
        if instruction is None:
            raise Rejected("unknown-shape", "no `instruction`")
        if system := _text(extra, (fields.system or "system",)):
            turns.say("system", system)
        _add_history(extra, turns)
        given = _text(extra, _INPUTS)
        turns.say("user", f"{instruction}\n\n{given}" if given else instruction)
        _add_output(extra, turns, fields=fields)
        parsed = envelope(extra, fields=fields)
        settle_thumb(parsed)
        return parsed


def _text(extra: dict[str, object], names: tuple[str, ...]) -> str | None:
    """Takes the first of these fields that holds text out of `extra`."""
    for name in names:
        if extra.get(name) is not None:
            value = extra.pop(name)
            if type(value) is not str:
                raise Rejected("bad-message", f"`{name}` is a {json_type(value)}")
            return value
        extra.pop(name, None)
    return None


def _add_history(extra: dict[str, object], turns: Turns) -> None:
    """Pairs of question and answer."""
    history = decoded(extra.pop("history", None)) or []
    for pair in history if type(history) is list else [None]:
        if type(pair) is not list or len(pair) != 2 or not all(type(text) is str for text in pair):
            raise Rejected("bad-message", "`history` is no list of pairs of texts")
        turns.say("user", pair[0])
        turns.say("assistant", pair[1])


def _add_output(extra: dict[str, object], turns: Turns, *, fields: Fields) -> None:
    chosen = chosen_field(extra)
    if chosen and not fields.completion:
        return add_chosen(extra.pop(chosen), turns, where=chosen)
    output = _text(extra, (fields.completion,) if fields.completion else _OUTPUTS)
    if output is None:
        raise Rejected("no-answer", "no `output`")
    return turns.say("assistant", output)
