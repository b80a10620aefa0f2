"""The canonical encoding of a conversation: the bytes behind `content_id`, and the JSON that exporters start
from.
"""

from collections.abc import Iterator
from itertools import pairwise

import orjson
import pyarrow as pa

from tuneset.core.example import ROLES, Messages

_OPTIONS = orjson.OPT_SORT_KEYS


def message_dicts(examples: pa.Table) -> Iterator[list[dict[str, object]]]:
    """For each example its messages as dictionaries in OpenAI shape.

    Only keys that say something: `content` is null for a turn that only calls tools; a multi-part content
    is its
    list of parts; `train` appears only as false. JSON columns are spliced in as they are, not parsed.
    """
    messages = Messages.of(examples)
    offsets = messages.offsets.tolist()
    role = messages.role.tolist()
    content = messages.content.to_pylist()
    parts, name = _sparse(messages.parts), _sparse(messages.name)
    calls, call_id = _sparse(messages.tool_calls), _sparse(messages.tool_call_id)
    train = messages.train.to_pylist()
    for start, stop in pairwise(offsets):
        conversation = []
        for i in range(start, stop):
            message: dict[str, object] = {"content": content[i], "role": ROLES[role[i]]}
            if i in parts:
                message["content"] = orjson.Fragment(parts[i])
            if i in name:
                message["name"] = name[i]
            if i in calls:
                message["tool_calls"] = orjson.Fragment(calls[i])
            if i in call_id:
                message["tool_call_id"] = call_id[i]
            if not train[i]:
                message["train"] = False
            conversation.append(message)
        yield conversation


def canonical_messages(examples: pa.Table) -> list[bytes]:
    """Per example the JSON of `{"messages": […], "tools": […]}` with sorted keys and no white space.

    Source: the shape is ours; number and string formatting is orjson's (shortest round-trip floats, UTF-8).
    """
    tools = examples.column("tools").to_pylist()
    lines = []
    for conversation, offered in zip(message_dicts(examples), tools, strict=True):
        value: dict[str, object] = {"messages": conversation}
        if offered is not None:
            value["tools"] = orjson.Fragment(offered)
        lines.append(orjson.dumps(value, option=_OPTIONS))
    return lines


def _sparse(column: pa.Array) -> dict[int, str]:
    """Position → value of a column that is mostly null."""
    if column.null_count == len(column):
        return {}
    return {i: value for i, value in enumerate(column.to_pylist()) if value is not None}
