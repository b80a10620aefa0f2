"""Bytes of a source file in bounded memory: ranges, compression, members of archives, lines."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from tuneset.connectors import archive
from tuneset.connectors.limits import LIMITS, Limits
from tuneset.core.errors import InputError

BLOCK = 1 << 20
_COMPRESSED_BLOCK = 1 << 16


class Truncated(Exception):  # noqa: N818, an outcome that readers turn into a reject
    """A compressed stream breaks off; everything before has been yielded."""

    def __init__(self, offset: int) -> None:
        """`offset`: how many decompressed bytes there were; `tail`: those of the last, unfinished line."""
        super().__init__(offset)
        self.offset = offset
        self.tail = b""


def blocks(
    path: str,
    *,
    compression: str,
    start: int = 0,
    stop: int | None = None,
    member: archive.Member | None = None,
    limits: Limits = LIMITS,
) -> Iterator[bytes]:
    """Decompressed content in blocks of at most 1 MiB; `start` and `stop` are for plain files only.

    Raises:
        Truncated: after the last good byte of a damaged compressed stream.
        InputError: the file cannot be opened, or expands beyond the limits.
    """
    if member is not None:
        yield from _member(path, member)
    elif compression == "none":
        yield from _plain(path, start=start, stop=stop)
    else:
        yield from _inflated(path, compression=compression, limits=limits)


def _member(path: str, member: archive.Member) -> Iterator[bytes]:
    position = 0
    try:
        for block in archive.content(path, member):
            yield block
            position += len(block)
    except archive.Damaged:
        raise Truncated(position) from None
    except OSError as problem:
        raise unreadable(path, problem) from None


def _plain(path: str, *, start: int, stop: int | None) -> Iterator[bytes]:
    try:
        with Path(path).open("rb") as file:
            file.seek(start)
            left = BLOCK if stop is None else stop - start
            while left > 0 and (block := file.read(min(BLOCK, left))):
                yield block
                left = BLOCK if stop is None else left - len(block)
    except OSError as problem:
        raise unreadable(path, problem) from None


def _inflated(path: str, *, compression: str, limits: Limits) -> Iterator[bytes]:
    stored = Path(path).stat().st_size
    allowed = limits.allowed(stored)
    position = 0
    stream = _open(path, compression=compression)
    while True:
        try:
            block = stream.read(_COMPRESSED_BLOCK)
        except OSError:
            rest = _last_bytes(path, compression=compression, position=position)
            if rest:
                yield rest
            raise Truncated(position + len(rest)) from None
        if not block:
            return
        position += len(block)
        if position > allowed:
            limits.check(position, of=stored, where=path)
        yield block


def _open(path: str, *, compression: str) -> pa.NativeFile:
    try:
        return pa.CompressedInputStream(pa.OSFile(path), compression)
    except OSError as problem:
        raise unreadable(path, problem) from None


def _last_bytes(path: str, *, compression: str, position: int) -> bytes:
    """What can still be read after `position`; byte by byte, because a failed read loses what it had."""
    stream = _open(path, compression=compression)
    while position > 0:
        position -= len(stream.read(min(_COMPRESSED_BLOCK, position)))
    rest = bytearray()
    try:
        while byte := stream.read(1):
            rest += byte
    except OSError:
        pass  # the known damage
    return bytes(rest)


def unreadable(path: str, problem: OSError) -> InputError:
    """The error for a file that is there but cannot be read."""
    return InputError(
        f"the file cannot be read: {problem.strerror or type(problem).__name__}",
        where=path,
        code="TS205",
        fix="check that it exists and that you may read it",
    )


def lines(content: Iterator[bytes], *, max_bytes: int) -> Iterator[tuple[list[bytes | None], int]]:
    """Lists of lines without their newline, and how many newlines each list used up.

    A line that is longer than `max_bytes` is None as soon as it is too long to be carried; it is never held
    in memory.
    """
    carried: list[bytes] = []
    size = 0
    while block := _next(content, carried):
        found: list[bytes | None] = block.split(b"\n")  # pyright: ignore[reportAssignmentType]
        size += len(found[0] or b"")
        if size <= max_bytes:
            carried.append(found[0] or b"")
        else:
            carried.clear()
        if len(found) == 1:
            continue
        found[0] = b"".join(carried) if size <= max_bytes else None
        tail = found.pop() or b""
        yield found, len(found)
        carried, size = [tail], len(tail)
    if size:
        yield [b"".join(carried) if size <= max_bytes else None], 0


def _next(content: Iterator[bytes], carried: list[bytes]) -> bytes:
    """The next block, empty at the end; a stream that breaks off takes the unfinished line with it."""
    try:
        return next(content, b"")
    except Truncated as outcome:
        outcome.tail = b"".join(carried)
        raise
