"""Passages that many texts share, by the fingerprints of the texts (`kernels.winnow`).

Fingerprints that occur in many texts are common, and common ones with the very same set of texts are one
passage.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tuneset.kernels.order import lexicographic
from tuneset.kernels.winnow import LEAST, WIDTH, fingerprints
from tuneset.kernels.words import Words, buffer_of, mix, no_markers, normalised, words_of

_SPEAKERS = dict.fromkeys(range(1, 5), " ")  # `stages.dedupe.texts` marks whose turn it is


@dataclass(frozen=True)
class Passage:
    """Fingerprints with one set of texts: of how many texts, and the first of them."""

    hashes: np.ndarray
    texts: int
    first: int


@dataclass(frozen=True)
class Shared:
    """`texts`: how many hold any common fingerprint; `share`: of all fingerprints, those that are common,
    which is about the share of the text; `passages`: those that cover most text first.
    """

    texts: int
    share: float
    passages: Sequence[Passage]


def marks(texts: pa.Array, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct fingerprints of each text, and its number for each: `uint64[m]`, `int64[m]`."""
    found = fingerprints(_words(texts))
    owner = np.repeat(numbers, np.diff(found.offsets))
    order = lexicographic(owner, found.hashes)
    owner, hashes = owner[order], found.hashes[order]
    again = np.zeros(len(owner), bool)
    again[1:] = (owner[1:] == owner[:-1]) & (hashes[1:] == hashes[:-1])
    return hashes[~again], owner[~again].astype(np.int64)


def shared(hashes: np.ndarray, numbers: np.ndarray, *, fewest: int, most: int) -> Shared:
    """What `fewest` texts or more have in common; at most so many passages are listed.

    `hashes`, `numbers`: `marks` of all texts, sorted by number.
    """
    order = np.argsort(hashes, kind="stable")
    hashes, numbers = hashes[order], numbers[order]
    opens = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]])) if len(hashes) else order
    count = np.diff(np.append(opens, len(hashes)))
    common = count >= fewest
    if not common.any():
        return Shared(0, 0.0, ())
    sets = np.add.reduceat(mix.py_func(numbers.astype(np.uint64) + np.uint64(1)), opens)[common]
    inside = np.repeat(common, count)
    found = _largest(hashes[opens][common], sets, count[common], numbers[opens][common], most=most)
    return Shared(len(np.unique(numbers[inside])), float(inside.sum() / len(hashes)), found)


def _largest(
    hashes: np.ndarray, sets: np.ndarray, count: np.ndarray, first: np.ndarray, *, most: int
) -> list[Passage]:
    """Groups of fingerprints with equal sets."""
    _, place, group = np.unique(sets, return_index=True, return_inverse=True)
    size = np.bincount(group)
    order = np.lexsort((first[place], -count[place] * size))
    return [
        Passage(hashes[group == one], int(count[place[one]]), int(first[place[one]]))
        for one in order[:most].tolist()
    ]


def longest_runs(texts: pa.Array, passages: Sequence[Passage]) -> list[tuple[str, int]]:
    """The longest run of each passage, and its words, in a text that holds it.

    Args:
        texts: `[n]`, one for each of `n` passages.
    """
    buffer = buffer_of(normalised(texts))
    words = words_of(buffer, markers=no_markers(), spans=True)
    found = fingerprints(words)
    runs: list[tuple[str, int]] = []
    for row, passage in enumerate(passages):
        mine = slice(found.offsets[row], found.offsets[row + 1])
        places = found.places[mine][np.isin(found.hashes[mine], passage.hashes)]
        pieces = np.split(places, np.flatnonzero(np.diff(places) > LEAST) + 1)
        run = max(pieces, key=lambda places: int(places[-1] - places[0]))
        start, stop = int(run[0]), int(run[-1]) + WIDTH
        spans = words.spans[words.offsets[row] + start : words.offsets[row] + stop]
        raw = buffer.data[spans[0, 0] : spans[-1, 1]]
        runs.append((raw.tobytes().decode("utf-8", "replace").translate(_SPEAKERS), stop - start))
    return runs


def _words(texts: pa.Array) -> Words:
    return words_of(buffer_of(normalised(texts)), markers=no_markers())
