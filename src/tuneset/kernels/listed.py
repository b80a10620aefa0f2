"""Lists of the nearest rows, kept up to date: who left is struck out, who came is put in.

A list names places among the rows that may be neighbours, nearest first, then `NOBODY` if there is nobody
more, or `UNKNOWN` where nobody looked (`kernels.neighbours`). Most lists stay as they are, and of those the
vector is read once: it need not be met by anybody but the last of the list and those who came.
"""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from typing import NamedTuple

import numpy as np

from tuneset.kernels.bounds import SLACK, dot, reaching
from tuneset.kernels.lean import lean
from tuneset.kernels.neighbours import NOBODY, UNKNOWN, insert

_PIECE = 64  # products after which the gate may rise
_TOGETHER = 4  # vectors that two rows meet at a time


class Others(NamedTuple):
    """Rows that may be neighbours.

    Attributes:
        vectors: `int8[a, d]`. lengths: `float64[a]`, of the vectors. groups: `int64[a]`.
    """

    vectors: np.ndarray
    lengths: np.ndarray
    groups: np.ndarray

    @classmethod
    def of(cls, vectors: np.ndarray, groups: np.ndarray) -> "Others":
        squares = np.einsum("ij,ij->i", vectors, vectors, dtype=np.int32)
        return cls(vectors, np.sqrt(squares.astype(np.float64)), groups)


class Came(NamedTuple):
    """Those of them who came: `place` `int64[f]`; `across` `int8[f', d]` and `scale` `float32[f']`, their
    vectors and what makes these as long as 1, filled up with empty ones.
    """

    place: np.ndarray
    across: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, place: np.ndarray, others: Others) -> "Came":
        place = place[others.lengths[place] > 0]
        size = -(-len(place) // _TOGETHER) * _TOGETHER
        across = np.zeros((size, others.vectors.shape[1]), np.int8)
        across[: len(place)] = others.vectors[place]
        scale = np.zeros(size, np.float32)
        scale[: len(place)] = 1 / others.lengths[place]
        return cls(place, across, scale)


def put_in(
    near: np.ndarray,
    which: np.ndarray,
    changed: np.ndarray,
    *,
    k: int,
    vectors: np.ndarray,
    groups: np.ndarray,
    others: Others,
    came: Came,
) -> np.ndarray:
    """Puts those who came into some lists, in place; a list that was cut short stays as short.

    Args:
        near: `int16[m, l]`, the lists. which: `int64[b]`, those that are looked at. groups: `int64[m]`.
        changed: `bool[m]`, is a list another one than it was? Becomes true where somebody was put in.
        vectors: `int8[b, d]`, of the rows whose lists are looked at.

    Returns:
        `float32[b, k]`: the cosines of the first entries where a list is another one, 0 elsewhere.

    Cost: 4 ns for each pair.
    """
    cosine = np.zeros((len(which), k), np.float32)
    out = np.empty((2, len(came.scale)), np.float32)
    score, reached = np.empty(near.shape[1], np.float64), np.empty(_PIECE, np.int64)
    _put_in(near, which, changed, cosine, vectors, groups, *others, *came, out, score, reached)
    return cosine


def cosines_in(near: np.ndarray, *, vectors: np.ndarray, others: Others) -> np.ndarray:
    """`float64[m, k]`: the cosines of the entries of some lists, 0 where there is none or a vector is empty.

    Args:
        near: `int16[m, k]`. vectors: `int8[m, d]`, of the rows.
    """
    found = np.zeros(near.shape, np.float64)
    _cosines_in(near, vectors, others.vectors, others.lengths, found)
    return found


def sums_of(near: np.ndarray, many: np.ndarray, *, counts: np.ndarray, value: np.ndarray) -> np.ndarray:
    """`float64[m]`: what the first `many` entries of a list that count are worth together.

    Args:
        near: `int16[m, k]`, k <= 128. many: `uint8[m]`. counts: `bool[a]`, which of the others count.
        value: `float64[a]`, what these are worth.
    """
    found = np.empty(len(near), np.float64)
    _sums_of(near, many, counts, value, np.empty(near.shape[1], np.float64), found)
    return found


@lean
def take_over(earlier, at, now, groups, of_others, least, near, calm, changed) -> None:
    """Writes down what is left of earlier lists, in place: without those who are gone, or in the group of the
    row.

    Args:
        earlier: `int16[e, k]`, lists of then. at: `int64[m]`, which of them is whose.
        now: `int16[b]`, the place of each that was a neighbour then; below 0 for who is gone.
        groups: `int64[m]`. of_others: `int64[a]`, the groups of those who are there now.
        least: from how many entries on a list that was cut short is still of use.
        near: `int16[m, k]`, the lists of now. calm: `bool[m]`, which rows have a list that is of use; becomes
            false for those whose is of none. changed: `bool[m]`, becomes true where somebody left the first
            `least` entries.
    """
    for r in range(len(at)):
        if not calm[r]:
            continue
        old, mine, held = earlier[at[r]], near[r], 0
        whole = old[-1] == NOBODY
        for c in range(len(old)):
            if old[c] < 0:
                break
            place = now[old[c]]
            if place >= 0 and of_others[place] != groups[r]:
                mine[held] = place
                held += 1
            elif c < least:
                changed[r] = True
        mine[held:] = NOBODY if whole else UNKNOWN
        calm[r] = whole or held >= least


@lean
def _put_in(
    near, which, changed, cosine, vectors, groups, theirs, lengths, of_others, place, across, scale, out,
    score, reached,
):  # fmt: skip
    for r in range(len(which)):
        if r % 2 == 0:
            _two_products(vectors, r, across, scale, out)
        row, mine, group = vectors[r], near[which[r]], groups[which[r]]
        length = np.sqrt(np.float64(dot(row, row)))
        held = _held(mine)
        most = len(mine) if mine[-1] != UNKNOWN else held
        if length == 0 or most == 0:
            continue
        scored = changed[which[r]]
        if scored:
            _score(row, length, mine, theirs, lengths, score)
        for begin in range(0, len(place), _PIECE):
            size = min(_PIECE, len(place) - begin)
            gate = -2.0
            if held == most:
                last = mine[most - 1]
                gate = np.float64(dot(row, theirs[last])) / (length * lengths[last])
            products = out[r % 2, begin : begin + size]
            for c in range(reaching(products, size, np.float32((gate - SLACK) * length), reached)):
                other = place[begin + reached[c]]
                if of_others[other] != group:
                    new = np.float64(dot(row, theirs[other])) / (length * lengths[other])
                    if new < gate:
                        continue
                    if not scored:
                        _score(row, length, mine, theirs, lengths, score)
                        scored = True
                    held = insert(mine[:most], score[:most], held, other, new)
        if scored:
            changed[which[r]] = True
            for c in range(cosine.shape[1]):
                there = mine[c] >= 0
                cosine[r, c] = np.float32(min(max(score[c], 0.0), 1.0)) if there else np.float32(0)


@lean
def _two_products(vectors, r, across, scale, out):
    """Products of two rows with all who came, as if these were of length 1. The second row may be missing."""
    one, two = vectors[r], vectors[min(r + 1, len(vectors) - 1)]
    for j in range(0, len(across), _TOGETHER):
        s, t, u, v = across[j], across[j + 1], across[j + 2], across[j + 3]
        a = b = c = d = e = f = g = h = np.int32(0)
        for k in range(len(one)):
            p, q = np.int32(one[k]), np.int32(two[k])
            w, x, y, z = np.int32(s[k]), np.int32(t[k]), np.int32(u[k]), np.int32(v[k])
            a, b = np.add(a, np.multiply(p, w)), np.add(b, np.multiply(p, x))
            c, d = np.add(c, np.multiply(p, y)), np.add(d, np.multiply(p, z))
            e, f = np.add(e, np.multiply(q, w)), np.add(f, np.multiply(q, x))
            g, h = np.add(g, np.multiply(q, y)), np.add(h, np.multiply(q, z))
        out[0, j], out[0, j + 1], out[0, j + 2], out[0, j + 3] = a, b, c, d
        out[1, j], out[1, j + 1], out[1, j + 2], out[1, j + 3] = e, f, g, h
    for j in range(len(across)):
        out[0, j] *= scale[j]
        out[1, j] *= scale[j]


@lean
def _held(mine):
    held = 0
    while held < len(mine) and mine[held] >= 0:
        held += 1
    return held


@lean
def _score(row, length, mine, theirs, lengths, score):
    for c in range(len(mine)):
        if mine[c] >= 0:
            other = mine[c]
            score[c] = np.float64(dot(row, theirs[other])) / (length * lengths[other])


@lean
def _cosines_in(near, vectors, theirs, lengths, found):
    for r in range(len(near)):
        length = np.sqrt(np.float64(dot(vectors[r], vectors[r])))
        for c in range(near.shape[1]):
            other = near[r, c]
            if other >= 0 and length > 0 and lengths[other] > 0:
                found[r, c] = np.float64(dot(vectors[r], theirs[other])) / (length * lengths[other])


@lean
def _sums_of(near, many, counts, value, taken, found):
    for r in range(len(near)):
        left = many[r]
        for c in range(near.shape[1]):
            place = near[r, c]
            taken[c] = 0.0
            if left > 0 and place >= 0 and counts[place]:
                taken[c] = value[place]
                left -= 1
        found[r] = _sum(taken)


@lean
def _sum(values):
    """The sum in the order in which NumPy adds up to 128 numbers."""
    whole, total = len(values) // 8 * 8, 0.0
    if whole:
        a, b, c, d = values[0], values[1], values[2], values[3]
        e, f, g, h = values[4], values[5], values[6], values[7]
        for i in range(8, whole, 8):
            a, b, c, d = a + values[i], b + values[i + 1], c + values[i + 2], d + values[i + 3]
            e, f, g, h = e + values[i + 4], f + values[i + 5], g + values[i + 6], h + values[i + 7]
        total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for i in range(whole, len(values)):
        total += values[i]
    return total
