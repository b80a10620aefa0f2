"""The nearest rows outside a row's own group, by cosine: exact, and the same on every machine."""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from typing import NamedTuple

import numpy as np
from numba import njit

from tuneset.kernels.join import SLACK, dot, heads_of

_ROWS, _OTHERS = 512, 8192  # of one block of bounds: 16 MiB


class Nearest(NamedTuple):
    """Of `n` rows: `row` `int64[n, k]`, nearest first, -1 where there is none; `cosine` `float32[n, k]`, 0
    there.
    """

    row: np.ndarray
    cosine: np.ndarray


def nearest(vectors: np.ndarray, groups: np.ndarray, among: np.ndarray, *, k: int) -> Nearest:
    """The `k` rows of `among` with the highest cosine, for every row.

    Args:
        vectors: `int8[n, d]`, `d` <= 256; rows of zeros have no neighbours and are none.
        groups: `int64[n]`; rows of one group are no neighbours of each other.
        among: `int64[m]`, rising row numbers; of equal cosines the smaller number comes first.

    Cost: 2 to 3 ns for each pair: a product of 64 numbers that is at least the cosine, and the exact cosine
    where that does not settle it.
    """
    n = len(vectors)
    found = Nearest(np.full((n, k), -1, np.int64), np.zeros((n, k), np.float32))
    if not n or not len(among):
        return found
    heads, score, held = heads_of(vectors), np.full((n, k), -2.0), np.zeros(n, np.int64)
    among = among[heads.norms[among] > 0]
    for start in range(0, n, _ROWS):
        stop = min(start + _ROWS, n)
        for first in range(0, len(among), _OTHERS):
            others = among[first : first + _OTHERS]
            bounds = heads.bounds[start:stop] @ heads.bounds[others].T
            _meet(bounds, start, others, groups, vectors, heads.norms, found.row, score, held)
    found.cosine[:] = np.where(found.row >= 0, np.clip(score, 0, 1), 0)
    return found


@njit(cache=True, nogil=True)
def _meet(bounds, start, others, groups, vectors, norms, near, score, held):
    k = near.shape[1]
    for r in range(len(bounds)):
        row = start + r
        if norms[row] == 0:
            continue
        for first in range(0, len(others), 64):
            piece = bounds[r, first : min(first + 64, len(others))]
            gate = np.float32(score[row, k - 1] - SLACK) if held[row] == k else np.float32(-2)
            many = np.int32(0)
            for i in range(len(piece)):  # without branches: sixteen at a time
                many += np.int32(piece[i] >= gate)
            if many == 0:
                continue
            for i in range(len(piece)):
                other = others[first + i]
                if piece[i] >= gate and groups[other] != groups[row]:
                    cosine = np.float64(dot(vectors[row], vectors[other])) / (norms[row] * norms[other])
                    held[row] = insert(near[row], score[row], held[row], other, cosine)


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
