"""The quick way for JSON lines of chats: from bytes to columns, the examples of `OpenAIChat.parse`.

The kernel reads records that are plain (`kernels.chats`); here their other fields find their places, for all
records with the same keys at once. A record with a value that does not fit its place goes another way:
`plain` by columns of Python objects, or `OpenAIChat.parse`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.connectors.envelope import EARLIEST, LATEST, Convert, moment, plan
from tuneset.connectors.plain import has_dotted_metadata, repeated, tools_json
from tuneset.core.example import EXAMPLES, Messages, examples_of
from tuneset.kernels.chats import (
    CALL_ID,
    CALLS,
    NAME,
    NULL,
    OBJECT,
    TEXT,
    UNSURE,
    WHOLE,
    Chats,
    Texts,
    chats,
    objects,
    texts_at,
    whole_numbers,
)

_FEWEST = 4
"""Records with the same keys from which on columns pay."""


@dataclass(frozen=True)
class Quick:
    """The plain records of a batch.

    `rows`: `[n]` their numbers in the batch, rising. `columns`: for some of conversation, user, captured_at,
    model, finish_reason, tools, feedback and extra, an array of `n` values.
    """

    rows: np.ndarray
    messages: Messages
    columns: dict[str, pa.Array]


def quick(raws: Sequence[bytes], *, unusual: frozenset[str]) -> Quick:
    """The plain ones among these records; a key in `unusual` rules a record out."""
    found = chats(raws)
    done = [_Alike(found, rows) for rows in _groups(found.shape)]
    done = [group for group in done if group.is_usual(unusual)]
    for group in done:
        group.sort_fields()
    done = [group.fitting() for group in done]
    rows = np.concatenate([np.zeros(0, np.int64), *(group.rows for group in done)])
    order = np.argsort(rows, kind="stable")
    columns = {
        name: _in_order([group.columns.get(name) for group in done], done, order, kind=field.type)
        for name, field in zip(EXAMPLES.names, EXAMPLES, strict=True)
        if any(name in group.columns for group in done)
    }
    rows = rows[order]
    return Quick(rows, _messages(found, rows), columns)


def examples(
    batch: Quick,
    *,
    common: dict[str, object],
    own: dict[str, pa.Array],
    change: dict[str, Callable[[pa.Array], pa.Array]],
) -> pa.Table:
    """The records as `EXAMPLES`.

    Args:
        batch: at least one record.
        common: columns of one value.
        own: columns of one value for each row.
        change: what happens to columns of the batch.
    """
    columns: dict[str, pa.Array] = {}
    for column in EXAMPLES:
        values = own.get(column.name, batch.columns.get(column.name))
        if values is None:
            values = repeated(common.get(column.name), len(batch.rows), kind=column.type)
        elif column.name in change:
            values = change[column.name](values)
        columns[column.name] = values
    return examples_of(columns, messages=batch.messages)


def _groups(shape: np.ndarray) -> list[np.ndarray]:
    """The records of each shape that has enough of them."""
    shapes, counts = np.unique(shape[shape >= 0], return_counts=True)
    if len(shapes) == 1 and counts[0] == len(shape):  # as in most logs
        return [np.arange(len(shape))]
    return [np.flatnonzero(shape == one) for one in shapes[counts >= _FEWEST].tolist()]


class _Alike:
    """Records with the same keys in the same order, and the columns that their fields become.

    `kinds`: `uint8[n, k]` of their `keys` (`kernels.chats`). `fits`: `bool[n]` the records whose values all
    fit their places.
    """

    def __init__(self, found: Chats, rows: np.ndarray) -> None:
        """`rows`: the records (rising), all of one shape."""
        first, last = found.fields[rows[0] : rows[0] + 2].tolist()
        data = found.data
        self.keys = tuple(bytes(data[start:stop]).decode() for start, stop in found.keys[first:last])
        self.rows = rows
        self.columns: dict[str, pa.Array] = {}
        self.fits = np.ones(len(rows), np.bool_)
        self._text = found.text
        at = found.fields[rows][:, None] + np.arange(last - first)
        self.kinds, self._spans = found.kinds[at], found.values[at]

    def is_usual(self, unusual: frozenset[str]) -> bool:
        """No key twice, none that asks for another reading?"""
        return (
            len(set(self.keys)) == len(self.keys)
            and unusual.isdisjoint(self.keys)
            and not has_dotted_metadata(self.keys)
        )

    def sort_fields(self) -> None:
        """Each field to its place; what has none becomes `extra`."""
        places = plan(self.keys)
        for place, names, _ in places:
            name, *others = names
            if others:
                self.fits[:] = False
            else:
                self.columns[place] = self.converted(place, name)
        if "tools" in self.keys:
            self.columns["tools"] = self._tools(self.keys.index("tools"))
        taken = {"messages", "tools", *(name for _, names, _ in places for name in names)}
        rest = [place for place, name in enumerate(self.keys) if name not in taken]
        if rest:
            self.columns["extra"] = self._extra(rest)

    def fitting(self) -> "_Alike":
        """Without the records that do not fit."""
        if not self.fits.all():
            self.columns = {name: values.filter(pa.array(self.fits)) for name, values in self.columns.items()}
            self.rows = self.rows[self.fits]
        return self

    def converted(self, place: str, name: str) -> pa.Array:
        """The column that the field `name` fills."""
        at = self.keys.index(name)
        kinds, spans = self.kinds[:, at], self._spans[:, at]
        if place == "captured_at":
            return self._moments(kinds, spans)
        if place == "feedback":
            self.fits &= kinds != UNSURE
            return _strings(self._text, spans, null=kinds == NULL)
        quoted = (kinds == TEXT) & (spans[:, 1] - spans[:, 0] > 2)
        takes_numbers = place in ("conversation", "user")
        self.fits &= quoted | (kinds == NULL) | ((kinds == WHOLE) & takes_numbers)
        return _strings(self._text, spans + np.stack([quoted, -1 * quoted], axis=1), null=kinds == NULL)

    def _moments(self, kinds: np.ndarray, spans: np.ndarray) -> pa.Array:
        kind = EXAMPLES.field("captured_at").type
        whole = kinds == WHOLE
        seconds = whole_numbers(self._text, spans) if whole.all() else None
        if seconds is not None and seconds.min() >= EARLIEST and seconds.max() < LATEST:
            return pa.array(seconds * 1_000_000, pa.int64()).cast(kind)
        found = []
        for row, text in enumerate(_strings(self._text, spans).to_pylist()):
            value = moment(orjson.loads(text))
            self.fits[row] &= value is not None or kinds[row] == NULL
            found.append(value)
        return pa.array(found, kind)

    def _tools(self, at: int) -> pa.Array:
        """Each different list of tools is looked at once."""
        self.fits &= self.kinds[:, at] != UNSURE
        lists = _strings(self._text, self._spans[:, at]).dictionary_encode()
        written = [tools_json(orjson.loads(text)) for text in lists.dictionary.to_pylist()]
        good = np.array([value is None or type(value) is bytes for value in written], np.bool_)
        self.fits &= good[lists.indices.to_numpy()]
        texts = [value if type(value) is bytes else None for value in written]
        return pa.array(texts, pa.binary()).cast(pa.string()).take(lists.indices)

    def _extra(self, rest: list[int]) -> pa.Array:
        self.fits &= (self.kinds[:, rest] != UNSURE).all(axis=1)
        return _objects(
            [
                (self.keys[at], self._metadata(at) if self.keys[at] == "metadata" else self.values(at))
                for at in rest
            ]
        )

    def values(self, at: int) -> pa.Array:
        """JSON of one field."""
        return _strings(self._text, self._spans[:, at])

    def _metadata(self, at: int) -> pa.Array:
        """JSON of the metadata that is left when ids have moved to conversation and user, where these are
        empty; null where nothing is left.
        """
        (rows,) = np.nonzero(self.kinds[:, at] == OBJECT)
        pieces, place = [self.values(at)], np.arange(len(self.rows))
        inside = objects(pieces[0].take(pa.array(rows)).cast(pa.binary()).to_pylist())
        self.fits[rows[~inside.plain]] = False
        for shape in np.unique(inside.shape[inside.plain]).tolist():
            some = np.flatnonzero(inside.shape == shape)
            group = _Alike(inside, some)
            ids = [entry for entry in plan(group.keys) if entry[0] in ("conversation", "user")]
            if ids:
                left = self._take_ids(group, ids, rows=rows[some])
                place[rows[some]] = sum(map(len, pieces)) + np.arange(len(some))
                fields = [(group.keys[at], group.values(at)) for at in left]
                pieces.append(_objects(fields) if fields else pa.nulls(len(some), pa.string()))
        return pa.concat_arrays(pieces).take(pa.array(place)) if len(pieces) > 1 else pieces[0]

    def _take_ids(
        self, group: "_Alike", ids: list[tuple[str, tuple[str, ...], Convert]], *, rows: np.ndarray
    ) -> list[int]:
        """Moves ids from the metadata of `rows` into their columns; returns the fields that stay behind."""
        left = list(range(len(group.keys)))
        for place, names, _ in ids:
            empty = self._is_empty(place, rows)
            if not empty.any():
                continue
            name, *others = names
            if others or not empty.all():
                self.fits[rows] = False
                continue
            at = group.keys.index(name)
            values = group.converted(place, name)
            self.fits[rows] &= group.fits & (group.kinds[:, at] != NULL)
            column = self.columns.get(place, pa.nulls(len(self.rows), pa.string()))
            where = np.arange(len(column))
            where[rows] = len(column) + np.arange(len(rows))
            self.columns[place] = pa.concat_arrays([column, values]).take(pa.array(where))
            left.remove(at)
        return left

    def _is_empty(self, place: str, rows: np.ndarray) -> np.ndarray:
        column = self.columns.get(place)
        if column is None:
            return np.ones(len(rows), np.bool_)
        return column.is_null().to_numpy(zero_copy_only=False)[rows]


def _objects(fields: list[tuple[str, pa.Array]]) -> pa.Array:
    """`[n]` JSON objects of these fields (name and JSON, null if absent); null where all are absent."""
    members = [
        pc.binary_join_element_wise(pa.scalar(orjson.dumps(name).decode()), values, ":")
        for name, values in fields
    ]
    [joined] = members if len(members) == 1 else [_joined(members)]
    return pc.binary_join_element_wise("{", joined, "}", "")


def _joined(members: list[pa.Array]) -> pa.Array:
    joined = pc.binary_join_element_wise(*members, ",", null_handling="skip")
    return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), joined)


def _strings(text: np.ndarray, spans: np.ndarray, *, null: np.ndarray | None = None) -> pa.Array:
    """`string[n]` of stretches (`int64[n, 2]`) of a text; null where `null` (`bool[n]`) is true."""
    return _array(texts_at(text, spans), null=null, kind=pa.string())


def _array(texts: Texts, *, null: np.ndarray | None, kind: pa.DataType) -> pa.Array:
    width = np.int64 if kind == pa.large_string() else np.int32
    valid = None if null is None or not null.any() else pa.array(~null).buffers()[1]
    buffers = [valid, pa.py_buffer(texts.offsets.astype(width, copy=False)), pa.py_buffer(texts.data)]
    return pa.Array.from_buffers(kind, len(texts.offsets) - 1, buffers)


def _in_order(
    columns: list[pa.Array | None], groups: list[_Alike], order: np.ndarray, *, kind: pa.DataType
) -> pa.Array:
    """One column of all groups; null where a group has none."""
    if len(groups) == 1 and columns[0] is not None:
        return columns[0].cast(kind)
    whole = [
        pa.nulls(len(group.rows), kind) if column is None else column.cast(kind)
        for column, group in zip(columns, groups, strict=True)
    ]
    return pa.concat_arrays(whole).take(pa.array(order))


def _messages(found: Chats, rows: np.ndarray) -> Messages:
    """The messages of some records, which rise."""
    sizes = np.diff(found.messages)
    chosen = np.zeros(len(sizes), np.bool_)
    chosen[rows] = True
    everything = not (sizes[~chosen] > 0).any()
    content = _array(
        Texts(found.content[: found.contents[-1]], found.contents), null=found.silent, kind=pa.large_string()
    )
    count = len(found.roles)
    messages = Messages(
        np.concatenate([[0], np.cumsum(sizes[rows])]),
        found.roles.view(np.int8),
        content,
        parts=pa.nulls(count, pa.string()),
        name=_rare(found, NAME),
        tool_calls=_rare(found, CALLS),
        tool_call_id=_rare(found, CALL_ID),
        train=pa.array(np.ones(count, np.bool_)),
    )
    return messages if everything else messages.take(np.flatnonzero(np.repeat(chosen, sizes)))


def _rare(found: Chats, kind: int) -> pa.Array:
    """`string[m]` what few messages have."""
    some = found.rare[found.rare[:, 1] == kind]
    if not len(some):
        return pa.nulls(len(found.roles), pa.string())
    place = np.full(len(found.roles), -1)
    place[some[:, 0]] = np.arange(len(some))
    return _strings(found.text, some[:, 2:]).take(pa.array(place, mask=place < 0))
