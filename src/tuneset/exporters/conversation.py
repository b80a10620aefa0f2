"""Examples as conversations: what rules look at, and what targets unlike OpenAI's are written from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NotRequired, TypedDict

import orjson
import pyarrow as pa

from tuneset.core.example import ROLES, ExampleBuilder, Messages, no_examples, set_column

Json = Any
"""A JSON value."""


class Message(TypedDict):
    """One turn. `role`, `content` and `train` are always there; `parts` and `tool_calls` are parsed JSON."""

    role: str
    content: str | None
    parts: NotRequired[list[Json]]
    name: NotRequired[str]
    tool_calls: NotRequired[Json]
    tool_call_id: NotRequired[str]
    train: bool


@dataclass(frozen=True)
class Conversation:
    """One example, opened. Cheap to read, costly to make: about 10 µs."""

    messages: tuple[Message, ...]
    tools: Json = None
    feedback: Json = None
    extra: dict[str, Json] = field(default_factory=dict[str, Json])
    tags: dict[str, str] = field(default_factory=dict[str, str])
    kind: str = "production"
    id: str = ""
    """The origin id, 32 hex digits."""

    @property
    def taught(self) -> Message | None:
        """The last turn of the assistant, None if it has none."""
        return next((message for message in reversed(self.messages) if message["role"] == "assistant"), None)


def conversations(examples: pa.Table) -> Iterator[Conversation]:
    """The examples one by one."""
    messages = Messages.of(examples)
    turns = list(_turns(messages))
    names = ("tools", "feedback", "extra")
    tools, feedback, extra = (map(_parsed, examples.column(name).to_pylist()) for name in names)
    tags, kinds = examples.column("tags").to_pylist(), examples.column("kind").to_pylist()
    ids = examples.column("origin_id").to_pylist()
    spans = pairwise(messages.offsets.tolist())
    rest = zip(tools, feedback, extra, tags, kinds, ids, strict=True)
    for (start, stop), (offered, said, more, tagged, kind, who) in zip(spans, rest, strict=True):
        yield Conversation(tuple(turns[start:stop]), offered, said, more or {}, dict(tagged), kind, who.hex())


def _turns(messages: Messages) -> Iterator[Message]:
    columns = (messages.parts, messages.name, messages.tool_calls, messages.tool_call_id)
    rare = [_sparse(column) for column in columns]
    content, train = messages.content.to_pylist(), messages.train.to_pylist()
    for i, role in enumerate(messages.role.tolist()):
        message = Message(role=ROLES[role], content=content[i], train=train[i])
        parts, name, calls, call_id = (values.get(i) for values in rare)
        if parts is not None:
            message["parts"] = orjson.loads(parts)
        if name is not None:
            message["name"] = name
        if calls is not None:
            message["tool_calls"] = orjson.loads(calls)
        if call_id is not None:
            message["tool_call_id"] = call_id
        yield message


def _sparse(column: pa.Array) -> dict[int, str]:
    if column.null_count == len(column):
        return {}
    return {i: value for i, value in enumerate(column.to_pylist()) if value is not None}


def _parsed(text: str | None) -> Json:
    return None if text is None else orjson.loads(text)


def examples_of(talks: Sequence[Sequence[Message]], *, like: pa.Table) -> pa.Table:
    """`[n]` examples that say `talks`; everything else is as in the same row of `like` (`[n]`)."""
    if not talks:
        return no_examples()
    builder = ExampleBuilder()
    for number, talk in enumerate(talks):
        for message in talk:
            builder.message(
                message["role"],
                message["content"],
                parts=_json(message.get("parts")),
                name=message.get("name"),
                tool_calls=_json(message.get("tool_calls")),
                tool_call_id=message.get("tool_call_id"),
                train=message["train"],
            )
        builder.finish(number.to_bytes(16, "big"), line=0, source="", file="")
    said = builder.table()
    like = set_column(like, "messages", said.column("messages"))
    return set_column(like, "output", said.column("output"))


def _json(value: Json) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def calls_of(message: Message) -> list[dict[str, Json]]:
    """The calls of a message that are objects with a function; others are for `tools.call-shape` to say."""
    calls = message.get("tool_calls")
    if not isinstance(calls, list):
        return []
    return [call for call in calls if isinstance(call, dict) and isinstance(call.get("function"), dict)]


def arguments_of(call: dict[str, Json]) -> dict[str, Json] | None:
    """The arguments of a call as an object; None if they are none."""
    arguments = call["function"].get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = orjson.loads(arguments)
        except orjson.JSONDecodeError:
            return None
    return arguments if isinstance(arguments, dict) else None


def function_names(tools: Json) -> list[str]:
    """Names of the functions that are offered."""
    listed = tools if isinstance(tools, list) else []
    functions = [tool.get("function") for tool in listed if isinstance(tool, dict)]
    return [str(f["name"]) for f in functions if isinstance(f, dict) and "name" in f]


def is_text(message: Message) -> bool:
    """Has it no parts, or none but plain text?"""
    return all(
        isinstance(part, dict) and part.get("type") == "text" and part.keys() == {"type", "text"}
        for part in message.get("parts", ())
    )


def spoken(message: Message) -> str:
    """Its text, empty if it has none."""
    return message["content"] or ""
