"""Joins: which rows share a key, and which rows hang together."""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

import numpy as np

from tuneset.kernels.compare import Screen, passes
from tuneset.kernels.lean import counted, lean


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
    keys: np.ndarray,
    rows: np.ndarray,
    *,
    order: np.ndarray | None = None,
    screen: Screen = _EVERYTHING,
    texts: np.ndarray | None = None,
) -> np.ndarray:
    """Candidate pairs of rows that share a key: each with the smallest row of its key, and with its
    neighbour.

    Args:
        keys: `uint64[m]`; 0 is no key. rows: `int64[m]`.
        order: `uint64[m]` by which neighbours are found inside a key (another band value brings twins side by
            side); by row if absent.
        screen: a pair that does not pass is left out. texts: `int64[m]`, the texts of the rows in the screen;
            absent: it has just these, in their order.

    Returns:
        `int64[k]` distinct pairs (i < j), `packed` and sorted; k < 2 m, however large a bucket is.
    """
    along = rows.astype(np.uint64) if order is None else order
    by_key = np.argsort(keys)  # not stable, and several times faster: a bucket is sorted afterwards
    places = by_key if texts is None else texts[by_key]
    columns = keys[by_key], rows[by_key].astype(np.int64), along[by_key], places
    return distinct(_met(*columns, np.empty(2 * len(keys), np.int64), *screen))


def distinct_pairs(pairs: np.ndarray) -> np.ndarray:
    """`int64[k, 2]` the distinct pairs (i < j) among `int64[m, 2]`, sorted; a row is no pair with itself."""
    pairs = np.asarray(pairs, np.int64).reshape(-1, 2)
    small, large = np.minimum(pairs[:, 0], pairs[:, 1]), np.maximum(pairs[:, 0], pairs[:, 1])
    return unpacked(distinct((small << 32 | large)[small != large]))


def packed(pairs: np.ndarray) -> np.ndarray:
    """`int64[m]`: pairs as single numbers, `i << 32 | j`, that sort like them; rows stay below 2^31."""
    return pairs[:, 0] << 32 | pairs[:, 1]


def unpacked(pairs: np.ndarray) -> np.ndarray:
    """`int64[m, 2]`: packed pairs as rows."""
    return np.column_stack([pairs >> 32, pairs & 0xFFFFFFFF])


def distinct(values: np.ndarray) -> np.ndarray:
    """`int64[k]`: what `np.unique` gives, several times faster."""
    values = np.sort(values)
    fresh = np.ones(len(values), np.bool_)
    fresh[1:] = values[1:] != values[:-1]
    return values[fresh]


def among(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """`bool[m]`: which of `int64[m]` rising values are among others, which rise, too."""
    found = np.empty(len(values), np.bool_)
    _among(values, others, found)
    return found


@lean
def _among(values, others, found):
    k = 0
    for m in range(len(values)):
        while k < len(others) and others[k] < values[m]:
            k += 1
        found[m] = k < len(others) and others[k] == values[m]


@counted
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


@counted
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


@counted
def _root(labels, row):
    while labels[row] != row:
        labels[row] = labels[labels[row]]
        row = labels[row]
    return row


@counted
def _hook(labels, pairs):
    for k in range(len(pairs)):
        a, b = _root(labels, pairs[k, 0]), _root(labels, pairs[k, 1])
        if a < b:
            labels[b] = a
        else:
            labels[a] = b


@counted
def _flatten(labels):
    for row in range(len(labels)):
        labels[row] = labels[labels[row]]  # a root is never larger than its members, so it is final already
