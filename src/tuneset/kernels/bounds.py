"""Upper bounds of cosines: a short product for every pair of vectors, so that few need the whole one.

A unit vector is turned so that its first numbers hold most of it; what is left is one length. The product of
two such heads is at least the cosine (Cauchy-Schwarz: what is left of two vectors adds at most the product of
its lengths). So a pair whose bound stays below a threshold is settled without loss, and only the others are
multiplied in whole numbers, which are exact. Bounds may differ in their last bits between machines; what is
found does not, for a bound is only a bound.

The products are made here and not by BLAS: its threads burn more CPU than they save, and what is made of four
rows at a time is looked at while it is still in the nearest cache.
"""
# ruff: noqa: ANN001, ANN201, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from typing import NamedTuple

import numpy as np

from tuneset.kernels.lean import counted, counted_fused, counted_inline, lean

SLACK = 0.0005
"""More than rounding adds to a bound, and to a score."""

WIDE = 1024
"""Columns that `four_products` is given at a time: their heads stay in the second cache."""

ROWS = 4
"""Rows that `four_products` multiplies; heads have as many more rows, so that it may read past the end."""

_SAMPLE = 4096  # vectors from which the axes are found
_AXES = 63
_WIDTHS = (32, 48, 64)  # numbers of a head
_NS_PER_NUMBER, _NS_PER_PAIR = 0.016, 12.0  # what a pair costs for each number of a head; the exact cosine
_PROBED = 512  # vectors of which every pair is bounded, to choose a width


class Heads(NamedTuple):
    """Upper bounds of the cosines of `n` vectors.

    Attributes:
        bounds: `float32[n + ROWS, w]`, whose products are at least the cosines, up to `SLACK`; the last rows
            are empty.
        norms: `float64[n]`, the lengths of the vectors.
    """

    bounds: np.ndarray
    norms: np.ndarray

    def columns(self, rows: np.ndarray) -> np.ndarray:
        """`float32[w, k]`: the bounds of some rows, to be met by others."""
        return np.ascontiguousarray(self.bounds[rows].T)

    def of(self, rows: np.ndarray) -> np.ndarray:
        """`float32[k + ROWS, w]`: the bounds of some rows, in the order asked for."""
        return np.concatenate([self.bounds[rows], np.zeros((ROWS, self.bounds.shape[1]), np.float32)])


def axes_of(
    vectors: np.ndarray, *, gate: float, among: np.ndarray | None = None, may_stay: bool = True
) -> np.ndarray:
    """`float32[d, w]`: axes along which most of the vectors lies; the last column is empty, for the rest.

    Args:
        vectors: `int8[n, d]`, d <= 256.
        gate: the cosine that matters. The higher it is, and the fewer ways the vectors point, the fewer axes
            are needed: `w` is what makes a pair cheapest, on a sample of the pairs. Where few axes say too
            little, the vectors stay as they are and a bound is the cosine, if they `may_stay`.
        among: `int8[m, d]`, vectors that meet; None: all do.
    """
    some = unit_vectors(vectors, most=_SAMPLE)
    axes = np.eye(_AXES, some.shape[1])
    _main_axes(products(some.T, some).astype(np.float64), axes)
    axes = axes.astype(np.float32)
    probed = some[:: len(some) // _PROBED + 1] if among is None else unit_vectors(among, most=_PROBED)
    along = products(probed, axes.T)
    width = min(_WIDTHS, key=lambda width: _cost(along[:, : width - 1], gate))
    whole = _to_eight(vectors.shape[1] + 1)
    if may_stay and whole * _NS_PER_NUMBER < _cost(along[:, : width - 1], gate):
        return np.eye(axes.shape[1], whole, dtype=np.float32)
    return np.concatenate([axes[: width - 1], np.zeros((1, axes.shape[1]), np.float32)]).T.copy()


def unit_vectors(vectors: np.ndarray, *, most: int) -> np.ndarray:
    """`float32[k, d']`: some of the vectors, of length 1; both sides are filled up to a multiple of eight."""
    some = vectors[:: len(vectors) // most + 1]
    unit = np.zeros((_to_eight(len(some)), _to_eight(vectors.shape[1])), np.float32)
    unit[: len(some), : vectors.shape[1]] = some
    return unit / np.maximum(np.sqrt(np.einsum("ij,ij->i", unit, unit)), 1)[:, None]


def _cost(along: np.ndarray, gate: float) -> float:
    """Nanoseconds for a pair, if a head is so long."""
    rest = np.sqrt(np.maximum(1 - np.einsum("ij,ij->i", along, along), 0))
    heads = np.column_stack([along, rest])
    passing = float(np.mean(products(heads, heads.T) >= gate)) if len(heads) else 0.0
    return heads.shape[1] * _NS_PER_NUMBER + passing * _NS_PER_PAIR


def products(left: np.ndarray, across: np.ndarray) -> np.ndarray:
    """`float32[n, m]`: the product of `float32[n, d]` and `float32[d, m]`; d is a multiple of 8."""
    rows = np.zeros((len(left) + ROWS, left.shape[1]), np.float32)
    rows[: len(left)] = left
    found = np.empty((len(left), across.shape[1]), np.float32)
    _multiply(rows, np.ascontiguousarray(across), found)
    return found


def heads_of(vectors: np.ndarray, axes: np.ndarray) -> Heads:
    """The heads of `int8[n, d]` vectors along `axes_of` them, or of vectors like them."""
    heads = Heads(
        np.zeros((len(vectors) + ROWS, axes.shape[1]), np.float32), np.zeros(len(vectors), np.float64)
    )
    _turn(vectors, axes, heads.bounds, heads.norms)
    return heads


def _to_eight(count: int) -> int:
    """The next multiple of eight: `four_products` goes by eight."""
    return -(-count // 8) * 8


@counted_fused
def four_products(left, row, across, start, stop, out):
    """Multiplies four rows with some columns.

    Args:
        left: `float32[n, d]`, of which the rows `row:row + 4` are taken; d is a multiple of 8.
        across: `float32[d, m]`, of which the columns `start:stop` are.
        out: `float32[4, stop - start or more]`, receives the products.

    Cost: 0.5 ns for each product of 32 numbers.
    """
    size = stop - start
    out[:, :size] = np.float32(0)
    a, b, c, d = out[0], out[1], out[2], out[3]
    for k in range(0, left.shape[1], 8):
        of_a, of_b = _eight(left, row, k), _eight(left, row + 1, k)
        of_c, of_d = _eight(left, row + 2, k), _eight(left, row + 3, k)
        s, t, u, v = (
            across[k, start:stop],
            across[k + 1, start:stop],
            across[k + 2, start:stop],
            across[k + 3, start:stop],
        )
        w, x, y, z = (
            across[k + 4, start:stop],
            across[k + 5, start:stop],
            across[k + 6, start:stop],
            across[k + 7, start:stop],
        )
        for i in range(size):
            column = (s[i], t[i], u[i], v[i], w[i], x[i], y[i], z[i])
            a[i] += _product(of_a, column)
            b[i] += _product(of_b, column)
            c[i] += _product(of_c, column)
            d[i] += _product(of_d, column)


@counted
def _multiply(left, across, found):
    out = np.empty((ROWS, WIDE), np.float32)
    for start in range(0, across.shape[1], WIDE):
        stop = min(start + WIDE, across.shape[1])
        for first in range(0, len(found), ROWS):
            four_products(left, first, across, start, stop, out)
            for r in range(first, min(first + ROWS, len(found))):
                found[r, start:stop] = out[r - first, : stop - start]


@counted_inline
def _eight(rows, r, k):
    return (
        rows[r, k], rows[r, k + 1], rows[r, k + 2], rows[r, k + 3],
        rows[r, k + 4], rows[r, k + 5], rows[r, k + 6], rows[r, k + 7],
    )  # fmt: skip


@counted_inline
def _product(p, q):
    return (
        p[0] * q[0] + p[1] * q[1] + p[2] * q[2] + p[3] * q[3]
        + p[4] * q[4] + p[5] * q[5] + p[6] * q[6] + p[7] * q[7]
    )  # fmt: skip


@lean
def reaching(products, size, gate, found):
    """Puts the places among the first `size` products that reach the gate into `found` (`int64`, as large);
    returns how many there are.
    """
    m = 0
    for start in range(0, size, 16):
        piece, many = products[start : min(start + 16, size)], np.int32(0)
        for i in range(len(piece)):  # without branches: sixteen at a time
            many += np.int32(piece[i] >= gate)
        if many == 0:
            continue
        for i in range(len(piece)):
            found[m] = start + i
            m += np.int64(piece[i] >= gate)
    return m


@lean
def dot(left, right):
    """The product of two int8 vectors, exact in `int32`: 256 products stay far below 2^31.

    Cost: 6 ns for 256 numbers. Numba makes 64 bits of what `*` and `+` make of 32, which takes twice as long.
    """
    total = np.int32(0)
    for d in range(len(left)):
        total = np.add(total, np.multiply(np.int32(left[d]), np.int32(right[d])))
    return total


@counted
def _turn(vectors, axes, bounds, norms):
    width = axes.shape[1]
    unit, out = np.zeros((4, len(axes)), np.float32), np.empty((4, width), np.float32)
    for start in range(0, len(vectors), 4):
        stop = min(start + 4, len(vectors))
        for r in range(start, stop):
            norms[r] = np.sqrt(np.float64(dot(vectors[r], vectors[r])))
            scale = np.float32(1 / max(norms[r], 1.0))
            for d in range(vectors.shape[1]):
                unit[r - start, d] = np.float32(vectors[r, d]) * scale
        if width > vectors.shape[1]:  # as they are
            bounds[start:stop, : len(axes)] = unit[: stop - start, : min(len(axes), width)]
            bounds[start:stop, width - 1] = np.where(norms[start:stop] > 0, np.float32(1e-3), np.float32(0))
            continue
        four_products(unit, 0, axes, 0, width, out)
        for r in range(start, stop):
            inside = np.float32(0)
            for k in range(width - 1):
                bounds[r, k] = out[r - start, k]
                inside += out[r - start, k] * out[r - start, k]
            rest = max(np.float32(1) - inside, np.float32(0)) + np.float32(1e-6)
            bounds[r, width - 1] = np.sqrt(rest) if norms[r] > 0 else np.float32(0)


@counted
def _main_axes(moments, axes):
    """Turns rows of `axes` towards the largest main axes of a symmetric matrix, and keeps them orthonormal
    (orthogonal iteration; a few rounds are enough for a bound). Not LAPACK: its threads cost more than this.
    """
    turned = np.empty_like(axes)
    for _ in range(4):
        for r in range(len(axes)):
            turned[r] = 0.0
            for d in range(len(moments)):
                for c in range(len(moments)):
                    turned[r, c] += axes[r, d] * moments[d, c]
        for r in range(len(axes)):
            axes[r] = turned[r]
            for q in range(r):
                along = np.sum(axes[r] * axes[q])
                for d in range(len(moments)):
                    axes[r, d] -= along * axes[q, d]
            length = np.sqrt(np.sum(axes[r] * axes[r]))
            axes[r] = axes[r] / length if length > 1e-6 else 0.0 * axes[r]
