"""Parquet: a row is a record, a row group a part; nulls inside nested values are left out.

Arrow gives every struct all keys that any row has. Left in, they would turn up as null parameters in every
tool.
"""

import base64
from collections.abc import Iterator
from typing import cast

import orjson
import pyarrow as pa

from tuneset.connectors.parts import Part, parquet_file
from tuneset.connectors.readers.batch import RecordBatch
from tuneset.core.errors import InputError

_READ_ROWS = 1024


def read(part: Part, *, batch_rows: int, max_record_bytes: int) -> Iterator[RecordBatch]:
    """Batches of rows; `line` is the number of the row in the part.

    Raises:
        InputError: damaged pages.
    """
    file = parquet_file(part.path)
    rows = min(batch_rows, _READ_ROWS)
    line = 0
    try:
        for chunk in file.iter_batches(batch_size=rows, row_groups=list(range(part.start, part.stop))):
            batch = RecordBatch(physical_lines=chunk.num_rows)
            for row in _rows(chunk):
                line += 1
                _add(row, batch=batch, line=line, max_record_bytes=max_record_bytes)
            yield batch
    except (pa.ArrowException, OSError):
        raise InputError(
            "the Parquet file is damaged: a row group cannot be read",
            where=part.file,
            code="TS207",
            fix="copy it again from where it came from",
        ) from None


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


def _add(row: dict[str, object] | None, *, batch: RecordBatch, line: int, max_record_bytes: int) -> None:
    if row is None:
        return batch.reject(line, reason="not-utf8")
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
