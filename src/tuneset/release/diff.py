"""What changed between two releases, by origin id and by cell."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
from pyarrow import json

from tuneset.core.errors import InputError
from tuneset.kernels.order import lexicographic
from tuneset.release import provenance

KINDS = ("added", "removed", "changed", "moved")

_READ = pa.schema([(name, pa.string()) for name in ("id", "content_id", "split", "cell")])
_BLOCK_BYTES = 1 << 22


@dataclass(frozen=True)
class Diff:
    """Origin ids (hex, ascending) of what differs. An example can be both changed and moved."""

    old: str
    new: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    """Same origin, other content."""
    moved: tuple[tuple[str, str, str], ...]
    """(id, old split, new split)."""
    cells: dict[str, dict[str, int]]
    """Cell → how many were added, removed, changed, moved; by the new release's cell where there is one."""

    @property
    def same(self) -> bool:
        """Do both hold the same examples in the same splits?"""
        return not (self.added or self.removed or self.changed or self.moved)

    def plain(self) -> dict[str, object]:
        """Counts, as JSON; the ids are in lists of their own."""
        counts = {kind: len(getattr(self, kind)) for kind in KINDS}
        return {"schema_version": 1, "old": self.old, "counts": counts, "cells": self.cells}


def diff(old: Path, new: Path) -> Diff:
    """Compares two release directories by their provenance; holds about 60 bytes per example of each.

    Raises:
        InputError: a directory is no release.
    """
    before, after = _read(old), _read(new)
    stays_old, stays_new = _common(before.ids, after.ids)
    gone = np.setdiff1d(np.arange(len(before.ids)), stays_old, assume_unique=True)
    come = np.setdiff1d(np.arange(len(after.ids)), stays_new, assume_unique=True)
    changed = stays_new[(before.contents[stays_old] != after.contents[stays_new]).any(axis=1)]
    other_split = before.splits[stays_old] != after.splits[stays_new]
    moved_old, moved_new = stays_old[other_split], stays_new[other_split]
    return Diff(
        old=old.name,
        new=new.name,
        added=after.hex(come),
        removed=before.hex(gone),
        changed=after.hex(changed),
        moved=tuple(
            zip(
                after.hex(moved_new),
                before.splits[moved_old].tolist(),
                after.splits[moved_new].tolist(),
                strict=True,
            )
        ),
        cells=_by_cell(
            [
                ("added", after, come),
                ("removed", before, gone),
                ("changed", after, changed),
                ("moved", after, moved_new),
            ]
        ),
    )


def write_changes(difference: Diff, directory: Path) -> None:
    """`changes/`: `summary.json` and one list of ids per kind of change that happened."""
    directory.mkdir()
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    (directory / "summary.json").write_bytes(orjson.dumps(difference.plain(), option=options))
    for kind in KINDS:
        entries = getattr(difference, kind)
        lines = ("\t".join(entry) if isinstance(entry, tuple) else entry for entry in entries)
        if entries:
            (directory / f"{kind}.txt").write_text("".join(f"{line}\n" for line in lines), newline="\n")


@dataclass(frozen=True)
class _Narrow:
    """Row-aligned columns of a release, by ascending id; ids as two numbers that sort like them."""

    ids: np.ndarray
    contents: np.ndarray
    splits: np.ndarray
    cells: np.ndarray

    def hex(self, rows: np.ndarray) -> tuple[str, ...]:
        digits = self.ids[rows].astype(">u8").tobytes().hex()
        return tuple(digits[start : start + 32] for start in range(0, len(digits), 32))


def _read(directory: Path) -> _Narrow:
    path = directory / provenance.FILE
    try:
        tables = _tables(path) if path.stat().st_size else []
        ids, contents = (
            np.concatenate([np.empty((0, 2), np.uint64), *(_numbers(t.column(name)) for t in tables)])
            for name in ("id", "content_id")
        )
        splits, cells = (
            np.concatenate([np.empty(0, object), *(_words(table.column(name)) for table in tables)])
            for name in ("split", "cell")
        )
    except (OSError, ValueError):
        raise InputError(
            "not a release",
            where=str(path),
            fix="give the directory of a release: `.tuneset/releases/<digest>`",
        ) from None
    return _Narrow(ids, contents, splits, cells)


def _tables(path: Path) -> list[pa.RecordBatch]:
    """The columns that are compared.

    Raises:
        ValueError: a line is no JSON object, or one of them has no such text.
    """
    try:
        return _batches(path, block_bytes=_BLOCK_BYTES)
    except pa.ArrowInvalid:  # also where an example stands for so many twins that its line fills a block
        with path.open("rb") as lines:
            longest = max(map(len, lines))
        if longest <= _BLOCK_BYTES:
            raise
        return _batches(path, block_bytes=longest)


def _batches(path: Path, *, block_bytes: int) -> list[pa.RecordBatch]:
    reading = json.ReadOptions(use_threads=False, block_size=block_bytes)
    parsing = json.ParseOptions(explicit_schema=_READ, unexpected_field_behavior="ignore")
    with path.open("rb") as file, json.open_json(file, read_options=reading, parse_options=parsing) as lines:
        return [batch.select(_READ.names) for batch in lines]


def _numbers(ids: pa.Array) -> np.ndarray:
    """`uint64[n, 2]` of ids in 32 hex digits.

    Raises:
        ValueError: one has not so many, or other letters.
    """
    digits = "".join(ids.to_pylist()) if not ids.null_count else ""
    if len(digits) != 32 * len(ids):
        raise ValueError("an id has 32 hex digits")
    return np.frombuffer(bytes.fromhex(digits), ">u8").astype(np.uint64).reshape(-1, 2)


def _words(column: pa.Array) -> np.ndarray:
    """`object[n]`: few different words, none as the empty one."""
    encoded = column.dictionary_encode()
    words = np.array([*encoded.dictionary.to_pylist(), ""], object)
    return words[encoded.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)]


def _common(old: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the ids that both have, in the same order."""
    both = np.concatenate([old, new])
    order = lexicographic(both[:, 0], both[:, 1])
    same = (both[order[1:]] == both[order[:-1]]).all(axis=1)
    return order[:-1][same], order[1:][same] - len(old)


def _by_cell(changes: list[tuple[str, _Narrow, np.ndarray]]) -> dict[str, dict[str, int]]:
    cells: dict[str, dict[str, int]] = {}
    for kind, release, rows in changes:
        for cell, count in Counter(release.cells[rows].tolist()).items():
            cells.setdefault(cell, dict.fromkeys(KINDS, 0))[kind] += count
    return dict(sorted(cells.items()))
