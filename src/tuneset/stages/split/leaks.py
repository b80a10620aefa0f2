"""The exact check of a split: which examples elsewhere are twins of a test example, and how close the rest
comes.
"""

from dataclasses import dataclass

import numpy as np

from tuneset.stages.split.overlap import PER_ROW, overlaps

NEAR, SEMANTIC = 0, 1
"""Kinds of a pair: word sets overlap; sentence vectors point the same way."""

KINDS = ("near", "semantic")
_FLOORS = (
    (0.6, 3e8),
    (0.4, 2e7),
)  # word overlap to which the closest are sought, among at most so many pairs
_BLOCK_OTHERS, _BLOCK_TEST = 8192, 2048  # one block of cosines is 64 MiB


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
    nobody looked.
    """

    twins: Pairs
    closest: Pairs
    overlap_floor: float


def leaks(
    test: np.ndarray,
    others: np.ndarray,
    *,
    words: np.ndarray,
    offsets: np.ndarray,
    vectors: np.ndarray,
    valid: np.ndarray,
    leak_jaccard: float,
    leak_cosine: float,
    k: int = 20,
) -> Leaks:
    """Every twin of a test example outside the test set; exact, not sampled and not hashed into bands.

    Args:
        test: `int64[t]`, rows of the test examples.
        others: `int64[o]`, rows of the examples that are trained or validated on.
        words: `uint64[w]`, hashes of the input words of all `n` rows; order and repetition do not matter.
        offsets: `int64[n + 1]`, which words belong to which row.
        vectors: `int8[n, d]`, d <= 1024, sentence vectors of any length.
        valid: `bool[n]`: does the row have a vector?
        leak_jaccard: word-set Jaccard similarity from which a pair is a twin.
        leak_cosine: cosine similarity from which a pair is a twin.
        k: closest pairs to report of each kind.

    Time: words, about linear in the words of all rows at 0.8; vectors, `t * o * d` multiplications in blocks.
    """
    floor = leak_jaccard
    near, near_best = overlaps(test, others, words=words, offsets=offsets, floor=floor)
    for lower, most in _FLOORS:
        if (near_best[0] >= 0).sum() >= k or lower >= floor or len(test) * len(others) > most:
            continue
        floor = lower
        _, near_best = overlaps(test, others, words=words, offsets=offsets, floor=floor)
    same, same_best = _cosines(test, others, vectors=vectors, valid=valid, floor=leak_cosine)
    twins = _sorted([_pairs(*near, kind=NEAR), _pairs(*same, kind=SEMANTIC)])
    closest = [
        _closest(best, others, kind=kind, k=k) for kind, best in ((NEAR, near_best), (SEMANTIC, same_best))
    ]
    return Leaks(twins, _sorted(closest), floor)


def _pairs(test: np.ndarray, other: np.ndarray, score: np.ndarray, *, kind: int) -> Pairs:
    return Pairs(test, other, score, np.full(len(test), kind, np.int8))


def _sorted(several: list[Pairs]) -> Pairs:
    test, other, score, kind = (
        np.concatenate([getattr(pairs, name) for pairs in several])
        for name in ("test", "other", "score", "kind")
    )
    order = np.lexsort((kind, other, test, -score))
    return Pairs(test[order], other[order], score[order], kind[order])


def _closest(best: tuple[np.ndarray, np.ndarray], others: np.ndarray, *, kind: int, k: int) -> Pairs:
    """The `k` rows outside test with the highest best score (`best`: test row or -1, and score, for each)."""
    test, score = best
    found = np.flatnonzero(test >= 0)
    order = found[np.lexsort((others[found], -score[found]))[:k]]
    return _pairs(test[order], others[order], score[order], kind=kind)


Found = tuple[np.ndarray, np.ndarray, np.ndarray]


def _cosines(
    test: np.ndarray, others: np.ndarray, *, vectors: np.ndarray, valid: np.ndarray, floor: float
) -> tuple[Found, tuple[np.ndarray, np.ndarray]]:
    """Pairs with a cosine of at least `floor`, and for each of `others` its best test row (-1: none) and
    score.

    Products of int8 are exact in float32 up to 1,024 dimensions, so the blocks and the BLAS do not matter.
    """
    best, best_score = np.full(len(others), -1, np.int64), np.full(len(others), -2.0, np.float32)
    found: list[Found] = []
    test = test[valid[test]]
    places = np.flatnonzero(valid[others])
    for i in range(0, len(places), _BLOCK_OTHERS):
        place = places[i : i + _BLOCK_OTHERS]
        right, right_norm = _floats(vectors[others[place]])
        for j in range(0, len(test), _BLOCK_TEST):
            rows = test[j : j + _BLOCK_TEST]
            left, left_norm = _floats(vectors[rows])
            cosine = (right @ left.T) * right_norm[:, None] * left_norm[None, :]
            nearest = cosine.argmax(axis=1)
            score = cosine[np.arange(len(place)), nearest]
            better = score > best_score[place]
            best[place[better]], best_score[place[better]] = rows[nearest[better]], score[better]
            a, b = np.nonzero(cosine[score >= floor] >= floor)
            a = np.flatnonzero(score >= floor)[a]
            found.append(_trimmed(rows[b], others[place[a]], cosine[a, b]))
    pairs = tuple(np.concatenate(columns) for columns in zip(*found, strict=True)) if found else _nothing()
    return _trimmed(*pairs), (best, best_score)


def _floats(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The vectors as float32, and one over their lengths; a null vector is similar to nothing."""
    floats = vectors.astype(np.float32)
    length = np.sqrt(np.einsum("ij,ij->i", floats, floats))
    return floats, np.divide(1, length, out=np.zeros_like(length), where=length > 0)


def _trimmed(test: np.ndarray, other: np.ndarray, score: np.ndarray) -> Found:
    """The best few pairs of every row outside test."""
    order = np.lexsort((test, -score, other))
    other = other[order]
    start = np.searchsorted(other, other)  # where the row's pairs begin
    keep = np.arange(len(other)) - start < PER_ROW
    return test[order][keep], other[keep], score[order][keep]


def _nothing() -> Found:
    return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32)
