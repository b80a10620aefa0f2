"""Candidates among many examples: who shares a MinHash band, band by band, without loading more than two.

A band proposes pairs inside its buckets (`kernels.join.bucket_pairs`). Whom a bucket brings together depends
on its members alone, so after few changes the pairs are those of an earlier build (`build.remembered`), but
for those of whoever came or went (`kernels.buckets`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

import numpy as np

from tuneset.build.index import Index, array_file
from tuneset.build.prepare import open_npy
from tuneset.build.remembered import Remembered
from tuneset.core.spec import Spec
from tuneset.engine.executor import Executor
from tuneset.engine.progress import Progress
from tuneset.kernels.buckets import AWAY, CAME, STAYS, WENT, changes, held, kept_pairs
from tuneset.stages.dedupe import near_pairs, screen_of

_BANDS_PER_TASK = 5  # what all bands need is loaded once a task
_FEW = 0.2
"""Share of the examples that may have come or gone if the buckets of an earlier build are to save work."""


@dataclass(frozen=True)
class _Task:
    """The bands `start:stop`. `scratch` holds, of all examples in the parts' own order: `number.npy`,
    `state.npy`, `renamed.npy`, and `sketches.npy` and `lengths.npy`, what the screen reads.
    """

    parts: tuple[tuple[Path, int], ...]
    """Cache directory and examples of each part that has any."""
    scratch: Path
    bands: int
    start: int
    stop: int
    spec: Spec
    before: Remembered | None


def banded_pairs(
    index: Index,
    chosen: np.ndarray,
    *,
    spec: Spec,
    executor: Executor,
    scratch: Path,
    progress: Progress,
    before: Remembered | None,
) -> tuple[Path, ...]:
    """Files of `int64[k]` pairs (`i << 32 | j`, i < j, by number), one for each MinHash band.

    Args:
        index: all examples. chosen: those that take part, by number.
        before: what an earlier build found out; it saves work and changes nothing.
    """
    number = np.empty(len(index), np.int64)
    number[index.place] = np.arange(len(index))
    took = np.zeros(len(index), bool)
    took[chosen] = True
    if before is not None and (not before.bands or _changed(took, before).mean() > _FEW):
        before = None
    state = np.where(took, CAME, AWAY) if before is None else _states(took, before)
    sizes = np.bincount(index.part, minlength=len(index.paths)).tolist()
    parts = tuple((path, rows) for path, rows in zip(index.paths, sizes, strict=True) if rows)
    np.save(scratch / "number.npy", number)
    np.save(scratch / "state.npy", state[number])
    if before is not None:
        np.save(scratch / "renamed.npy", (before.met & ~before.stayed)[number])
    np.save(scratch / "lengths.npy", index.signatures.words[number])
    _end_to_end([path / "sketches.npy" for path, _rows in parts], scratch / "sketches.npy")
    bands = np.load(parts[0][0] / "bands.npy", mmap_mode="r").shape[0]
    bounds = [*range(0, bands, _BANDS_PER_TASK), bands]
    tasks = [_Task(parts, scratch, bands, *run, spec, before) for run in pairwise(bounds)]
    progress.phase("near duplicates", steps=len(tasks))
    found = executor.map(_search, tasks, on_done=lambda _index, _paths: progress.advance())
    return tuple(chain.from_iterable(found))


def _end_to_end(paths: Sequence[Path], into: Path) -> None:
    """Writes arrays of one shape but for the first axis as one file, without holding them."""
    arrays = [open_npy(path) for path in paths]
    with array_file(into, arrays[0].dtype, (sum(map(len, arrays)), *arrays[0].shape[1:])) as file:
        for array in arrays:
            array.tofile(file)


def _changed(took: np.ndarray, before: Remembered) -> np.ndarray:
    """`bool[n]`: who takes part and did not, or did under another id, or the other way round."""
    return (took | before.met) & ~(took & before.stayed)


def _states(took: np.ndarray, before: Remembered) -> np.ndarray:
    """`int8[n]`: who takes part now, and did before as what he is now."""
    return np.where(before.stayed, np.where(took, STAYS, WENT), np.where(took, CAME, AWAY))


def _search(task: _Task) -> list[Path]:
    number, state, lengths = (
        open_npy(task.scratch / f"{name}.npy") for name in ("number", "state", "lengths")
    )
    sketches = task.scratch / "sketches.npy"
    screen = screen_of(
        # after few changes few texts are looked at
        np.load(sketches) if task.before is None else open_npy(sketches),
        lengths,
        spec=task.spec.dedupe,
        leak_jaccard=task.spec.split.leak_jaccard,
    )
    took = (state == STAYS) | (state == CAME)
    calm = np.empty(len(number), bool)
    calm[number] = took
    places = np.flatnonzero(took)
    spare, beside = np.empty(len(number), np.uint64), np.empty(len(number), np.uint64)
    found = []
    _read_keys(task.parts, task.start, bands=task.bands, into=beside)
    for band in range(task.start, task.stop):
        # neighbours inside a bucket are found by the next band: twins stand side by side there, too
        keys, beside, spare = beside, spare, beside
        _read_keys(task.parts, (band + 1) % task.bands, bands=task.bands, into=beside)
        kept = np.zeros(0, np.int64)
        if task.before is not None:
            new = changes(keys, number, order=beside, state=state, screen=screen)
            again = held(keys, np.concatenate([new.again, *_without_order(task, keys, band=band)]))
            places = again[took[again]]
            calm[number[places]] = False
            known = np.load(task.before.path / f"band-{band}.npy")
            kept = np.concatenate([
                kept_pairs(known, task.before.number, calm, new.removed),
                new.added[calm[new.added >> 32]],
            ])  # fmt: skip
            calm[number[places]] = True
        pairs = near_pairs(keys[places], number[places], order=beside[places], screen=screen, texts=places)
        found.append(task.scratch / f"band-{band}.npy")
        np.save(found[-1], np.concatenate([kept, pairs]))
    return found


def _without_order(task: _Task, keys: np.ndarray, *, band: int) -> list[np.ndarray]:
    """Keys of buckets from which someone went of whom is not known where he stood: his id has changed, or his
    part is no longer read.
    """
    renamed = np.load(task.scratch / "renamed.npy")
    gone = () if task.before is None or task.before.gone is None else task.before.gone
    lost = []
    for path, rows in gone:
        own = np.empty(len(rows), np.uint64)
        _read_keys([(path, len(rows))], band, bands=task.bands, into=own)
        lost.append(own[rows])
    return [keys[renamed], *lost]


def _read_keys(parts: Sequence[tuple[Path, int]], band: int, *, bands: int, into: np.ndarray) -> None:
    """Fills `uint64[n]` with the keys of one band, from where its row lies in the file of each part."""
    at = 0
    for path, rows in parts:
        if rows:
            with (path / "bands.npy").open("rb", buffering=0) as file:
                file.seek((band - bands) * rows * into.itemsize, 2)
                file.readinto(memoryview(into[at : at + rows]).cast("B"))  # pyright: ignore[reportArgumentType]
        at += rows
