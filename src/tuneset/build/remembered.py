"""What an earlier build found out about pairs of examples, so that a later one only compares what is new.

Each kind of knowledge is an entry of the cache of its own, in terms of the parts: `links` (below),
`neighbours` (`build.findings.suspicion`), `leaks` (`build.divide`). What all have in common:

    rows.npy        `uint8[n]`: of each example, as the parts lay end to end: did it take part

A pair is judged by the two examples alone, and whom a MinHash bucket brings together depends on its members
alone. So a build takes over every verdict on two examples that still are what they were, and every bucket
without anyone who came or went; a build from scratch finds the same, byte for byte: docs/decisions/0012.

    pairs.npy       `uint32[m, 2]`: the pairs that were judged, by such places
    links.arrow     `LINKS` of those that are anything, by such places
    band-<k>.npy    `uint32[k, 2]`: pairs that one MinHash band proposed; none if all were compared with all
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from tuneset.build.index import Index
from tuneset.build.prepare import open_ipc, write_ipc
from tuneset.core.fingerprint import fingerprint
from tuneset.kernels.join import unpacked
from tuneset.kernels.neighbours import NOBODY, UNKNOWN
from tuneset.stages.dedupe import LINKS
from tuneset.store.cache import Entry
from tuneset.store.workspace import Workspace

VERSION = 5
"""Goes up when what is remembered is written in another way."""

LINKED, NEIGHBOURS, COMPARED = "links", "neighbours", "leaks"
"""Kinds of knowledge."""

AWAY, TOOK, RENAMED = 0, 1, 2
"""An example in an earlier search: absent; took part; took part under an id that other parts gave it."""


@dataclass(frozen=True)
class Remembered:
    """An earlier build's knowledge, in terms of a new one's examples.

    Attributes:
        path: where it lies.
        number: `int64[m]`: the number in the new index of each earlier example; -1 if it is gone or renamed.
        stayed: `bool[n]` by number: it took part in the earlier search, as what it is now.
        met: `bool[n]` by number: it took part then, whatever its id.
        gone: cache directories of parts that are no longer read, each with `bool[rows]`: who took part; None
            if one of them is no longer in the cache.
    """

    path: Path
    number: np.ndarray
    stayed: np.ndarray
    met: np.ndarray
    gone: tuple[tuple[Path, np.ndarray], ...] | None

    def numbers(self, name: str) -> np.ndarray:
        """A file of places, as numbers of the new index: -1 if an example is gone or renamed."""
        return self.number[np.load(self.path / name)]

    @property
    def bands(self) -> bool:
        """Can its buckets be taken over?"""
        return self.gone is not None and (self.path / "band-0.npy").exists()

    def judged(self) -> np.ndarray:
        """`int64[k, 2]`: pairs (i < j) of examples that were judged, as numbers of the new index; sorted."""
        return current(np.load(self.path / "pairs.npy"), self.number)

    def links(self) -> pa.Table:
        """`LINKS` among earlier examples that are still there, sorted: numbers rise with ids, then as now."""
        links = open_ipc(self.path / "links.arrow")
        i, j = (self.number[links.column(name).to_numpy()] for name in ("i", "j"))
        for place, ends in enumerate((i, j)):
            links = links.set_column(place, LINKS.field(place), pa.array(ends))
        there = (i >= 0) & (j >= 0)
        return links if there.all() else links.filter(pa.array(there))


def current(pairs: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Remembered pairs as numbers of the new index, without what is gone or stands the other way round."""
    pairs = number[pairs]
    return pairs[(pairs[:, 0] >= 0) & (pairs[:, 0] < pairs[:, 1])]


def recall(workspace: Workspace, kind: str, key: str, index: Index) -> Remembered | None:
    """What the build with the most examples in common remembers; None if there is none.

    Args:
        kind: of knowledge. key: of everything but the parts that it depends on.
    """
    parts = _named(path.name for path in index.paths)
    found = [entry for entry in workspace.entries() if entry.values.get(kind) == key]
    common = {entry.fingerprint: _in_common(entry, parts) for entry in found}
    for entry in sorted(found, key=lambda entry: (-common[entry.fingerprint], entry.fingerprint)):
        whole = workspace.cache(entry.fingerprint) if common[entry.fingerprint] else None
        if whole is not None:
            return _in_terms_of(index, whole, parts=parts, workspace=workspace)
    return None


def remember(
    workspace: Workspace,
    kind: str,
    key: str,
    index: Index,
    *,
    took: np.ndarray,
    write: Callable[[Path, np.ndarray], None],
) -> None:
    """Keeps what was found out, and forgets builds that knew no more than this one.

    Args:
        kind, key: as of `recall`.
        took: `bool[n]`, who took part.
        write: called with a directory, to fill it, and `uint32[n]`, the place of each example in the parts
            laid end to end, in which it says who is who.
    """
    place = index.place.astype(np.uint32)
    rows = np.zeros(len(index), np.uint8)
    rows[place] = np.where(took, np.where(index.moved, RENAMED, TOOK), AWAY)

    def written(directory: Path) -> dict[str, object]:
        np.save(directory / "rows.npy", rows)
        write(directory, place)
        sizes = np.bincount(index.part, minlength=len(index.paths)).tolist()
        return {kind: key, "parts": [path.name for path in index.paths], "rows": sizes}

    own = fingerprint(kind, key, [path.name for path in index.paths])
    workspace.commit(own, written)
    known = {path.name for path in index.paths}
    for entry in list(workspace.entries()):
        if entry.values.get(kind) == key and entry.fingerprint != own and _mostly(entry, known):
            workspace.forget(entry.fingerprint)


def write_links(
    directory: Path, place: np.ndarray, *, pairs: np.ndarray, links: pa.Table, bands: Sequence[Path]
) -> None:
    """The knowledge `links`.

    Args:
        directory, place: as of `remember`.
        pairs: `int64[m]`, all that were judged, packed. links: of these pairs.
        bands: one array of packed pairs for each MinHash band; none if all were compared with all.
    """
    np.save(directory / "pairs.npy", place[unpacked(pairs)])
    ends = [pa.array(place[links.column(name).to_numpy()].astype(np.int64)) for name in ("i", "j")]
    write_ipc(directory / "links.arrow", pa.table([*ends, *links.columns[2:]], schema=LINKS))
    for number, path in enumerate(bands):
        np.save(directory / f"band-{number}.npy", place[unpacked(np.load(path))])


def with_nobody(places: np.ndarray) -> np.ndarray:
    """`int32[k]` places, so that `NOBODY` and `UNKNOWN` among what is looked up stay what they are: they name
    entries from the end.
    """
    return np.append(places, np.array([UNKNOWN, NOBODY], np.int32))


def _mostly(entry: Entry, known: set[str]) -> bool:
    """Has an earlier build at most one part that is not read now? A file that grew has a new last part."""
    return len(set(entry.values["parts"]) - known) <= 1


def _named(fingerprints: Sequence[str] | object) -> dict[tuple[str, int], int]:
    """Place of each part by its fingerprint and by how many of the same stand before it."""
    found: dict[tuple[str, int], int] = {}
    seen: dict[str, int] = {}
    for place, name in enumerate(fingerprints):  # pyright: ignore[reportArgumentType]
        found[name, seen.get(name, 0)] = place
        seen[name] = seen.get(name, 0) + 1
    return found


def _in_common(entry: Entry, parts: dict[tuple[str, int], int]) -> int:
    sizes = dict(zip(_named(entry.values["parts"]), entry.values["rows"], strict=True))
    return sum(rows for part, rows in sizes.items() if part in parts)


def _in_terms_of(
    index: Index, entry: Entry, *, parts: dict[tuple[str, int], int], workspace: Workspace
) -> Remembered:
    rows = np.load(entry.file("rows.npy"))
    at = np.empty(len(index), np.int64)
    at[index.place] = np.arange(len(index))
    starts = np.concatenate([[0], np.cumsum(np.bincount(index.part, minlength=len(index.paths)))])
    number = np.full(len(rows), -1, np.int64)
    gone: list[tuple[Path, np.ndarray]] | None = []
    before = 0
    for (name, copy), size in zip(_named(entry.values["parts"]), entry.values["rows"], strict=True):
        new = parts.get((name, copy))
        if new is not None:
            number[before : before + size] = at[starts[new] : starts[new] + size]
        elif gone is not None:
            lost = workspace.cache(name, trust=True)
            gone = [*gone, (lost.path, rows[before : before + size] != AWAY)] if lost else None
        before += size
    met = np.zeros(len(index), bool)
    met[number[(number >= 0) & (rows != AWAY)]] = True
    same = (number >= 0) & (rows != RENAMED)
    same[same] = ~index.moved[number[same]]
    number = np.where(same, number, -1)
    stayed = np.zeros(len(index), bool)
    stayed[number[same & (rows == TOOK)]] = True
    return Remembered(entry.path, number, stayed, met, None if gone is None else tuple(gone))
