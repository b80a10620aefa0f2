"""The best few pairs of one row, and lists of pairs that grow: shared by both exact comparisons."""

from typing import NamedTuple

import numpy as np
from numba import njit

PER_ROW = 8


class Found(NamedTuple):
    """`p` pairs: test row, other row (`int64[p]`), score (`float32[p]`)."""

    test: np.ndarray
    other: np.ndarray
    score: np.ndarray


class Best(NamedTuple):
    """For each of the `o` others: the test row that comes closest (`int64[o]`, -1: none) and its score."""

    test: np.ndarray
    score: np.ndarray


@njit(cache=True, nogil=True)
def insert(near: np.ndarray, score: np.ndarray, held: int, i: int, s: float) -> int:
    """Keeps the best `len(near)` of one row, best first; equal scores in order of arrival. Returns how many
    there are.
    """
    if held == len(near) and s <= score[held - 1]:
        return held
    at = min(held, len(near) - 1)
    while at > 0 and score[at - 1] < s:
        near[at], score[at] = near[at - 1], score[at - 1]
        at -= 1
    near[at], score[at] = i, s
    return min(held + 1, len(near))


@njit(cache=True, nogil=True)
def grown(array: np.ndarray, size: int) -> np.ndarray:
    """The array with room for at least `size` entries; what is new is not set."""
    if size <= len(array):
        return array
    larger = np.empty(max(size, 2 * len(array)), array.dtype)
    larger[: len(array)] = array
    return larger
