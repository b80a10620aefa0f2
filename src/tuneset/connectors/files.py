"""Finds the files of a source and says what each of them is, by its content first and its name second.

Errors of whole files:

    TS201  nothing there          TS204  not UTF-8 but UTF-16     TS207  damaged, or expands beyond measure
    TS202  empty                  TS205  not readable             TS208  no known format (see `sniff`)
    TS203  binary, or an archive  TS206  named in no UTF-8
           that is not read
"""

import glob
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import NamedTuple, cast

import orjson

from tuneset.connectors import archive, eval_log, hub, remote
from tuneset.connectors.limits import LIMITS, Limits
from tuneset.connectors.streams import Truncated, blocks, unreadable
from tuneset.core.errors import InputError
from tuneset.core.spec import Source

SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")
NO_RECORD = "TS202"
"""Code of a file without a record."""

_CONTAINERS = (".arrow", ".zip", ".eval")
_TABLES = (".parquet", ".arrow")
_PACKED = {".gz": "gzip", ".zst": "zstd", ".zstd": "zstd"}
_HEAD = 1 << 16
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_ARROW = (b"ARROW1", b"\xff\xff\xff\xff")
"""File and stream of the Arrow IPC format; the second is what `save_to_disk` of Hugging Face writes."""
_ARCHIVES = {
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"7z\xbc\xaf": "a 7z archive",
    b"%PDF": "a PDF document",
    b"SQLite format 3": "an SQLite database",
    b"Obj\x01": "an Avro file",
}
"""First bytes of formats that are often taken for logs (their specifications; file(1) has the same)."""
_INSIDE = re.compile(r"(.+?\.zip)/(.+)", re.IGNORECASE)


@dataclass(frozen=True)
class SourceFile:
    """One file of a source.

    `kind`: jsonl, json-array, csv, parquet, arrow, eval-log or empty. `compression`: none, gzip, zstd or, for
    a `member` of the archive at `path`, zip. `note` says in words when the name and the content disagree.
    `relative` is how the file is called in examples and reports. `size`: bytes on disk.
    """

    path: str
    relative: str
    size: int
    kind: str
    compression: str
    source: str
    note: str | None = None
    member: archive.Member | None = None
    limits: Limits = LIMITS

    @property
    def folder(self) -> str:
        """Where it lies, as people call it: a directory, or an archive."""
        return self.relative.rpartition("/")[0]

    @property
    def name(self) -> str:
        """Its own name."""
        return self.relative.rpartition("/")[2]


class Found(NamedTuple):
    """The files of a source, sorted by name, and those that are empty."""

    files: list[SourceFile]
    empty: list[SourceFile]


def discover(source: Source, *, root: Path, fetched: Path | None = None) -> list[SourceFile]:
    """The files of a source, as of `found_in`, without the empty ones."""
    return found_in(source, root=root, fetched=fetched).files


def found_in(source: Source, *, root: Path, fetched: Path | None = None) -> Found:
    """What a source holds; in an archive, files that are named like logs.

    Args:
        source: the source. root: what its path is relative to.
        fetched: directory in which files of object storage are kept; without it such a path is refused.

    Raises:
        InputError: nothing found, nothing but empty files, or a file that cannot be a log.
        ServiceError, MissingExtra: object storage cannot be read.
    """
    limits = limits_of(source)
    if remote.is_remote(source.path):
        found = remote.fetch(source.path, into=fetched)
        named, inner = sorted(found), None
    else:
        pattern, inner = _split(source.path, root=root)
        paths, base = _found(pattern, root=root)
        named = sorted((_relative(path, base=base), path) for path in paths)
    files: list[SourceFile] = []
    empty: list[SourceFile] = []
    for relative, path in named:
        opened = _opened(path, relative=relative, source=source.title, limits=limits, inner=inner)
        files += opened.files
        empty += opened.empty
    if not files and len(named) > 1:
        raise _no_record(f"all {len(named)} files are empty", where=source.path)
    if not files:
        raise _no_record("the file is empty", where=source.path)
    return Found(files, empty)


def is_empty(file: SourceFile) -> InputError:
    """What is wrong with one of `Found.empty`."""
    return _no_record("the file is empty", where=file.relative)


def _no_record(what: str, *, where: str) -> InputError:
    return InputError(what, where=where, code=NO_RECORD, fix="point `path` at files that hold records")


def limits_of(source: Source) -> Limits:
    """How much the files of a source may expand."""
    return Limits(ratio=source.max_unpacked_ratio, total=int(source.max_unpacked_gib * 2**30))


def beside(file: SourceFile, names: tuple[str, ...], *, among: list[SourceFile]) -> list[SourceFile]:
    """The files of these names in the same directory or archive, first of those that are known (`among`).

    Raises:
        InputError: one of them cannot be read.
    """
    known = {other.name: other for other in among if other.folder == file.folder}
    found = {name: known[name] for name in names if name in known}
    if file.member is not None:
        found = {**_members_beside(file, names), **found}
    elif not remote.is_remote(file.relative):
        for name in names:
            path = Path(file.path).with_name(name)
            if name not in found and path.is_file() and path.stat().st_size:
                place, relative = _Place(str(path), limits=file.limits), f"{file.folder}/{name}".lstrip("/")
                found[name] = _classified(place, relative=relative, source=file.source)
    return [found[name] for name in sorted(found)]


def _members_beside(file: SourceFile, names: tuple[str, ...]) -> dict[str, SourceFile]:
    member = cast("archive.Member", file.member)
    relative = file.relative.removesuffix(f"/{member.name}")
    wanted = {str(PurePosixPath(member.name).with_name(name)): name for name in names}
    return {
        wanted[other.name]: _classified(
            _Place(file.path, member=other, limits=file.limits, compression="zip"),
            relative=f"{relative}/{other.name}",
            source=file.source,
        )
        for other in archive.members(file.path, relative=relative, limits=file.limits)
        if other.name in wanted and other.size
    }


def _split(pattern: str, *, root: Path) -> tuple[str, str | None]:
    """`a.zip/b/*.json` as the archive and what is to be read in it."""
    matched = _INSIDE.fullmatch(pattern)
    if matched is None or (root / matched[1]).is_dir():
        return pattern, None
    return matched[1], matched[2]


def _found(pattern: str, *, root: Path) -> tuple[list[str], Path]:
    """Paths for a pattern, and the directory in relation to which they are named."""
    full = os.path.normpath(root / pattern)
    base = _fixed_base(Path(full)) if Path(pattern).is_absolute() else root
    if Path(full).is_dir():
        paths = hub.dataset_files(Path(full)) or _walked(full)
        if not paths:
            raise InputError(
                "the directory holds no file of a known kind",
                where=pattern,
                code="TS201",
                fix=f"put files there that end in {', '.join(SUFFIXES)}, or name them with a glob",
            )
        return paths, base
    if Path(full).exists():
        return [full], base
    paths = [path for path in glob.glob(full, recursive=True) if Path(path).is_file()]  # noqa: PTH207, pathlib refuses absolute patterns
    if not paths:
        what = "no file matches the pattern" if glob.has_magic(pattern) else "the file does not exist"
        raise InputError(
            what, where=pattern, code="TS201", fix=f"paths are relative to {root.resolve()}; check the path"
        )
    return paths, base


def _fixed_base(full: Path) -> Path:
    """The directory above the first wildcard."""
    while glob.has_magic(str(full)):
        full = full.parent
    return full if full.is_dir() else full.parent


def _walked(directory: str) -> list[str]:
    def refused(problem: OSError) -> None:
        raise unreadable(problem.filename or directory, problem)

    return [
        str(Path(folder) / name)
        for folder, _, names in os.walk(directory, onerror=refused)
        for name in names
        if not name.startswith(".") and _suffix(name)[0] in (*SUFFIXES, *_CONTAINERS)
    ]


def _relative(path: str, *, base: Path) -> str:
    """How the file is called.

    Raises:
        InputError: nobody can write its name down.
    """
    name = Path(os.path.relpath(path, base)).as_posix()
    try:
        name.encode()
    except UnicodeEncodeError:
        raise InputError(
            "the name of the file is not UTF-8",
            where=os.fsencode(name).decode("utf-8", "backslashreplace"),
            code="TS206",
            fix="rename it",
        ) from None
    return name


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError as problem:
        raise unreadable(path, problem) from None


def _suffix(path: str) -> tuple[str, str]:
    """Suffix of the content and compression by name: `a.jsonl.gz` → (".jsonl", "gzip")."""
    name = Path(path)
    packed = _PACKED.get(name.suffix.lower(), "none")
    return (Path(name.stem) if packed != "none" else name).suffix.lower(), packed


@dataclass(frozen=True)
class _Place:
    """Where bytes lie."""

    path: str
    compression: str = "none"
    member: archive.Member | None = None
    limits: Limits = LIMITS

    @property
    def named(self) -> str:
        """The name that tells the suffix."""
        return self.member.name if self.member else self.path

    def blocks(self) -> Iterator[bytes]:
        return blocks(self.path, compression=self.compression, member=self.member, limits=self.limits)

    def head(self) -> bytes:
        """The first bytes; of a stream that breaks off at once, none: that is said again when it is read."""
        try:
            return next((block[:_HEAD] for block in islice(self.blocks(), 1)), b"")
        except Truncated:
            return b""


def _opened(path: str, *, relative: str, source: str, limits: Limits, inner: str | None) -> Found:
    """The file itself, or those in an archive."""
    place = _Place(path, limits=limits)
    nothing = SourceFile(path, relative, _size(path), "empty", "none", source, limits=limits)
    if not nothing.size:
        return Found([], [nothing])
    if not place.head().startswith(_ZIP):
        if inner is not None:
            raise InputError("the file is no zip archive", where=relative, code="TS203", fix="check the path")
        return Found([_classified(place, relative=relative, source=source)], [])
    found = archive.members(path, relative=relative, limits=limits)
    names = [member.name for member in found]
    if inner is None and eval_log.is_eval_log(names):
        if not eval_log.listed(path, relative=relative, limits=limits).samples:
            return Found([], [nothing])
        return Found([replace(nothing, kind="eval-log")], [])
    logs, empty = _chosen(found, relative=relative, inner=inner)
    inside = [replace(place, compression="zip", member=member) for member in logs]
    return Found(
        [_classified(one, relative=f"{relative}/{one.named}", source=source) for one in inside],
        [
            replace(nothing, relative=f"{relative}/{member.name}", member=member, compression="zip")
            for member in empty
        ],
    )


def _chosen(
    found: list[archive.Member], *, relative: str, inner: str | None
) -> tuple[list[archive.Member], list[archive.Member]]:
    """The members that are read: those that are asked for, else those that are named like logs; and others of
    these that are empty.

    Raises:
        InputError: none, or one that cannot be read inside an archive.
    """
    if any(member.name == "[Content_Types].xml" for member in found):
        raise _not_read("a spreadsheet or document", relative=relative)
    asked = [m for m in found if fnmatchcase(m.name, inner)] if inner else found
    named = [m for m in asked if inner or _suffix(m.name)[0] in (*SUFFIXES, *_TABLES)]
    logs = [m for m in named if m.size]
    archive.refuse_unreadable([m for m in asked if m in logs or not m.link], relative=relative)
    table = next((m for m in logs if _suffix(m.name)[0] in _TABLES), None)
    if table is not None:
        raise InputError(
            f"the archive holds a table, `{table.name}`, that can only be read unpacked",
            where=relative,
            code="TS203",
            fix=f"unpack it, or name what is to be read: `path: {relative}/*.json`",
        )
    if not logs:
        raise InputError(
            "the archive holds no file of a known kind" if inner is None else "nothing in it matches",
            where=relative if inner is None else f"{relative}/{inner}",
            code="TS201",
            fix=f"it should hold files that end in {', '.join(SUFFIXES[:5])}",
        )
    return logs, [m for m in named if not m.size and not m.link]


def _classified(place: _Place, *, relative: str, source: str) -> SourceFile:
    suffix, named = _suffix(place.named)
    if place.member is None:
        place = replace(place, compression=_compression(place.head()))
    else:
        named = "zip"
    kind = _kind(place.head(), place=place, relative=relative, suffix=suffix)
    return SourceFile(
        path=place.path,
        relative=relative,
        size=place.member.stored if place.member else _size(place.path),
        kind=kind,
        compression=place.compression,
        source=source,
        note=_note(kind, suffix=suffix, compression=place.compression, named=named),
        member=place.member,
        limits=place.limits,
    )


def _compression(magic: bytes) -> str:
    if magic.startswith(b"\x1f\x8b"):
        return "gzip"
    return "zstd" if magic.startswith(b"\x28\xb5\x2f\xfd") else "none"


def _kind(head: bytes, *, place: _Place, relative: str, suffix: str) -> str:
    if place.compression == "none":
        if head.startswith(b"PAR1"):
            return "parquet"
        if head.startswith(_ARROW):
            return "arrow"
    _refuse_binary(head, relative=relative, suffix=suffix)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"{", b"[")):
        return _json_kind(start, place=place, suffix=suffix)
    return "csv" if suffix in (".csv", ".tsv") else "jsonl"


def _refuse_binary(head: bytes, *, relative: str, suffix: str) -> None:
    binary = next((what for magic, what in _ARCHIVES.items() if head.startswith(magic)), None)
    if binary is None and (head.startswith((b"\xff\xfe", b"\xfe\xff")) or _is_utf16_without_mark(head)):
        raise InputError(
            "the file is UTF-16, not UTF-8",
            where=relative,
            code="TS204",
            fix="iconv -f UTF-16 -t UTF-8 OLD > NEW",
        )
    if binary is None and head[257:262] == b"ustar":
        binary = "a tar archive"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if binary is None and b"\0" in head[:1024] and not text.startswith((b"{", b"[")):
        binary = "binary"  # in a log that begins like one, NULs are damage of some lines
    if binary is None and suffix in _TABLES:
        binary = "no Parquet file" if suffix == ".parquet" else "no Arrow file"
    if binary is None and suffix in (".zip", ".eval"):
        binary = "no zip archive"
    if binary is not None:
        raise _not_read(binary, relative=relative)


def _not_read(what: str, *, relative: str) -> InputError:
    return InputError(
        f"the file is {what}",
        where=relative,
        code="TS203",
        fix=f"unpack or export it to one of {', '.join(SUFFIXES)} (.gz, .zst and .zip are read as they are)",
    )


def _is_utf16_without_mark(head: bytes) -> bool:
    """Mostly ASCII, so every second byte is zero and the others are not; a good first line says otherwise."""
    first, newline, _ = head.partition(b"\n")
    if newline and _parses(first):
        return False  # one of several writers was wrong, and only its lines are lost
    sample = head[:512]
    fewer, more = sorted(half.count(0) for half in (sample[::2], sample[1::2]))
    return len(sample) >= 8 and 2 * more / len(sample) >= 0.9 and 2 * fewer / len(sample) <= 0.1


def _json_kind(start: bytes, *, place: _Place, suffix: str) -> str:
    """One document (array or object), or one JSON value a line?"""
    first, newline, rest = start.partition(b"\n")
    if newline and rest.strip() and _parses(first):
        return "jsonl"
    if start.startswith(b"["):
        return "json-array"
    if suffix != ".json":
        return "jsonl"
    one_line = not newline and _is_one_line(place)
    return "json-array" if newline or one_line else "jsonl"


def _parses(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _is_one_line(place: _Place) -> bool:
    """Nothing but white space after the first newline."""
    ended = False
    try:
        for block in place.blocks():
            rest = block if ended else block.partition(b"\n")[2]
            ended = ended or b"\n" in block
            if rest.strip():
                return False
    except Truncated:
        pass
    return True


def _note(kind: str, *, suffix: str, compression: str, named: str) -> str | None:
    expected = {"jsonl": (".jsonl", ".ndjson", ".json"), "json-array": (".json", ".jsonl"), "csv": (".csv",
    ".tsv"), "parquet": (".parquet",), "arrow": (".arrow",)}[kind]  # fmt: skip
    said = [] if compression == named else [f"compression is {compression}"]
    if suffix in SUFFIXES and suffix not in expected:
        said.append(f"content is {kind}")
    return f"not what its name says: {' and '.join(said)}" if said else None
