"""The exact check of a split: which examples elsewhere are twins of a test example, and how close the rest
comes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tuneset.kernels.bounds import Heads, axes_of, heads_of
from tuneset.kernels.sets import Sets, sets_of
from tuneset.stages.split.cosine import cosines_across
from tuneset.stages.split.few import Best, Found
from tuneset.stages.split.met import Met, best_of, meet, met, mostly
from tuneset.stages.split.overlap import overlaps

NEAR, SEMANTIC = 0, 1
"""Kinds of a pair: word sets overlap; sentence vectors point the same way."""

KINDS = ("near", "semantic")
_SPARE = 3  # times as many closest pairs are sought as are reported: some may go before the next comparison
_FLOORS = (
    (0.6, 3e8),
    (0.4, 2e7),
)  # word overlap to which the closest are sought, among at most so many pairs


class Material(NamedTuple):
    """What is compared, of `n` rows.

    Attributes:
        sets: their words; None if words are not compared.
        vectors: `int8[n, d]`, d <= 256, sentence vectors of any length.
        valid: `bool[n]`: does the row have a vector that counts?
        heads: bounds of the cosines; None if vectors are not compared.
    """

    sets: Sets | None
    vectors: np.ndarray
    valid: np.ndarray
    heads: Heads | None


def material(
    words: np.ndarray | None,
    offsets: np.ndarray,
    *,
    vectors: np.ndarray,
    valid: np.ndarray,
    leak_cosine: float,
) -> Material:
    """Prepares `n` rows for `leaks`.

    Args:
        words: `uint64[w]`, hashes of the input words; order and repetition do not matter. None: compare
            vectors only.
        offsets: `int64[n + 1]`, which words belong to which row.
        vectors, valid: as in `Material`; where nothing is valid, only words are compared.
        leak_cosine: what they will be compared by, most of the time.
    """
    sets = None if words is None else sets_of(words, offsets)
    heads = heads_of(vectors, axes_of(vectors, gate=leak_cosine)) if valid.any() else None
    return Material(sets, vectors, valid, heads)


@dataclass(frozen=True)
class Pairs:
    """`p` pairs of a test row and another row, by falling score; `kind` is NEAR or SEMANTIC."""

    test: np.ndarray
    other: np.ndarray
    score: np.ndarray
    kind: np.ndarray

    def __len__(self) -> int:
        return len(self.test)


@dataclass(frozen=True)
class Leaks:
    """What `leaks` found.

    `twins`: the pairs at or above the thresholds; for one row outside test at most the eight best of a kind,
    so that every such row is named and the list stays short. `closest`: for each kind the rows outside test
    that come closest, with the test row they come closest to. `overlap_floor`: word overlap below which
    nobody looked. `met`: kind → what was compared, for the next call.
    """

    twins: Pairs
    closest: Pairs
    overlap_floor: float
    met: Mapping[int, Met]


def leaks(
    test: np.ndarray,
    others: np.ndarray,
    *,
    within: Material,
    leak_jaccard: float,
    leak_cosine: float,
    k: int = 20,
    known: Mapping[int, Met] | None = None,
) -> Leaks:
    """Every twin of a test example outside the test set; exact, not sampled and not hashed into bands.

    Args:
        test: `int64[t]`, rows of the test examples.
        others: `int64[o]`, rows of the examples that are trained or validated on.
        within: words and vectors of all rows.
        leak_jaccard: word-set Jaccard similarity from which a pair is a twin.
        leak_cosine: cosine similarity from which a pair is a twin.
        k: closest pairs to report of each kind.
        known: kind → an earlier comparison of rows like `within`, with the same thresholds; it saves work
            and changes nothing.

    Cost: about 1 ns (words) and .5 ns (vectors) for each pair of a test row and another that is not known.
    """
    floor, known = leak_jaccard, known or {}
    compared: dict[int, Met] = {}
    twins, closest = [], []
    if within.sets is not None:
        near = _overlaps(test, others, within.sets, floor=floor, before=known.get(NEAR))
        compared[NEAR] = met(test, others, near, gate=floor, n=len(within.valid))
        best = best_of(near, others)
        for lower, most in _FLOORS:
            if (best.test >= 0).sum() >= k or lower >= floor or len(test) * len(others) > most:
                continue
            floor = lower
            _, best = overlaps(test, others, sets=within.sets, floor=floor)
        twins.append(_pairs(near, kind=NEAR))
        closest.append(_closest(best, others, kind=NEAR, k=k))
    if within.heads is not None:
        test, others = test[within.valid[test]], others[within.valid[others]]
        before = known.get(SEMANTIC)
        same, gate = _cosines(
            test, others, within.vectors, within.heads, floor=leak_cosine, k=k, before=before
        )
        compared[SEMANTIC] = met(test, others, same, gate=gate, n=len(within.valid))
        high = same.score >= leak_cosine - 1e-9
        twins.append(_pairs(Found(*(column[high] for column in same)), kind=SEMANTIC))
        closest.append(_closest(best_of(same, others), others, kind=SEMANTIC, k=k))
    return Leaks(_sorted(twins), _sorted(closest), floor, compared)


def _overlaps(test: np.ndarray, others: np.ndarray, sets: Sets, *, floor: float, before: Met | None) -> Found:
    def compare(test: np.ndarray, others: np.ndarray) -> Found:
        return overlaps(test, others, sets=sets, floor=floor)[0]

    return compare(test, others) if before is None else meet(before, test, others, compare=compare)


def _cosines(
    test: np.ndarray,
    others: np.ndarray,
    vectors: np.ndarray,
    heads: Heads,
    *,
    floor: float,
    k: int,
    before: Met | None,
) -> tuple[Found, float]:
    """All pairs from `floor`, or a lower gate, on, so that the `k` closest are among them; and the gate."""
    if before is not None and mostly(before, test, others):
        gate = before.gate

        def compare(test: np.ndarray, others: np.ndarray) -> Found:
            return cosines_across(test, others, vectors=vectors, heads=heads, floor=gate, k=0)[0]

        found = meet(before, test, others, compare=compare)
        if len(np.unique(found.other)) >= min(k, len(others)):
            return found, gate
    return cosines_across(test, others, vectors=vectors, heads=heads, floor=floor, k=_SPARE * k)


def _pairs(found: Found, *, kind: int) -> Pairs:
    score = found.score.astype(np.float32)
    return Pairs(found.test, found.other, score, np.full(len(score), kind, np.int8))


def _sorted(several: list[Pairs]) -> Pairs:
    nothing = Pairs(*(np.zeros(0, kind) for kind in (np.int64, np.int64, np.float32, np.int8)))
    test, other, score, kind = (
        np.concatenate([getattr(pairs, name) for pairs in (nothing, *several)])
        for name in ("test", "other", "score", "kind")
    )
    order = np.lexsort((kind, other, test, -score))
    return Pairs(test[order], other[order], score[order], kind[order])


def _closest(best: Best, others: np.ndarray, *, kind: int, k: int) -> Pairs:
    """The `k` rows outside test with the highest best score."""
    found = np.flatnonzero(best.test >= 0)
    order = found[np.lexsort((others[found], -best.score[found]))[:k]]
    return _pairs(Found(best.test[order], others[order], best.score[order]), kind=kind)
