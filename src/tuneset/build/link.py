"""Which examples are related, and how: candidates from narrow columns, verified on their text.

Candidates come from three places: equal digests (exact), similar words (near: every pair of a small corpus,
MinHash
bands of a large one) and close sentence vectors (semantic). Of exact twins only one takes part in the search.
Every
candidate is then read: `stages.dedupe.relate` says what the two are to each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from tuneset.build.index import Index, rows_of
from tuneset.build.prepare import open_ipc, write_ipc
from tuneset.core.spec import Spec
from tuneset.engine.executor import Executor
from tuneset.engine.progress import Progress
from tuneset.kernels.compare import folded
from tuneset.kernels.join import distinct_pairs
from tuneset.stages.dedupe import (
    EXACT_UP_TO,
    LINKS,
    Signatures,
    TextBlock,
    all_pairs,
    exact_pairs,
    near_pairs,
    relate,
    representatives,
    screen_of,
    semantic_pairs,
    texts_of,
)

_PAIRS_PER_TASK = 100_000


@dataclass(frozen=True)
class _Band:
    """One MinHash band of all parts. `scratch` holds `taking_part.npy`, and `number.npy`
    and the screen of those that do, all in the parts' own order.
    """

    paths: tuple[Path, ...]
    scratch: Path
    band: int
    spec: Spec


@dataclass(frozen=True)
class _Chunk:
    """Pairs `start:stop` of `scratch/pairs.npy`, to be read and judged."""

    paths: tuple[Path, ...]
    scratch: Path
    start: int
    stop: int
    spec: Spec


def find_links(
    index: Index, *, gone: np.ndarray, spec: Spec, executor: Executor, scratch: Path, progress: Progress
) -> pa.Table:
    """All links (`LINKS`: i < j are numbers in the index), sorted.

    Args:
        index: all examples.
        gone: `bool[n]`, examples that are dropped already and get no links.
        spec: thresholds, and the kind of task: it decides when two outputs are equivalent.
        executor: runs bands and chunks of pairs.
        scratch: an empty directory that the executor's workers can reach.
        progress: told about the phases.
    """
    write_ipc(scratch / "signatures.arrow", index.digests)
    np.save(scratch / "part.npy", index.part)
    np.save(scratch / "row.npy", index.row)
    pairs = _candidates(
        index, np.flatnonzero(~gone), spec=spec, executor=executor, scratch=scratch, progress=progress
    )
    np.save(scratch / "pairs.npy", pairs)
    chunks = [
        _Chunk(index.paths, scratch, start, min(start + _PAIRS_PER_TASK, len(pairs)), spec)
        for start in range(0, len(pairs), _PAIRS_PER_TASK)
    ]
    progress.phase("comparing candidates", steps=len(chunks))
    found = executor.map(_related, chunks, on_done=lambda _index, _path: progress.advance())
    links = pa.concat_tables([LINKS.empty_table(), *(open_ipc(path) for path in found)])
    return links.sort_by([("i", "ascending"), ("j", "ascending")]).combine_chunks()


def _candidates(
    index: Index, rows: np.ndarray, *, spec: Spec, executor: Executor, scratch: Path, progress: Progress
) -> np.ndarray:
    """`int64[m, 2]`: distinct pairs of some examples that may be related."""
    signatures = index.signatures.narrow(rows)
    chosen = rows[representatives(signatures)]
    found = [rows[exact_pairs(signatures)]]
    if spec.dedupe.near:
        search = _every_near_pair if len(chosen) <= EXACT_UP_TO else _banded_pairs
        found.append(search(index, chosen, spec=spec, executor=executor, scratch=scratch, progress=progress))
    if spec.dedupe.semantic:
        progress.phase("semantic duplicates", steps=1)
        least = min(spec.dedupe.semantic_cosine, spec.split.leak_cosine)
        found.append(chosen[semantic_pairs(index.vectors(chosen), min_cosine=least)[0]])
        progress.advance(rows=len(chosen))
    return distinct_pairs(np.concatenate(found))


def _every_near_pair(
    index: Index, chosen: np.ndarray, *, spec: Spec, executor: Executor, scratch: Path, progress: Progress
) -> np.ndarray:
    """Compares all with all: nothing is missed."""
    del executor
    progress.phase("near duplicates", steps=1)
    texts = Texts(index.paths, scratch)(chosen)
    pairs = chosen[all_pairs(texts, words=spec.split.leak_jaccard)]
    progress.advance(rows=len(chosen))
    return pairs


def _banded_pairs(
    index: Index, chosen: np.ndarray, *, spec: Spec, executor: Executor, scratch: Path, progress: Progress
) -> np.ndarray:
    """Compares only what shares a MinHash band."""
    number = np.empty(len(index), np.int64)
    number[index.place] = np.arange(len(index))
    taking_part = np.zeros(len(index), bool)
    taking_part[chosen] = True
    taking_part = taking_part[number]
    np.save(scratch / "number.npy", number[taking_part])
    np.save(scratch / "taking_part.npy", taking_part)
    _save_screen(index, number, taking_part, scratch=scratch)
    bands = np.load(index.paths[0] / "bands.npy", mmap_mode="r").shape[0]
    progress.phase("near duplicates", steps=bands)
    tasks = [_Band(index.paths, scratch, band, spec) for band in range(bands)]
    found = executor.map(_band_pairs, tasks, on_done=lambda _index, _path: progress.advance())
    return distinct_pairs(np.concatenate([np.load(path) for path in found]))


def _save_screen(index: Index, number: np.ndarray, taking_part: np.ndarray, *, scratch: Path) -> None:
    """Writes what a band task screens pairs by, of the examples that take part, in the parts' own order."""
    kept, start = [np.zeros((0, 4), np.uint64)], 0
    for path in index.paths:
        bits = np.load(path / "bits.npy", mmap_mode="r")
        kept.append(folded(bits[taking_part[start : start + len(bits)]]))
        start += len(bits)
    np.save(scratch / "screen-bits.npy", np.concatenate(kept))
    np.save(scratch / "screen-lengths.npy", index.signatures.words[number[taking_part]])


def _band_pairs(task: _Band) -> Path:
    names = ("taking_part", "number", "screen-bits", "screen-lengths")
    taking_part, number, bits, lengths = (np.load(task.scratch / f"{name}.npy") for name in names)
    # neighbours inside a bucket are found by the next band: twins stand side by side there, too
    keys, beside = (_band(task, band)[taking_part] for band in (task.band, task.band + 1))
    screen = screen_of(bits, lengths, spec=task.spec.dedupe, leak_jaccard=task.spec.split.leak_jaccard)
    pairs = near_pairs(keys, number, order=beside, screen=screen)
    target = task.scratch / f"band-{task.band}.npy"
    np.save(target, pairs)
    return target


def _band(task: _Band, band: int) -> np.ndarray:
    parts = [np.load(path / "bands.npy", mmap_mode="r") for path in task.paths]
    return np.concatenate([part[band % len(part)] for part in parts])


def _related(task: _Chunk) -> Path:
    pairs = np.load(task.scratch / "pairs.npy", mmap_mode="r")[task.start : task.stop]
    numbers, local = np.unique(pairs, return_inverse=True)  # only the examples of this chunk are fetched
    parts = Texts(task.paths, task.scratch)
    links = relate(
        local.reshape(-1, 2),
        parts.signatures(numbers),
        lambda rows: parts(numbers[rows]),
        spec=task.spec.dedupe,
        task=task.spec.task,
        leak_jaccard=task.spec.split.leak_jaccard,
        leak_cosine=task.spec.split.leak_cosine,
    )
    for place, name in enumerate(("i", "j")):
        links = links.set_column(place, LINKS.field(name), pa.array(numbers[links.column(name).to_numpy()]))
    target = task.scratch / f"links-{task.start}.arrow"
    write_ipc(target, links)
    return target


class Texts:
    """Fetches what is compared of examples, given by number, from the parts; knows them through `scratch`."""

    def __init__(self, paths: Sequence[Path], scratch: Path) -> None:
        self._tables: dict[int, pa.Table] = {}
        self._paths = paths
        self._digests = open_ipc(scratch / "signatures.arrow")
        self._part = np.load(scratch / "part.npy", mmap_mode="r")
        self._row = np.load(scratch / "row.npy", mmap_mode="r")

    def signatures(self, numbers: np.ndarray) -> Signatures:
        """`[len(numbers)]`, with bits and vectors, without bands."""
        digests = Signatures.from_table(self._digests.take(pa.array(numbers)))
        part, row = self._part[numbers], self._row[numbers]
        bits, vectors = (
            rows_of(f"{name}.npy", self._paths, part=part, row=row) for name in ("bits", "vectors")
        )
        return replace(digests, bits=bits, vector=vectors)

    def __call__(self, numbers: np.ndarray) -> TextBlock:
        """Input and output text, in that order."""
        part = self._part[numbers]
        tables, position = [], []
        for number in np.unique(part).tolist():
            (here,) = np.nonzero(part == number)
            tables.append(self._table(number).take(pa.array(self._row[numbers[here]])))
            position.append(here)
        order = np.argsort(np.concatenate(position), kind="stable")
        return texts_of(pa.concat_tables(tables).take(pa.array(order)).combine_chunks())

    def _table(self, number: int) -> pa.Table:
        if number not in self._tables:
            columns = ["messages", "output"]
            self._tables[number] = open_ipc(self._paths[number] / "examples.arrow").select(columns)
        return self._tables[number]
