"""Cells of vectors that point nearly the same way, of which more rows leave most as they are.

A cell lies around one of the vectors. Which vectors these are is a matter of their digests and of the size of
the whole in steps of two, so a few more rows add a few cells and take none away; which cells a row is in is a
matter of the row and of these vectors alone.
"""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from typing import NamedTuple

import numpy as np

from tuneset.kernels.bounds import SLACK, dot
from tuneset.kernels.lean import lean
from tuneset.kernels.neighbours import NOBODY, Known, nearest, still
from tuneset.kernels.outlines import SCALE, Outlines
from tuneset.kernels.words import mix

CELLS = 3
"""Cells that a row is in: those of the nearest vectors. The vector of a cell is in its own, too."""

_MORE = 2  # cells that are known of a row beyond these: so many may go before it is asked for anew
_PER_ROOT = 1.4  # cells for each root of the number of rows, and up to 1.4 times as many


class Cells(NamedTuple):
    """Of `m` rows, rising.

    Attributes:
        near: `int32[m, CELLS + more]`: the rows around whose vectors their cells lie, nearest first, without
            the row itself; what fills up the end is below 0.
        homes: `int32[m, 1 + CELLS]`: the cells of each, by the same rows, or below 0: its own, the nearest.
        centres: `int64[k]`, all rows around which cells lie, rising.
    """

    near: np.ndarray
    homes: np.ndarray
    centres: np.ndarray


class Before(NamedTuple):
    """What an earlier search knew: `int[k]` rows and their `near`, in numbers of now, `UNKNOWN` for who is
    gone; the `outlines` are those of the rows of now.
    """

    rows: np.ndarray
    near: np.ndarray
    outlines: Outlines


def cells_of(
    vectors: np.ndarray, rows: np.ndarray, centres: np.ndarray, *, before: Before | None = None
) -> Cells:
    """The cells of some rows.

    Args:
        vectors: `int8[n, d]`. rows: `int64[m]`, rising, with nonzero vectors. centres: of `centres_of`.
        before: it saves work and changes nothing but entries of `near` after the first `CELLS`.
    """
    n = len(vectors)
    if before is None:
        near = nearest(vectors, np.arange(n), centres, rows=rows, k=CELLS + _MORE).row[rows]
    else:
        known = _known(before.rows, before.near, centres, n=n)
        asked = ~known.calm[rows]
        more, numbers = centres[~known.met[centres]], before.outlines.numbers
        _enter(vectors, rows, known.near, more, numbers[np.searchsorted(rows, more)], numbers, asked)
        near = known.near[rows]
        near[asked] = _asked(vectors, rows[asked], centres, known)
    return Cells(near, homes_of(near, rows, centres), centres)


def homes_of(near: np.ndarray, rows: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """`Cells.homes`."""
    is_one = np.zeros(int(max(rows.max(initial=0), centres.max(initial=0))) + 1, bool)
    is_one[centres] = True
    homes = np.empty((len(rows), 1 + CELLS), np.int32)
    homes[:, 0] = np.where(is_one[rows], rows, NOBODY)
    homes[:, 1:] = near[:, :CELLS]
    return homes


def centres_of(digests: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """`int64[c]` rows around which the cells lie, rising: of equal vectors the first row.

    Args:
        digests: `uint64[n]`, of the vectors. rows: `int64[m]`.
    """
    digests = digests[rows]
    octave = len(rows).bit_length() - 1
    limit = np.uint64(min(_PER_ROOT * 2.0 ** (64 - octave / 2), 2.0**64 - 2**12))
    (low,) = np.nonzero(digests < limit)
    _, first = np.unique(digests[low], return_index=True)
    return rows[np.sort(low[first])]


class Members(NamedTuple):
    """Who is in which cell.

    Attributes:
        at: `int64[e]` places of rows, those of one cell behind each other and rising.
        starts: `int64[k + 1]`: where each of the `centres` begins among them.
    """

    at: np.ndarray
    starts: np.ndarray


def numbers_of(cells: Cells) -> np.ndarray:
    """`int32[m, 1 + CELLS]`: the cells of each row by their place in `centres`, or -1."""
    number = np.full(int(cells.centres.max(initial=0)) + 3, -1, np.int32)  # the last ones for nobody
    number[cells.centres] = np.arange(len(cells.centres), dtype=np.int32)
    return number[cells.homes]


def members_of(numbers: np.ndarray, count: int, *, among: np.ndarray) -> Members:
    """The members of cells.

    Args:
        numbers: of `numbers_of`. count: of the centres. among: `bool`, as many: who counts, and where.
    """
    (there,) = np.nonzero((among & (numbers >= 0)).ravel())
    cell = numbers.ravel()[there]
    starts = np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=count))])
    if count < 1 << 16:
        cell = cell.astype(np.uint16)  # sorted by counting
    return Members(there[np.argsort(cell, kind="stable")] // numbers.shape[1], starts)


def digests_of(vectors: np.ndarray) -> np.ndarray:
    """`uint64[n]`: of `int8[n, d]` vectors."""
    digests = np.empty(len(vectors), np.uint64)
    _digest(np.ascontiguousarray(vectors).view(np.uint64), digests)
    return digests


def _known(rows: np.ndarray, near: np.ndarray, centres: np.ndarray, *, n: int) -> Known:
    named, met, calm = np.zeros(n, bool), np.zeros(n, bool), np.zeros(n, bool)
    _name(near, named)
    met[centres] = named[centres]
    lists = np.empty((n, near.shape[1]), np.int32)
    _carry(near, rows, lists, calm)
    still(lists, rows[rows >= 0], np.arange(n), met, CELLS, calm)
    return Known(lists, calm, met)


def _asked(vectors: np.ndarray, rows: np.ndarray, centres: np.ndarray, known: Known) -> np.ndarray:
    """`near` of a few rows: the search knows of nobody else."""
    some = np.union1d(rows, centres)
    lists = known.near[some]
    there = (lists >= 0) & known.calm[some][:, None]
    lists[there] = np.searchsorted(some, lists[there])
    found = nearest(
        vectors[some],
        np.arange(len(some)),
        np.searchsorted(some, centres),
        rows=np.searchsorted(some, rows),
        k=CELLS + _MORE,
        known=Known(lists, known.calm[some], known.met[some]),
    )
    near = found.row[np.searchsorted(some, rows)]
    return np.where(near >= 0, some[near], near)


def named_in(near: np.ndarray) -> np.ndarray:
    """`int64[k]`, rising: the rows in lists, as of `Cells.near`."""
    named = np.zeros(int(near.max(initial=-1)) + 1, bool)
    _name(near, named)
    return np.flatnonzero(named)


@lean
def _carry(near, rows, lists, calm):
    """Puts the lists of rows where they belong; `calm`: who has one."""
    for k in range(len(rows)):
        if rows[k] >= 0:
            calm[rows[k]] = True
            for c in range(near.shape[1]):
                lists[rows[k], c] = near[k, c]


@lean
def _name(near, named):
    for r in range(len(near)):
        for row in near[r]:
            if row >= 0:
                named[row] = True


@lean
def _enter(vectors, rows, lists, centres, heads, numbers, asked):
    """`asked`, `bool[m]`, becomes true for rows on whose lists one of more `centres` belongs. `heads`: their
    outlines; `numbers`: those of the rows.

    Cost: 4 ns for each row and centre.
    """
    for k in range(len(rows)):
        row, near = rows[k], lists[rows[k]]
        if asked[k] or near[-1] == NOBODY:
            asked[k] = True
            continue
        last = near[0]
        for other in near:
            last = other if other >= 0 else last
        least = np.float64(dot(vectors[row], vectors[last])) - 1.0  # a little more than rounding
        least /= np.sqrt(np.float64(dot(vectors[last], vectors[last])))
        gate = np.int64((least / np.sqrt(np.float64(dot(vectors[row], vectors[row]))) - SLACK) * SCALE**2)
        for c in range(len(centres)):
            other = centres[c]
            if np.int64(dot(heads[c], numbers[k])) < gate or other == row:
                continue
            product = np.float64(dot(vectors[row], vectors[other]))
            asked[k] |= product >= least * np.sqrt(np.float64(dot(vectors[other], vectors[other])))


@lean
def _digest(lanes, digests):
    for row in range(len(digests)):
        h = np.uint64(0x9E3779B97F4A7C15)
        for lane in range(lanes.shape[1]):
            h = (h ^ mix(lanes[row, lane] + np.uint64(lane))) * np.uint64(0x2545F4914F6CDD1D)
        digests[row] = mix(h)
