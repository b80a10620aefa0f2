"""Prompt and completion: two texts or two lists of messages; also pairs (`chosen`) and thumbs (`label`)."""

from collections.abc import Mapping

from tuneset.connectors.envelope import envelope, reach, remove
from tuneset.connectors.preference import (
    CHOSEN,
    add_chosen,
    chosen_field,
    completed,
    settle_rejected,
)
from tuneset.connectors.readers.batch import json_type
from tuneset.connectors.tools import TOOL_FIELDS, offered
from tuneset.connectors.turns import Turns, decoded
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

_PROMPTS = ("prompt", "question")
_COMPLETIONS = ("completion", "response", "answer")


class PromptCompletion:
    """Records with `prompt` and `completion`; other names through `fields`."""

    name = "prompt-completion"
    version = 4

    def recognises(self, record: Mapping[str, object]) -> str | None:
        """By `prompt` (or `question`) and a field with the answer."""
        prompt = next((name for name in _PROMPTS if type(record.get(name)) in (str, list)), None)
        completion = next(
            (name for name in (*_COMPLETIONS, *CHOSEN) if type(record.get(name)) in (str, list, dict)), None
        )
        return None if prompt is None or completion is None else f"`{prompt}`, `{completion}`"

    def parse(self, record: Mapping[str, object], into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        turns, extra = Turns(into), dict(record)
        settle_rejected(extra, record)
        prompt = fields.prompt or next((name for name in _PROMPTS if name in record), "prompt")
        system = fields.system or "system"
        if type(reach(record, system)) is str:
            turns.say("system", str(reach(record, system)))
            remove(extra, system)
        _add_prompt(reach(record, prompt), turns, where=prompt)
        remove(extra, prompt)
        _add_completion(record, extra, turns, fields=fields)
        turns.require_answer()
        tools = offered(record)
        for name in TOOL_FIELDS:
            extra.pop(name, None)
        return completed(envelope(extra, fields=fields), tools=tools, turns=turns)


def _add_prompt(value: object, turns: Turns, *, where: str) -> None:
    if value is None:
        raise Rejected("unknown-shape", f"no `{where}`")
    if type(value) is str and not _is_messages(value):
        return turns.say("user", value)
    if type(value) not in (str, list):
        raise Rejected("bad-message", f"`{where}` is a {json_type(value)}")
    return turns.extend(value, where=where)


def _is_messages(text: str) -> bool:
    """A list of messages as JSON text, as tables hold it; other JSON is a prompt like any other."""
    value = decoded(text)
    return (
        type(value) is list
        and bool(value)
        and all(type(entry) is dict and "role" in entry for entry in value)
    )


def _add_completion(
    record: Mapping[str, object], extra: dict[str, object], turns: Turns, *, fields: Fields
) -> None:
    name = fields.completion or next((name for name in _COMPLETIONS if record.get(name) is not None), None)
    name = name or chosen_field(record)
    value = None if name is None else reach(record, name)
    if name is None or value is None:
        raise Rejected("no-answer", "no completion")
    if type(value) is str and not _is_messages(value):
        turns.say("assistant", value)
    elif type(value) in (str, list, dict):
        add_chosen(value, turns, where=name)
    else:
        raise Rejected("bad-message", f"`{name}` is a {json_type(value)}")
    remove(extra, name)
