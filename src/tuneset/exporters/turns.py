"""The turns of a whole table as one flat list of dictionaries, as far as targets agree."""

from collections.abc import Iterator
from itertools import pairwise

import orjson
import pyarrow as pa

from tuneset.core.example import ROLES, Messages

Turn = dict[str, object]


def turns(messages: Messages) -> list[Turn]:
    """`[m]` new dictionaries of role, content (text) and, where there is one, name and tool_call_id.

    Calls, parts and masks are what targets differ in: exporters add these, found by `present`. Plain turns
    are made in one comprehension, because nearly all turns are plain.
    """
    content = messages.content.to_pylist()
    flat: list[Turn] = [
        {"role": ROLES[role], "content": text}
        for role, text in zip(messages.role.tolist(), content, strict=True)
    ]
    for key, column in (("name", messages.name), ("tool_call_id", messages.tool_call_id)):
        for i, value in present(column):
            flat[i][key] = value
    return flat


def present(column: pa.Array) -> Iterator[tuple[int, str]]:
    """`(position, value)` of what is not null."""
    if column.null_count < len(column):
        yield from ((i, value) for i, value in enumerate(column.to_pylist()) if value is not None)


def lines(messages: Messages, flat: list[Turn], tools: list[object]) -> Iterator[bytes]:
    """One line of JSON per example: its slice of `flat`, and its tools if these are not None."""
    for (start, stop), offered in zip(pairwise(messages.offsets.tolist()), tools, strict=True):
        value: dict[str, object] = {"messages": flat[start:stop]}
        if offered is not None:
            value["tools"] = offered
        yield orjson.dumps(value)
