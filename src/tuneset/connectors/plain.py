"""The columnar way for ordinary chat records: the examples of `OpenAIChat.parse`, at a fifth of its cost.

Ordinary is a record whose messages are texts, calls and their results in OpenAI's own form and whose other
fields find their place at the first try. A gate picks those out of a batch; all others go the careful
way, row by row.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import cast

import numpy as np
import orjson
import pyarrow as pa

from tuneset.connectors.envelope import Convert, are_seconds, are_words, moment, plan
from tuneset.connectors.messages import ordinary_messages
from tuneset.core.example import EXAMPLES, MessageLists, examples_of

Object = Mapping[str, object]
Column = list[object]
Change = Callable[[Column], Column]

_FAILED = object()
"""Stands for a value that does not fit its place: the careful way knows what to do with it."""


@dataclass(frozen=True)
class Ordinary:
    """The ordinary records of a batch.

    `rows`: `[n]` their numbers in the batch, rising. `columns`: `[n]` values each for some of conversation,
    user, captured_at, model, finish_reason and, as bytes of JSON, tools, feedback and extra; None for null.
    """

    rows: list[int]
    messages: MessageLists
    columns: dict[str, Column]


def ordinary(records: Sequence[Object], *, unusual: frozenset[str]) -> Ordinary:
    """The ordinary ones among these records; a key in `unusual` rules a record out."""
    columns: dict[str, Column] = {}
    fit = [False] * len(records)
    for keys, rows in _alike(records).items():
        if "messages" in keys and unusual.isdisjoint(keys) and not has_dotted_metadata(keys):
            found = _columns([records[row] for row in rows], keys=keys)
            _scatter(found, rows, columns=columns, fit=fit)
    rows = [row for row, fits in enumerate(fit) if fits]
    places, messages = ordinary_messages([records[row]["messages"] for row in rows])
    if len(places) < len(rows):
        rows = [rows[place] for place in places]
    if len(rows) < len(records):
        columns = {place: [values[row] for row in rows] for place, values in columns.items()}
    return Ordinary(rows, messages, columns)


def _alike(records: Sequence[Object]) -> Mapping[tuple[str, ...], Sequence[int]]:
    """The numbers of the records with the same keys in the same order."""
    shapes = list(map(tuple, records))
    if len(set(shapes)) == 1:  # as in most logs
        return {shapes[0]: range(len(shapes))}
    found: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for row, keys in enumerate(shapes):
        found[keys].append(row)
    return found


def has_dotted_metadata(keys: tuple[str, ...]) -> bool:
    """A key `metadata.user_id` goes before the `user_id` inside `metadata`."""
    return "metadata" in keys and any(key.startswith("metadata.") for key in keys)


def _scatter(
    found: dict[str, Column], rows: Sequence[int], *, columns: dict[str, Column], fit: list[bool]
) -> None:
    """Puts the values of records with the same keys into columns over the whole batch."""
    failed = {
        i
        for values in found.values()
        if _FAILED in values
        for i, value in enumerate(values)
        if value is _FAILED
    }
    for i, row in enumerate(rows):
        fit[row] = i not in failed
    for place, values in found.items():
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
        columns["tools"] = [tools_json(record["tools"]) for record in records]
    taken = {"messages", "tools", *(name for _, names, _ in places for name in names)}
    rest = [name for name in keys if name not in taken]
    if "metadata" in rest:
        columns["extra"] = _with_metadata(records, rest, columns=columns)
    elif len(rest) == 1:
        [name] = rest
        columns["extra"] = _all_json([{name: record[name]} for record in records])
    elif rest:
        columns["extra"] = _all_json([{name: record[name] for name in rest} for record in records])
    return columns


def _converted(records: list[Object], names: tuple[str, ...], convert: Convert) -> Column:
    if len(names) != 1:
        return [_FAILED] * len(records)
    name = names[0]
    values = [record[name] for record in records]
    if convert is moment:
        if are_seconds(values):
            return [cast("int", value) * 1_000_000 for value in values]  # Arrow counts microseconds too
    elif are_words(values):  # which every other place takes as they are
        return values
    return [
        None if value is None else _FAILED if (fit := convert(value)) is None else fit for value in values
    ]


def _all_json(values: list[object]) -> Column:
    try:
        return [orjson.dumps(value) for value in values]
    except TypeError:
        return [_json(value) for value in values]


def _json(value: object) -> object:
    if value is None:
        return None
    try:
        return orjson.dumps(value)
    except TypeError:
        return _FAILED  # too deep


def tools_json(offered: object) -> object:
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
        extras.append(extra or None)
    return _all_json(extras) if all(extras) else [_json(extra) for extra in extras]


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


def examples(
    groups: Sequence[Ordinary],
    *,
    common: dict[str, object],
    own: dict[str, Column],
    change: dict[str, Change],
) -> pa.Table:
    """The records of all groups as `EXAMPLES`.

    Args:
        groups: at least one record.
        common: columns of one value.
        own: columns of one value for each row.
        change: what happens to columns of the groups.
    """
    count = sum(len(group.rows) for group in groups)
    columns: dict[str, pa.Array] = {}
    for column in EXAMPLES:
        values = own.get(column.name)
        if values is None and any(column.name in group.columns for group in groups):
            values = _joined(groups, column.name)
            values = change[column.name](values) if column.name in change else values
        if values is not None:
            columns[column.name] = pa.array(values, column.type)
        else:
            columns[column.name] = repeated(common.get(column.name), count, kind=column.type)
    messages = MessageLists.joined([group.messages for group in groups])
    return examples_of(columns, messages=messages.messages())


def _joined(groups: Sequence[Ordinary], name: str) -> Column:
    """One column of all groups; null where a group has none."""
    return list(chain.from_iterable(group.columns.get(name) or [None] * len(group.rows) for group in groups))


def repeated(value: object, count: int, *, kind: pa.DataType) -> pa.Array:
    if value is None:
        return pa.nulls(count, kind)
    if pa.types.is_map(kind):  # for which `pa.repeat` is slow
        return pa.array([value], kind).take(pa.array(np.zeros(count, np.int64)))
    return pa.repeat(pa.scalar(value, kind), count)
