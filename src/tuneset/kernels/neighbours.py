"""The nearest rows outside a row's own group, by cosine: exact, and the same on every machine."""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from typing import NamedTuple

import numpy as np
from numba import njit

from tuneset.kernels.bounds import ROWS, SLACK, WIDE, axes_of, dot, four_products, heads_of, reaching

_BLOCK = 16_384
_USUAL = 0.9  # cosine of a nearest row, by which the length of heads is chosen


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

    Cost: 1 ns for each pair: a product of up to 64 numbers that is at least the cosine, and the exact cosine
    where that does not settle it.
    """
    n = len(vectors)
    found = Nearest(np.full((n, k), -1, np.int64), np.zeros((n, k), np.float32))
    if not n or not len(among):
        return found
    score, held = np.full((n, k), -2.0), np.zeros(n, np.int64)
    axes = axes_of(vectors, gate=_USUAL)
    others = heads_of(vectors[among], axes)
    across = others.columns(known := np.flatnonzero(others.norms > 0))
    for start in range(0, n, _BLOCK):
        heads = heads_of(vectors[start : start + _BLOCK], axes)
        _meet(
            heads.bounds, start, across, among[known], groups,
            vectors, heads.norms, others.norms[known], found.row, score, held,
        )  # fmt: skip
    found.cosine[:] = np.where(found.row >= 0, np.clip(score, 0, 1), 0)
    return found


@njit(cache=True, nogil=True)
def _meet(left, start, across, others, groups, vectors, norms, lengths, near, score, held):
    """Sets each row of a block, which begins at `start`, against all others; `norms` and `lengths` are those
    of the rows and of the others.
    """
    k, least = near.shape[1], np.float32(-2)
    out, reached = np.empty((ROWS, WIDE), np.float32), np.empty(64, np.int64)
    for begin in range(0, len(others), WIDE):
        end = min(begin + WIDE, len(others))
        for first in range(0, len(norms), ROWS):
            four_products(left, first, across, begin, end, out)
            for r in range(first, min(first + ROWS, len(norms))):
                row = start + r
                if norms[r] == 0:
                    continue
                for piece in range(0, end - begin, 64):  # the gate rises from piece to piece
                    gate = np.float32(score[row, k - 1] - SLACK) if held[row] == k else least
                    size = min(64, end - begin - piece)
                    for c in range(reaching(out[r - first, piece : piece + size], size, gate, reached)):
                        at = begin + piece + reached[c]
                        other = others[at]
                        if groups[other] != groups[row]:
                            cosine = np.float64(dot(vectors[row], vectors[other])) / (norms[r] * lengths[at])
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
