"""Compares two texts word by word: set similarity, light edits (a typo, a filler word), names that differ."""
# ruff: noqa: ANN001, ANN201, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from typing import NamedTuple

import numpy as np

from tuneset.kernels.bits import ones
from tuneset.kernels.lean import counted, lean, lean_inline
from tuneset.kernels.words import DIRECTION, MARKER, NAME, NUMBER, Words, mix

LONG = 20
"""Words from which (in the shorter text) similarity is that of word 5-grams; below, of single words and word
pairs."""

_FIXED = DIRECTION | MARKER | NAME | NUMBER  # words that are never taken for typos

_BITS = 512  # of a quick look: texts of several hundred words set nearly all, and are compared

BITS = (2, _BITS // 64)
"""Shape of the words and 5-grams of one text as bits."""


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
        pairs: `int64[m, 2]` texts to compare; fastest if sorted.
        data: `uint8` the buffer that the spans refer to.

    Cost: about 0.4 us per pair of texts of 45 words.
    """
    left, right = pairs[:, 0], pairs[:, 1]
    lengths = np.diff(words.offsets)
    long = np.minimum(lengths[left], lengths[right]) >= LONG
    single = _sets(words, np.ravel(pairs), width=1)
    shared, total = _shared(single, pairs)
    of_words = _ratio(shared, total)
    jaccard = np.empty(len(pairs))
    for those, width in ((long, 5), (~long, 2)):
        parts = _shared(_sets(words, np.ravel(pairs[those]), width=width), pairs[those])
        more = (0, 0) if width == 5 else (shared[those], total[those])  # short texts: words and word pairs
        jaccard[those] = _ratio(parts[0] + more[0], parts[1] + more[1])
    edits, names = np.full(len(pairs), -1, np.int64), np.zeros(len(pairs), np.bool_)
    _differences(*words, data, pairs, of_words, edits)
    _names(single.values, single.offsets, single.named, pairs, names)
    return Comparison(jaccard, of_words, edits, names)


def bits_of(words: Words) -> np.ndarray:
    """`uint64[n, 2, 8]`: a bit for each word of a text, and for each 5-gram if it has `LONG` words.

    Cost: 0.2 us per text of 45 words.
    """
    bits = np.zeros((len(words.offsets) - 1, 2, _BITS // 64), np.uint64)
    _mark(words.hashes, words.offsets, bits)
    return bits


def may_be_alike(
    bits: np.ndarray, lengths: np.ndarray, pairs: np.ndarray, *, min_words: float, min_jaccard: float
) -> np.ndarray:
    """A quick look at pairs, without loss: `bool[m]`, False only where `compare` would find less of both
    similarities and no light edits.

    Args:
        bits: `uint64[n, 2, 8]` of `bits_of`.
        lengths: `int[n]` words of each text.
        pairs: `int64[m, 2]` texts.
        min_words: a similarity of the word sets that is asked for.
        min_jaccard: the same of 5-grams; pairs with a text of fewer than `LONG` words always pass.

    A bit that only one text has stands for at least one word that only this text has, and a + b words of
    which d are not shared have a Jaccard similarity of at most (a + b - d) / (a + b + d).

    Cost: 10 ns per pair.
    """
    possible = np.empty(len(pairs), np.bool_)
    _look(lengths, bits, pairs, min_words, min_jaccard, possible)
    return possible


class Screen(NamedTuple):
    """A quicker look, at a quarter of the bits: what it refuses, `may_be_alike` refuses, too.

    Attributes:
        bits: `uint64[n, 4]` of `folded`. lengths: `int32[n]` words of each text.
        min_words, min_jaccard: as of `may_be_alike`.
    """

    bits: np.ndarray
    lengths: np.ndarray
    min_words: float
    min_jaccard: float


def folded(bits: np.ndarray) -> np.ndarray:
    """`uint64[n, 4]` of `bits_of`: two of words, two of 5-grams. Folding by exclusive or makes no bit
    differ that did not.
    """
    pairs = bits.reshape(len(bits), 2, bits.shape[2] // 2, 2)
    return np.bitwise_xor.reduce(pairs, axis=2).reshape(len(bits), 4)


class _Sets(NamedTuple):
    """Distinct shingles of `n` texts: `values` `uint64[w]` never 0, `offsets` `int64[n + 1]`, `named`
    `bool[w]`.
    """

    values: np.ndarray
    offsets: np.ndarray
    named: np.ndarray


def _sets(words: Words, rows: np.ndarray, *, width: int) -> _Sets:
    """The sets of `width` neighbouring words of some texts; those of the others are left empty."""
    wanted = np.zeros(len(words.offsets) - 1, np.bool_)
    wanted[rows] = True
    lengths = np.where(wanted, np.diff(words.offsets), 0)
    table = np.zeros(_room(lengths), np.uint64), np.empty(_room(lengths), np.int64)
    values, named = np.empty(int(lengths.sum()), np.uint64), np.empty(int(lengths.sum()), np.bool_)
    offsets = np.zeros(len(words.offsets), np.int64)
    count = _fill_sets(
        words.hashes, words.flags, words.offsets, wanted, width, *table, values, offsets, named
    )
    return _Sets(values[:count], offsets, named[:count])


def _room(lengths: np.ndarray) -> int:
    """Places of a hash table that the longest text leaves half empty: a power of two."""
    return 1 << int(4 * lengths.max(initial=4)).bit_length()


def _shared(sets: _Sets, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`int64[m]` elements that both sets of a pair hold, and that either holds."""
    shared = np.zeros(len(pairs), np.int64)
    sizes = np.diff(sets.offsets)
    _count_shared(sets.values, sets.offsets, pairs, np.zeros(_room(sizes), np.uint64), shared)
    return shared, sizes[pairs[:, 0]] + sizes[pairs[:, 1]] - shared


def _ratio(shared: np.ndarray, total: np.ndarray) -> np.ndarray:
    return shared / np.maximum(total, 1)


@lean
def allowed_edits(n):
    """How many light edits a text of `n` words may have: a tenth, at least one from 4 words on."""
    return max(1, n // 10) if n >= 4 else 0


@lean_inline
def _step(h, following):
    """A shingle hash and the next word's hash as one hash; `mix` closes it."""
    return (h ^ (h >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15) + following


@lean
def _mark(hashes, texts, bits):
    """Sets the bit of each word (0) and, in texts of at least `LONG` words, of each 5-gram (1)."""
    for row in range(len(bits)):
        start, stop = texts[row], texts[row + 1]
        for w in range(start, stop):
            h = hashes[w] >> np.uint64(32)
            bits[row, 0, (h >> np.uint64(6)) % np.uint64(_BITS // 64)] |= np.uint64(1) << (h & np.uint64(63))
        if stop - start < LONG:
            continue
        for w in range(start, stop - 4):
            h = hashes[w]
            for k in range(w + 1, w + 5):
                h = _step(h, hashes[k])
            h >>= np.uint64(50)
            bits[row, 1, (h >> np.uint64(6)) % np.uint64(_BITS // 64)] |= np.uint64(1) << (h & np.uint64(63))


@lean
def _look(lengths, bits, pairs, min_words, min_jaccard, possible):
    for p in range(len(pairs)):
        i, j = pairs[p, 0], pairs[p, 1]
        n, m = np.int64(lengths[i]), np.int64(lengths[j])
        single, grams = np.uint64(0), np.uint64(0)
        for k in range(_BITS // 64):
            single += ones(bits[i, 0, k] ^ bits[j, 0, k])
            grams += ones(bits[i, 1, k] ^ bits[j, 1, k])
        possible[p] = _may_be(n, m, np.int64(single), np.int64(grams), min_words, min_jaccard)


@lean_inline
def _may_be(n, m, single, grams, min_words, min_jaccard):
    """Can texts of n and m words be alike that differ in at least so many single words and 5-grams?"""
    of_words = (n + m - single) / max(1, n + m + single)
    of_grams = (n + m - 8 - grams) / max(1, n + m - 8 + grams)
    most = allowed_edits(min(n, m))  # each changes a word on either side
    edited = abs(n - m) <= most and single <= 2 * most
    return min(n, m) < LONG or edited or of_words >= min_words or of_grams >= min_jaccard


@lean_inline
def passes(bits, lengths, min_words, min_jaccard, i, j):
    """Does the pair (i, j) pass a `Screen`? Everything passes one without rows."""
    if len(bits) == 0:
        return True
    single = ones(bits[i, 0] ^ bits[j, 0]) + ones(bits[i, 1] ^ bits[j, 1])
    grams = ones(bits[i, 2] ^ bits[j, 2]) + ones(bits[i, 3] ^ bits[j, 3])
    n, m = np.int64(lengths[i]), np.int64(lengths[j])
    return _may_be(n, m, np.int64(single), np.int64(grams), min_words, min_jaccard)


@lean_inline
def _place(keys, mask, value):
    """Slot of a value, or of the free place where it would stand; `mask` + 1 places are in use."""
    slot = (value >> np.uint64(32)) & mask
    while keys[slot] != np.uint64(0) and keys[slot] != value:
        slot = (slot + np.uint64(1)) & mask
    return slot


@lean
def _mask(size):
    """Of a table for `size` values: at most half of its places are taken."""
    room = 16
    while room < 2 * size:
        room *= 2
    return np.uint64(room - 1)


@lean
def _fill_sets(hashes, flags, texts, wanted, width, keys, places, values, offsets, named):
    """Writes the distinct shingles of each text; a word is `named` if it is written like a name anywhere."""
    at = 0
    for row in range(len(wanted)):
        start, stop = texts[row], texts[row + 1]
        if wanted[row] and stop - start >= width:
            mask = _mask(stop - start)
            keys[: mask + np.uint64(1)] = np.uint64(0)
            for w in range(start, stop - width + 1):
                h = hashes[w]
                if width > 1:
                    for k in range(w + 1, w + width):
                        h = _step(h, hashes[k])
                    h = mix(h) | np.uint64(1)
                slot = _place(keys, mask, h)
                if keys[slot] == h:
                    named[places[slot]] |= flags[w] & NAME != 0
                    continue
                keys[slot], places[slot] = h, at
                values[at], named[at] = h, flags[w] & NAME != 0
                at += 1
        offsets[row + 1] = at
    return at


@lean
def _count_shared(values, offsets, pairs, keys, shared):
    """One hash table for all pairs in a row that begin with the same text."""
    held, mask = -1, np.uint64(0)
    for p in range(len(pairs)):
        i, j = pairs[p, 0], pairs[p, 1]
        if i != held:
            held, mask = i, _mask(offsets[i + 1] - offsets[i])
            keys[: mask + np.uint64(1)] = np.uint64(0)
            for w in range(offsets[i], offsets[i + 1]):
                keys[_place(keys, mask, values[w])] = values[w]
        count = 0
        for w in range(offsets[j], offsets[j + 1]):
            count += keys[_place(keys, mask, values[w])] == values[w]
        shared[p] = count


@lean
def _lacks_name(values, offsets, named, i, j):
    """Has set `i` a name that set `j` lacks?"""
    for w in range(offsets[i], offsets[i + 1]):
        if named[w]:
            found = False
            for k in range(offsets[j], offsets[j + 1]):
                found |= values[k] == values[w]
            if not found:
                return True
    return False


@lean
def letter(data, k):
    return data[k] | np.uint8(32) if 65 <= data[k] <= 90 else data[k]


@counted
def is_typo(data, a, a_end, b, b_end):
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
            same = letter(data, a + x - 1) == letter(data, b + y - 1)
            best = min(rows[before, y] + 1, rows[now, y - 1] + 1, rows[before, y - 1] + (0 if same else 1))
            if x > 1 and y > 1 and not same:
                swapped = letter(data, a + x - 1) == letter(data, b + y - 2)
                if swapped and letter(data, a + x - 2) == letter(data, b + y - 1):
                    best = min(best, rows[older, y - 2] + 1)
            rows[now, y] = best
    return rows[n % 3, m] <= limit


@counted
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
                elif (flags[a] | flags[b]) & _FIXED or step >= limit:
                    step = limit + 1
                elif is_typo(data, spans[a, 0], spans[a, 1], spans[b, 0], spans[b, 1]):
                    step += 1
                else:
                    step = limit + 1
            cost[k] = min(step, cost[k - 1] + 1) if k else step
            least = min(least, cost[k])
        if least > limit:
            return -1
    return cost[added] if cost[added] <= limit else -1


@counted
def _differences(hashes, flags, offsets, spans, data, pairs, overlap, edits):
    for p in range(len(pairs)):
        if overlap[p] >= 0.5:
            edits[p] = _light_edits(hashes, flags, offsets, spans, data, pairs[p, 0], pairs[p, 1])


@lean
def _names(values, offsets, named, pairs, names):
    for p in range(len(pairs)):
        i, j = pairs[p, 0], pairs[p, 1]
        names[p] = _lacks_name(values, offsets, named, i, j) or _lacks_name(values, offsets, named, j, i)
