"""The columnar way for ordinary chat records: the examples of `OpenAIChat.parse`, at a fifth of its cost.

Ordinary is a record whose messages are texts, calls and their results in OpenAI's own form and whose other
fields find their place at the first try. A gate picks those out of a batch; all others go the careful
way, row by row.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import pyarrow as pa

from tuneset.connectors.envelope import Convert, are_seconds, moment, plan
from tuneset.connectors.messages import add_ordinary
from tuneset.connectors.turns import json_text
from tuneset.core.errors import Rejected
from tuneset.core.example import EXAMPLES, Messages, MessagesBuilder, examples_of

Object = Mapping[str, object]
Column = list[object]

_FAILED = object()
"""Stands for a value that does not fit its place: the careful way knows what to do with it."""


@dataclass(frozen=True)
class Ordinary:
    """The ordinary records of a batch.

    `rows`: `[n]` their numbers in the batch, rising. `columns`: `[n]` values each for some of conversation,
    user, captured_at, model, finish_reason and, as JSON, tools, feedback and extra; None for null.
    """

    rows: list[int]
    messages: Messages
    columns: dict[str, Column]


def ordinary(records: Sequence[Object], *, unusual: frozenset[str]) -> Ordinary:
    """The ordinary ones among these records; a key in `unusual` rules a record out."""
    shapes: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for row, record in enumerate(records):
        shapes[tuple(record)].append(row)
    columns: dict[str, Column] = {}
    fit = [False] * len(records)
    for keys, rows in shapes.items():
        if "messages" in keys and unusual.isdisjoint(keys) and not _has_dotted_metadata(keys):
            found = _columns([records[row] for row in rows], keys=keys)
            _scatter(found, rows, columns=columns, fit=fit)
    turns = MessagesBuilder()
    rows = [row for row, record in enumerate(records) if fit[row] and add_ordinary(record["messages"], turns)]
    if len(rows) < len(records):
        columns = {place: [values[row] for row in rows] for place, values in columns.items()}
    return Ordinary(rows, turns.messages(), columns)


def _has_dotted_metadata(keys: tuple[str, ...]) -> bool:
    """A key `metadata.user_id` goes before the `user_id` inside `metadata`."""
    return "metadata" in keys and any(key.startswith("metadata.") for key in keys)


def _scatter(
    found: dict[str, Column], rows: list[int], *, columns: dict[str, Column], fit: list[bool]
) -> None:
    """Puts the values of records with the same keys into columns over the whole batch."""
    for row in rows:
        fit[row] = True
    for place, values in found.items():
        if _FAILED in values:
            for row, value in zip(rows, values, strict=True):
                fit[row] = fit[row] and value is not _FAILED
        if len(rows) == len(fit):
            columns[place] = values
            continue
        column = columns.setdefault(place, [None] * len(fit))
        for row, value in zip(rows, values, strict=True):
            column[row] = value


def _columns(records: list[Object], *, keys: tuple[str, ...]) -> dict[str, Column]:
    """Columns of records that all have these keys."""
    places = plan(keys)
    columns = {place: _converted(records, names, convert) for place, names, convert in places}
    if "feedback" in columns:
        columns["feedback"] = [_json(value) for value in columns["feedback"]]
    if "tools" in keys:
        columns["tools"] = [_tools(record["tools"]) for record in records]
    taken = {"messages", "tools", *(name for _, names, _ in places for name in names)}
    rest = [name for name in keys if name not in taken]
    if "metadata" in rest:
        columns["extra"] = _with_metadata(records, rest, columns=columns)
    elif len(rest) == 1:
        [name] = rest
        columns["extra"] = [_json({name: record[name]}) for record in records]
    elif rest:
        columns["extra"] = [_json({name: record[name] for name in rest}) for record in records]
    return columns


def _converted(records: list[Object], names: tuple[str, ...], convert: Convert) -> Column:
    if len(names) != 1:
        return [_FAILED] * len(records)
    name = names[0]
    values = [record[name] for record in records]
    if convert is moment and are_seconds(values):
        return [cast("int", value) * 1_000_000 for value in values]  # Arrow counts microseconds too
    return [
        None if value is None else _FAILED if (fit := convert(value)) is None else fit for value in values
    ]


def _json(value: object) -> object:
    if value is None:
        return None
    try:
        return json_text(value)
    except Rejected:
        return _FAILED


def _tools(offered: object) -> object:
    """JSON of definitions that need no rewriting (`tools.offered` wraps the others)."""
    if not offered:
        return None
    if type(offered) is not list:
        return _FAILED
    for tool in cast("list[object]", offered):
        if type(tool) is not dict or type(kind := tool.get("type")) is not str or kind == "object":
            return _FAILED
    return _json(offered)


def _with_metadata(records: list[Object], rest: list[str], *, columns: dict[str, Column]) -> Column:
    """The `extra` column; ids inside `metadata` move to conversation and user where these are still empty."""
    extras = []
    for i, record in enumerate(records):
        extra = {name: record[name] for name in rest}
        metadata = extra["metadata"]
        if type(metadata) is dict and (ids := _ids_in(tuple(metadata))):
            _take_ids(extra, ids, row=i, count=len(records), columns=columns)
        extras.append(_json(extra) if extra else None)
    return extras


@lru_cache(maxsize=1024)
def _ids_in(keys: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...], Convert], ...]:
    return tuple(entry for entry in plan(keys) if entry[0] in ("conversation", "user"))


def _take_ids(
    extra: dict[str, object],
    ids: tuple[tuple[str, tuple[str, ...], Convert], ...],
    *,
    row: int,
    count: int,
    columns: dict[str, Column],
) -> None:
    metadata = dict(cast("Object", extra["metadata"]))  # a copy: the record as read stays as it was
    for place, names, convert in ids:
        column = columns.get(place)
        if column is None:
            column = columns[place] = [None] * count
        if column[row] is not None:
            continue
        for name in names:
            if (value := convert(metadata[name])) is not None:
                column[row] = value
                del metadata[name]
                break
    extra["metadata"] = metadata
    if not metadata:
        del extra["metadata"]


def examples(group: Ordinary, *, common: dict[str, object], own: dict[str, Column]) -> pa.Table:
    """The records of a group as `EXAMPLES`; `common`: columns of one value, `own`: of one for each row."""
    columns: dict[str, pa.Array] = {}
    for column in EXAMPLES:
        values = own.get(column.name, group.columns.get(column.name))
        if values is not None:
            columns[column.name] = pa.array(values, column.type)
        else:
            columns[column.name] = _repeated(common.get(column.name), len(group.rows), kind=column.type)
    return examples_of(columns, messages=group.messages)


def _repeated(value: object, count: int, *, kind: pa.DataType) -> pa.Array:
    return pa.nulls(count, kind) if value is None else pa.repeat(pa.scalar(value, kind), count)
