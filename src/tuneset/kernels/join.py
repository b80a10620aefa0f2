"""Joins: which pairs of vectors are alike, which rows share a key, and which rows hang together.

Cosines are decided on exact integers. The entries of int8 vectors are whole numbers, so a float32 matrix
product of them is exact while its sums stay below 2^24 (127 * 127 * 256 = 4,129,024), whatever the order in
which BLAS adds. The score is `dot / (|a| |b|)`, rounded to 4 decimals before it is compared or reported:
equal on every machine and for any number of threads.
"""
# ruff: noqa: ANN001, ANN201, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from typing import NamedTuple

import numpy as np
from numba import njit

from tuneset.kernels.compare import Screen, passes
from tuneset.kernels.words import mix

DECIMALS = 4
EXACT_UP_TO = 50_000
"""Rows up to which every pair of vectors is compared; above, only pairs that share a cluster."""

_BLOCK = 1024
_SAMPLE = 16_384  # vectors from which the axes are found; a block of them is 16 MiB
_AXES = 63  # along which a bound of the cosine is computed: a quarter of the work
SLACK = 0.0005
"""More than rounding adds to a bound, and to a score."""

_SCALE = 10_000.0
_PER_ROW = 16  # links of one row to earlier ones: the smallest row and the most similar ones


def cosine_pairs(
    vectors: np.ndarray, *, min_cosine: float, exact_up_to: int = EXACT_UP_TO
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of rows whose vectors point nearly the same way.

    Args:
        vectors: `int8[n, 256]`; rows of zeros take part in no pair.
        min_cosine: from which rounded cosine a pair is reported, 0..1.
        exact_up_to: distinct vectors up to which every pair is compared.

    Returns:
        `int64[m, 2]` pairs (i < j), sorted, and `float32[m]` cosines. Rows with the same vector are linked to
        the first of them only, and other pairs join these first rows. A row is linked to at most 16 earlier
        rows: the smallest one and the most similar ones, so a hot group costs its size, not its square.

    Cost: exact: n^2 / 2 dot products (50,000 rows: about 10 CPU seconds); above: about n * sqrt(n).
    Memory: 1 KB per distinct vector while exact; 256 bytes plus blocks above.
    """
    distinct, first, group = _distinct(vectors)
    compare = _exact if len(distinct) <= exact_up_to else _clustered
    pairs, scores = compare(distinct, min_cosine)
    ones = group != np.arange(len(vectors))
    ones &= vectors.any(axis=1)
    (twins,) = np.nonzero(ones)
    pairs = np.concatenate([np.sort(first[pairs], axis=1), np.column_stack([group[twins], twins])])
    scores = np.concatenate([scores, np.ones(len(twins), np.float32)])
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return pairs[order], scores[order]


def cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """`float32[m]` rounded cosines of two `int8[m, 256]`, row by row; 0 where a vector is zero."""
    scores = np.empty(len(left), np.float64)
    _row_cosines(left, right, scores)
    return np.round(scores, DECIMALS).astype(np.float32)


def components(n: int, pairs: np.ndarray) -> np.ndarray:
    """`int64[n]`: the smallest row that each row is connected with through `int64[m, 2]` pairs."""
    return settle_labels(hook(np.arange(n, dtype=np.int64), pairs))


def hook(labels: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Merges the components of `int64[n]` labels along more pairs, in place, chunk after chunk."""
    _hook(labels, np.ascontiguousarray(pairs, np.int64))
    return labels


def settle_labels(labels: np.ndarray) -> np.ndarray:
    """The smallest row of each row's component, after the last `hook`; in place."""
    _flatten(labels)
    return labels


_EVERYTHING = Screen(np.zeros((0, 4), np.uint64), np.zeros(0, np.int32), 0.0, 0.0)


def bucket_pairs(
    keys: np.ndarray, rows: np.ndarray, *, order: np.ndarray | None = None, screen: Screen = _EVERYTHING
) -> np.ndarray:
    """Candidate pairs of rows that share a key: each with the smallest row of its key, and with its
    neighbour.

    Args:
        keys: `uint64[m]`; 0 is no key. rows: `int64[m]`.
        order: `uint64[m]` by which neighbours are found inside a key (another band value brings twins side by
            side); by row if absent.
        screen: of the `m` texts: a pair that does not pass is left out.

    Returns:
        `int64[k, 2]` distinct pairs (i < j), sorted; k < 2 m, however large a bucket is.
    """
    along = rows.astype(np.uint64) if order is None else order
    by_key = np.argsort(keys)  # not stable, and several times faster: a bucket is sorted afterwards
    columns = keys[by_key], rows[by_key].astype(np.int64), along[by_key], by_key
    return _unpacked(_met(*columns, np.empty(2 * len(keys), np.int64), *screen))


def distinct_pairs(pairs: np.ndarray) -> np.ndarray:
    """`int64[k, 2]` the distinct pairs (i < j) among `int64[m, 2]`, sorted; a row is no pair with itself."""
    pairs = np.asarray(pairs, np.int64).reshape(-1, 2)
    small, large = np.minimum(pairs[:, 0], pairs[:, 1]), np.maximum(pairs[:, 0], pairs[:, 1])
    return _unpacked((small << 32 | large)[small != large])  # row numbers stay below 2^31


def _unpacked(packed: np.ndarray) -> np.ndarray:
    """`int64[k, 2]` the distinct pairs of `int64[m]` packed ones (`i << 32 | j`), sorted."""
    packed = np.sort(packed)  # several times faster than `np.unique`
    fresh = np.ones(len(packed), np.bool_)
    fresh[1:] = packed[1:] != packed[:-1]
    packed = packed[fresh]
    return np.column_stack([packed >> 32, packed & 0xFFFFFFFF])


def _distinct(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct nonzero vectors in order of appearance, the first row of each, and for every row its first
    equal row.
    """
    n = len(vectors)
    keys = (
        _digests(np.ascontiguousarray(vectors).view(np.uint64).reshape(n, -1))
        if n
        else np.zeros(0, np.uint64)
    )
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    group = first[inverse].astype(np.int64)
    rows = np.sort(first)
    rows = rows[vectors[rows].any(axis=1)]
    return vectors[rows], rows.astype(np.int64), group


def _norms(vectors: np.ndarray) -> np.ndarray:
    norms = np.empty(len(vectors))
    for start in range(0, len(vectors), 16 * _BLOCK):  # widened block by block
        block = vectors[start : start + 16 * _BLOCK].astype(np.int32)
        norms[start : start + len(block)] = np.sqrt(np.einsum("ij,ij->i", block, block).astype(np.float64))
    return norms


def _exact(vectors: np.ndarray, min_cosine: float) -> tuple[np.ndarray, np.ndarray]:
    """Compares every pair: a bound of the cosine for all, the exact cosine where the bound allows it."""
    heads, norms = heads_of(vectors)
    best = _Best(len(vectors))
    for start in range(0, len(vectors), _BLOCK):
        stop = min(start + _BLOCK, len(vectors))
        for early in range(0, stop, 4 * _BLOCK):
            late = min(early + 4 * _BLOCK, stop)
            bounds = heads[start:stop] @ heads[early:late].T
            _collect(bounds, start, early, vectors, norms, min_cosine, best.row, best.score, best.count)
    return best.pairs()


class Heads(NamedTuple):
    """Upper bounds of the cosines of `n` vectors.

    Attributes:
        bounds: `float32[n, 64]`, whose products are at least the cosines, up to `SLACK`.
        norms: `float64[n]`, the lengths of the vectors.
    """

    bounds: np.ndarray
    norms: np.ndarray


def heads_of(vectors: np.ndarray) -> Heads:
    """The unit vectors along 63 axes, and the length of what is left (Cauchy-Schwarz: what is left of two
    vectors adds at most the product of its lengths).

    The axes may differ in their last bits between machines; the pairs do not, for a bound is only a bound.
    """
    norms = _norms(vectors)
    some = _units(vectors[:: len(vectors) // _SAMPLE + 1], norms[:: len(vectors) // _SAMPLE + 1])
    axes = np.eye(_AXES, vectors.shape[1])
    _main_axes((some.T @ some).astype(np.float64), axes)
    along = axes.T.astype(np.float32)
    bounds = np.empty((len(vectors), _AXES + 1), np.float32)
    for start in range(0, len(vectors), _SAMPLE):
        unit = _units(vectors[start : start + _SAMPLE], norms[start : start + _SAMPLE])
        block = bounds[start : start + _SAMPLE]
        block[:, :-1] = unit @ along
        inside = np.einsum("ij,ij->i", block[:, :-1], block[:, :-1])
        block[:, -1] = np.sqrt(np.maximum(1 - inside, 0) + np.float32(1e-6))
    return Heads(bounds, norms)


def _units(vectors: np.ndarray, norms: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(norms, 1).astype(np.float32)[:, None]


def _clustered(vectors: np.ndarray, min_cosine: float) -> tuple[np.ndarray, np.ndarray]:
    """Compares the pairs that share one of the two nearest of about sqrt(n) centres."""
    norms = _norms(vectors)
    nearest = _nearest_two(vectors, _centres(vectors))
    best = _Best(len(vectors))
    members = np.tile(np.arange(len(vectors)), 2)[np.argsort(nearest.T.ravel(), kind="stable")]
    bounds = np.concatenate([[0], np.cumsum(np.bincount(nearest.ravel()))])
    for k in range(len(bounds) - 1):
        cell = np.sort(members[bounds[k] : bounds[k + 1]])
        _compare_cell(vectors, norms, cell, min_cosine, best)
    return best.pairs()


def _compare_cell(
    vectors: np.ndarray, norms: np.ndarray, cell: np.ndarray, min_cosine: float, best: "_Best"
) -> None:
    for start in range(0, len(cell), _BLOCK):
        rows = cell[start : start + _BLOCK]
        left = vectors[rows].astype(np.float32)
        for early in range(0, start + len(rows), 4 * _BLOCK):
            others = cell[early : min(early + 4 * _BLOCK, start + len(rows))]
            dots = left @ vectors[others].astype(np.float32).T
            _collect_cell(dots, rows, others, norms, min_cosine, best.row, best.score, best.count)


def _centres(vectors: np.ndarray, *, rounds: int = 4) -> np.ndarray:
    """`int8[k, 256]` cluster centres: k-means on a sample, in integers, so the same for every order of the
    rows.

    The sample and the first centres are the vectors with the smallest digests.
    """
    k = max(8, int(np.sqrt(len(vectors)) * 1.2))
    order = np.argsort(_digests(vectors.view(np.uint64).reshape(len(vectors), -1)), kind="stable")
    sample = vectors[order[: 24 * k]]
    centres = sample[:k].copy()
    for _ in range(rounds):
        nearest = _nearest_two(sample, centres)[:, 0]
        sums = np.zeros((k, vectors.shape[1]), np.int64)
        np.add.at(sums, nearest, sample.astype(np.int64))
        largest = np.maximum(np.abs(sums).max(axis=1, keepdims=True), 1)
        centres = np.where(
            np.bincount(nearest, minlength=k)[:, None] > 0, (254 * sums + largest) // (2 * largest), centres
        )
        centres = centres.astype(np.int8)
    return centres


def _nearest_two(vectors: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """`int64[n, 2]` the two centres with the largest cosine; ties go to the smaller number."""
    scaled = centres.astype(np.float32).T
    inverse = (1.0 / np.maximum(_norms(centres), 1.0)).astype(np.float32)
    nearest = np.empty((len(vectors), 2), np.int64)
    for start in range(0, len(vectors), 2 * _BLOCK):
        dots = (
            vectors[start : start + 2 * _BLOCK].astype(np.float32) @ scaled
        )  # exact; scaled afterwards, in one way
        _top_two(dots, inverse, nearest[start : start + 2 * _BLOCK])
    return nearest


class _Best:
    """For each row at most `_PER_ROW` earlier rows: the smallest at place 0, then the most similar."""

    def __init__(self, n: int) -> None:
        self.row = np.full((n, _PER_ROW), -1, np.int64)
        self.score = np.zeros((n, _PER_ROW), np.float32)
        self.count = np.zeros(n, np.int32)

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        later, place = np.nonzero(np.arange(_PER_ROW)[None, :] < self.count[:, None])
        return np.column_stack([self.row[later, place], later]), self.score[later, place]


@njit(cache=True, nogil=True)
def _row_cosines(left, right, scores):
    for row in range(len(scores)):
        product = np.float64(dot(left[row], right[row]))
        a, b = dot(left[row], left[row]), dot(right[row], right[row])
        scores[row] = product / (np.sqrt(np.float64(a)) * np.sqrt(np.float64(b))) if a and b else 0.0


@njit(cache=True, nogil=True)
def _met(keys, rows, along, texts, packed, bits, lengths, min_words, min_jaccard):
    """`int64[m]` packed pairs of each bucket, with repeats: its smallest row with each, and each with the
    next; only those that pass the screen.

    All columns are in the order of the keys; `texts` are the places in the screen. Sorts inside buckets.
    """
    stop, m = 0, 0
    for start in range(len(keys)):
        if start < stop or keys[start] == np.uint64(0):
            continue
        stop = start + 1
        while stop < len(keys) and keys[stop] == keys[start]:
            stop += 1
        if stop == start + 1:
            continue
        _sort_along(along[start:stop], rows[start:stop], texts[start:stop])
        first = start
        for k in range(start, stop):
            if rows[k] < rows[first]:
                first = k
        for k in range(start, stop):
            if rows[k] == rows[first]:
                continue  # has met everyone
            if passes(bits, lengths, min_words, min_jaccard, texts[first], texts[k]):
                packed[m] = rows[first] << 32 | rows[k]
                m += 1
            if k + 1 == stop or rows[k + 1] == rows[k] or rows[k + 1] == rows[first]:
                continue
            if passes(bits, lengths, min_words, min_jaccard, texts[k], texts[k + 1]):
                packed[m] = min(rows[k], rows[k + 1]) << 32 | max(rows[k], rows[k + 1])
                m += 1
    return packed[:m]


@njit(cache=True, nogil=True)
def _sort_along(along, rows, texts):
    """Sorts a bucket by (`along`, `rows`), in place: Shell's sort, with the gaps of Knuth (1973)."""
    gap = 1
    while 3 * gap + 1 < len(along):
        gap = 3 * gap + 1
    while gap > 0:
        for k in range(gap, len(along)):
            value, row, text, at = along[k], rows[k], texts[k], k
            while at >= gap:
                other = at - gap
                if along[other] < value or (along[other] == value and rows[other] <= row):
                    break
                along[at], rows[at], texts[at] = along[other], rows[other], texts[other]
                at = other
            along[at], rows[at], texts[at] = value, row, text
        gap //= 3


@njit(cache=True, nogil=True)
def _digests(lanes):
    digests = np.empty(len(lanes), np.uint64)
    for row in range(len(lanes)):
        h = np.uint64(0x9E3779B97F4A7C15)
        for lane in range(lanes.shape[1]):
            h = (h ^ mix(lanes[row, lane] + np.uint64(lane))) * np.uint64(0x2545F4914F6CDD1D)
        digests[row] = mix(h)
    return digests


@njit(cache=True, nogil=True)
def _top_two(dots, inverse, nearest):
    for row in range(dots.shape[0]):
        first, second = np.float32(-1e30), np.float32(-1e30)
        one, two = 0, 0
        for k in range(dots.shape[1]):
            score = dots[row, k] * inverse[k]
            if score > first:
                second, two = first, one
                first, one = score, k
            elif score > second:
                second, two = score, k
        nearest[row, 0], nearest[row, 1] = one, two


@njit(cache=True, nogil=True)
def _main_axes(moments, axes):
    """Turns rows of `axes` towards the largest main axes of a symmetric matrix, and keeps them orthonormal
    (orthogonal iteration; a few rounds are enough for a bound). Not LAPACK: its threads cost more than this.
    """
    turned = np.empty_like(axes)
    for _ in range(4):
        for r in range(len(axes)):
            turned[r] = 0.0
            for d in range(len(moments)):
                for c in range(len(moments)):
                    turned[r, c] += axes[r, d] * moments[d, c]
        for r in range(len(axes)):
            axes[r] = turned[r]
            for q in range(r):
                along = np.sum(axes[r] * axes[q])
                for d in range(len(moments)):
                    axes[r, d] -= along * axes[q, d]
            length = np.sqrt(np.sum(axes[r] * axes[r]))
            axes[r] = axes[r] / length if length > 1e-6 else 0.0 * axes[r]


@njit(cache=True, nogil=True)
def dot(left, right):
    """The product of two int8 vectors, exact in `int32`: 256 products stay far below 2^31."""
    total = np.int32(0)
    for d in range(len(left)):
        total += np.int32(np.int32(left[d]) * np.int32(right[d]))
    return total


@njit(cache=True, nogil=True)
def _collect(bounds, rows, others, vectors, norms, min_cosine, best_row, best_score, best_count):
    """Takes the pairs of one block whose rounded cosine reaches the threshold into the table of the best."""
    gate = np.float32(min_cosine - SLACK)
    for a in range(len(bounds)):
        row = rows + a
        last = min(bounds.shape[1], row - others)
        for start in range(0, last, 64):
            piece, many = bounds[a, start : min(start + 64, last)], np.int32(0)
            for b in range(len(piece)):  # without branches: sixteen at a time
                many += np.int32(piece[b] >= gate)
            if many == 0:
                continue
            for b in range(len(piece)):
                if piece[b] >= gate:
                    other = others + start + b
                    product = np.float64(dot(vectors[row], vectors[other]))
                    _take(product, row, other, norms, min_cosine, best_row, best_score, best_count)


@njit(cache=True, nogil=True)
def _collect_cell(dots, rows, others, norms, min_cosine, best_row, best_score, best_count):
    """The same of exact products of listed rows."""
    for a in range(len(rows)):
        row = rows[a]
        gate = np.float32((min_cosine - 0.0002) * norms[row])
        for b in range(len(others)):
            if dots[a, b] >= gate * np.float32(norms[others[b]]) and others[b] < row:
                dot = np.float64(dots[a, b])
                _take(dot, row, others[b], norms, min_cosine, best_row, best_score, best_count)


@njit(cache=True, nogil=True, inline="always")
def _take(dot, row, other, norms, min_cosine, best_row, best_score, best_count):
    score = np.round(dot / (norms[row] * norms[other]) * _SCALE) / _SCALE
    if score >= min_cosine - 1e-9:
        _keep(best_row[row], best_score[row], best_count, row, other, np.float32(score))


@njit(cache=True, nogil=True)
def _keep(table, scores, counts, row, other, score):
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
        return
    if other < table[0]:
        table[0], other, scores[0], score = other, table[0], score, scores[0]
    worst = 1
    for k in range(2, count):
        if scores[k] < scores[worst] or (scores[k] == scores[worst] and table[k] > table[worst]):
            worst = k
    if score > scores[worst] or (score == scores[worst] and other < table[worst]):
        table[worst], scores[worst] = other, score


@njit(cache=True, nogil=True)
def _root(labels, row):
    while labels[row] != row:
        labels[row] = labels[labels[row]]
        row = labels[row]
    return row


@njit(cache=True, nogil=True)
def _hook(labels, pairs):
    for k in range(len(pairs)):
        a, b = _root(labels, pairs[k, 0]), _root(labels, pairs[k, 1])
        if a < b:
            labels[b] = a
        else:
            labels[a] = b


@njit(cache=True, nogil=True)
def _flatten(labels):
    for row in range(len(labels)):
        labels[row] = labels[labels[row]]  # a root is never larger than its members, so it is final already
