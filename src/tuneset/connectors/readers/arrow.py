"""Arrow IPC, as stream (what Hugging Face saves to disk) or as file: a row is a record."""

from collections.abc import Iterator

import pyarrow as pa

from tuneset.connectors import labels
from tuneset.connectors.parts import Part
from tuneset.connectors.readers.batch import RecordBatch
from tuneset.connectors.readers.table import READ_ROWS, Unpacked, add_rows, refuse_same_names
from tuneset.core.errors import InputError


def read(part: Part, *, batch_rows: int, max_record_bytes: int) -> Iterator[RecordBatch]:
    """Batches of rows; `line` is the number of the row in the file. The file is memory-mapped.

    Raises:
        InputError: damaged, or batches that expand beyond the limits of the source.
    """
    rows = min(batch_rows, READ_ROWS)
    unpacked = Unpacked(part, max_record_bytes=max_record_bytes)
    line = 0
    try:
        with pa.memory_map(part.path) as source:
            for names, stored in _stored(source, where=part.file):
                for start in range(0, stored.num_rows, rows):
                    batch, chunk = RecordBatch(), stored.slice(start, rows)
                    add_rows(chunk, batch, before=line, names=names, max_record_bytes=max_record_bytes)
                    line += chunk.num_rows
                    yield unpacked.add(batch)
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        raise InputError(
            "the Arrow file is damaged: its batches cannot be read",
            where=part.file,
            code="TS207",
            fix="copy it again from where it came from",
        ) from None


def _stored(
    source: pa.MemoryMappedFile, *, where: str
) -> Iterator[tuple[dict[str, list[str]], pa.RecordBatch]]:
    """The batches as they lie in the file, each checked before it is touched, with names of labels."""
    is_file = source.read(6) == b"ARROW1"
    source.seek(0)
    if is_file:
        file = pa.ipc.open_file(source)
        refuse_same_names(file.schema, where=where)
        names = labels.of(file.schema)
        for number in range(file.num_record_batches):
            yield names, _checked(file.get_batch(number))
    else:
        stream = pa.ipc.open_stream(source)
        refuse_same_names(stream.schema, where=where)
        names = labels.of(stream.schema)
        for batch in stream:
            yield names, _checked(batch)


def _checked(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Offsets of a damaged file would lead out of it."""
    batch.validate(full=True)
    return batch
