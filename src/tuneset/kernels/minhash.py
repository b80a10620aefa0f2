"""MinHash of the words of a text, and the bands by which similar texts meet in one bucket.

Which shingles stand for a text depends on its length, without a jump anywhere, so that texts of 3 words and
of 3,000 are found by the same bands:

    word bigrams   for long texts all; below 16 words a share that falls to none at 6 words
    single words   up to 12 words all; then a share that falls to none at 40 words

A shingle takes part if its own hash lies below that share, so two texts of nearly equal length keep the same
ones. Bigrams find every pair whose 5-grams overlap (an edit destroys 2 bigrams but 5 five-grams); single
words find short questions whose words were moved. Both similarities are verified later on the real words:
bands only propose.

Bands: 25 of 5 rows (125 of 128 permutations). A pair whose shingle sets have Jaccard similarity s meets in a
bucket with probability 1 - (1 - s^5)^25: .55 at .5, .87 at .6, .988 at .7, .9999 at .8. Five-gram similarity
.5 means a bigram similarity of about .77 where edits are scattered.

Source: Broder 1997; banding after Leskovec, Rajaraman & Ullman, Mining of Massive Datasets, ch. 3.
"""
# ruff: noqa: ANN001, ANN201, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

import numpy as np

from tuneset.kernels.lean import counted, lean
from tuneset.kernels.words import Words, mix

BANDS, ROWS = 25, 5
PERMUTATIONS = 128

_SHORT, _LONG = 12, 40
_PARTS = 28  # _LONG - _SHORT: shares are counted in 28ths and 10ths


def _coefficients() -> tuple[np.ndarray, np.ndarray]:
    """`uint32[128]` odd factors and offsets of the permutations x -> a x + b (mod 2^32); pinned by a test."""
    state = np.random.Generator(np.random.PCG64(20231))
    factors = state.integers(0, 1 << 32, PERMUTATIONS, np.uint32) | np.uint32(1)
    return factors, state.integers(0, 1 << 32, PERMUTATIONS, np.uint32)


_FACTORS, _OFFSETS = _coefficients()


def bands_of(words: Words) -> np.ndarray:
    """`uint64[n, 25]` band values; texts with an equal value in a column are candidates. 0: no words, no
    candidate.

    Cost: about 15 ns per word.
    """
    bands = np.zeros((len(words.offsets) - 1, BANDS), np.uint64)
    _bands(words.hashes, words.offsets, _FACTORS, _OFFSETS, bands)
    return bands


@lean
def shingles_into(hashes, start, stop, room):
    """Writes the shingle hashes of one text into `room`; returns how many (at most 2 per word)."""
    n = stop - start
    count = 0
    if n < _LONG:
        share = np.uint64(_PARTS) if n <= _SHORT else np.uint64(_LONG - n)
        for w in range(start, stop):
            h = mix(hashes[w])
            if h % np.uint64(_PARTS) < share:
                room[count] = h
                count += 1
    share = np.uint64(min(10, max(0, n - 6)))
    for w in range(start, stop - 1):
        h = mix(hashes[w] + np.uint64(0x9E3779B97F4A7C15) * (hashes[w + 1] ^ np.uint64(0x5851F42D4C957F2D)))
        if h % np.uint64(10) < share:
            room[count] = h
            count += 1
    return count


@lean
def _minima(shingles, count, factors, offsets, least):
    """Smallest value of each permutation. All arithmetic is forced back to 32 bits: numba widens uint32
    products.
    """
    for k in range(PERMUTATIONS):
        least[k] = np.uint32(0xFFFFFFFF)
    upper, last = np.uint64(32), count - 1
    for s in range(0, count, 4):  # four at a time, so that little is loaded; the last one may count again
        w = np.uint32(shingles[s] >> upper)
        x = np.uint32(shingles[min(s + 1, last)] >> upper)
        y = np.uint32(shingles[min(s + 2, last)] >> upper)
        z = np.uint32(shingles[min(s + 3, last)] >> upper)
        for k in range(PERMUTATIONS):
            a, b = factors[k], offsets[k]
            one = min(np.uint32(np.uint32(w * a) + b), np.uint32(np.uint32(x * a) + b))
            two = min(np.uint32(np.uint32(y * a) + b), np.uint32(np.uint32(z * a) + b))
            one = min(one, two)
            least[k] = min(least[k], one)


@counted
def _bands(hashes, texts, factors, offsets, bands):
    longest = 0
    for row in range(len(texts) - 1):
        longest = max(longest, texts[row + 1] - texts[row])
    room = np.empty(2 * longest + 1, np.uint64)
    least = np.empty(PERMUTATIONS, np.uint32)
    for row in range(len(texts) - 1):
        if texts[row + 1] == texts[row]:
            continue
        count = shingles_into(hashes, texts[row], texts[row + 1], room)
        _minima(room, count, factors, offsets, least)
        for band in range(BANDS):
            h = np.uint64(band + 1)
            for k in range(band * ROWS, band * ROWS + ROWS):
                h = mix(h * np.uint64(0x9E3779B97F4A7C15) + np.uint64(least[k]))
            bands[row, band] = h | np.uint64(1)
