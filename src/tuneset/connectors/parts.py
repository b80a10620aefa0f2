"""Cuts a file into parts that can be read alone and recognised again.

A JSON line belongs to the part in which it starts, and parts lie on a fixed grid of bytes, so a file that
grew has new parts at its end and the old ones, all but the last, unchanged.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from tuneset.connectors import eval_log, labels
from tuneset.connectors.archive import Member
from tuneset.connectors.files import SourceFile
from tuneset.connectors.limits import LIMITS, Limits
from tuneset.connectors.streams import BLOCK, blocks, unreadable
from tuneset.core.errors import InputError

PART_BYTES = 8 << 20
"""Of the first parts of a file. A run option in all but name: it decides how work is cut, not the result."""
_WIDEST = 4
"""The largest part, in first ones: there is a limit to what should be in memory, or made again."""
_SHARE = 8
"""What stands before a part is at least so many times as long, unless it is one of the first."""
_LOOK = 1 << 14


@dataclass(frozen=True)
class Part:
    """A slice of a file. `start` and `stop` are bytes, row groups for Parquet, samples for evaluation logs.

    `member`: the file lies in the archive at `path`.
    """

    file: str
    path: str
    kind: str
    compression: str
    start: int
    stop: int
    source: str
    member: Member | None = None
    limits: Limits = LIMITS


def bytes_of(part: Part, *, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """The part's bytes, decompressed; `start` and `stop` are for plain files only.

    Raises:
        Truncated, InputError: as `streams.blocks`.
    """
    return blocks(
        part.path,
        compression=part.compression,
        start=start,
        stop=stop,
        member=part.member,
        limits=part.limits,
    )


def split(file: SourceFile, *, part_bytes: int = PART_BYTES) -> list[Part]:
    """The parts of a file in order. Only plain JSON lines, Parquet and evaluation logs have more than one.

    Raises:
        InputError: a Parquet file that is damaged.
    """
    if file.kind == "parquet":
        cuts = list(range(parquet_file(file.path).metadata.num_row_groups + 1))
    elif file.kind == "eval-log":
        cuts = eval_log.cuts(
            eval_log.listed(file.path, relative=file.relative, limits=file.limits), part_bytes
        )
    elif file.kind == "jsonl" and file.compression == "none":
        cuts = _grid(file.size, part_bytes)
    else:
        cuts = [0, file.size]
    return [
        Part(
            file.relative,
            file.path,
            file.kind,
            file.compression,
            start,
            stop,
            file.source,
            file.member,
            file.limits,
        )
        for start, stop in pairwise(cuts)
    ]


def _grid(size: int, part_bytes: int) -> list[int]:
    """Where parts begin, and the end.

    Short parts first, because the last one is made again when a file grows; then longer ones, because each
    has its price. Only the place in the file decides, so that old parts stay as they are.
    """
    cuts, at = [], 0
    while at < size:
        cuts.append(at)
        doubled = max(1, at // (_SHARE * part_bytes)).bit_length() - 1
        at += part_bytes * min(_WIDEST, 1 << doubled)
    return [*cuts, size]


def parquet_file(path: str) -> pq.ParquetFile:
    """An open Parquet file.

    Raises:
        InputError: not there or damaged.
    """
    try:
        file = pq.ParquetFile(path)
        _ = file.schema_arrow  # names of columns are decoded here
    except OSError as problem:
        if problem.errno is not None:
            raise unreadable(path, problem) from None
    except (pa.ArrowException, UnicodeDecodeError):
        pass
    else:
        return file
    raise _damaged(path)


def _damaged(path: str) -> InputError:
    return InputError(
        "the Parquet file is damaged: its footer cannot be read",
        where=path,
        code="TS207",
        fix="copy it again from where it came from",
    )


def content_range(part: Part) -> tuple[int, int]:
    """The bytes of a plain JSON lines part: from the first line that starts in it to the end of the last
    one. Of a line that is longer than parts, those in its middle see no more than themselves.
    """
    try:
        with Path(part.path).open("rb") as file:
            start = _line_start(file, part.start, before=part.stop)
            return start, part.stop if start == part.stop else _line_start(file, part.stop)
    except OSError as problem:
        raise unreadable(part.path, problem) from None


def _line_start(file: BinaryIO, position: int, *, before: int = 1 << 62) -> int:
    """The first byte from `position` on at which a line starts; at most `before`, or the end of the file."""
    if position == 0:
        return 0
    position -= 1
    file.seek(position)
    while position < before:
        block = file.read(min(_LOOK, before - position))
        found = block.find(b"\n")
        if found >= 0 or not block:
            return position + found + 1
        position += len(block)
    return before


def digest(part: Part) -> str:
    """32 hex digits (xxh3-128) over the bytes that the part depends on, wherever the file lies."""
    hasher = xxhash.xxh3_128(f"{part.kind}/{part.compression}\0".encode())
    for start, stop in _byte_ranges(part, hasher=hasher):
        _feed(hasher, part.path, start=start, stop=stop)
    return hasher.hexdigest()


def file_digest(file: SourceFile) -> str:
    """32 hex digits (xxh3-128) over all bytes of a file.

    Raises:
        InputError: it cannot be read.
    """
    hasher = xxhash.xxh3_128()
    start, stop = _stored(file.member) if file.member else (0, file.size)
    _feed(hasher, file.path, start=start, stop=stop)
    return hasher.hexdigest()


def _stored(member: Member) -> tuple[int, int]:
    return member.start, member.start + member.stored


def _byte_ranges(part: Part, *, hasher: xxhash.xxh3_128) -> list[tuple[int, int]]:
    if part.member is not None:
        hasher.update(f"{part.member.method}/{part.member.size}\0".encode())
        return [_stored(part.member)]
    if part.kind == "eval-log":
        log = eval_log.listed(part.path, relative=part.file, limits=part.limits)
        return [_stored(member) for member in log.read_for(part.start, part.stop)]
    if part.kind == "parquet":
        file = parquet_file(part.path)
        hasher.update(file.schema_arrow.to_string(show_schema_metadata=False).encode())
        if named := labels.of(file.schema_arrow):
            hasher.update(orjson.dumps(named, option=orjson.OPT_SORT_KEYS))
        return [
            span
            for group in range(part.start, part.stop)
            for span in _column_chunks(file.metadata.row_group(group), path=part.path)
        ]
    if part.kind == "jsonl" and part.compression == "none":
        return [content_range(part)]
    return [(part.start, part.stop)]


def _column_chunks(group: pq.RowGroupMetaData, *, path: str) -> list[tuple[int, int]]:
    """Where the columns of a row group lie; `path`: of the file.

    Raises:
        InputError: the footer says that a column lies nowhere.
    """
    spans = []
    for index in range(group.num_columns):
        column = group.column(index)
        start = min(filter(None, (column.dictionary_page_offset, column.data_page_offset)), default=0)
        if start <= 0 or column.total_compressed_size < 0:
            raise _damaged(path)
        spans.append((start, start + column.total_compressed_size))
    return spans


def _feed(hasher: xxhash.xxh3_128, path: str, *, start: int, stop: int) -> None:
    try:
        with Path(path).open("rb") as file:
            file.seek(start)
            while start < stop and (block := file.read(min(BLOCK, stop - start))):
                hasher.update(block)
                start += len(block)
    except OSError as problem:
        raise unreadable(path, problem) from None
