"""Compares two texts word by word: set similarity, light edits (a typo, a filler word), names that differ."""

from typing import NamedTuple

import numpy as np
from numba import njit

from tuneset.kernels.words import MARKER, NAME, NUMBER, Words, mix

LONG = 20
"""Words from which (in the shorter text) similarity is that of word 5-grams; below, of single words and word pairs."""


class Comparison(NamedTuple):
    """Of `m` pairs of texts.

    Attributes:
        jaccard: `float64[m]` Jaccard similarity of word 5-grams, or of words and word pairs in short texts (`LONG`).
        words: `float64[m]` Jaccard similarity of the word sets.
        edits: `int64[m]` typos and added words by which the texts differ; -1 if there are more than a tenth (at least 1).
        names: `bool[m]` has one text a name-like word that the other lacks?
    """

    jaccard: np.ndarray
    words: np.ndarray
    edits: np.ndarray
    names: np.ndarray


def compare(words: Words, pairs: np.ndarray, *, data: np.ndarray) -> Comparison:
    """Compares pairs of texts.

    Args:
        words: words of `n` texts with spans.
        pairs: `int64[m, 2]` texts to compare.
        data: `uint8` the buffer that the spans refer to.

    Cost: about 1 us per text of 70 words and 1 us per pair.
    """
    sets = [_shingle_sets(words.hashes, words.offsets, kind) for kind in (0, 1, 2)]
    m = len(pairs)
    out = Comparison(np.zeros(m), np.zeros(m), np.full(m, -1, np.int64), np.zeros(m, np.bool_))
    _compare(words.hashes, words.flags, words.offsets, words.spans, data, pairs, *sets[0], *sets[1], *sets[2], *out)
    return out


@njit(cache=True, nogil=True)
def allowed_edits(n):  # noqa: ANN001, ANN201
    """How many light edits a text of `n` words may have: a tenth, at least one from 4 words on."""
    return max(1, n // 10) if n >= 4 else 0


@njit(cache=True, nogil=True)
def _shingle_sets(hashes, offsets, kind):  # noqa: ANN001, ANN202
    """Sorted distinct shingles of each text: 0 words, 1 words and word pairs, 2 word 5-grams (fewer words: all as one)."""
    sets = np.empty(2 * len(hashes) + len(offsets), np.uint64)
    starts = np.zeros(len(offsets), np.int64)
    at = 0
    for row in range(len(offsets) - 1):
        begin = at
        start, stop = offsets[row], offsets[row + 1]
        if kind < 2:
            for w in range(start, stop):
                sets[at] = hashes[w]
                at += 1
        if kind == 1:
            for w in range(start, stop - 1):
                sets[at] = mix(hashes[w] ^ mix(hashes[w + 1]))
                at += 1
        if kind == 2:
            for w in range(start, max(stop - 4, min(start + 1, stop))):
                h = np.uint64(0)
                for k in range(w, min(w + 5, stop)):
                    h = mix(h * np.uint64(0x100000001B3) + hashes[k])
                sets[at] = h
                at += 1
        ordered = np.sort(sets[begin:at])
        at = begin
        for k in range(len(ordered)):
            if k == 0 or ordered[k] != ordered[k - 1]:
                sets[at] = ordered[k]
                at += 1
        starts[row + 1] = at
    return sets[:at], starts


@njit(cache=True, nogil=True)
def _jaccard(sets, starts, i, j):  # noqa: ANN001, ANN202
    a, a_end, b, b_end = starts[i], starts[i + 1], starts[j], starts[j + 1]
    sizes = (a_end - a) + (b_end - b)
    shared = 0
    while a < a_end and b < b_end:
        if sets[a] == sets[b]:
            shared += 1
            a += 1
            b += 1
        elif sets[a] < sets[b]:
            a += 1
        else:
            b += 1
    return shared / (sizes - shared) if sizes else 0.0


@njit(cache=True, nogil=True)
def _holds(sets, start, stop, value):  # noqa: ANN001, ANN202
    k = start + np.searchsorted(sets[start:stop], value)
    return k < stop and sets[k] == value


@njit(cache=True, nogil=True)
def _lacks_name(hashes, flags, offsets, sets, starts, i, j):  # noqa: ANN001, ANN202
    """Has text `i` a name that text `j` lacks?"""
    for w in range(offsets[i], offsets[i + 1]):
        if flags[w] & NAME and not _holds(sets, starts[j], starts[j + 1], hashes[w]):
            return True
    return False


@njit(cache=True, nogil=True)
def _letter(data, k):  # noqa: ANN001, ANN202
    return data[k] | np.uint8(32) if 65 <= data[k] <= 90 else data[k]


@njit(cache=True, nogil=True)
def _is_typo(data, a, a_end, b, b_end):  # noqa: ANN001, ANN202
    """Do two words differ by one letter (two from 8 letters on) dropped, added, changed or swapped with the next?

    Optimal string alignment distance on bytes without ASCII case; words of 4 to 32 bytes.
    """
    n, m = a_end - a, b_end - b
    limit = 2 if min(n, m) >= 8 else 1
    if min(n, m) < 4 or max(n, m) > 32 or abs(n - m) > limit:
        return False
    rows = np.empty((3, 33), np.int64)
    for k in range(m + 1):
        rows[0, k] = k
    for x in range(1, n + 1):
        now, before, older = x % 3, (x - 1) % 3, (x - 2) % 3
        rows[now, 0] = x
        for y in range(1, m + 1):
            same = _letter(data, a + x - 1) == _letter(data, b + y - 1)
            best = min(rows[before, y] + 1, rows[now, y - 1] + 1, rows[before, y - 1] + (0 if same else 1))
            if x > 1 and y > 1 and not same:
                swapped = _letter(data, a + x - 1) == _letter(data, b + y - 2)
                if swapped and _letter(data, a + x - 2) == _letter(data, b + y - 1):
                    best = min(best, rows[older, y - 2] + 1)
            rows[now, y] = best
    return rows[n % 3, m] <= limit


@njit(cache=True, nogil=True)
def _light_edits(hashes, flags, offsets, spans, data, i, j):  # noqa: ANN001, ANN202, PLR0913
    """Fewest edits that turn the shorter text into the longer one, if words are only added or mistyped; -1 if too many.

    Words with a flag (numbers, negations, names) are never taken for typos; one marker may stand for another word if nothing
    else differs (enable, disable), which makes a contrast because the markers then differ. A band of the alignment table is enough:
    the longer text has `added` more words, so word x of the shorter one stands at x .. x + added.
    """
    if offsets[i + 1] - offsets[i] > offsets[j + 1] - offsets[j]:
        i, j = j, i
    n, m = offsets[i + 1] - offsets[i], offsets[j + 1] - offsets[j]
    limit, added = allowed_edits(n), m - n
    if added > limit:
        return -1
    cost = np.zeros(added + 1, np.int64)
    for k in range(added + 1):
        cost[k] = k
    for x in range(n):
        a = offsets[i] + x
        least = limit + 1
        for k in range(added + 1):
            b = offsets[j] + x + k
            step = cost[k]
            if hashes[a] != hashes[b]:
                if (flags[a] | flags[b]) & MARKER and not (flags[a] | flags[b]) & NUMBER:
                    step += limit  # the one edit that makes a contrast: never two that cancel out
                elif flags[a] or flags[b] or step >= limit:
                    step = limit + 1
                elif _is_typo(data, spans[a, 0], spans[a, 1], spans[b, 0], spans[b, 1]):
                    step += 1
                else:
                    step = limit + 1
            cost[k] = min(step, cost[k - 1] + 1) if k else step
            least = min(least, cost[k])
        if least > limit:
            return -1
    return cost[added] if cost[added] <= limit else -1


@njit(cache=True, nogil=True)
def _compare(hashes, flags, offsets, spans, data, pairs, words, w, short, s, grams, g, jaccard, overlap, edits, names):  # noqa: ANN001, ANN202, PLR0913
    for p in range(len(pairs)):
        i, j = pairs[p, 0], pairs[p, 1]
        least = min(offsets[i + 1] - offsets[i], offsets[j + 1] - offsets[j])
        overlap[p] = _jaccard(words, w, i, j)
        jaccard[p] = _jaccard(grams, g, i, j) if least >= LONG else _jaccard(short, s, i, j)
        if overlap[p] >= 0.5:
            edits[p] = _light_edits(hashes, flags, offsets, spans, data, i, j)
        names[p] = _lacks_name(hashes, flags, offsets, words, w, i, j) or _lacks_name(hashes, flags, offsets, words, w, j, i)
