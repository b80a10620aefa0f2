"""Which examples are related, and how: candidates from narrow columns, verified on their text.

Candidates come from three places: equal digests (exact), similar words (near: every pair of a small corpus,
MinHash bands of a large one) and close sentence vectors (semantic). Of exact twins only one takes part in the
search. Every candidate is then read: `stages.dedupe.relate` says what the two are to each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from tuneset.build.bands import banded_pairs
from tuneset.build.index import Index, rows_of
from tuneset.build.meant import alike_before
from tuneset.build.prepare import open_ipc, write_ipc
from tuneset.build.remembered import Remembered
from tuneset.core.spec import Spec
from tuneset.engine.executor import Executor
from tuneset.engine.memory import give_back
from tuneset.engine.progress import Progress
from tuneset.kernels.alike import Alike
from tuneset.kernels.join import among, distinct, packed, unpacked
from tuneset.stages.dedupe import (
    EXACT_UP_TO,
    LINKS,
    Signatures,
    TextBlock,
    all_pairs,
    exact_pairs,
    meaning_keys,
    relate,
    representatives,
    semantic_pairs,
    texts_of,
)
from tuneset.stages.dedupe.texts import READ

_PAIRS_PER_TASK = 100_000


@dataclass(frozen=True)
class _Chunk:
    """Pairs `start:stop` of `scratch/pairs.npy`, to be read and judged."""

    paths: tuple[Path, ...]
    scratch: Path
    start: int
    stop: int
    spec: Spec


@dataclass(frozen=True)
class Found:
    """`links`: all of them, `LINKS`, i < j are numbers in the index, sorted. The rest is what is worth
    remembering (`build.remembered`): who took part in the search, the pairs that were judged (packed), bands,
    and the search by meaning, in places of those who took part.
    """

    links: pa.Table
    took: np.ndarray
    pairs: np.ndarray
    bands: tuple[Path, ...]
    alike: Alike | None


def find_links(
    index: Index,
    *,
    gone: np.ndarray,
    spec: Spec,
    executor: Executor,
    scratch: Path,
    progress: Progress,
    before: Remembered | None = None,
) -> Found:
    """All links between examples.

    Args:
        index: all examples.
        gone: `bool[n]`, examples that are dropped already and get no links.
        spec: thresholds, and the kind of task: it decides when two outputs are equivalent.
        executor: runs bands and chunks of pairs.
        scratch: an empty directory that the executor's workers can reach.
        progress: told about the phases.
        before: what an earlier build found out; it saves work and changes nothing.
    """
    np.save(scratch / "part.npy", index.part)
    np.save(scratch / "row.npy", index.row)
    signatures = index.signatures.narrow(rows := np.flatnonzero(~gone))
    chosen = rows[representatives(signatures)]
    bands: tuple[Path, ...] = ()
    alike = None
    found = [packed(rows[exact_pairs(signatures)])]
    if spec.dedupe.near and len(chosen) <= EXACT_UP_TO:
        near = _every_near_pair(index, chosen, spec=spec, scratch=scratch, progress=progress)
        found.append(packed(near))
    elif spec.dedupe.near:
        bands = banded_pairs(
            index, chosen, spec=spec, executor=executor, scratch=scratch, progress=progress, before=before
        )
        found += [np.load(path) for path in bands]
    if spec.dedupe.semantic:
        progress.phase("semantic duplicates", steps=1)
        alike = _alike(index, chosen, spec=spec, scratch=scratch, before=before)
        found.append(packed(chosen[alike.pairs]))
        progress.advance(rows=len(chosen))
    pairs = distinct(np.concatenate(found))
    del found
    give_back()
    links = _judged(
        index.paths, pairs, spec=spec, executor=executor, scratch=scratch, progress=progress, before=before
    )
    took = np.zeros(len(index), bool)
    took[chosen] = True
    return Found(links, took, pairs, bands, alike)


def _judged(
    paths: tuple[Path, ...],
    pairs: np.ndarray,
    *,
    spec: Spec,
    executor: Executor,
    scratch: Path,
    progress: Progress,
    before: Remembered | None,
) -> pa.Table:
    """`LINKS` of packed pairs (sorted): those that an earlier build judged are taken over, the others are
    read.
    """
    known = LINKS.empty_table()
    if before is not None:
        known = before.links()
        still = among(_packed_ends(known), pairs)
        known = known if still.all() else known.filter(pa.array(still))
        pairs = pairs[~among(pairs, packed(before.judged()))]
    np.save(scratch / "pairs.npy", unpacked(pairs))
    chunks = [
        _Chunk(paths, scratch, start, min(start + _PAIRS_PER_TASK, len(pairs)), spec)
        for start in range(0, len(pairs), _PAIRS_PER_TASK)
    ]
    progress.phase("comparing candidates", steps=len(chunks))
    found = executor.map(_related, chunks, on_done=lambda _index, _path: progress.advance())
    return _merged(known, pa.concat_tables([LINKS.empty_table(), *map(open_ipc, found)]))


def _merged(known: pa.Table, new: pa.Table) -> pa.Table:
    """Sorted links and other, sorted ones among them; a pair has one link."""
    at = np.searchsorted(_packed_ends(known), _packed_ends(new)) + np.arange(len(new))
    others = np.ones(len(known) + len(new), np.bool_)
    others[at] = False
    stands = np.flatnonzero(others)
    columns = []
    for name, field in zip(LINKS.names, LINKS, strict=True):
        values = np.empty(len(others), field.type.to_pandas_dtype())
        values[stands], values[at] = known.column(name).to_numpy(), new.column(name).to_numpy()
        columns.append(pa.array(values))
    return pa.table(columns, schema=LINKS)


def _packed_ends(links: pa.Table) -> np.ndarray:
    """`int64[m]`: who is linked."""
    return links.column("i").to_numpy() << 32 | links.column("j").to_numpy()


def _every_near_pair(
    index: Index, chosen: np.ndarray, *, spec: Spec, scratch: Path, progress: Progress
) -> np.ndarray:
    """Compares all with all: nothing is missed."""
    progress.phase("near duplicates", steps=1)
    texts = Texts(index.paths, scratch, ignore=spec.dedupe.ignore)(chosen)
    pairs = chosen[all_pairs(texts, words=spec.split.leak_jaccard)]
    progress.advance(rows=len(chosen))
    return pairs


def _alike(
    index: Index, chosen: np.ndarray, *, spec: Spec, scratch: Path, before: Remembered | None
) -> Alike:
    """Examples that may be twins by meaning, or that are close enough to hold them in one split."""
    keys = meaning_keys(index.signatures.narrow(chosen), task=spec.task)
    leak = spec.split.leak_cosine
    least = min(spec.dedupe.semantic_cosine, leak)
    vectors = index.vectors(chosen, into=scratch / "chosen.npy")
    earlier = alike_before(before, chosen)
    return semantic_pairs(vectors, min_cosine=least, keys=keys, min_apart=leak, before=earlier)


def _related(task: _Chunk) -> Path:
    pairs = np.load(task.scratch / "pairs.npy", mmap_mode="r")[task.start : task.stop]
    numbers, local = np.unique(pairs, return_inverse=True)  # only the examples of this chunk are fetched
    parts = Texts(task.paths, task.scratch, ignore=task.spec.dedupe.ignore)
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
    """Fetches what is compared of examples, given by number, from the parts; knows them through `scratch`.
    `ignore`: passages that do not count.
    """

    def __init__(self, paths: Sequence[Path], scratch: Path, *, ignore: Sequence[str]) -> None:
        self._ignore = ignore
        self._tables: dict[tuple[int, str], pa.Table] = {}
        self._paths = paths
        self._part = np.load(scratch / "part.npy", mmap_mode="r")
        self._row = np.load(scratch / "row.npy", mmap_mode="r")

    def signatures(self, numbers: np.ndarray) -> Signatures:
        """`[len(numbers)]`, with bits and vectors, without bands."""
        part, row = self._part[numbers], self._row[numbers]
        digests = Signatures.from_table(self._rows(part, row, file="signatures.arrow"))
        bits, vectors = (
            rows_of(f"{name}.npy", self._paths, part=part, row=row) for name in ("bits", "vectors")
        )
        return replace(digests, bits=bits, vector=vectors)

    def __call__(self, numbers: np.ndarray) -> TextBlock:
        """Input and output text, in that order."""
        examples = self._rows(self._part[numbers], self._row[numbers], file="examples.arrow", columns=READ)
        return texts_of(examples, ignore=self._ignore)

    def _rows(
        self, part: np.ndarray, row: np.ndarray, *, file: str, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """The rows at `part[k]`, `row[k]` of a table of the parts, in one chunk."""
        tables, position = [], []
        for number in np.unique(part).tolist() or [0]:  # no rows: the first part says of what kind they are
            (here,) = np.nonzero(part == number)
            table = self._table(number, file)
            tables.append((table.select(columns) if columns else table).take(pa.array(row[here])))
            position.append(here)
        order = np.argsort(np.concatenate(position), kind="stable")
        return pa.concat_tables(tables).take(pa.array(order)).combine_chunks()

    def _table(self, number: int, file: str) -> pa.Table:
        if (number, file) not in self._tables:
            self._tables[number, file] = open_ipc(self._paths[number] / file)
        return self._tables[number, file]
