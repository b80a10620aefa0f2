"""Fingerprints of passages: some word shingles of each text, chosen so that texts that share a long run share
one.

Of every `WINDOW` neighbouring shingles of `WIDTH` words the one with the smallest hash is kept, so a run of
`LEAST` words that two texts share has a fingerprint in both, wherever it stands.

Source: Schleimer, Wilkerson & Aiken, Winnowing: local algorithms for document fingerprinting, SIGMOD 2003.
"""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from typing import NamedTuple

import numpy as np

from tuneset.kernels.lean import counted
from tuneset.kernels.words import Words, mix

WIDTH, WINDOW = 6, 10
LEAST = WIDTH + WINDOW - 1
"""Words of a shared run that is certain to be found."""


class Fingerprints(NamedTuple):
    """Of `n` texts: `hashes` `uint64[m]`, never 0; `places` `int64[m]` the word of the text with which the
    shingle begins, rising; `offsets` `int64[n + 1]`.
    """

    hashes: np.ndarray
    places: np.ndarray
    offsets: np.ndarray


def fingerprints(words: Words) -> Fingerprints:
    """The fingerprints of each text; texts of fewer than `WIDTH` words have none.

    Cost: about 15 ns per word.
    """
    hashes, places = np.empty(len(words.hashes), np.uint64), np.empty(len(words.hashes), np.int64)
    offsets = np.zeros(len(words.offsets), np.int64)
    count = _winnow(words.hashes, words.offsets, hashes, places, offsets)
    return Fingerprints(hashes[:count].copy(), places[:count].copy(), offsets)


def shingles(words: Words) -> np.ndarray:
    """`uint64[k]`, sorted: every run of `WIDTH` words of the texts, as `fingerprints` hashes it."""
    runs = (_shingles(words.hashes[a:b]) for a, b in zip(words.offsets[:-1], words.offsets[1:], strict=True))
    return np.unique(np.concatenate([np.zeros(0, np.uint64), *runs]))


def covered(words: Words, known: np.ndarray) -> np.ndarray:
    """`bool[w]`: the words that belong to a run of `WIDTH` of their text that is among `known`, the sorted
    `shingles` of other texts.

    Cost: about 20 ns per word.
    """
    table = np.zeros(1 << max(10, int(8 * len(known)).bit_length()), np.bool_)
    table[(known & np.uint64(len(table) - 1)).astype(np.int64)] = True
    return _covered(words.hashes, words.offsets, known, table)


@counted
def _shingles(words):
    found = np.empty(max(0, len(words) - WIDTH + 1), np.uint64)
    for s in range(len(found)):
        found[s] = _shingle(words, s)
    return found


@counted
def _shingle(words, start):
    h = np.uint64(0)
    for k in range(WIDTH):
        h = mix(h * np.uint64(0x100000001B3) + words[start + k])
    return h | np.uint64(1)


@counted
def _covered(words, texts, known, table):
    inside = np.zeros(len(words), np.bool_)
    last = np.uint64(len(table) - 1)
    for row in range(len(texts) - 1):
        for s in range(texts[row], texts[row + 1] - WIDTH + 1):
            h = _shingle(words, s)
            if table[h & last]:
                place = np.searchsorted(known, h)
                if place < len(known) and known[place] == h:
                    inside[s : s + WIDTH] = True
    return inside


@counted
def _winnow(words, texts, hashes, places, offsets):
    longest = 0
    for row in range(len(texts) - 1):
        longest = max(longest, texts[row + 1] - texts[row])
    room = np.empty(longest + 1, np.uint64)
    at = 0
    for row in range(len(texts) - 1):
        start = texts[row]
        shingles = texts[row + 1] - start - WIDTH + 1
        for s in range(shingles):
            room[s] = _shingle(words, start + s)
        last = -1
        for s in range(max(1, shingles - WINDOW + 1) if shingles > 0 else 0):
            least = s
            for k in range(s + 1, min(s + WINDOW, shingles)):
                if room[k] <= room[least]:
                    least = k
            if least != last:
                hashes[at], places[at] = room[least], least
                at, last = at + 1, least
        offsets[row + 1] = at
    return at
