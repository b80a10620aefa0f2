"""Heads of many vectors (`kernels.bounds`) in two bytes a number: made once for a vector, and kept.

A row that is in several cells, or in those of a later search, is turned along the axes once. Which axes these
are decides nothing but speed.
"""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from typing import NamedTuple

import numpy as np

from tuneset.kernels.bounds import ROWS, heads_of
from tuneset.kernels.lean import lean

SCALE = 32_000.0
"""What 1 is in outlines: less than 32,767, so that the length of what is left may be rounded up."""

_BLOCK = 16_384


class Outlines(NamedTuple):
    """Of `m` vectors.

    Attributes:
        axes: `float32[d, w]`, of `bounds.axes_of`.
        numbers: `int16[m, w]`: their heads in 32,000ths, so that the products are still at least the cosines.
    """

    axes: np.ndarray
    numbers: np.ndarray

    def left(self, at: np.ndarray) -> np.ndarray:
        """`float32[k + ROWS, w]`: the heads at `int64[k]` places, as `bounds.four_products` takes rows."""
        heads = np.zeros((len(at) + ROWS, self.numbers.shape[1]), np.float32)
        _rows(self.numbers, at, heads)
        return heads

    def across(self, at: np.ndarray) -> np.ndarray:
        """`float32[w, k]`: the same as it takes columns."""
        heads = np.empty((self.numbers.shape[1], len(at)), np.float32)
        _columns(self.numbers, at, heads)
        return heads


def outlines_of(
    vectors: np.ndarray,
    rows: np.ndarray,
    axes: np.ndarray,
    *,
    before: tuple[np.ndarray, np.ndarray] | None = None,
) -> Outlines:
    """The outlines of `int64[m]` rows of `int8[n, d]` vectors, none of them zero.

    Args:
        before: `int[k]` rows, below 0 for who is gone, and their `numbers` along the same axes.

    Cost: .5 us for a row that is new; 2 bytes for each number.
    """
    numbers = np.empty((len(rows), axes.shape[1]), np.int16)
    new = np.ones(len(rows), bool)
    if before is not None:
        place = np.full(len(vectors) + 1, -1, np.int32)  # the last one for those who are gone
        place[rows] = np.arange(len(rows), dtype=np.int32)
        at = place[np.maximum(before[0], -1)]
        _take(before[1], at, numbers)
        new[at[at >= 0]] = False
    for block in np.split(every := np.flatnonzero(new), range(_BLOCK, len(every), _BLOCK)):
        _shorten(heads_of(vectors[rows[block]], axes).bounds, block, np.sqrt(axes.shape[1]) / SCALE, numbers)
    return Outlines(axes, numbers)


@lean
def _take(old, at, numbers):
    """Puts old rows to where they are now; -1 is nowhere."""
    for k in range(len(at)):
        if at[k] >= 0:
            for c in range(numbers.shape[1]):
                numbers[at[k], c] = old[k, c]


@lean
def _shorten(heads, at, error, numbers):
    """Rounds heads. `error`: by how much a product of two may fall short, where each number misses by a
    half; what is left of both vectors is made longer by as much.
    """
    last = numbers.shape[1] - 1
    for k in range(len(at)):
        for c in range(last):
            numbers[at[k], c] = np.int16(np.rint(heads[k, c] * SCALE))
        rest = np.float64(heads[k, last])
        numbers[at[k], last] = np.int16(np.ceil(np.sqrt(rest * rest + error) * SCALE))


@lean
def _rows(numbers, at, heads):
    scale = np.float32(1 / SCALE)
    for k in range(len(at)):
        for c in range(numbers.shape[1]):
            heads[k, c] = np.float32(numbers[at[k], c]) * scale


@lean
def _columns(numbers, at, heads):
    scale = np.float32(1 / SCALE)
    for start in range(0, len(at), 16):  # so many fill a line of the cache
        stop = min(start + 16, len(at))
        for c in range(numbers.shape[1]):
            for k in range(start, stop):
                heads[c, k] = np.float32(numbers[at[k], c]) * scale
