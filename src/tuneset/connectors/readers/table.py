"""Rows of Arrow tables as records; nulls inside nested values are left out.

Arrow gives every struct all keys that any row has. Left in, they would turn up as null parameters in every
tool.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import orjson
import pyarrow as pa

from tuneset.connectors import labels
from tuneset.connectors.parts import Part
from tuneset.connectors.readers.batch import RecordBatch
from tuneset.core.errors import InputError

READ_ROWS = 1024
"""Rows that live as Python objects at one time."""


def refuse_same_names(schema: pa.Schema, *, where: str) -> None:
    """A row becomes an object, and an object has each key once.

    Raises:
        InputError: two columns, or two fields of one struct however deep, have the same name.
    """
    if not _tells_apart(list(schema)):
        raise InputError(
            "two columns, or two fields of one value, have the same name",
            where=where,
            code="TS207",
            fix="rename one of them when you write the file, or copy it again if it should not be so",
        )


def _tells_apart(fields: Sequence[pa.Field]) -> bool:
    names = {field.name for field in fields}
    return len(names) == len(fields) and all(_tells_apart(_inside(field.type)) for field in fields)


def _inside(kind: pa.DataType) -> list[pa.Field]:
    """The fields of a struct, or what a list, map or dictionary holds as fields of other names."""
    if pa.types.is_struct(kind):
        return [kind.field(number) for number in range(kind.num_fields)]
    held = [kind.value_type] if pa.types.is_dictionary(kind) else []
    held += [kind.field(number).type for number in range(kind.num_fields)]
    return [pa.field(str(number), held_kind) for number, held_kind in enumerate(held)]


class Unpacked:
    """Bytes that have come out of a table so far, held against the limits of its source.

    Counted as JSON: in a table a value that repeats is stored once, however large it is.
    """

    def __init__(self, part: Part, *, max_record_bytes: int) -> None:
        """Nothing has come out of this part yet."""
        self._part, self._size, self._longest = part, 0, max_record_bytes
        self._stored = Path(part.path).stat().st_size

    def add(self, batch: RecordBatch) -> RecordBatch:
        """The batch, counted.

        Raises:
            InputError: with these rows it is more than may come out of the file.
        """
        self._size += size_of(batch, max_record_bytes=self._longest)
        self._part.limits.check(self._size, of=self._stored, where=self._part.file)
        return batch


def size_of(batch: RecordBatch, *, max_record_bytes: int) -> int:
    """Bytes of the rows as JSON; a row that is too long counts as the longest that is not."""
    return sum(map(len, batch.raws)) + max_record_bytes * len(batch.rejects)


def add_rows(
    chunk: pa.RecordBatch,
    batch: RecordBatch,
    *,
    before: int,
    names: Mapping[str, Sequence[str]],
    max_record_bytes: int,
) -> None:
    """Adds the rows of a chunk, of which `before` came earlier in the part; `names`: class labels."""
    batch.physical_lines += chunk.num_rows
    for line, row in enumerate(_rows(chunk), before + 1):
        if row is None:
            batch.reject(line, reason="not-utf8")
        else:
            _add(labels.named(row, names), batch=batch, line=line, max_record_bytes=max_record_bytes)


def _rows(chunk: pa.RecordBatch) -> Iterator[dict[str, object] | None]:
    """Rows as objects; None for one whose text is not UTF-8."""
    try:
        yield from chunk.to_pylist()
    except UnicodeDecodeError:
        for index in range(chunk.num_rows):
            try:
                yield chunk.slice(index, 1).to_pylist()[0]
            except UnicodeDecodeError:
                yield None


def _add(row: dict[str, object], *, batch: RecordBatch, line: int, max_record_bytes: int) -> None:
    try:
        raw = orjson.dumps({name: _without_nulls(value) for name, value in row.items()}, default=_plain)
    except (TypeError, RecursionError):
        return batch.reject(line, reason="too-deep")
    if len(raw) > max_record_bytes:
        return batch.reject(line, reason="line-too-long", detail=f"more than {max_record_bytes} bytes")
    return batch.parse(raw, line=line)


def _without_nulls(value: object) -> object:
    if type(value) is dict:
        entries = cast("dict[str, object]", value).items()
        return {name: _without_nulls(entry) for name, entry in entries if entry is not None}
    if type(value) is list:
        return [_without_nulls(entry) for entry in cast("list[object]", value)]
    return value


def _plain(value: object) -> object:
    """JSON for what JSON has not: bytes as base64, everything else (decimals, durations) as its text."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
