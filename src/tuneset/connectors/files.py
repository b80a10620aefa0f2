"""Finds the files of a source and says what each of them is, by its content first and its name second.

Errors of whole files:

    TS201  nothing there          TS204  not UTF-8 but UTF-16     TS207  damaged, or expands beyond measure
    TS202  empty                  TS205  not readable             TS208  no known format (see `sniff`)
    TS203  binary, or an archive
"""

import glob
import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import orjson

from tuneset.connectors.streams import Truncated, blocks, unreadable
from tuneset.core.errors import InputError
from tuneset.core.spec import Source

SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")
_PACKED = {".gz": "gzip", ".zst": "zstd", ".zstd": "zstd"}
_HEAD = 1 << 16
_ARCHIVES = {
    b"PK\x03\x04": "a zip archive or spreadsheet",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"%PDF": "a PDF document",
    b"ARROW1": "an Arrow IPC file",
    b"SQLite format 3": "an SQLite database",
    b"Obj\x01": "an Avro file",
}
"""First bytes of formats that are often taken for logs (their specifications; file(1) has the same)."""


@dataclass(frozen=True)
class SourceFile:
    """One file of a source.

    `kind`: jsonl, json-array, csv or parquet. `compression`: none, gzip or zstd. `note` says in words when
    the name and the content disagree. `relative` is how the file is called in examples and reports.
    """

    path: str
    relative: str
    size: int
    kind: str
    compression: str
    source: str
    note: str | None = None


def discover(source: Source, *, root: Path) -> list[SourceFile]:
    """The files of a source, sorted by name; empty ones are left out where a directory or glob found them.

    Raises:
        InputError: nothing found, nothing but empty files, or a file that cannot be a log.
    """
    paths, base = _found(source.path, root=root)
    files = [path for path in paths if _size(path) > 0]
    if not files:
        raise InputError(
            "the file is empty" if len(paths) == 1 else f"all {len(paths)} files are empty",
            where=source.path,
            code="TS202",
            fix="point `path` at files that hold records",
        )
    named = sorted((_relative(path, base=base), path) for path in files)
    return [_classified(path, relative=relative, source=source.title) for relative, path in named]


def _found(pattern: str, *, root: Path) -> tuple[list[str], Path]:
    """Paths for a pattern, and the directory in relation to which they are named."""
    full = os.path.normpath(root / pattern)
    base = _fixed_base(Path(full)) if Path(pattern).is_absolute() else root
    if Path(full).is_dir():
        paths = _walked(full)
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
        if not name.startswith(".") and _suffix(name)[0] in SUFFIXES
    ]


def _relative(path: str, *, base: Path) -> str:
    return Path(os.path.relpath(path, base)).as_posix()


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


def _classified(path: str, *, relative: str, source: str) -> SourceFile:
    suffix, named = _suffix(path)
    magic = _head(path, compression="none")
    compression = _compression(magic)
    head = magic if compression == "none" else _head(path, compression=compression)
    kind = _kind(head, path=path, relative=relative, suffix=suffix, compression=compression)
    return SourceFile(
        path=path,
        relative=relative,
        size=_size(path),
        kind=kind,
        compression=compression,
        source=source,
        note=_note(kind, suffix=suffix, compression=compression, named=named),
    )


def _head(path: str, *, compression: str) -> bytes:
    head = bytearray()
    try:
        for block in islice(blocks(path, compression=compression), 1):
            head += block[:_HEAD]
    except Truncated:
        pass  # said again, with its place, when the file is read
    return bytes(head)


def _compression(magic: bytes) -> str:
    if magic.startswith(b"\x1f\x8b"):
        return "gzip"
    return "zstd" if magic.startswith(b"\x28\xb5\x2f\xfd") else "none"


def _kind(head: bytes, *, path: str, relative: str, suffix: str, compression: str) -> str:
    if head.startswith(b"PAR1") and compression == "none":
        return "parquet"
    _refuse_binary(head, relative=relative, suffix=suffix)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"{", b"[")):
        return _json_kind(start, path=path, compression=compression, suffix=suffix)
    return "csv" if suffix in (".csv", ".tsv") else "jsonl"


def _refuse_binary(head: bytes, *, relative: str, suffix: str) -> None:
    archive = next((what for magic, what in _ARCHIVES.items() if head.startswith(magic)), None)
    if archive is None and (head.startswith((b"\xff\xfe", b"\xfe\xff")) or _every_other_is_nul(head)):
        raise InputError(
            "the file is UTF-16, not UTF-8",
            where=relative,
            code="TS204",
            fix="iconv -f UTF-16 -t UTF-8 OLD > NEW",
        )
    if archive is None and head[257:262] == b"ustar":
        archive = "a tar archive"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if archive is None and b"\0" in head[:1024] and not text.startswith((b"{", b"[")):
        archive = "binary"  # in a log that begins like one, NULs are damage of some lines
    if archive is None and suffix == ".parquet":
        archive = "no Parquet file"
    if archive is not None:
        raise InputError(
            f"the file is {archive}",
            where=relative,
            code="TS203",
            fix=f"unpack or export it to one of {', '.join(SUFFIXES)} (.gz and .zst are read as they are)",
        )


def _every_other_is_nul(head: bytes) -> bool:
    """UTF-16 without a byte order mark: mostly ASCII, so every second byte is zero and the others are not."""
    sample = head[:512]
    fewer, more = sorted(half.count(0) for half in (sample[::2], sample[1::2]))
    return len(sample) >= 8 and 2 * more / len(sample) >= 0.9 and 2 * fewer / len(sample) <= 0.1


def _json_kind(start: bytes, *, path: str, compression: str, suffix: str) -> str:
    """One document (array or object), or one JSON value a line?"""
    first, newline, rest = start.partition(b"\n")
    if newline and rest.strip() and _parses(first):
        return "jsonl"
    if start.startswith(b"["):
        return "json-array"
    if suffix != ".json":
        return "jsonl"
    one_line = not newline and _is_one_line(path, compression=compression)
    return "json-array" if newline or one_line else "jsonl"


def _parses(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _is_one_line(path: str, *, compression: str) -> bool:
    """Nothing but white space after the first newline."""
    ended = False
    try:
        for block in blocks(path, compression=compression):
            rest = block if ended else block.partition(b"\n")[2]
            ended = ended or b"\n" in block
            if rest.strip():
                return False
    except Truncated:
        pass
    return True


def _note(kind: str, *, suffix: str, compression: str, named: str) -> str | None:
    expected = {"jsonl": (".jsonl", ".ndjson", ".json"), "json-array": (".json", ".jsonl"), "csv": (".csv",
    ".tsv"), "parquet": (".parquet",)}[kind]  # fmt: skip
    said = [] if compression == named else [f"compression is {compression}"]
    if suffix in SUFFIXES and suffix not in expected:
        said.append(f"content is {kind}")
    return f"not what its name says: {' and '.join(said)}" if said else None
