"""What changed between two releases, by origin id and by cell."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from tuneset.core.errors import InputError
from tuneset.release import provenance

KINDS = ("added", "removed", "changed", "moved")

_NARROW = np.dtype([("id", "S32"), ("content", "S32"), ("split", "U10"), ("cell", np.int32)])


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
    """Compares two release directories by their provenance; holds about 110 bytes per example of each.

    Raises:
        InputError: a directory is no release.
    """
    before, after = _read(old), _read(new)
    stays_old, stays_new = _common(before.ids, after.ids)
    gone = np.setdiff1d(np.arange(len(before.ids)), stays_old, assume_unique=True)
    come = np.setdiff1d(np.arange(len(after.ids)), stays_new, assume_unique=True)
    changed = stays_new[before.contents[stays_old] != after.contents[stays_new]]
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
    """Row-aligned columns of a release, by ascending id."""

    ids: np.ndarray
    contents: np.ndarray
    splits: np.ndarray
    cells: np.ndarray

    def hex(self, rows: np.ndarray) -> tuple[str, ...]:
        return tuple(identity.decode() for identity in self.ids[rows].tolist())


def _read(directory: Path) -> _Narrow:
    path = directory / provenance.FILE
    cells: dict[str, int] = {}
    try:
        with path.open("rb") as lines:
            table = np.fromiter(_narrow(lines, cells), _NARROW)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError(
            "not a release",
            where=str(path),
            fix="give the directory of a release: `.tuneset/releases/<digest>`",
        ) from None
    names = np.array([*cells, ""])  # never empty, so that it stays an array of text
    return _Narrow(table["id"], table["content"], table["split"], names[table["cell"]])


def _narrow(lines: Iterable[bytes], cells: dict[str, int]) -> Iterator[tuple[str, str, str, int]]:
    """The columns of each line; cells as numbers, which are added to `cells` as they come."""
    for line in lines:
        value = orjson.loads(line)
        cell = cells.setdefault(value.get("cell", ""), len(cells))
        yield value["id"], value["content_id"], value["split"], cell


def _common(old: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the ids that both have, in the same order."""
    _, rows_old, rows_new = np.intersect1d(old, new, assume_unique=True, return_indices=True)
    return rows_old, rows_new


def _by_cell(changes: list[tuple[str, _Narrow, np.ndarray]]) -> dict[str, dict[str, int]]:
    cells: dict[str, dict[str, int]] = {}
    for kind, release, rows in changes:
        for cell, count in Counter(release.cells[rows].tolist()).items():
            cells.setdefault(cell, dict.fromkeys(KINDS, 0))[kind] += count
    return dict(sorted(cells.items()))
