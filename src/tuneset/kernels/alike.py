"""Which vectors point nearly the same way, exactly or by clusters.

Cosines are decided on exact integers. The entries of int8 vectors are whole numbers; the score is
`dot / (|a| |b|)`, rounded to 4 decimals before it is compared or reported: equal on every machine. Bounds
(`kernels.bounds`) only say for which pairs it is made.

Two rows whose keys differ may need to be closer than two with the same: what parts them is known already.
"""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from typing import NamedTuple

import numpy as np

from tuneset.kernels.bounds import (
    ROWS,
    SLACK,
    WIDE,
    Heads,
    axes_of,
    dot,
    four_products,
    heads_of,
    reaching,
)
from tuneset.kernels.lean import counted
from tuneset.kernels.words import mix

DECIMALS = 4
EXACT_UP_TO = 50_000
"""Rows up to which every pair of vectors is compared; above, only pairs that share a cluster."""

_BLOCK = 16_384
_SCALE = 10_000.0
_PER_ROW = 16  # links of one row to earlier ones: the smallest row and the most similar ones


class Least(NamedTuple):
    """From which rounded cosine on two rows are a pair, 0..1: with the same key, and with different ones."""

    same: float
    apart: float


def cosine_pairs(
    vectors: np.ndarray,
    *,
    min_cosine: float,
    keys: np.ndarray | None = None,
    min_apart: float = 1.0,
    exact_up_to: int = EXACT_UP_TO,
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of rows whose vectors point nearly the same way.

    Args:
        vectors: `int8[n, 256]`; rows of zeros take part in no pair.
        min_cosine: from which rounded cosine a pair is reported, 0..1.
        keys: `uint64[n]`; None: all have the same.
        min_apart: the same for rows with different keys, at least `min_cosine`.
        exact_up_to: distinct rows up to which every pair is compared.

    Returns:
        `int64[m, 2]` pairs (i < j), sorted, and `float32[m]` cosines. Rows with the same vector and key are
        linked to the first of them only, and other pairs join these first rows. A row is linked to at most 16
        earlier rows: the smallest one and the most similar ones, so a hot group costs its size, not its
        square.

    Cost: exact: 0.5 ns for each pair, 1 ns for one with the same key (50,000 rows: about 1 CPU second);
    above: about n * sqrt(n).
    Memory: 1 KB per distinct row while exact; 256 bytes plus blocks above.
    """
    keys = np.zeros(len(vectors), np.uint64) if keys is None else keys
    rows, group = _distinct(vectors, keys)
    best = _Best(len(vectors))
    compare = _exact if len(rows) <= exact_up_to else _clustered
    compare(rows, vectors, keys, Least(min_cosine, max(min_cosine, min_apart)), best)
    pairs, scores = best.pairs()
    (twins,) = np.nonzero(group != np.arange(len(vectors)))
    pairs = np.concatenate([pairs, np.column_stack([group[twins], twins])])
    scores = np.concatenate([scores, np.ones(len(twins), np.float32)])
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return pairs[order], scores[order]


def cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """`float32[m]` rounded cosines of two `int8[m, 256]`, row by row; 0 where a vector is zero."""
    scores = np.empty(len(left), np.float64)
    _row_cosines(left, right, scores)
    return np.round(scores, DECIMALS).astype(np.float32)


def cosines_of(vectors: np.ndarray, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """`cosines` of `vectors[rows]` and `vectors[others]`, without copying them."""
    scores = np.empty(len(rows), np.float64)
    _listed_cosines(vectors, rows, others, scores)
    return np.round(scores, DECIMALS).astype(np.float32)


def _distinct(vectors: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first row of each distinct nonzero vector and key, rising, and for every row its first equal (a row
    of zeros has only itself).
    """
    n = len(vectors)
    if not n:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    digests = _digests(np.ascontiguousarray(vectors).view(np.uint64).reshape(n, -1), np.arange(n), keys)
    _, first, inverse = np.unique(digests, return_index=True, return_inverse=True)
    spoken = _nonzero(vectors)
    rows = np.sort(first)
    group = np.where(spoken, first[inverse], np.arange(n))
    return rows[spoken[rows]].astype(np.int64), group.astype(np.int64)


class _Best:
    """For each row at most `_PER_ROW` earlier rows: the smallest at place 0, then the most similar."""

    def __init__(self, n: int) -> None:
        self.row = np.full((n, _PER_ROW), -1, np.int32)
        self.score = np.zeros((n, _PER_ROW), np.float32)
        self.count = np.zeros(n, np.int32)
        self.floor = np.full(n, -1, np.float32)
        """The lowest score from place 1 on of a full row."""

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        later, place = np.nonzero(np.arange(_PER_ROW)[None, :] < self.count[:, None])
        return np.column_stack([self.row[later, place], later]).astype(np.int64), self.score[later, place]


def _exact(rows: np.ndarray, vectors: np.ndarray, keys: np.ndarray, least: Least, best: _Best) -> None:
    """Compares every pair: those of one key, and, if another limit holds for them, all."""
    order = np.argsort(keys[rows], kind="stable")
    kinds = keys[rows][order]
    (opens,) = np.nonzero(np.append(True, kinds[1:] != kinds[:-1]))
    some = vectors[rows]
    if len(opens) > 1:
        heads = heads_of(some, axes_of(some, gate=least.apart))
        alone, far = np.array([0, len(rows)]), Least(least.apart, least.apart)
        _compare(rows, alone, heads, vectors, keys, far, best)
    heads = heads_of(some, axes_of(some, gate=least.same))
    heads = Heads(heads.of(order), heads.norms[order])
    _compare(rows[order], np.append(opens, len(rows)), heads, vectors, keys, least, best)


def _compare(
    rows: np.ndarray,
    starts: np.ndarray,
    heads: Heads,
    vectors: np.ndarray,
    keys: np.ndarray,
    least: Least,
    best: _Best,
) -> None:
    """Compares rows, whose heads are given, inside groups that begin at `starts` (and end there)."""
    across = heads.columns(np.arange(len(rows)))
    tables = (best.row, best.score, best.count, best.floor)
    _meet(rows, starts, heads.bounds, across, vectors, keys, heads.norms, *least, *tables)


def _clustered(rows: np.ndarray, vectors: np.ndarray, keys: np.ndarray, least: Least, best: _Best) -> None:
    """Compares the pairs that share one of the two nearest of about sqrt(n) centres."""
    nearest = _nearest_two(vectors, rows, _centres(vectors, rows))
    members = np.tile(np.arange(len(rows)), 2)[np.argsort(nearest.T.ravel(), kind="stable")]
    bounds = np.concatenate([[0], np.cumsum(np.bincount(nearest.ravel()))])
    axes = axes_of(vectors[rows[:: len(rows) // _BLOCK + 1]], gate=least.same)
    for k in range(len(bounds) - 1):
        cell = rows[np.sort(members[bounds[k] : bounds[k + 1]])]
        heads = heads_of(vectors[cell], axes)
        _compare(cell, np.array([0, len(cell)]), heads, vectors, keys, least, best)


def _centres(vectors: np.ndarray, rows: np.ndarray, *, rounds: int = 4) -> np.ndarray:
    """`int8[k, 256]` cluster centres of some rows: k-means on a sample, in integers, so the same for every
    order of the rows.

    The sample and the first centres are the vectors with the smallest digests.
    """
    k = max(8, int(np.sqrt(len(rows)) * 1.2))
    lanes = vectors.view(np.uint64).reshape(len(vectors), -1)
    order = np.argsort(_digests(lanes, rows, np.zeros(len(vectors), np.uint64)), kind="stable")
    sample = vectors[rows[order[: 24 * k]]]
    centres = sample[:k].copy()
    for _ in range(rounds):
        nearest = _nearest_two(sample, np.arange(len(sample)), centres)[:, 0]
        sums = np.zeros((k, vectors.shape[1]), np.int64)
        np.add.at(sums, nearest, sample.astype(np.int64))
        largest = np.maximum(np.abs(sums).max(axis=1, keepdims=True), 1)
        centres = np.where(
            np.bincount(nearest, minlength=k)[:, None] > 0, (254 * sums + largest) // (2 * largest), centres
        )
        centres = centres.astype(np.int8)
    return centres


def _nearest_two(vectors: np.ndarray, rows: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """`int64[m, 2]` for `int64[m]` rows the two centres with the largest cosine; ties go to the smaller one.

    Products of whole numbers are exact in `float32` while they stay below 2^24 (127 * 127 * 256 = 4,129,024).
    """
    across = np.ascontiguousarray(centres.T.astype(np.float32))
    squares = np.einsum("ij,ij->i", centres, centres, dtype=np.int32)
    inverse = (1.0 / np.maximum(np.sqrt(squares.astype(np.float64)), 1.0)).astype(np.float32)
    nearest = np.empty((len(rows), 2), np.int64)
    for start in range(0, len(rows), _BLOCK):
        block = vectors[rows[start : start + _BLOCK]]
        left = np.zeros((len(block) + ROWS, block.shape[1]), np.float32)
        left[: len(block)] = block
        _top_two(left, across, inverse, nearest[start : start + len(block)])
    return nearest


@counted
def _row_cosines(left, right, scores):
    for row in range(len(scores)):
        scores[row] = _cosine(left[row], right[row])


@counted
def _nonzero(vectors):
    found = np.zeros(len(vectors), np.bool_)
    for row in range(len(vectors)):
        found[row] = dot(vectors[row], vectors[row]) > 0
    return found


@counted
def _listed_cosines(vectors, rows, others, scores):
    for k in range(len(scores)):
        scores[k] = _cosine(vectors[rows[k]], vectors[others[k]])


@counted
def _cosine(left, right):
    a, b = dot(left, left), dot(right, right)
    if a == 0 or b == 0:
        return 0.0
    return np.float64(dot(left, right)) / (np.sqrt(np.float64(a)) * np.sqrt(np.float64(b)))


@counted
def _digests(lanes, rows, keys):
    digests = np.empty(len(rows), np.uint64)
    for k in range(len(rows)):
        row = rows[k]
        h = np.uint64(0x9E3779B97F4A7C15) ^ keys[row]
        for lane in range(lanes.shape[1]):
            h = (h ^ mix(lanes[row, lane] + np.uint64(lane))) * np.uint64(0x2545F4914F6CDD1D)
        digests[k] = mix(h)
    return digests


@counted
def _top_two(left, across, inverse, nearest):
    """The two largest of `left @ across * inverse` for each of `nearest`."""
    out = np.empty((ROWS, across.shape[1]), np.float32)
    for start in range(0, len(nearest), ROWS):
        four_products(left, start, across, 0, across.shape[1], out)
        for r in range(start, min(start + ROWS, len(nearest))):
            first, second = np.float32(-1e30), np.float32(-1e30)
            one, two = 0, 0
            for k in range(across.shape[1]):
                score = out[r - start, k] * inverse[k]
                if score > first:
                    second, two = first, one
                    first, one = score, k
                elif score > second:
                    second, two = score, k
            nearest[r, 0], nearest[r, 1] = one, two


@counted
def _meet(rows, starts, left, across, vectors, keys, norms, same, apart, best_row, best_score, count, floor):
    """Sets each row of a group against the earlier rows of the group.

    Args:
        rows: `int64[m]` rows of `vectors` and `keys`, rising inside a group. starts: `int64[g + 1]`.
        left, across: heads of `rows`. norms: `float64[m]` of `rows`.
        same, apart: `Least`.
    """
    out, found = np.empty((ROWS, WIDE), np.float32), np.empty(WIDE, np.int64)
    least = min(same, apart)
    gate, far, slack = np.float32(least - SLACK), np.float32(apart - SLACK), np.float32(SLACK)
    for g in range(len(starts) - 1):
        end = starts[g + 1]
        for start in range(starts[g], end, WIDE):
            for first in range(start, end, ROWS):
                four_products(left, first, across, start, min(start + WIDE, end, first + ROWS), out)
                for r in range(first, min(first + ROWS, end)):
                    size = min(start + WIDE, r) - start
                    bounds = out[r - first]
                    for c in range(reaching(bounds, size, gate, found)):
                        at = start + found[c]
                        row, other = rows[r], rows[at]
                        bound, alike = bounds[found[c]], keys[row] == keys[other]
                        if bound < far and not alike:
                            continue
                        if bound < floor[row] - slack and other > best_row[row, 0]:
                            continue
                        product = np.float64(dot(vectors[row], vectors[other]))
                        score = np.round(product / (norms[r] * norms[at]) * _SCALE) / _SCALE
                        if score >= (same if alike else apart) - 1e-9:
                            _keep(best_row[row], best_score[row], count, floor, row, other, np.float32(score))


@counted
def _keep(table, scores, counts, floor, row, other, score):
    """Place 0 keeps the smallest other row; the rest are the most similar, ties going to the smaller row."""
    count = counts[row]
    for k in range(count):
        if table[k] == other:
            return
    if count < len(table):
        table[count], scores[count] = other, score
        counts[row] = count + 1
        if other < table[0]:
            table[0], table[count], scores[0], scores[count] = other, table[0], score, scores[0]
        if count + 1 == len(table):
            floor[row] = np.min(scores[1:])
        return
    if other < table[0]:
        table[0], other, scores[0], score = other, table[0], score, scores[0]
    worst = 1
    for k in range(2, count):
        if scores[k] < scores[worst] or (scores[k] == scores[worst] and table[k] > table[worst]):
            worst = k
    if score > scores[worst] or (score == scores[worst] and other < table[worst]):
        table[worst], scores[worst] = other, score
        floor[row] = np.min(scores[1:])
