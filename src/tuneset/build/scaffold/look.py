"""Reads a sample of logs, grouped into sources of one format each."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from tuneset.connectors.files import NO_RECORD, SourceFile, found_in, is_empty
from tuneset.connectors.ingest import ingest
from tuneset.connectors.joined import connector
from tuneset.connectors.parts import split
from tuneset.connectors.remote import is_remote
from tuneset.connectors.requests import requests_among
from tuneset.connectors.sniff import Sniffed, sniff
from tuneset.core.errors import InputError
from tuneset.core.example import concat
from tuneset.core.spec import Source
from tuneset.store.workspace import Workspace

SAMPLE_RECORDS = 20_000
"""Per source, evenly over its files: enough for every label that matters, a second of work."""

_PART_BYTES = 8 * 2**20
_RECORD_BYTES = 16 * 2**20
_NO_KEY = bytes(32)
"""Ids are hashed with it while looking; nothing of it is kept."""

Group = tuple[str, str, str]
"""Files that are read alike: pattern as given, connector, fields."""


@dataclass(frozen=True)
class Seen:
    """One source and the sample of it."""

    source: Source
    why: str
    files: int
    bytes: int
    read: int
    complete: bool
    """Was every record read?"""
    rejects: Counter[str]
    """Reason → records."""
    examples: pa.Table
    """`EXAMPLES` of the sample."""


@dataclass(frozen=True)
class Look:
    """What was found: sources, and files that no connector knows, with the reason."""

    sources: tuple[Seen, ...]
    skipped: tuple[InputError, ...]


def look(logs: Sequence[str], *, root: Path, sample_records: int = SAMPLE_RECORDS) -> Look:
    """The sources behind files, directories and globs, as seen from the project directory `root`.

    About `sample_records` of each source are read, at least 200 of each file.

    Raises:
        InputError: nothing there, or nothing in a known format.
    """
    groups: dict[Group, list[SourceFile]] = {}
    known: dict[str, Sniffed] = {}
    asked: dict[Group, list[SourceFile]] = {}
    everything: list[SourceFile] = []
    unknown: dict[str, InputError] = {}
    for given in logs:
        pattern = _from(root, given)
        fetched = Workspace.open(root).directory / "fetched" if is_remote(given) else None
        try:
            files, empty = found_in(Source(path=pattern), root=root, fetched=fetched)
        except InputError as problem:
            if problem.code != NO_RECORD:
                raise
            unknown[pattern] = problem  # a shell names every file of a directory, the empty ones too
            continue
        for file in files:
            everything.append(file)
            try:
                sniffed = sniff(file)
            except InputError as problem:
                unknown[file.relative] = problem
                continue
            known[file.relative] = sniffed
            groups.setdefault((pattern, sniffed.connector, repr(sniffed.fields)), []).append(file)
        unknown.update({file.relative: is_empty(file) for file in empty})
    for group in groups:
        asked[group] = requests_among(everything, connector=group[1])
        unknown = {name: why for name, why in unknown.items() if name not in _names(asked[group])}
    skipped = tuple(unknown.values())
    if skipped and not groups:
        raise skipped[0]
    sorted_out = [
        (path, files, known[files[0].relative], asked[group])
        for group in groups
        for path, files in _paths(group, groups, root=root)
    ]
    titles = _titles([path for path, *_ in sorted_out])
    sources = [
        _seen(
            Source(
                path=path,
                name=title,
                format=sniffed.connector,
                fields=sniffed.fields,
                requests=_from(root, _address(requests[0])) if len(requests) == 1 else None,
            ),
            files,
            requests,
            why=sniffed.why,
            sample_records=sample_records,
        )
        for title, (path, files, sniffed, requests) in zip(titles, sorted_out, strict=True)
    ]
    return Look(tuple(sources), skipped)


def _names(files: list[SourceFile]) -> set[str]:
    return {file.relative for file in files}


def _from(root: Path, given: str) -> str:
    """Relative to the project where that is near; else absolute, because nobody can read `../../../..`."""
    if is_remote(given):
        return given
    relative = Path(os.path.relpath(given, root)).as_posix()
    return relative if not relative.startswith("../../") else Path(given).absolute().as_posix()


def _titles(paths: Sequence[str]) -> list[str]:
    """A short name for each source: origin ids hold it, so it must outlive a move of the logs."""
    stems = [_stem(path) for path in paths]
    return [
        stem if stems.count(stem) == 1 else f"{stem}-{stems[: number + 1].count(stem)}"
        for number, stem in enumerate(stems)
    ]


def _stem(path: str) -> str:
    """The last part of the path that has no wildcard, without its suffixes."""
    fixed = [part for part in Path(path).parts if not set(part) & set("*?[") and part not in ("/", ".", "..")]
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", fixed[-1].partition(".")[0]).strip("-") if fixed else ""
    return name or "logs"


def _paths(
    group: Group, groups: Mapping[Group, list[SourceFile]], *, root: Path
) -> Iterator[tuple[str, list[SourceFile]]]:
    """What to write for a group: the pattern as given if all its files are of one format; else a glob for
    each directory and suffix that holds nothing else; else each file by itself.
    """
    others = [
        file for other, files in groups.items() if other[0] == group[0] and other != group for file in files
    ]
    if not others:
        yield group[0], groups[group]
        return
    mixed = {_glob(file) for file in others}
    places: dict[str, list[SourceFile]] = {}
    for file in groups[group]:
        glob = _glob(file)
        places.setdefault(_address(file) if glob in mixed else glob, []).append(file)
    for glob, files in places.items():
        yield _from(root, glob if len(files) > 1 else _address(files[0])), files


def _address(file: SourceFile) -> str:
    """What a spec calls a file."""
    if is_remote(file.relative):
        return file.relative
    return f"{file.path}/{file.member.name}" if file.member else file.path


def _glob(file: SourceFile) -> str:
    if file.member or is_remote(file.relative):
        return _address(file)
    path = Path(file.path)
    return str(path.parent / f"*{''.join(path.suffixes[-2:])}")


def _seen(
    source: Source, files: list[SourceFile], requests: list[SourceFile], *, why: str, sample_records: int
) -> Seen:
    most = max(200, sample_records // len(files))
    tables: list[pa.Table] = []
    rejects: Counter[str] = Counter()
    read, complete = 0, True
    for file in files:
        here = 0
        for examples, refused, count in _batches(source, file, requests):
            tables.append(examples)
            rejects.update(refused)
            here += count
            if here >= most:
                complete = False
                break
        read += here
    return Seen(source, why, len(files), sum(f.size for f in files), read, complete, rejects, concat(tables))


def _batches(
    source: Source, file: SourceFile, requests: list[SourceFile]
) -> Iterator[tuple[pa.Table, list[str], int]]:
    reader = connector(source.format, beside=[part for other in requests for part in split(other)])
    for part in split(file, part_bytes=_PART_BYTES):
        for batch in ingest(
            part,
            connector=reader,
            fields=source.fields,
            key=_NO_KEY,
            licence=None,
            tags={},
            max_record_bytes=_RECORD_BYTES,
            batch_rows=1000,
        ):
            yield batch.examples, batch.rejects.column("reason").to_pylist(), batch.read
