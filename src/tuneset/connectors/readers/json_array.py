"""A JSON document: a list of records, an object around one list of records, or one record.

Elements are cut out by brackets and parsed one by one, so a broken element costs only itself, its line is
known, and memory is that of one element. A compressed document is decompressed into memory first.
"""

import mmap
import re
from collections.abc import Generator, Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import cast

import orjson

from tuneset.connectors.parts import Part, bytes_of
from tuneset.connectors.readers.batch import RecordBatch
from tuneset.connectors.readers.jsonl import parses
from tuneset.connectors.streams import BLOCK, Truncated, unreadable
from tuneset.core.connector import Connector
from tuneset.core.registry import CONNECTORS, load, names

Buffer = bytes | mmap.mmap

_TOKEN = re.compile(rb'"(?:[^"\\\n]++|\\[^\n])*+"|([\[\]{},"])')
"""A whole string, or one character of structure. JSON strings hold no newline, so a stray quote is over with
its line."""
_SPACE = re.compile(rb"[\s\xef\xbb\xbf]*+")


def read(part: Part, *, batch_rows: int, max_record_bytes: int) -> Iterator[RecordBatch]:
    """Batches of records; a record's line is the one on which it starts."""
    buffer, broken_at = _buffer(part)
    begin = _SPACE.match(buffer)
    records = _Records(buffer, max_record_bytes=max_record_bytes)
    for start, stop in _spans(buffer, begin.end() if begin else 0, max_record_bytes=max_record_bytes):
        records.add(start, stop)
        if records.batch.read >= batch_rows:
            yield records.take()
    if broken_at is not None:
        records.batch.reject(
            records.line, reason="truncated-file", detail=f"after {broken_at} decompressed bytes"
        )
    records.move_to(len(buffer))
    yield records.take()


def _buffer(part: Part) -> tuple[Buffer, int | None]:
    """The whole document, and where its compressed stream broke off, if it did."""
    if part.compression == "none":
        try:
            with Path(part.path).open("rb") as file:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), None
        except OSError as problem:
            raise unreadable(part.path, problem) from None
    content = bytearray()
    try:
        for block in bytes_of(part):
            content += block
    except Truncated as outcome:
        return bytes(content), outcome.offset
    return bytes(content), None


class _Records:
    """Turns spans of the document into records and counts lines on the way."""

    def __init__(self, buffer: Buffer, *, max_record_bytes: int) -> None:
        self.batch = RecordBatch()
        self.line = 1
        self._buffer = buffer
        self._position = 0
        self._max = max_record_bytes

    def move_to(self, position: int) -> None:
        """Counts the newlines up to `position`."""
        while self._position < position:
            stop = min(self._position + BLOCK, position)
            newlines = self._buffer[self._position : stop].count(b"\n")
            self.line += newlines
            self.batch.physical_lines += newlines
            self._position = stop

    def add(self, start: int, stop: int) -> None:
        """The element at `start:stop`."""
        self.move_to(start)
        if stop - start > self._max:
            self.batch.reject(self.line, reason="line-too-long", detail=f"more than {self._max} bytes")
        elif start == stop:
            self.batch.reject(self.line, reason="not-json", detail="nothing between two commas or brackets")
        else:
            self.batch.parse(self._buffer[start:stop], line=self.line)

    def take(self) -> RecordBatch:
        """The batch so far; a new one begins."""
        batch, self.batch = self.batch, RecordBatch()
        return batch


Span = tuple[int, int]
_FIRST_KEY = re.compile(rb'\s*+\{\s*+("(?:[^"\\\n]++|\\[^\n])*+")')
_NEXT_KEY = re.compile(rb'\}\s*+,\s*+(?=\{\s*+("(?:[^"\\\n]++|\\[^\n])*+")\s*+:)')
_MAX_RESTARTS = 64
_MAX_KEYS = 8
_OF_ONE_RECORD = (b'"observations"', b'"child_runs"')
"""Lists that belong to the object around them: a trace's observations need its session, user and scores."""
_EVAL_LOG = re.compile(
    rb'\{\s*+"version"\s*+:\s*+\d++\s*+,\s*+"status"\s*+:\s*+"[a-z]*+"\s*+,\s*+"eval"\s*+:'
)
"""How an evaluation log of Inspect AI begins. Its samples need its header, so it is one record."""


def _spans(buffer: Buffer, begin: int, *, max_record_bytes: int) -> Iterator[Span]:
    """Where the records of a document lie, whether they are good or not."""
    if buffer[begin : begin + 1] == b"[":
        return _elements(buffer, begin, whole=True)
    inside = None if _EVAL_LOG.match(buffer, begin) else _only_list(buffer, begin)
    whole = _stripped(buffer, begin, len(buffer))
    if inside is None:
        return iter([whole])
    first = next(_elements(buffer, inside, whole=False), (inside, inside))
    fits = len(buffer) - begin <= max_record_bytes
    if fits and _is_known(buffer[slice(*whole)]) and not _is_known(buffer[slice(*first)]):
        return iter([whole])  # the list belongs to it: tools, choices, outputs, scores
    return _elements(buffer, inside, whole=False)


def _is_known(raw: bytes) -> bool:
    """Does a connector recognise it?"""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return False
    connectors = (cast("Connector", load(CONNECTORS, name)()) for name in names(CONNECTORS))
    return type(value) is dict and any(connector.recognises(value) for connector in connectors)


def _only_list(buffer: Buffer, begin: int) -> int | None:
    """Where the one list of records inside an object begins; None if the object is itself the record.

    A list of messages (objects with `role` or `from`) belongs to a record; it is no list of records.
    """
    found: list[int] = []
    depth, key = 0, b""
    for token in _TOKEN.finditer(buffer, begin):
        mark = token[1]
        if mark is None:
            key = token[0] if depth == 1 else key
            continue
        if mark == b",":
            continue
        if depth == 1 and mark == b"[" and key in _OF_ONE_RECORD:
            return None
        if depth == 1 and mark == b"[" and _opens_record(buffer, token.start()):
            found.append(token.start())
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(mark, 0)
    return found[0] if len(found) == 1 else None


def _opens_record(buffer: Buffer, begin: int) -> bool:
    start, stop = next(_elements(buffer, begin, whole=False), (begin, begin))
    if buffer[start : start + 1] != b"{":
        return False
    try:
        first = orjson.loads(buffer[start:stop])
    except orjson.JSONDecodeError:
        return True
    return not first.keys() & {"role", "from"}


def _elements(buffer: Buffer, begin: int, *, whole: bool) -> Iterator[Span]:
    """Spans of the elements of the list whose bracket is at `begin`.

    After an element that leaves a quote or bracket open, reading goes on at the next place that looks like
    the beginning of a record. `whole`: the list is the document, so a `]` with more behind it is damage.
    """
    start = begin + 1
    between = _boundary(buffer, start)
    for _ in range(_MAX_RESTARTS):
        start, ended = yield from _sound(buffer, start, whole=whole, between=between)
        if ended:
            return
        gap = between.search(buffer, start) if between else None
        if gap is None:
            break
        yield _stripped(buffer, start, gap.start() + 1)
        start = gap.end()
    start, stop = _stripped(buffer, start, len(buffer))
    if start < stop:
        yield start, stop


def _boundary(buffer: Buffer, start: int) -> re.Pattern[bytes] | None:
    """What stands between two records that begin with the same key as the first one: `},{"messages":`. If the
    first one's beginning is damaged, or no other begins so, the key of the longest later records.
    """
    first = _FIRST_KEY.match(buffer, start)
    between = _before(first[1]) if first else None
    if between is None or not between.search(buffer, start):
        return _boundary_of_others(buffer, start) or between
    return between


def _before(key: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"\}\s*+,\s*+(?=\{\s*+" + re.escape(key) + rb"\s*+:)")


def _boundary_of_others(buffer: Buffer, start: int) -> re.Pattern[bytes] | None:
    """Lists inside records have such keys, too; their elements are shorter, and messages name their role."""
    longest: dict[bytes, int] = {}
    for found in _NEXT_KEY.finditer(buffer, start):
        if found[1] not in longest:
            longest[found[1]] = _record_bytes(buffer, found.start(), between=_before(found[1]))
        if len(longest) == _MAX_KEYS:
            break
    key = max(longest, key=longest.__getitem__, default=b"")
    return _before(key) if longest.get(key) else None


def _record_bytes(buffer: Buffer, start: int, *, between: re.Pattern[bytes]) -> int:
    """Length of the first whole record between two of these boundaries; 0 if there is none soon, or they part
    messages.
    """
    ends = list(islice(between.finditer(buffer, start), _MAX_KEYS))
    for one, other in pairwise(ends):
        raw = buffer[one.end() : other.start() + 1]
        if parses(raw):
            return 0 if orjson.loads(raw).keys() & {"role", "from"} else len(raw)
    return 0


def _sound(
    buffer: Buffer, start: int, *, whole: bool, between: re.Pattern[bytes] | None
) -> Generator[Span, None, tuple[int, bool]]:
    """Elements as long as quotes and brackets match; returns where it stopped and whether the list ended."""
    depth, before = 1, False
    for token in _TOKEN.finditer(buffer, start):
        mark = token[1]
        if mark is None:
            continue
        if mark in b"{[":
            depth += 1
        elif depth > 1:
            depth -= mark in b"}]"
        elif mark == b"," or (mark == b"]" and not (whole and _more_follows(buffer, token.end()))):
            span = _stripped(buffer, start, token.start())
            if between and between.search(buffer, *span) and not parses(buffer[span[0] : span[1]]):
                return start, False  # two records or more, taken for one
            if mark == b"," or before or span[0] < span[1]:
                yield span
            start, before = token.end(), True
            if mark == b"]":
                return start, True
    return start, False


def _more_follows(buffer: Buffer, position: int) -> bool:
    space = _SPACE.match(buffer, position)
    return space is not None and space.end() < len(buffer)


def _stripped(buffer: Buffer, start: int, stop: int) -> Span:
    space = _SPACE.match(buffer, start, stop)
    start = space.end() if space else start
    while stop > start and buffer[stop - 1 : stop].isspace():
        stop -= 1
    return start, stop
