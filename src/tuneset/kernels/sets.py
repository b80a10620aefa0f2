"""Sets of words: which pairs of them have a high Jaccard similarity, exactly, with every pair looked at.

A set is sketched in bits: an odd number of its elements at a place sets the bit of that place. Two sets
differ in at least as many elements as their sketches differ in bits, so a pair whose sketches differ too much
needs no closer look; the look itself takes half a nanosecond. An index of rare elements (prefix filtering,
Chaudhuri, Ganti & Kaushik 2006) is slower where texts are alike: there no element is rare.
"""
# ruff: noqa: ANN001, ANN201, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from typing import NamedTuple

import numpy as np

from tuneset.kernels.bits import ones
from tuneset.kernels.join import distinct_pairs
from tuneset.kernels.lean import counted, lean
from tuneset.kernels.words import mix

BLOCK = 1024
"""Sketches compared at a time: what is counted of them stays in the cache."""


class Sets(NamedTuple):
    """`n` sets.

    Attributes:
        values: `uint64[w]`, the distinct elements of each set in order.
        starts: `int64[n + 1]`; the elements of set `i` are `values[starts[i]:starts[i + 1]]`.
        bits: `uint64[width, n]`, their sketches; `width` is even.
    """

    values: np.ndarray
    starts: np.ndarray
    bits: np.ndarray


def sets_of(tokens: np.ndarray, offsets: np.ndarray) -> Sets:
    """The sets of `uint64[w]` elements: set `i` has `offsets[i]:offsets[i + 1]`; repeats count once."""
    values, starts = _sorted_sets(tokens, offsets)
    sizes = np.diff(starts)
    usual = np.mean(sizes[sizes > 0]) if len(values) else 0
    width = min(16, max(2, 1 << int(usual / 48).bit_length()))
    bits = np.zeros((width, len(sizes)), np.uint64)
    _set_bits(values, starts, bits)
    return Sets(values, starts, bits)


def set_pairs(tokens: np.ndarray, offsets: np.ndarray, *, min_jaccard: np.ndarray) -> np.ndarray:
    """All pairs of sets whose Jaccard similarity reaches the higher of their two thresholds.

    Args:
        tokens, offsets: as of `sets_of`; empty sets join nothing.
        min_jaccard: `float64[n]` threshold of each set, above 0.

    Returns:
        `int64[m, 2]` pairs (i < j), sorted.

    Every pair of sets of sizes a <= b with a >= t b is looked at: sets of Jaccard similarity t differ in at
    most (a + b) (1 - t) / (1 + t) elements.

    Cost: about 0.5 ns for each pair of sets, up to 16 ns if sets have a thousand elements.
    """
    if len(tokens) == 0:
        return np.zeros((0, 2), np.int64)
    sets = sets_of(tokens, offsets)
    order = by_size(sets, np.flatnonzero(np.diff(sets.starts)))
    bits = np.ascontiguousarray(sets.bits[:, order])
    return distinct_pairs(_bit_join(sets.values, sets.starts, order, bits, min_jaccard))


def by_size(sets: Sets, rows: np.ndarray) -> np.ndarray:
    """`int64` rows in the order of the size of their sets; equal sizes in the order given."""
    return rows[np.argsort(np.diff(sets.starts)[rows], kind="stable")]


@counted
def _sorted_sets(tokens, offsets):
    """Each set as its distinct elements in order: `uint64[w']`, `int64[n + 1]`."""
    values, starts = np.empty(len(tokens), np.uint64), np.zeros(len(offsets), np.int64)
    at = 0
    for row in range(len(offsets) - 1):
        one = np.sort(tokens[offsets[row] : offsets[row + 1]])
        for k in range(len(one)):
            if k == 0 or one[k] != one[k - 1]:
                values[at] = one[k]
                at += 1
        starts[row + 1] = at
    return values[:at], starts


@lean
def _set_bits(values, starts, bits):
    """An odd number of elements at a place sets its bit: then the bits of large sets tell as much."""
    places = np.uint64(64 * len(bits) - 1)
    for row in range(len(starts) - 1):
        for k in range(starts[row], starts[row + 1]):
            place = mix(values[k]) & places
            bits[place >> np.uint64(6), row] ^= np.uint64(1) << (place & np.uint64(63))


@lean
def _alike(values, a, a_end, b, b_end, apart):
    """Do two sorted sets differ in at most `apart` elements?"""
    while a < a_end and b < b_end and apart >= 0:
        if values[a] == values[b]:
            a += 1
            b += 1
        elif values[a] < values[b]:
            apart -= 1
            a += 1
        else:
            apart -= 1
            b += 1
    return apart >= (a_end - a) + (b_end - b)


@counted
def _bit_join(values, starts, order, bits, min_jaccard):
    """Each set with the smaller ones, in order of size, a block at a time."""
    n = len(order)
    sizes, share = np.empty(n, np.float32), np.empty(n, np.float32)
    for x in range(n):
        sizes[x] = starts[order[x] + 1] - starts[order[x]]
        share[x] = (1 - min_jaccard[order[x]]) / (1 + min_jaccard[order[x]]) + 1e-6
    found, m = np.empty((1024, 2), np.int64), 0
    differing, columns = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int64)
    for x in range(n):
        i = order[x]
        least = np.searchsorted(sizes[:x], np.float32(min_jaccard[i] * sizes[x] * (1 - 1e-6)))
        for start in range(least, x, BLOCK):
            stop = min(start + BLOCK, x)
            most = np.int32((sizes[x] + sizes[stop - 1]) * share[x])
            for c in range(columns_within(bits, start, stop, bits[:, x], most, differing, columns)):
                y = columns[c]
                j = order[y]
                t = max(min_jaccard[i], min_jaccard[j])
                total = np.float64(sizes[x]) + np.float64(sizes[y])
                allowed = np.int64(np.floor(total * (1 - t) / (1 + t) + 1e-6))
                if _alike(values, starts[i], starts[i + 1], starts[j], starts[j + 1], allowed):
                    if m == len(found):
                        larger = np.empty((2 * m, 2), np.int64)
                        larger[:m] = found
                        found = larger
                    found[m, 0], found[m, 1] = i, j
                    m += 1
    return found[:m].copy()


@lean
def columns_within(bits, start, stop, sketch, most, differing, columns):
    """Finds the sketches that differ from one sketch in at most `most` bits.

    Args:
        bits: `uint64[width, n]`, of which the columns `start:stop` are looked at.
        sketch: `uint64[width]`.
        differing, columns: room for `stop - start` entries, `int32` and `int64`; `columns` receives the
            result.

    Returns:
        How many there are. Half of a sketch tells most pairs apart; the other half is read for the rest.
    """
    for k in range(len(bits) // 2):
        some, one = bits[k, start:stop], sketch[k]
        for y in range(len(some)):
            count = np.int32(ones(some[y] ^ one))
            differing[y] = count if k == 0 else differing[y] + count
    m = 0
    for first in range(0, stop - start, 64):
        piece, few = differing[first : min(first + 64, stop - start)], np.int32(0)
        for y in range(len(piece)):  # without branches: eight at a time
            few += np.int32(piece[y] <= most)
        if few == 0:
            continue
        for y in range(len(piece)):
            if piece[y] <= most:
                column, count = start + first + y, np.uint64(piece[y])
                for k in range(len(bits) // 2, len(bits)):
                    count += ones(bits[k, column] ^ sketch[k])
                if count <= np.uint64(most):
                    columns[m] = column
                    m += 1
    return m
