"""Compares two texts word by word: set similarity, light edits (a typo, a filler word), names that differ."""
# ruff: noqa: ANN001, ANN201, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from typing import NamedTuple

import numpy as np
from numba import njit

from tuneset.kernels.words import MARKER, NAME, NUMBER, Words, mix

LONG = 20
"""Words from which (in the shorter text) similarity is that of word 5-grams; below, of single words and word
pairs."""


class Comparison(NamedTuple):
    """Of `m` pairs of texts.

    Attributes:
        jaccard: `float64[m]` Jaccard similarity of word 5-grams, or of words and word pairs in short texts
            (`LONG`).
        words: `float64[m]` Jaccard similarity of the word sets.
        edits: `int64[m]` typos and added words by which the texts differ; -1 if there are more than a tenth
            (at least 1).
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

    Cost: about 2 us per pair of texts of 70 words.
    """
    m = len(pairs)
    out = Comparison(np.zeros(m), np.zeros(m), np.full(m, -1, np.int64), np.zeros(m, np.bool_))
    longest = int(np.diff(words.offsets).max(initial=1))
    size = 1 << (8 * longest).bit_length()  # two texts, at most two shingles per word, half empty
    scratch = (np.empty(size, np.uint64), np.zeros(size, np.int64), np.empty((2, 2 * longest), np.uint64))
    _compare(words.hashes, words.flags, words.offsets, words.spans, data, pairs, *scratch, *out)
    return out


@njit(cache=True, nogil=True)
def allowed_edits(n):
    """How many light edits a text of `n` words may have: a tenth, at least one from 4 words on."""
    return max(1, n // 10) if n >= 4 else 0


@njit(cache=True, nogil=True)
def _shingles(hashes, start, stop, width, out):
    """Writes the shingles of one text, with repeats, and says how many.

    Width 1: single words; 2: words and word pairs; 5: word 5-grams.
    """
    count = 0
    if width < 5:
        for w in range(start, stop):
            out[count] = hashes[w]
            count += 1
    if width > 1:
        for w in range(start, stop - width + 1):
            h = hashes[w]
            for k in range(w + 1, w + width):
                h = mix(h) * np.uint64(0x100000001B3) + hashes[k]
            out[count] = mix(h)
            count += 1
    return count


@njit(cache=True, nogil=True)
def _set_jaccard(a, n, b, m, keys, marks, turn):
    """Jaccard similarity of two lists taken as sets, by one hash table that is never cleared.

    A place is taken if its mark is at least `2 turn`: `2 turn` by `a` only, `2 turn + 1` by `b`.
    """
    mask = np.uint64(len(keys) - 1)
    distinct, shared = 0, 0
    for k in range(n):
        slot = (a[k] >> np.uint64(1)) & mask  # word hashes are odd
        while marks[slot] >= 2 * turn and keys[slot] != a[k]:
            slot = (slot + np.uint64(1)) & mask
        if marks[slot] < 2 * turn:
            keys[slot], marks[slot] = a[k], 2 * turn
            distinct += 1
    for k in range(m):
        slot = (b[k] >> np.uint64(1)) & mask
        while marks[slot] >= 2 * turn and keys[slot] != b[k]:
            slot = (slot + np.uint64(1)) & mask
        if marks[slot] < 2 * turn:
            keys[slot] = b[k]
            distinct += 1
        elif marks[slot] == 2 * turn:
            shared += 1
        marks[slot] = 2 * turn + 1
    return shared / distinct if distinct else 0.0


@njit(cache=True, nogil=True)
def _lacks_name(hashes, flags, offsets, i, j):
    """Has text `i` a name that text `j` lacks?"""
    for w in range(offsets[i], offsets[i + 1]):
        if flags[w] & NAME:
            k = offsets[j]
            while k < offsets[j + 1] and hashes[k] != hashes[w]:
                k += 1
            if k == offsets[j + 1]:
                return True
    return False


@njit(cache=True, nogil=True)
def _letter(data, k):
    return data[k] | np.uint8(32) if 65 <= data[k] <= 90 else data[k]


@njit(cache=True, nogil=True)
def _is_typo(data, a, a_end, b, b_end):
    """Do two words differ by one letter (two from 8 letters on) dropped, added, changed or swapped with the
    next?

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
def _light_edits(hashes, flags, offsets, spans, data, i, j):
    """Fewest edits that turn the shorter text into the longer one, if words are only added or mistyped; -1 if
    too many.

    Words with a flag (numbers, negations, names) are never taken for typos; one marker may stand for another
    word if nothing else differs (enable, disable), which makes a contrast because the markers then differ. A
    band of the alignment table is enough: the longer text has `added` more words, so word x of the shorter
    one stands at x .. x + added.
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
def _compare(hashes, flags, offsets, spans, data, pairs, keys, marks, room, jaccard, overlap, edits, names):
    for p in range(len(pairs)):
        i, j = pairs[p, 0], pairs[p, 1]
        least = min(offsets[i + 1] - offsets[i], offsets[j + 1] - offsets[j])
        for turn in range(2):
            width = 1 if turn == 0 else 5 if least >= LONG else 2
            n = _shingles(hashes, offsets[i], offsets[i + 1], width, room[0])
            m = _shingles(hashes, offsets[j], offsets[j + 1], width, room[1])
            found = _set_jaccard(room[0], n, room[1], m, keys, marks, 2 * p + turn + 1)
            if turn == 0:
                overlap[p] = found
            else:
                jaccard[p] = found
        if overlap[p] >= 0.5:
            edits[p] = _light_edits(hashes, flags, offsets, spans, data, i, j)
        names[p] = _lacks_name(hashes, flags, offsets, i, j) or _lacks_name(hashes, flags, offsets, j, i)
