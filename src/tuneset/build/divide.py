"""Who goes where: connected examples as one, then a check that no test example has a twin elsewhere.

Twins that the links do not know are found by an exact comparison of the test set with everything else. Each
of them
becomes a link, and the division is drawn again; what still comes too close after a few rounds leaves the
training
data, so that the statement "no test example has a twin in training" is true of what is released.
"""

from collections.abc import Callable, Mapping
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
from tuneset.kernels.words import buffer_of, normalised, words_of
from tuneset.stages.dedupe import LOOSER, Settled, kinds_of
from tuneset.stages.dedupe.protect import markers
from tuneset.stages.dedupe.relate import MEANING_WORDS
from tuneset.stages.dedupe.texts import TextBlock
from tuneset.stages.split import (
    NEAR,
    NONE,
    SEMANTIC,
    TEST,
    Assigned,
    Evicted,
    Leaks,
    Ties,
    assign,
    balance,
    evict,
    group_of,
    leaks,
)
from tuneset.stages.split.evict import REASONS
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
        component: `int64[n]`, the smallest number among all it hangs together with (`stages.split.evict`).
        split: `int8[n]`, 0 none, 1 train, 2 validation, 3 test.
        evicted: `bool[n]`, who was kept but cannot be learned from beside the test examples; for each of them
            `reason` says why, and `test` (`int64[e]`) which test example it is.
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
    test: np.ndarray
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
    ties = _ties(index, links, spec=spec)
    (kept,) = np.nonzero(settled.kept)
    check = _Check(index, kept, texts=texts, spec=spec, met=met_before(before, kept))
    last = None
    for turns_left in reversed(range(ROUNDS + 1)):
        evicted = evict(ties, sealed=sealed & settled.kept)
        drawn = _drawn(
            index,
            kept,
            evicted=evicted,
            sealed=sealed,
            cells=cells,
            spec=spec,
            targets=targets,
            before=last,
        )
        found = check.of(drawn)
        twins = found.twins
        if not turns_left or not len(twins):
            return _division(index, kept, evicted, drawn=drawn, found=found, check=check, cells=cells)
        ties = ties.with_twins(np.column_stack([kept[twins.test], kept[twins.other]]))
        last = drawn
    raise AssertionError("the last round returns")


def _division(
    index: Index,
    kept: np.ndarray,
    evicted: Evicted,
    *,
    drawn: Assigned,
    found: Leaks,
    check: "_Check",
    cells: np.ndarray,
) -> Division:
    """The last draw, without what still is a twin of a test example."""
    split, test = np.zeros(len(index), np.int8), np.full(len(index), -1)
    split[kept], test[kept] = drawn.split, evicted.by[kept]
    why = evicted.why.copy()
    closest_first = slice(None, None, -1)  # the last one written stays
    close = kept[found.twins.other][closest_first]
    split[close], why[close], test[close] = NONE, len(REASONS), kept[found.twins.test][closest_first]
    gone = test >= 0
    return Division(
        evicted.component,
        split,
        gone,
        np.array([*REASONS, TOO_CLOSE], object)[why[gone]].tolist(),
        test[gone],
        check.unchecked,
        _closest(found, kept=kept, gone=gone),
        balance(drawn, components=evicted.component[kept], cell=cells[kept]),
        partial(write_met, met=found.met, kept=kept),
    )


def _ties(index: Index, links: pa.Table, *, spec: Spec) -> Ties:
    """What holds examples together."""
    i, j = (links.column(name).to_numpy().astype(np.int64) for name in ("i", "j"))
    same = index.signatures.input[i] == index.signatures.input[j]
    looser = np.isin(kinds_of(links), LOOSER)
    groups = [group_of(index.keys.column(name).to_numpy()) for name in spec.split.group_by]
    return Ties(np.column_stack([i, j]), same | ~looser, same, groups)


def _drawn(
    index: Index,
    kept: np.ndarray,
    *,
    evicted: Evicted,
    sealed: np.ndarray,
    cells: np.ndarray,
    spec: Spec,
    targets: np.ndarray,
    before: Assigned | None,
) -> Assigned:
    return assign(
        evicted.component[kept],
        cells[kept],
        np.where(sealed[kept], np.int8(TEST), np.int8(NONE)),
        evicted=evicted.by[kept] >= 0,
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
