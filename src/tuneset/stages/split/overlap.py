"""Exact Jaccard similarity of word sets between two groups of rows, through the rarest words first."""

import numpy as np
from numba import njit

PER_ROW = 8
_BUCKETS = 1 << 22  # of the frequency table; a shared bucket only makes the order of words a little worse
_COMMON = (1 << 20) - 1  # frequencies above this count as equal


def overlaps(
    test: np.ndarray, others: np.ndarray, *, words: np.ndarray, offsets: np.ndarray, floor: float
) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Pairs with a Jaccard similarity of at least `floor`, and for each of `others` its best test row and
    score.

    Args:
        test, others: `int64[t]`, `int64[o]`, rows.
        words, offsets: `uint64[w]`, `int64[n + 1]`, word hashes of all rows.
        floor: 0 < floor <= 1.

    Returns:
        (test row, other row, score) of at most `PER_ROW` pairs for one of `others`; (best test row or -1,
        score).

    Two sets of that similarity share one of the first `size - ceil(floor * size) + 1` words of each, in any
    common order; rarest first makes the lists short. Memory grows with the test rows only. Source: prefix
    filter of Chaudhuri, Ganti & Kaushik 2006; length filter of Bayardo, Ma & Srikant 2007.
    """
    frequency = _frequencies(words, offsets, np.concatenate([test, others]))
    keys, bounds = _sorted_sets(words, offsets, test, frequency)
    word, owner = _prefixes(keys, bounds, floor)
    order = np.argsort(word, kind="stable")
    heads, first = np.unique(word[order], return_index=True)
    lists = np.append(first, len(word)).astype(np.int64)
    found_test, found_other, score, best, best_score = _probe(
        others, words, offsets, frequency, keys, bounds, heads, lists, owner[order], floor
    )
    pairs = test[found_test], others[found_other], score
    return pairs, (np.where(best >= 0, test[best] if len(test) else -1, -1), best_score)


@njit(cache=True, nogil=True)
def _bucket(word: np.uint64) -> np.uint64:
    return (word * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(42)


@njit(cache=True, nogil=True)
def _frequencies(words: np.ndarray, offsets: np.ndarray, rows: np.ndarray) -> np.ndarray:
    counts = np.zeros(_BUCKETS, np.uint32)
    for row in rows:
        for p in range(offsets[row], offsets[row + 1]):
            counts[_bucket(words[p])] += 1
    return counts


@njit(cache=True, nogil=True)
def _sorted_set(words: np.ndarray, start: int, stop: int, frequency: np.ndarray, out: np.ndarray) -> int:
    """Writes the distinct words as keys that sort rarest first; returns how many. 44 bits tell words
    apart.
    """
    for p in range(start, stop):
        often = min(np.uint64(frequency[_bucket(words[p])]), np.uint64(_COMMON))
        out[p - start] = (often << np.uint64(44)) | (words[p] >> np.uint64(20))
    some = out[: stop - start]
    some.sort()
    size = 0
    for i in range(len(some)):
        if i == 0 or some[i] != some[i - 1]:
            out[size] = some[i]
            size += 1
    return size


@njit(cache=True, nogil=True)
def _sorted_sets(
    words: np.ndarray, offsets: np.ndarray, rows: np.ndarray, frequency: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    bounds = np.zeros(len(rows) + 1, np.int64)
    total = 0
    for row in rows:
        total += offsets[row + 1] - offsets[row]
    keys = np.empty(total, np.uint64)
    for i in range(len(rows)):
        row = rows[i]
        at = bounds[i]
        bounds[i + 1] = at + _sorted_set(
            words, int(offsets[row]), int(offsets[row + 1]), frequency, keys[at:]
        )
    return keys, bounds


@njit(cache=True, nogil=True)
def _prefix(size: int, floor: float) -> int:
    return size - int(np.ceil(floor * size - 1e-9)) + 1 if size else 0


@njit(cache=True, nogil=True)
def _prefixes(keys: np.ndarray, bounds: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray]:
    total = 0
    for i in range(len(bounds) - 1):
        total += _prefix(bounds[i + 1] - bounds[i], floor)
    word, owner = np.empty(total, np.uint64), np.empty(total, np.int64)
    at = 0
    for i in range(len(bounds) - 1):
        for p in range(bounds[i], bounds[i] + _prefix(bounds[i + 1] - bounds[i], floor)):
            word[at], owner[at] = keys[p], i
            at += 1
    return word, owner


@njit(cache=True, nogil=True)
def _jaccard(a: np.ndarray, b: np.ndarray) -> float:
    i, j, shared = 0, 0, 0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            shared += 1
            i += 1
            j += 1
        elif a[i] < b[j]:
            i += 1
        else:
            j += 1
    return shared / (len(a) + len(b) - shared)


@njit(cache=True, nogil=True)
def _insert(near: np.ndarray, score: np.ndarray, held: int, i: int, s: float) -> int:
    """Keeps the best few of one row, best first; equal scores in order of arrival."""
    if held == PER_ROW and s <= score[held - 1]:
        return held
    at = min(held, PER_ROW - 1)
    while at > 0 and score[at - 1] < s:
        near[at], score[at] = near[at - 1], score[at - 1]
        at -= 1
    near[at], score[at] = i, s
    return min(held + 1, PER_ROW)


@njit(cache=True, nogil=True)
def _grown(array: np.ndarray, size: int) -> np.ndarray:
    larger = np.empty(size, array.dtype)
    larger[: len(array)] = array
    return larger


@njit(cache=True, nogil=True)
def _probe(
    others: np.ndarray,
    words: np.ndarray,
    offsets: np.ndarray,
    frequency: np.ndarray,
    keys: np.ndarray,
    bounds: np.ndarray,
    heads: np.ndarray,
    lists: np.ndarray,
    owner: np.ndarray,
    floor: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    best, best_score = np.full(len(others), -1, np.int64), np.zeros(len(others), np.float32)
    out_test, out_other = np.empty(1024, np.int64), np.empty(1024, np.int64)
    out_score = np.empty(1024, np.float32)
    count = 0
    met = np.full(len(bounds) - 1, -1, np.int64)  # the last row that met this test row
    near, score = np.empty(PER_ROW, np.int64), np.empty(PER_ROW, np.float64)
    longest = 1
    for row in others:
        longest = max(longest, offsets[row + 1] - offsets[row])
    mine = np.empty(longest, np.uint64)
    for o in range(len(others)):
        row = others[o]
        size = _sorted_set(words, int(offsets[row]), int(offsets[row + 1]), frequency, mine)
        held = 0
        for p in range(_prefix(size, floor)):
            at = np.searchsorted(heads, mine[p])
            if at == len(heads) or heads[at] != mine[p]:
                continue
            for q in range(lists[at], lists[at + 1]):
                i = owner[q]
                if met[i] == o:
                    continue
                met[i] = o
                theirs = keys[bounds[i] : bounds[i + 1]]
                if min(size, len(theirs)) < floor * max(size, len(theirs)) - 1e-9:
                    continue
                s = _jaccard(mine[:size], theirs)
                if s >= floor - 1e-9:
                    held = _insert(near, score, held, i, s)
        if count + held > len(out_test):
            out_test, out_other = _grown(out_test, 2 * len(out_test)), _grown(out_other, 2 * len(out_other))
            out_score = _grown(out_score, 2 * len(out_score))
        for h in range(held):
            out_test[count], out_other[count], out_score[count] = near[h], o, score[h]
            count += 1
        if held:
            best[o], best_score[o] = near[0], score[0]
    return out_test[:count], out_other[:count], out_score[:count], best, best_score
