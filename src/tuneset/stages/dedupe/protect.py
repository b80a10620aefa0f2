"""Protected tokens: the words that may turn a meaning round, and the digest that two twins must share.

Protected are numbers, dates and ids (every word with a digit), currencies and operators at numbers,
negations, antonym markers, quantifiers, modal words, number words, units and calendar words of four
languages. The lists are data: `markers.toml`.
"""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

import tomllib
from functools import cache
from importlib.resources import files

import numpy as np

from tuneset.kernels.lean import counted
from tuneset.kernels.words import DIRECTION, LIGHT, MARKER, NUMBER, Markers, Words, markers_of, mix


@cache
def markers() -> Markers:
    """The packaged list of markers, as a table for the word kernel."""
    lists = tomllib.loads(files("tuneset.stages.dedupe").joinpath("markers.toml").read_text("utf-8"))
    contractions = lists.pop("contractions")
    kinds = {"light": LIGHT, "directions": DIRECTION}
    flags = {
        word: kinds.get(name, MARKER)  # light words stand first: what turns a meaning wins
        for name, by_language in lists.items()
        for words in by_language.values()
        for word in words
    }
    return markers_of(flags, contractions=contractions)


def protected_digest(words: Words) -> np.ndarray:
    """`uint64[n]`: digest of the protected words of each text; equal exactly if no meaning-turning word
    differs.

    Numbers count in their order (`from 5 to 10` is not `from 10 to 5`), markers as a multiset.
    """
    return _digest(words.hashes, words.flags, words.offsets)


@counted
def _digest(hashes, flags, offsets):
    digests = np.empty(len(offsets) - 1, np.uint64)
    for row in range(len(digests)):
        ordered, multiset = np.uint64(0), np.uint64(0)
        for w in range(offsets[row], offsets[row + 1]):
            if flags[w] & NUMBER:
                ordered = mix(ordered ^ hashes[w])
            elif flags[w] & MARKER:
                multiset += mix(hashes[w])
        digests[row] = mix(ordered) ^ multiset
    return digests
