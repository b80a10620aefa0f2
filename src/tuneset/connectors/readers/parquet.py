"""Parquet: a row is a record, a row group a part."""

from collections.abc import Iterator

import pyarrow as pa

from tuneset.connectors import labels
from tuneset.connectors.parts import Part, parquet_file
from tuneset.connectors.readers.batch import RecordBatch
from tuneset.connectors.readers.table import READ_ROWS, add_rows
from tuneset.core.errors import InputError


def read(part: Part, *, batch_rows: int, max_record_bytes: int) -> Iterator[RecordBatch]:
    """Batches of rows; `line` is the number of the row in the part.

    Raises:
        InputError: damaged pages.
    """
    file = parquet_file(part.path)
    names = labels.of(file.schema_arrow)
    rows = min(batch_rows, READ_ROWS)
    line = 0
    try:
        for chunk in file.iter_batches(batch_size=rows, row_groups=list(range(part.start, part.stop))):
            batch = RecordBatch()
            add_rows(chunk, batch, before=line, names=names, max_record_bytes=max_record_bytes)
            line += chunk.num_rows
            yield batch
    except (pa.ArrowException, OSError):
        raise InputError(
            "the Parquet file is damaged: a row group cannot be read",
            where=part.file,
            code="TS207",
            fix="copy it again from where it came from",
        ) from None
