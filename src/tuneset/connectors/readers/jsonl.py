"""JSON lines: one record a line, whatever happens to the others."""

from collections.abc import Iterator

import orjson

from tuneset.connectors.parts import Part, bytes_of, content_range
from tuneset.connectors.readers.batch import RecordBatch
from tuneset.connectors.streams import Truncated, lines

_BLANK = b" \t\r\n\x0b\x0c"
_BOM = b"\xef\xbb\xbf"
_AT_ONCE = 256
"""Lines parsed in one go: a damaged one costs the parsing of its neighbours a second time."""


def read(part: Part, *, batch_rows: int, max_record_bytes: int) -> Iterator[RecordBatch]:
    """Batches of `batch_rows` records, the last one of fewer; byte order marks and blank lines are
    skipped.
    """
    start, stop = content_range(part) if part.compression == "none" else (0, None)
    content = bytes_of(part, start=start, stop=stop)
    batch, line = RecordBatch(), 0
    try:
        for found, newlines in lines(content, max_bytes=max_record_bytes):
            batch.physical_lines += newlines
            taken = 0
            while taken < len(found):
                some = found[taken : taken + min(_AT_ONCE, batch_rows - batch.read)]
                _add(some, batch=batch, line=line + 1, max_record_bytes=max_record_bytes)
                taken, line = taken + len(some), line + len(some)
                if batch.read >= batch_rows:
                    yield batch
                    batch = RecordBatch()
    except Truncated as outcome:
        if _parses(outcome.tail):
            batch.parse(outcome.tail, line=line + 1)
        batch.reject(line + 1, reason="truncated-file", detail=f"after {outcome.offset} decompressed bytes")
    yield batch


def _add(found: list[bytes | None], *, batch: RecordBatch, line: int, max_record_bytes: int) -> None:
    """Lines from `line` on: all at once if they are all good, else one by one.

    A blank line or one with a byte order mark is not good: it does not parse.
    """
    raws = [raw.strip(_BLANK) for raw in found if raw is not None and len(raw) <= max_record_bytes]
    if len(raws) == len(found) and batch.parse_all(raws, line=line):
        return
    for number, raw in enumerate(found, line):
        if raw is None or len(raw) > max_record_bytes:
            batch.reject(number, reason="line-too-long", detail=f"more than {max_record_bytes} bytes")
        elif raw := _bare(raw):
            batch.parse(raw, line=number)


def _parses(raw: bytes) -> bool:
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError:
        return False
    return True


def _bare(raw: bytes) -> bytes:
    """A line without white space around it; a byte order mark may stand wherever files were joined."""
    raw = raw.strip(_BLANK)
    return raw[3:].strip(_BLANK) if raw.startswith(_BOM) else raw
