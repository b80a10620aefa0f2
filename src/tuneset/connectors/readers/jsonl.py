"""JSON lines: one record a line, whatever happens to the others."""

from collections.abc import Iterator
from itertools import repeat

import orjson

from tuneset.connectors.parts import Part, bytes_of, content_range
from tuneset.connectors.readers.batch import RecordBatch
from tuneset.connectors.streams import Truncated, lines

_BLANK = b" \t\r\n\x0b\x0c"
_BOM = b"\xef\xbb\xbf"
_BATCH_BYTES = 8 << 20
"""Bytes from which on a batch is full, however few records it has."""
_AT_ONCE = 256
"""Lines parsed in one go: a damaged one costs the parsing of its neighbours a second time."""


def read(part: Part, *, batch_rows: int, max_record_bytes: int) -> Iterator[RecordBatch]:
    """Batches of `batch_rows` records, the last one of fewer; byte order marks and blank lines are
    skipped.
    """
    for batch in read_raw(part, batch_rows=batch_rows, max_record_bytes=max_record_bytes):
        yield parsed(batch)


def parsed(batch: RecordBatch) -> RecordBatch:
    """The batch with the values of its raw records; one that is no JSON object is a reject."""
    whole = RecordBatch(rejects=batch.rejects, physical_lines=batch.physical_lines)
    for start in range(0, len(batch.raws), _AT_ONCE):
        raws, lines = batch.raws[start : start + _AT_ONCE], batch.lines[start : start + _AT_ONCE]
        if not whole.parse_all(raws, lines=lines):
            for raw, line in zip(raws, lines, strict=True):
                whole.parse(raw, line=line)
    return whole


def read_raw(part: Part, *, batch_rows: int, max_record_bytes: int) -> Iterator[RecordBatch]:
    """The same batches before their records are parsed: without values."""
    start, stop = content_range(part) if part.compression == "none" else (0, None)
    content = bytes_of(part, start=start, stop=stop)
    batch, line = RecordBatch(), 0
    size = 0
    try:
        for found, newlines in lines(content, max_bytes=max_record_bytes):
            batch.physical_lines += newlines
            taken = 0
            while taken < len(found):
                some = found[taken : taken + batch_rows - batch.found]
                _add(some, batch=batch, line=line + 1, max_record_bytes=max_record_bytes)
                taken, line = taken + len(some), line + len(some)
                size += sum(map(len, batch.raws[-len(some) :]))
                if batch.found >= batch_rows or size >= _BATCH_BYTES:
                    yield batch
                    batch, size = RecordBatch(), 0
    except Truncated as outcome:
        if parses(outcome.tail):
            batch.add_raw(outcome.tail, line=line + 1)
        batch.reject(line + 1, reason="truncated-file", detail=f"after {outcome.offset} decompressed bytes")
    yield batch


def _add(found: list[bytes | None], *, batch: RecordBatch, line: int, max_record_bytes: int) -> None:
    """Lines from `line` on, without white space around; blank ones are left out."""
    raws = [raw.strip(_BLANK) for raw in found if raw is not None and len(raw) <= max_record_bytes]
    if len(raws) == len(found) and all(raws) and not any(map(bytes.startswith, raws, repeat(_BOM))):
        batch.raws += raws
        batch.lines += range(line, line + len(raws))
        return
    for number, raw in enumerate(found, line):
        if raw is None or len(raw) > max_record_bytes:
            batch.reject(number, reason="line-too-long", detail=f"more than {max_record_bytes} bytes")
        elif raw := _bare(raw):
            batch.add_raw(raw, line=number)


def parses(raw: bytes) -> bool:
    """Is it JSON?"""
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError:
        return False
    return True


def _bare(raw: bytes) -> bytes:
    """A line without white space around it; a byte order mark may stand wherever files were joined."""
    raw = raw.strip(_BLANK)
    return raw[3:].strip(_BLANK) if raw.startswith(_BOM) else raw
