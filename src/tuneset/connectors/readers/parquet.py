"""Parquet: a row is a record, a row group a part."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from tuneset.connectors import labels
from tuneset.connectors.parts import Part, parquet_file
from tuneset.connectors.readers.batch import RecordBatch
from tuneset.connectors.readers.table import READ_ROWS, Unpacked, add_rows, refuse_same_names, size_of
from tuneset.core.errors import InputError

_FIRST_ROWS = 16
_BATCH_BYTES = 32 << 20


def read(part: Part, *, batch_rows: int, max_record_bytes: int) -> Iterator[RecordBatch]:
    """Batches of rows; `line` is the number of the row in the part.

    Raises:
        InputError: damaged pages, or rows that expand beyond the limits of the source.
    """
    file = parquet_file(part.path)
    refuse_same_names(file.schema_arrow, where=part.file)
    names = labels.of(file.schema_arrow)
    groups = list(range(part.start, part.stop))
    unpacked = Unpacked(part, max_record_bytes=max_record_bytes)
    line = 0
    try:
        fitting = _rows_in_memory(file, groups, max_record_bytes=max_record_bytes)
        rows = max(1, min(batch_rows, READ_ROWS, fitting))
        for chunk in file.iter_batches(batch_size=rows, row_groups=groups):
            batch = RecordBatch()
            add_rows(chunk, batch, before=line, names=names, max_record_bytes=max_record_bytes)
            line += chunk.num_rows
            yield unpacked.add(batch)
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        raise InputError(
            "the Parquet file is damaged: a row group cannot be read",
            where=part.file,
            code="TS207",
            fix="copy it again from where it came from",
        ) from None


def _rows_in_memory(file: pq.ParquetFile, groups: list[int], *, max_record_bytes: int) -> int:
    """How many rows fit into a batch, if they are as large as the first ones."""
    first = next(file.iter_batches(batch_size=_FIRST_ROWS, row_groups=groups), None)
    if first is None or not first.num_rows:
        return READ_ROWS
    batch = RecordBatch()
    add_rows(first, batch, before=0, names={}, max_record_bytes=max_record_bytes)
    return _BATCH_BYTES * first.num_rows // max(1, size_of(batch, max_record_bytes=max_record_bytes))
