"""Records of a part, whatever container they lie in."""

from collections.abc import Iterator

from tuneset.connectors.parts import Part
from tuneset.connectors.readers import arrow, delimited, eval_log, json_array, jsonl, parquet
from tuneset.connectors.readers.batch import RecordBatch

BATCH_ROWS = 4096
MAX_RECORD_BYTES = 16 << 20
_READERS = {
    "jsonl": jsonl.read,
    "json-array": json_array.read,
    "csv": delimited.read,
    "parquet": parquet.read,
    "arrow": arrow.read,
    "eval-log": eval_log.read,
}


def records(
    part: Part, *, batch_rows: int = BATCH_ROWS, max_record_bytes: int = MAX_RECORD_BYTES
) -> Iterator[RecordBatch]:
    """Batches of about `batch_rows` records in the order of the file; the last may be empty.

    Nothing in a record can stop the reading: what is no record is a reject in its batch.

    Raises:
        InputError: the file as a whole cannot be read.
    """
    return _READERS[part.kind](part, batch_rows=batch_rows, max_record_bytes=max_record_bytes)


def raw_records(
    part: Part, *, batch_rows: int, max_record_bytes: int = MAX_RECORD_BYTES
) -> Iterator[RecordBatch]:
    """The same of JSON lines, not parsed yet (`RecordBatch.parsed`)."""
    return jsonl.read_raw(part, batch_rows=batch_rows, max_record_bytes=max_record_bytes)
