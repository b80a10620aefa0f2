"""Who goes where: connected examples as one, then a check that no test example has a twin elsewhere.

Twins that the links do not know are found by an exact comparison of the test set with everything else. Each
of them
becomes a link, and the division is drawn again; what still comes too close after a few rounds leaves the
training
data, so that the statement "no test example has a twin in training" is true of what is released.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from math import floor
from pathlib import Path

import numpy as np
import pyarrow as pa

from tuneset.build.compared import met_before, write_met
from tuneset.build.index import Index
from tuneset.build.remembered import Remembered
from tuneset.core.spec import Spec
from tuneset.kernels.order import grouped
from tuneset.kernels.words import buffer_of, normalised, words_of
from tuneset.stages.dedupe import Settled, components
from tuneset.stages.dedupe.protect import markers
from tuneset.stages.dedupe.relate import MEANING_WORDS
from tuneset.stages.dedupe.texts import TextBlock
from tuneset.stages.split import NEAR, NONE, SEMANTIC, TEST, Assigned, Leaks, assign, balance, leaks
from tuneset.stages.split.assign import EVICTED
from tuneset.stages.split.leaks import KINDS, Material, material
from tuneset.stages.split.met import Met

ROUNDS = 4
MOST_PAIRS = 20_000_000_000
"""Test examples x other examples up to which the words of all of them are compared, and the sentence vectors
of those whose vector is believed (each a quarter of a minute on one core); above, only the links speak.
"""

TOO_CLOSE = "twin-of-test"
CLOSEST = 20  # pairs of each kind that are reported


@dataclass(frozen=True)
class Division:
    """Who goes where, of `n` examples.

    Attributes:
        component: `int64[n]`, the smallest number among all it is connected with.
        split: `int8[n]`, 0 none, 1 train, 2 validation, 3 test.
        evicted: `bool[n]`, kept twins of sealed or drawn test examples that had to leave; `reason`: why.
        unchecked: the kinds of pairs (near, semantic) of which there were too many to compare all test
            examples with all others.
        closest: the closest pairs across splits (test number, other number, score, kind).
        balance: how close the draw came to what was wanted.
        remember: writes down what was compared (`build.remembered`).
    """

    component: np.ndarray
    split: np.ndarray
    evicted: np.ndarray
    reason: list[str]
    unchecked: tuple[str, ...]
    closest: list[tuple[int, int, float, str]]
    balance: dict[str, object]
    remember: Callable[[Path, np.ndarray], None]


def divide(
    index: Index,
    links: pa.Table,
    settled: Settled,
    *,
    sealed: np.ndarray,
    cells: np.ndarray,
    spec: Spec,
    targets: np.ndarray,
    texts: Callable[[np.ndarray], TextBlock],
    before: Remembered | None = None,
) -> Division:
    """Assigns every kept example to a split.

    Args:
        index: all examples. links: `LINKS` between them. settled: who is kept.
        sealed: `bool[n]`, test examples of earlier builds.
        cells: `int32[n]`. targets: `int64[cells]`, test examples wanted per cell.
        spec: the spec. texts: fetches the text of examples by number.
        before: what an earlier build compared; it saves work and changes nothing.
    """
    pairs = np.concatenate([_linked(links), *_grouped(index, spec=spec)])
    (kept,) = np.nonzero(settled.kept)
    check = _Check(index, kept, texts=texts, spec=spec, met=met_before(before, kept))
    last = None
    for turns_left in reversed(range(ROUNDS + 1)):
        component = components(len(index), pairs)
        drawn = _drawn(
            index,
            kept,
            component=component,
            sealed=sealed,
            cells=cells,
            spec=spec,
            targets=targets,
            before=last,
        )
        found = check.of(drawn)
        twins = found.twins
        if not turns_left or not len(twins):
            return _division(index, kept, component, drawn=drawn, found=found, check=check, cells=cells)
        pairs = np.concatenate([pairs, np.column_stack([kept[twins.test], kept[twins.other]])])
        last = drawn
    raise AssertionError("the last round returns")


def _division(
    index: Index,
    kept: np.ndarray,
    component: np.ndarray,
    *,
    drawn: Assigned,
    found: Leaks,
    check: "_Check",
    cells: np.ndarray,
) -> Division:
    """The last draw, without what still is a twin of a test example."""
    split = np.zeros(len(index), np.int8)
    split[kept] = drawn.split
    evicted, close = np.zeros(len(index), bool), np.zeros(len(index), bool)
    evicted[kept] = drawn.evicted
    close[kept[found.twins.other]] = True
    evicted |= close
    split[close] = NONE
    return Division(
        component,
        split,
        evicted,
        np.where(close[evicted], TOO_CLOSE, EVICTED).tolist(),
        check.unchecked,
        _closest(found, kept=kept, gone=evicted),
        balance(drawn, components=component[kept], cell=cells[kept]),
        partial(write_met, met=found.met, kept=kept),
    )


def _linked(links: pa.Table) -> np.ndarray:
    return (
        np.column_stack([links.column("i").to_numpy(), links.column("j").to_numpy()])
        .astype(np.int64)
        .reshape(-1, 2)
    )


def _grouped(index: Index, *, spec: Spec) -> Iterator[np.ndarray]:
    """Pairs of examples of the same conversation, and of the same user: each with the first of its group."""
    for name in spec.split.group_by:
        ids = index.keys.column(name).to_numpy()
        (known,) = np.nonzero(ids)
        same = grouped(ids[known])
        pairs = np.column_stack([known[same.each(same.first)], known])
        yield pairs[pairs[:, 0] != pairs[:, 1]]


def _drawn(
    index: Index,
    kept: np.ndarray,
    *,
    component: np.ndarray,
    sealed: np.ndarray,
    cells: np.ndarray,
    spec: Spec,
    targets: np.ndarray,
    before: Assigned | None,
) -> Assigned:
    return assign(
        component[kept],
        cells[kept],
        np.where(sealed[kept], np.int8(TEST), np.int8(NONE)),
        ids=index.origin_ids.take(pa.array(kept)),
        spec=spec.split,
        targets=targets,
        before=before,
    )


class _Check:
    """Compares test with the rest, no pair twice; words and vectors of the kept examples are fetched once,
    when first needed.
    """

    def __init__(
        self,
        index: Index,
        kept: np.ndarray,
        *,
        texts: Callable[[np.ndarray], TextBlock],
        spec: Spec,
        met: Mapping[int, Met],
    ) -> None:
        self._index, self._kept, self._texts, self._spec, self._met = index, kept, texts, spec, met
        self._material: Material | None = None
        self.unchecked: tuple[str, ...] = ()

    def of(self, drawn: Assigned) -> Leaks:
        """Twins across splits and the closest pairs, in positions of the kept examples."""
        test, others = drawn.split == TEST, (drawn.split != TEST) & (drawn.split != NONE)
        within = self._fetched(test, others)
        found = leaks(
            np.flatnonzero(test),
            np.flatnonzero(others),
            within=within,
            leak_jaccard=self._spec.split.leak_jaccard,
            leak_cosine=self._spec.split.leak_cosine,
            k=CLOSEST,
            known=self._met,
        )
        self._met = found.met
        return found

    def _fetched(self, test: np.ndarray, others: np.ndarray) -> Material:
        """What is compared; the first comparison, of the whole, settles what can be."""
        if self._material is None:
            believed = self._index.signatures.words[self._kept] <= MEANING_WORDS
            taking_part = zip(KINDS, (True, believed), strict=True)
            self.unchecked = tuple(
                kind for kind, who in taking_part if _count(test & who) * _count(others & who) > MOST_PAIRS
            )
            words, offsets = (None, np.zeros(1)) if KINDS[NEAR] in self.unchecked else self._words()
            vectors = np.zeros((len(self._kept), 1), np.int8)
            if KINDS[SEMANTIC] not in self.unchecked:
                vectors = self._index.vectors(self._kept)
            valid = vectors.any(axis=1) & believed
            self._material = material(
                words, offsets, vectors=vectors, valid=valid, leak_cosine=self._spec.split.leak_cosine
            )
        return self._material

    def _words(self) -> tuple[np.ndarray, np.ndarray]:
        texts = self._texts(self._kept)
        words = words_of(buffer_of(normalised(texts.inputs)), markers=markers())
        return words.hashes, words.offsets


def _count(mask: np.ndarray) -> int:
    return int(mask.sum())


def _closest(found: Leaks, *, kept: np.ndarray, gone: np.ndarray) -> list[tuple[int, int, float, str]]:
    pairs = found.closest
    rows = zip(
        kept[pairs.test].tolist(),
        kept[pairs.other].tolist(),
        pairs.score.tolist(),
        pairs.kind.tolist(),
        strict=True,
    )
    return [
        (test, other, reported(score), KINDS[kind]) for test, other, score, kind in rows if not gone[other]
    ]


def reported(score: float) -> float:
    """A similarity to 4 decimals, cut and not rounded: a pair that stays below a threshold is never said to
    reach it. `score` comes from a float32.
    """
    return floor(score * 10_000 + 1e-3) / 10_000


def similarity(score: float) -> str:
    """The same to 3 decimals, for people; cut as well."""
    return f"{floor(score * 1_000 + 1e-4) / 1_000:.3f}"
