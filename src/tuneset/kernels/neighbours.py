"""The nearest rows outside a row's own group, by cosine: exact, and the same on every machine."""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from typing import NamedTuple

import numpy as np

from tuneset.kernels.bounds import (
    ROWS,
    SLACK,
    WIDE,
    axes_of,
    dot,
    four_products,
    heads_of,
    products,
    reaching,
    unit_vectors,
)
from tuneset.kernels.lean import lean

_BLOCK = 16_384
_PROBED = 256  # rows whose nearest ones say what cosine matters, by which the length of heads is chosen


_FEW = 96  # others that are met without bounds, which cost as much as so many products

NOBODY, UNKNOWN = -1, -2
"""In lists of rows: there is none; there may be one."""


class Nearest(NamedTuple):
    """Of `n` rows: `row` `int32[n, k]`, nearest first, then `NOBODY` if there is nobody more, or `UNKNOWN`
    where nobody looked; `cosine` `float32[n, k]`, 0 there.
    """

    row: np.ndarray
    cosine: np.ndarray


class Known(NamedTuple):
    """What an earlier search found, of `n` rows.

    Attributes:
        near: `int32[n, k]`, as in `Nearest`, of `met` alone. calm: `bool[n]`, of which rows it is right.
        met: `bool[n]`.
    """

    near: np.ndarray
    calm: np.ndarray
    met: np.ndarray


def nearest(
    vectors: np.ndarray,
    groups: np.ndarray,
    among: np.ndarray,
    *,
    rows: np.ndarray,
    k: int,
    known: Known | None = None,
) -> Nearest:
    """The `k` rows of `among` with the highest cosine, for some rows; the others have nobody.

    Args:
        vectors: `int8[n, d]`, `d` <= 256; rows of zeros have no neighbours and are none.
        groups: `int64[n]`; rows of one group are no neighbours of each other.
        among: `int64[a]`, rising row numbers; of equal cosines the smaller number comes first.
        rows: `int64[m]`.
        known: saves work and changes nothing. A list that was cut short stays as short.

    Cost: 1 ns for each pair: a product of up to 64 numbers that is at least the cosine, and the exact cosine
    where that does not settle it.
    """
    n = len(vectors)
    found = Nearest(np.full((n, k), NOBODY, np.int32), np.zeros((n, k), np.float32))
    if not len(rows) or not len(among):
        return found
    some, others = (vectors[which[:: len(which) // _BLOCK + 1]] for which in (rows, among))
    axes = axes_of(some, gate=_usual(some, others, k=k), among=others)
    every = _Others.of(among, vectors, axes)
    fresh = every if known is None else _Others.of(among[~known.met[among]], vectors, axes)
    room = np.empty((ROWS, WIDE), np.float32), np.empty(64, np.int64)
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        calm = np.zeros(len(block), bool) if known is None else known.calm[block]
        for some, others in ((block[~calm], every), (block[calm], fresh)):
            lists = _Lists.of(len(some), k)
            if known is not None and others is fresh:
                near = known.near[some]
                short = near[:, -1] != NOBODY
                lists.room[short] = (near[short] >= 0).sum(axis=1)
                _resume(near, some, vectors, *lists)
            if len(others.rows) <= _FEW:
                _meet_few(some, others.rows, others.lengths, groups, vectors, *lists)
            else:
                heads = heads_of(vectors[some], axes)
                _meet(heads.bounds, some, *others, groups, vectors, heads.norms, *lists, *room)
            lists.near[np.arange(k) >= lists.room[:, None]] = UNKNOWN
            found.row[some] = lists.near
            found.cosine[some] = np.where(lists.near >= 0, np.clip(lists.score, 0, 1), 0)
    return found


def _usual(vectors: np.ndarray, others: np.ndarray, *, k: int) -> float:
    """The cosine of the last of the `k` nearest others, usually."""
    left, right = unit_vectors(vectors, most=_PROBED), unit_vectors(others, most=len(others))
    near = products(left, right.T)
    return float(np.median(np.partition(near, -min(k, near.shape[1]), axis=1)[:, -min(k, near.shape[1])]))


class _Lists(NamedTuple):
    """Of each row the nearest so far, `near` and `score`; how many there are, `held`, and may be, `room`."""

    near: np.ndarray
    score: np.ndarray
    held: np.ndarray
    room: np.ndarray

    @classmethod
    def of(cls, n: int, k: int) -> "_Lists":
        return cls(np.full((n, k), NOBODY), np.full((n, k), -2.0), np.zeros(n, np.int64), np.full(n, k))


class _Others(NamedTuple):
    """Heads of the rows that may be neighbours, their numbers and their lengths."""

    across: np.ndarray
    rows: np.ndarray
    lengths: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray, vectors: np.ndarray, axes: np.ndarray) -> "_Others":
        heads = heads_of(vectors[rows], axes)
        (some,) = np.nonzero(heads.norms > 0)
        return cls(heads.columns(some), rows[some], heads.norms[some])


@lean
def _resume(known, rows, vectors, near, score, held, room):
    """Begins the lists of some rows with what is known of them."""
    for r in range(len(rows)):
        row, most = rows[r], room[r]
        length = np.sqrt(np.float64(dot(vectors[row], vectors[row])))
        for other in known[r]:
            if other >= 0:
                norm = np.sqrt(np.float64(dot(vectors[other], vectors[other])))
                cosine = np.float64(dot(vectors[row], vectors[other])) / (length * norm)
                held[r] = insert(near[r, :most], score[r, :most], held[r], other, cosine)


@lean
def _meet_few(rows, others, lengths, groups, vectors, near, score, held, room):
    """The same without bounds."""
    for r in range(len(rows)):
        row, most = rows[r], room[r]
        length = np.sqrt(np.float64(dot(vectors[row], vectors[row])))
        if length == 0 or most == 0:
            continue
        for at in range(len(others)):
            other = others[at]
            if groups[other] != groups[row]:
                cosine = np.float64(dot(vectors[row], vectors[other])) / (length * lengths[at])
                held[r] = insert(near[r, :most], score[r, :most], held[r], other, cosine)


@lean
def _meet(left, rows, across, others, lengths, groups, vectors, norms, near, score, held, room, out, reached):
    """Sets some rows against all others; `norms` and `lengths` are those of the rows and of the others. `out`
    and `reached`: room for `four_products` and `reaching`.
    """
    least = np.float32(-2)
    for begin in range(0, len(others), WIDE):
        end = min(begin + WIDE, len(others))
        for first in range(0, len(rows), ROWS):
            four_products(left, first, across, begin, end, out)
            for r in range(first, min(first + ROWS, len(rows))):
                row, most = rows[r], room[r]
                if norms[r] == 0 or most == 0:
                    continue
                for piece in range(0, end - begin, 64):  # the gate rises from piece to piece
                    gate = np.float32(score[r, most - 1] - SLACK) if held[r] == most else least
                    size = min(64, end - begin - piece)
                    for c in range(reaching(out[r - first, piece : piece + size], size, gate, reached)):
                        at = begin + piece + reached[c]
                        other = others[at]
                        if groups[other] != groups[row]:
                            cosine = np.float64(dot(vectors[row], vectors[other])) / (norms[r] * lengths[at])
                            held[r] = insert(near[r, :most], score[r, :most], held[r], other, cosine)


@lean
def still(lists, rows, groups, met, least, calm) -> None:
    """Leaves of the lists of some rows those who are `met` and in another group, in place.

    Args:
        lists: `int32[n, k]`, as in `Known`. rows: `int64[m]`. groups: `int64[n]`. met: `bool[n]`.
        least: from how many entries on a list that was cut short is still of use.
        calm: `bool[n]`, becomes false for the rows whose lists are of none.
    """
    for row in rows:
        near, held = lists[row], 0
        whole = near[-1] == NOBODY
        for other in near:
            if other >= 0 and met[other] and groups[other] != groups[row]:
                near[held] = other
                held += 1
        near[held:] = NOBODY if whole else UNKNOWN
        calm[row] &= whole or held >= least


@lean
def insert(near: np.ndarray, score: np.ndarray, held: int, i: int, s: float) -> int:
    """Keeps the best `len(near)` of one row, best first; of equal scores the smaller number. Returns how many
    there are.
    """
    last = held - 1
    if held == len(near) and (s < score[last] or (s == score[last] and i > near[last])):
        return held
    at = min(held, len(near) - 1)
    while at > 0 and (score[at - 1] < s or (score[at - 1] == s and near[at - 1] > i)):
        near[at], score[at] = near[at - 1], score[at - 1]
        at -= 1
    near[at], score[at] = i, s
    return min(held + 1, len(near))
