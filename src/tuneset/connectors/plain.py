"""The columnar way for ordinary chat records: the examples of `OpenAIChat.parse`, at a third of its cost.

Ordinary is a record whose messages are plain texts of system, user and assistant and whose other fields find
their place at the first try. A gate picks those out of a batch; all others go the careful way, row by row.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import cast

import numpy as np
import pyarrow as pa

from tuneset.connectors.envelope import Convert, plan
from tuneset.connectors.turns import json_text
from tuneset.core.errors import Rejected
from tuneset.core.example import EXAMPLES, ROLES, Messages

Object = Mapping[str, object]

_CODE = {role: code for code, role in enumerate(ROLES) if role != "tool"}


@dataclass(frozen=True)
class Ordinary:
    """Ordinary records with the same keys.

    `rows`: `[n]` their numbers in the batch. `columns`: `[n]` values each for some of conversation, user,
    captured_at, model, finish_reason, feedback and, as JSON, extra; None for null.
    """

    rows: list[int]
    messages: list[list[Object]]
    columns: dict[str, list[object]]


def ordinary(records: Sequence[Object], *, unusual: frozenset[str]) -> list[Ordinary]:
    """The ordinary ones among these records; a key in `unusual` rules a record out."""
    shapes: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for row, record in enumerate(records):
        shapes[tuple(record)].append(row)
    return [
        _group(records, rows, keys=keys)
        for keys, rows in shapes.items()
        if "messages" in keys and unusual.isdisjoint(keys)
    ]


def _group(records: Sequence[Object], rows: list[int], *, keys: tuple[str, ...]) -> Ordinary:
    rows = [row for row in rows if _are_plain(records[row]["messages"])]
    found = [(place, names, convert) for place, names, convert in plan(keys)]
    taken = {name for _, names, _ in found for name in names}
    rest = [name for name in keys if name != "messages" and name not in taken]
    columns = {place: _converted(records, rows, names, convert) for place, names, convert in found}
    if rest:
        columns["extra"] = [_extra(records[row], rest) for row in rows]
    failed = {i for values in columns.values() for i, value in enumerate(values) if value is _FAILED}
    if failed:
        kept = [i for i in range(len(rows)) if i not in failed]
        rows = [rows[i] for i in kept]
        columns = {place: [values[i] for i in kept] for place, values in columns.items()}
    return Ordinary(rows, [cast("list[Object]", records[row]["messages"]) for row in rows], columns)


_FAILED = object()
"""Stands for a value that does not fit its place: the careful way knows what to do with it."""


def _converted(
    records: Sequence[Object], rows: list[int], names: tuple[str, ...], convert: Convert
) -> list[object]:
    if len(names) != 1:
        return [_FAILED] * len(rows)
    name = names[0]
    values = [records[row][name] for row in rows]
    return [
        None if value is None else _FAILED if (fit := convert(value)) is None else fit for value in values
    ]


def _extra(record: Object, names: list[str]) -> object:
    try:
        return json_text({name: record[name] for name in names})
    except Rejected:
        return _FAILED


def _are_plain(messages: object) -> bool:
    """Nothing but texts, and one of the assistant among them."""
    if type(messages) is not list:
        return False
    spoken = False
    for message in messages:
        if type(message) is not dict or len(message) != 2 or type(message.get("content")) is not str:
            return False
        role = message.get("role")
        if type(role) is not str or role not in _CODE:
            return False
        spoken = spoken or role == "assistant"
    return spoken


def examples(group: Ordinary, *, common: dict[str, object], own: dict[str, list[object]]) -> pa.Table:
    """The records of a group as `EXAMPLES`; `common`: columns of one value, `own`: of one for each row."""
    count = len(group.rows)
    columns: dict[str, pa.Array] = {}
    for column in EXAMPLES:
        values = own.get(column.name, group.columns.get(column.name))
        if values is not None:
            columns[column.name] = pa.array(values, column.type)
        else:
            columns[column.name] = _repeated(common.get(column.name), count, kind=column.type)
    messages = _messages(group)
    columns["output"] = messages.outputs()
    nullable = pa.schema([column.with_nullable(True) for column in EXAMPLES])
    table = pa.table([columns[name] for name in EXAMPLES.names], schema=nullable)
    return messages.into(table).cast(EXAMPLES)


def _repeated(value: object, count: int, *, kind: pa.DataType) -> pa.Array:
    return pa.nulls(count, kind) if value is None else pa.repeat(pa.scalar(value, kind), count)


def _messages(group: Ordinary) -> Messages:
    """The messages of all records, flat."""
    flat = list(chain.from_iterable(group.messages))
    offsets = np.zeros(len(group.rows) + 1, np.int64)
    np.cumsum([len(messages) for messages in group.messages], out=offsets[1:])
    nothing = pa.nulls(len(flat), pa.string())
    return Messages(
        offsets,
        np.array([_CODE[cast("str", message["role"])] for message in flat], np.int8),
        pa.array([message["content"] for message in flat], pa.large_string()),
        nothing,
        nothing,
        nothing,
        nothing,
        pa.array(np.ones(len(flat), np.bool_)),
    )
