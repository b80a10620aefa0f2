"""The best few pairs of one row, and lists of pairs that grow: shared by both exact comparisons."""

from typing import NamedTuple

import numpy as np

from tuneset.kernels.lean import counted

PER_ROW = 8


class Found(NamedTuple):
    """`p` pairs: test row, other row (`int64[p]`), score (`float64[p]`)."""

    test: np.ndarray
    other: np.ndarray
    score: np.ndarray


class Best(NamedTuple):
    """For each of the `o` others: the test row that comes closest (`int64[o]`, -1: none; of equal ones the
    smaller number) and its score, `float64[o]`.
    """

    test: np.ndarray
    score: np.ndarray


@counted
def grown(array: np.ndarray, size: int) -> np.ndarray:
    """The array with room for at least `size` entries; what is new is not set."""
    if size <= len(array):
        return array
    larger = np.empty(max(size, 2 * len(array)), array.dtype)
    larger[: len(array)] = array
    return larger
