"""OpenAI chat: `messages`, with tools, masks and the fields that gateways put around a call.

Also read: a request and its answer side by side (`messages` and `choices` or `response`), preference pairs
(`chosen`, `chosen_messages`, `input`/`preferred_output`; the better side is the example). Rows for
reinforcement end with the question; `fields.completion` names the field beside it that holds an answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from tuneset.connectors.columns import Quick, quick
from tuneset.connectors.envelope import envelope, moment, reach, remove
from tuneset.connectors.plain import Ordinary, ordinary
from tuneset.connectors.preference import (
    CHOSEN,
    LABELS,
    add_chosen,
    chosen_field,
    completed,
    is_whole_conversation,
    settle_rejected,
)
from tuneset.connectors.system_prompt import add_system
from tuneset.connectors.tools import TOOL_FIELDS, offered
from tuneset.connectors.turns import Turns, decoded, json_text
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]
_UNUSUAL = frozenset((*TOOL_FIELDS, *CHOSEN, *LABELS, "choices", "response", "system", "system_prompt"))
_REFERENCES = (
    *("reference_answer", "reference", "ground_truth", "expected_output", "expected_answer", "expected"),
    *("target", "solution", "answer"),
)
"""Fields in which rows for reinforcement commonly keep what a grader compares with; every name is allowed.
https://developers.openai.com/api/docs/guides/reinforcement-fine-tuning
"""


class OpenAIChat:
    """Records with `messages` of `role` and `content`."""

    name = "openai-chat"
    version = 4

    def recognises(self, record: Object) -> str | None:
        """By a list of messages with roles, alone or on the chosen side of a pair."""
        for path in ("messages", "chosen_messages", "input.messages", "chosen"):
            if path == "input.messages" and "preferred_output" not in record:
                continue
            if path == "chosen" and not is_whole_conversation(record.get("chosen")):
                continue
            listed = decoded(reach(record, path))
            if type(listed) is list and listed and type(listed[0]) is dict and "role" in listed[0]:
                also = [name for name in (*TOOL_FIELDS, "choices", "response") if name in record]
                return f"`{path}` with `role`" + "".join(f", `{name}`" for name in also)
        return None

    def quick(self, raws: Sequence[bytes], *, fields: Fields) -> Quick | None:
        """JSON lines that need not be parsed; a field in the spec rules out all guesses."""
        return None if fields.model_fields_set else quick(raws, unusual=_UNUSUAL - {"tools"})

    def ordinary(self, records: Sequence[Object], *, fields: Fields) -> Ordinary | None:
        """Records that `plain` can read in columns; a field in the spec rules out all guesses."""
        return None if fields.model_fields_set else ordinary(records, unusual=_UNUSUAL - {"tools"})

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        turns = Turns(into)
        extra = dict(record)
        said = fields.messages or fields.system or fields.completion
        if "messages" in record and _UNUSUAL.isdisjoint(record) and not said:
            turns.extend(extra.pop("messages"), where="messages")
            _require_answer(turns, record)
            return completed(envelope(extra, fields=fields), turns=turns)
        settle_rejected(extra, record)
        asked, path = _asked(record, fields=fields)
        add_system(extra, turns, listed=decoded(reach(record, path)), fields=fields)
        _add_question(record, extra, turns, path=path)
        answer = _Answer.of(record, beside=reach(record, path), fields=fields)
        answer.add(turns, after=reach(record, path))
        _require_answer(turns, record)
        tools = offered(asked) or offered(record)
        for name in TOOL_FIELDS:
            remove(extra, f"{path.rpartition('.')[0]}.{name}".lstrip("."))
        parsed = answer.known(envelope(answer.without(extra), fields=fields))
        return completed(parsed, tools=tools, turns=turns)


def _require_answer(turns: Turns, record: Object) -> None:
    """Raises:
    Rejected: `no-answer`, and what to do if a grader's reference stands where an answer should.
    """
    reference = next((name for name in _REFERENCES if record.get(name) is not None), None)
    if reference is not None and not turns.spoken:
        raise Rejected("no-answer", f"`{reference}` is for a grader; `fields.completion` makes it the answer")
    turns.require_answer()


def _asked(record: Object, *, fields: Fields) -> tuple[Object, str]:
    """The object that holds messages and tools, and the path of the messages."""
    pair = "preferred_output" in record and type(record.get("input")) is dict
    path = fields.messages or ("input.messages" if pair else "messages")
    parent = reach(record, path.rpartition(".")[0]) if "." in path and path not in record else record
    return cast("Object", parent) if type(parent) is dict else record, path


def _add_question(record: Object, extra: dict[str, object], turns: Turns, *, path: str) -> None:
    """Messages as asked, and the chosen answer of a pair, which may be the whole conversation."""
    chosen = chosen_field(record)
    messages = reach(record, path)
    if not (chosen and is_whole_conversation(record[chosen])):
        if messages is None and path.partition(".")[0] not in record:
            raise Rejected("unknown-shape", "no field with messages")
        turns.extend(messages, where=path)
        remove(extra, path)
    if chosen:
        add_chosen(record[chosen], turns, where=chosen)
        del extra[chosen]


@dataclass(slots=True)
class _Answer:
    """What stands beside `messages`: the provider's answer."""

    message: object = None
    finish_reason: object = None
    response: Object | None = None
    others: list[object] | None = None
    field: str | None = None

    @classmethod
    def of(cls, record: Object, *, beside: object, fields: Fields) -> "_Answer":
        """From the field that the spec names, `choices` or `response`; empty if none of them holds an answer.

        `beside` are the messages: if they end with an answer, the field of the spec is not another one.
        """
        if fields.completion and (said := reach(record, fields.completion)) is not None:
            return cls() if _ends_with_answer(beside) else cls(_spoken(said), field=fields.completion)
        if type(record.get("choices")) is list:
            return cls._first(cast("list[object]", record["choices"]), field="choices", response=None)
        response = record.get("response")
        if type(response) is str:
            return cls({"role": "assistant", "content": response}, field="response")
        if type(response) is not dict:
            return cls()
        if type(response.get("choices")) is list:
            return cls._first(response["choices"], field="response.choices", response=response)
        if (
            response.get("role") == "assistant"
            and type(response.get("content")) is str
            and "type" not in response
        ):
            return cls(response, field="response")
        return cls()

    @classmethod
    def _first(cls, choices: list[object], *, field: str, response: Object | None) -> "_Answer":
        choice = choices[0] if choices else None
        if type(choice) is not dict:
            return cls(response=response)
        message = choice.get("message")
        return cls(
            message if type(message) is dict else None,
            choice.get("finish_reason"),
            response,
            choices[1:],
            field,
        )

    def add(self, turns: Turns, *, after: object) -> None:
        """Adds the answer, unless the messages already end with it."""
        last = after[-1] if type(after) is list and after else None
        if self.message is not None and not _same(last, self.message):
            turns.extend([self.message], where=self.field or "choices")

    def without(self, extra: dict[str, object]) -> dict[str, object]:
        """The fields that are left when the answer is taken out; further choices stay."""
        if self.field and not self.others:
            remove(extra, self.field)
        elif self.field == "choices":
            extra["choices"] = self.others
        elif self.field:
            extra["response"] = {**(self.response or {}), "choices": self.others}
        return extra

    def known(self, parsed: Parsed) -> Parsed:
        """What the answer knows and the record itself does not say."""
        response = self.response or {}
        model, reason = response.get("model"), self.finish_reason
        parsed.model = parsed.model or (model if type(model) is str else None)
        parsed.captured_at = parsed.captured_at or moment(response.get("created"))
        parsed.finish_reason = parsed.finish_reason or (reason if type(reason) is str else None)
        return parsed


def _ends_with_answer(messages: object) -> bool:
    last = messages[-1] if type(messages) is list and messages else None
    return type(last) is dict and last.get("role") == "assistant"


def _spoken(value: object) -> object:
    """A message, or the one that says this value; what is no text is said in JSON."""
    if type(value) is dict and value.get("role") == "assistant":
        return value
    return {"role": "assistant", "content": value if type(value) is str else json_text(value)}


def _same(message: object, answer: object) -> bool:
    """Do the two say and call the same?"""
    if type(message) is not dict or type(answer) is not dict:
        return False
    return all(message.get(name) == answer.get(name) for name in ("role", "content", "tool_calls"))
