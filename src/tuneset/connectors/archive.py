"""Zip archives, read where they lie: nothing is unpacked to disk, so no path in an archive leads anywhere.

The list of members comes from the standard library; their bytes are inflated here, block by block, because
each worker needs one member and not the list, and because evaluation logs use Zstandard (method 93), which
the library of Python 3.11 does not know. Refused are members that are archives themselves, encrypted,
compressed in other ways, or larger than the limits of the source allow.

Format: APPNOTE.TXT 6.3.10 by PKWARE, sections 4.3.7 (local header) and 4.4.5 (methods).
"""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from tuneset.connectors.limits import LIMITS, Limits
from tuneset.core.errors import InputError

BLOCK = 1 << 20
_CHUNK = 1 << 16
_STORED, _DEFLATED, _ZSTANDARD = 0, 8, 93
_ENCRYPTED = 0x1
_LOCAL = struct.Struct("<4s5H3I2H")
_NESTED = re.compile(
    r"\.(zip|eval|tar|tgz|tbz2?|txz|gz|zst|zstd|bz2|xz|7z|rar|jar|xlsx|docx|parquet|arrow)$", re.IGNORECASE
)
_ODD = re.compile(r"(^|/)\.\.(/|$)|^/|^[A-Za-z]:|[\x00-\x1f\x7f]")
"""Names that would lead out of a directory, were they taken for paths."""


@dataclass(frozen=True)
class Member:
    """One file of an archive: `stored` bytes at `start` of the archive become `size` bytes.

    `link`: the bytes are the name of another file.
    """

    name: str
    start: int
    stored: int
    size: int
    method: int
    crc: int
    link: bool = False


class Damaged(Exception):  # noqa: N818, an outcome that streams turn into one of theirs
    """A member breaks off, or is not what its checksum says."""


def members(path: str, *, relative: str, limits: Limits = LIMITS) -> list[Member]:
    """All files of an archive in its order; of several with one name the last, as unpacking would leave it.

    Raises:
        InputError: no archive, damaged, encrypted, with names that lead elsewhere, or beyond the limits.
    """
    try:
        with zipfile.ZipFile(path) as archive, Path(path).open("rb") as file:
            infos = {info.filename: info for info in archive.infolist() if not info.is_dir()}
            every = [_member(info, file, relative=relative) for info in infos.values()]
    except (zipfile.BadZipFile, struct.error, NotImplementedError, ValueError, EOFError, IndexError):
        raise InputError(
            "the archive is damaged: its list of files cannot be read",
            where=relative,
            code="TS207",
            fix="copy it again from where it came from",
        ) from None
    found = [member for member in every if _looked_at(member.name)]
    _check_sizes(found, archive=Path(path).stat().st_size, relative=relative, limits=limits)
    return found


def refuse_unreadable(chosen: list[Member], *, relative: str) -> None:
    """Raises:
    InputError: a member is an archive or compressed itself, or a link: links are never followed.
    """
    link = next((member for member in chosen if member.link), None)
    if link is not None:
        raise InputError(
            f"the archive holds a link instead of a file, `{link.name}`",
            where=relative,
            code="TS203",
            fix="pack the file that it points to (zip without `--symlinks`)",
        )
    nested = next((member for member in chosen if _NESTED.search(member.name)), None)
    if nested is not None:
        raise InputError(
            f"the archive holds another archive or compressed file, `{nested.name}`",
            where=relative,
            code="TS203",
            fix=f"unpack it, or name what is to be read: `path: {relative}/*.json`",
        )


def content(path: str, member: Member) -> Iterator[bytes]:
    """The member's bytes in blocks of at most 1 MiB; never more than it says it holds.

    Raises:
        Damaged: after the last good byte, or where it goes on for longer than it says.
        OSError: the archive cannot be read.
    """
    position, crc = 0, 0
    for block in _inflated(path, member):
        if position + len(block) > member.size:
            raise Damaged
        position += len(block)
        crc = zlib.crc32(block, crc)
        yield block
    if position != member.size or crc != member.crc:
        raise Damaged


def whole(path: str, member: Member) -> bytes:
    """All bytes of a member.

    Raises:
        Damaged, OSError: as `content`.
    """
    return b"".join(content(path, member))


def _looked_at(name: str) -> bool:
    """Everything but what file managers add."""
    return not name.startswith("__MACOSX/") and not name.rpartition("/")[2].startswith(".")


def _member(info: zipfile.ZipInfo, file: BinaryIO, *, relative: str) -> Member:
    named = info.filename.replace("\\", "/")  # some tools write the paths of Windows
    if _ODD.search(named):
        raise InputError(
            "a name in the archive leads out of it",
            where=relative,
            code="TS203",
            fix="whoever made it meant harm or used a broken tool: unpack it by hand and look at it",
        )
    if info.flag_bits & _ENCRYPTED:
        raise InputError("the archive is encrypted", where=relative, code="TS203", fix="unpack it")
    if info.compress_type not in (_STORED, _DEFLATED, _ZSTANDARD):
        raise InputError(
            f"`{named}` is compressed in a way that is not read (method {info.compress_type})",
            where=relative,
            code="TS203",
            fix="unpack it, or pack it again with deflate",
        )
    if info.header_offset < 0:  # a damaged list of files can point before the beginning
        raise zipfile.BadZipFile
    file.seek(info.header_offset)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size:
        raise zipfile.BadZipFile
    magic, *_, name, extra = _LOCAL.unpack(header)
    if magic != b"PK\x03\x04":
        raise zipfile.BadZipFile
    start = info.header_offset + _LOCAL.size + name + extra
    link = stat.S_ISLNK(info.external_attr >> 16)
    return Member(named, start, info.compress_size, info.file_size, info.compress_type, info.CRC, link)


def _check_sizes(found: list[Member], *, archive: int, relative: str, limits: Limits) -> None:
    """Before a byte is inflated: what the archive says of itself. Members that share bytes count each."""
    total = sum(member.size for member in found)
    limits.check(total, of=archive, where=relative)
    for member in found:
        limits.check(member.size, of=member.stored, where=f"{relative}/{member.name}")


def _inflated(path: str, member: Member) -> Iterator[bytes]:
    if member.method == _STORED:
        yield from _raw(path, member)
    elif member.method == _DEFLATED:
        yield from _deflated(path, member)
    else:
        yield from _zstandard(path, member)


def _raw(path: str, member: Member) -> Iterator[bytes]:
    with Path(path).open("rb") as file:
        file.seek(member.start)
        left = member.stored
        while left > 0 and (block := file.read(min(_CHUNK, left))):
            yield block
            left -= len(block)


def _deflated(path: str, member: Member) -> Iterator[bytes]:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for chunk in _raw(path, member):
            while chunk and not stream.eof:
                block = stream.decompress(chunk, BLOCK)
                chunk = stream.unconsumed_tail
                if block:
                    yield block
        if not stream.eof and (rest := stream.flush()):
            yield rest
    except zlib.error:
        raise Damaged from None


def _zstandard(path: str, member: Member) -> Iterator[bytes]:
    try:
        with pa.OSFile(path) as file:
            stored = pa.BufferReader(_slice(file, member))
            stream = pa.CompressedInputStream(stored, "zstd")
            while block := stream.read(_CHUNK):
                yield block
    except pa.ArrowException:
        raise Damaged from None


def _slice(file: pa.OSFile, member: Member) -> pa.Buffer:
    file.seek(member.start)
    return file.read_buffer(member.stored)
