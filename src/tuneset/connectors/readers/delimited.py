"""CSV and its relatives: a header, then rows; quoted fields may hold newlines."""

import csv
import re
from collections.abc import Iterator

import orjson

from tuneset.connectors.files import NO_RECORD
from tuneset.connectors.parts import Part, bytes_of
from tuneset.connectors.readers.batch import RecordBatch
from tuneset.connectors.streams import Truncated, lines
from tuneset.core.errors import InputError

_DELIMITERS = (",", "\t", ";", "|")
_QUOTED = re.compile(r'"[^"]*"')


def read(part: Part, *, batch_rows: int, max_record_bytes: int) -> Iterator[RecordBatch]:
    """Batches of rows as objects of strings; a row's line is the one on which it starts.

    Raises:
        InputError: no header that can be read.
    """
    csv.field_size_limit(
        max(max_record_bytes, 1 << 17)
    )  # of the process; a row is bounded by `_Lines` anyway
    source = _Lines(part, max_record_bytes=max_record_bytes)
    delimiter = _delimiter(source)
    rows = csv.reader(source, delimiter=delimiter, strict=True)
    header = _header(source, rows, file=part.file)
    batch = RecordBatch()
    while source.begin_row():
        _add_row(source, rows, header=header, batch=batch)
        if batch.read >= batch_rows:
            batch.physical_lines = source.newlines_since_asked()
            yield batch
            batch = RecordBatch()
    if source.broken_at is not None:
        batch.reject(
            source.line + 1, reason="truncated-file", detail=f"after {source.broken_at} decompressed bytes"
        )
    batch.physical_lines = source.newlines_since_asked()
    yield batch


def _delimiter(source: "_Lines") -> str:
    """The one that stands most often in the first line, outside quotes."""
    source.begin_row()
    return max(_DELIMITERS, key=_QUOTED.sub("", source.peek()).count)


def _header(source: "_Lines", rows: Iterator[list[str]], *, file: str) -> list[str]:
    """Column names, made unique: a nameless third column is `column_3`, a second `text` is `text_2`."""
    try:
        names = next(rows, [])
        "".join(names).encode()
    except (_TooLong, csv.Error, UnicodeEncodeError):
        raise InputError(
            "the header of the table is cut off or not UTF-8",
            where=f"{file}:1",
            code="TS203",
            fix="the first row must name the columns, in UTF-8",
        ) from None
    if not names:
        raise InputError(
            "the table holds only blank lines",
            where=file,
            code=NO_RECORD,
            fix="point `path` at a file with a header and rows",
        )
    unique: dict[str, None] = {}
    for position, name in enumerate(names, 1):
        name = name.strip() or f"column_{position}"
        unique[name if name not in unique else f"{name}_{position}"] = None
    return list(unique) if len(unique) == len(names) else [f"column_{i}" for i in range(1, len(names) + 1)]


def _add_row(source: "_Lines", rows: Iterator[list[str]], *, header: list[str], batch: RecordBatch) -> None:
    line = source.line + 1
    try:
        row = next(rows)
        if len(row) != len(header):
            detail = f"{len(row)} fields, the header has {len(header)}"
            return batch.reject(line, reason="csv-field-count", detail=detail)
        value = dict(zip(header, row, strict=True))
        return batch.add(value, line=line, raw=orjson.dumps(value))
    except _TooLong:
        batch.reject(line, reason="line-too-long")
        return source.keep_first_line()
    except csv.Error:
        batch.reject(line, reason="csv-quote")
        return source.keep_first_line()
    except orjson.JSONEncodeError:
        return batch.reject(line, reason="not-utf8")


class _TooLong(Exception):  # noqa: N818, an outcome
    """A line, or the lines of a row together, are longer than a record may be."""


class _Lines:
    """Physical lines as text, with a way back: after a stray quote, reading goes on at the row's second line.

    Bytes that are not UTF-8 become surrogates, which `orjson` refuses row by row.
    """

    def __init__(self, part: Part, *, max_record_bytes: int) -> None:
        self.line = 0
        self.broken_at: int | None = None
        self._max = max_record_bytes
        self._source = self._physical(part)
        self._waiting: list[str | None] = []
        self._row: list[str | None] = []
        self._row_chars = 0
        self._newlines = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        text = self._waiting.pop() if self._waiting else next(self._source)
        self.line += 1
        self._row.append(text)
        self._row_chars += len(text or "")
        if text is None or self._row_chars > self._max:
            raise _TooLong
        return text

    def begin_row(self) -> bool:
        """Skips blank lines; False at the end."""
        self._row.clear()
        self._row_chars = 0
        while True:
            if not self._waiting:
                following = next(self._source, "")
                if following == "":
                    return False
                self._waiting.append(following)
            if self._waiting[-1] is None or self._waiting[-1].strip("\r\n"):
                return True
            self._waiting.pop()
            self.line += 1

    def peek(self) -> str:
        """The line that comes next."""
        return (self._waiting[-1] if self._waiting else None) or ""

    def keep_first_line(self) -> None:
        """Gives back all lines of this row but its first."""
        while len(self._row) > 1:
            self._waiting.append(self._row.pop())
            self.line -= 1

    def newlines_since_asked(self) -> int:
        """Newlines used up since this was last asked."""
        newlines, self._newlines = self._newlines, 0
        return newlines

    def _physical(self, part: Part) -> Iterator[str | None]:
        try:
            for found, newlines in lines(bytes_of(part), max_bytes=self._max):
                self._newlines += newlines
                for index, raw in enumerate(found):
                    end = "\n" if index < newlines else ""
                    yield (
                        None
                        if raw is None
                        else raw.decode(errors="surrogateescape").removeprefix("\ufeff") + end
                    )
        except Truncated as outcome:
            self.broken_at = outcome.offset
