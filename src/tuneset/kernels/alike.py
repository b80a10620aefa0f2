"""Which vectors point nearly the same way, exactly or by cells.

Two rows whose keys differ may need to be closer than two with the same: what parts them is known already. So
rows with one key, of which there are few, are all compared; only rows whose keys many have, and pairs across
keys, are looked for in cells.

Whom a row meets depends on the two rows alone, so a search may take over what an earlier one found, and
compares only what is new.
"""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from tuneset.kernels.best import PER_ROW, Best, Least, Rows, meet, meet_in_groups, meet_new, norms_of
from tuneset.kernels.bounds import axes_of, dot
from tuneset.kernels.cells import (
    Before,
    Cells,
    Members,
    cells_of,
    centres_of,
    digests_of,
    homes_of,
    members_of,
    named_in,
    numbers_of,
)
from tuneset.kernels.join import packed, unpacked
from tuneset.kernels.lean import lean
from tuneset.kernels.order import grouped
from tuneset.kernels.outlines import Outlines, outlines_of
from tuneset.kernels.words import sequence_digest

DECIMALS = 4
EXACT_UP_TO = 50_000
"""Rows up to which every pair of vectors is compared; above, only pairs that share a cell."""

_BLOCK = 16_384
_WHOLE = 12  # where one in so many rows is new, all are compared: a pair costs a sixth then, and is met once
_SMALL = 512  # rows with one key that are all compared


class Alike(NamedTuple):
    """A search for pairs, of `n` rows. An earlier one is given in numbers of now, `UNKNOWN`
    (`kernels.neighbours`) for who is gone.

    Attributes:
        pairs: `int64[p, 2]` (i < j), sorted. scores: `float32[p]`, their cosines.
        rows: `int64[m]`, those with distinct vectors and keys, which were compared; all but pairs of equal
            vectors and keys are of these.
        near: `int32[m, c]`, their cells (`kernels.cells`); no columns if all were compared with all.
        outlines: of `rows`, which save the next search some work.
    """

    pairs: np.ndarray
    scores: np.ndarray
    rows: np.ndarray
    near: np.ndarray
    outlines: Outlines


def cosine_pairs(
    vectors: np.ndarray,
    *,
    min_cosine: float,
    keys: np.ndarray | None = None,
    min_apart: float = 1.0,
    exact_up_to: int | None = None,
    before: Alike | None = None,
) -> Alike:
    """Pairs of rows whose vectors point nearly the same way.

    Args:
        vectors: `int8[n, 256]`; rows of zeros take part in no pair.
        min_cosine: from which rounded cosine a pair is reported, 0..1.
        keys: `uint64[n]`; None: all have the same.
        min_apart: the same for rows with different keys, at least `min_cosine`.
        exact_up_to: distinct rows up to which every pair is compared, usually `EXACT_UP_TO`.
        before: an earlier search with the same thresholds among rows of which some are left, in the same
            order; it saves work and changes nothing.

    Returns:
        Rows with the same vector and key are linked to the first of them only, and other pairs join these
        first rows. A row is linked to at most 16 earlier rows: the smallest one and the most similar ones, so
        a hot group costs its size, not its square.

    Cost: exact: 0.5 ns for each pair, 1 ns for one with the same key (50,000 rows: about 1 CPU second);
    above: about n * sqrt(n).
    Memory: 150 bytes per row and a few vectors; 1 KB more per distinct row while exact.
    """
    keys = np.zeros(len(vectors), np.uint64) if keys is None else keys
    norms = norms_of(vectors)
    digests = digests_of(vectors)
    rows, group = _distinct(digests, keys, spoken=norms > 0)
    most = EXACT_UP_TO if exact_up_to is None else exact_up_to
    centres = centres_of(digests, rows) if len(rows) > most else np.zeros(0, np.int64)
    outlines = None if before is None else _kept_outlines(vectors, rows, before)
    cells = _cells(vectors, rows, centres, outlines, before=before)
    least = Least(min_cosine, max(min_cosine, min_apart))
    best = Best(len(vectors))
    every = Rows(vectors, norms, keys)
    known, known_scores, outlines = _compare(every, rows, cells, least, best, outlines, before=before)
    met = best.count[known[:, 1]] > 0  # who found somebody new chooses again among all
    best.add(known[met], known_scores[met])
    pairs, scores = best.pairs()
    (twins,) = np.nonzero(group != np.arange(len(vectors)))
    pairs = np.concatenate([pairs, np.column_stack([group[twins], twins])])
    scores = np.concatenate([scores, np.ones(len(twins), np.float32)])
    order = np.argsort(packed(pairs))
    found = _merged(known[~met], known_scores[~met], pairs[order], scores[order])
    return Alike(*found, rows, cells.near, outlines)


def _merged(
    pairs: np.ndarray, scores: np.ndarray, others: np.ndarray, their: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Sorted pairs and others, sorted, and their scores."""
    sorted_pairs, more = packed(pairs.astype(np.int64)), packed(others)
    at = np.searchsorted(sorted_pairs, more)
    return unpacked(np.insert(sorted_pairs, at, more)), np.insert(scores, at, their)


def cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """`float32[m]` rounded cosines of two `int8[m, 256]`, row by row; 0 where a vector is zero."""
    scores = np.empty(len(left), np.float64)
    _row_cosines(left, right, scores)
    return np.round(scores, DECIMALS).astype(np.float32)


def cosines_of(vectors: np.ndarray, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """`cosines` of `vectors[rows]` and `vectors[others]`, without copying them."""
    scores = np.empty(len(rows), np.float64)
    _listed_cosines(vectors, rows, others, scores)
    return np.round(scores, DECIMALS).astype(np.float32)


def _distinct(digests: np.ndarray, keys: np.ndarray, *, spoken: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first row of each distinct nonzero vector (by its digest) and key, rising, and for every row its
    first equal (a row of zeros has only itself).
    """
    every = np.arange(len(digests))
    same = grouped(sequence_digest(np.column_stack([digests, keys]).ravel(), 2 * np.arange(len(digests) + 1)))
    several = same.counts > 1
    group = every.copy()
    group[same.order[np.repeat(several, same.counts)]] = np.repeat(same.first[several], same.counts[several])
    group = np.where(spoken, group, every)
    (rows,) = np.nonzero(spoken & (group == every))
    return rows, group


def _cells(
    vectors: np.ndarray,
    rows: np.ndarray,
    centres: np.ndarray,
    outlines: Outlines | None,
    *,
    before: Alike | None,
) -> Cells:
    """The cells of the rows that are compared; one, around nobody, if there are no centres."""
    if not len(centres):
        near, homes = (np.zeros((len(rows), width), np.int32) for width in (0, 1))
        return Cells(near, homes, np.zeros(1, np.int64))
    if before is None or outlines is None or not before.near.shape[1]:
        return cells_of(vectors, rows, centres)
    return cells_of(vectors, rows, centres, before=Before(before.rows, before.near, outlines))


def _kept_outlines(vectors: np.ndarray, rows: np.ndarray, before: Alike) -> Outlines | None:
    """Along the axes of an earlier search, if it knew most of the rows."""
    if 2 * np.count_nonzero(before.rows >= 0) <= len(rows):
        return None
    earlier = before.rows, before.outlines.numbers
    return outlines_of(vectors, rows, before.outlines.axes, before=earlier)


def _compare(
    every: Rows,
    rows: np.ndarray,
    cells: Cells,
    least: Least,
    best: Best,
    outlines: Outlines | None,
    *,
    before: Alike | None,
) -> tuple[np.ndarray, np.ndarray, Outlines]:
    """Compares the `int64[m]` rows that share a cell, and those that share a key that few have; pairs that
    an earlier search found, sorted, their scores, and the outlines of the rows.
    """
    kinds = _kinds(every.keys, rows)
    every = every._replace(keys=kinds.number)
    known = _nothing(rows, cells, n=len(every.keys))
    if before is not None and before.near.shape[1] == cells.near.shape[1]:
        known = _taken_over(before, rows, cells, kinds, n=len(every.keys))
    meet_in_groups(kinds.few, kinds.starts, known.strange, every=every, min_cosine=least.same, best=best)
    again = known.fresh | (known.anew[:, None] & (cells.homes >= 0))
    numbers = numbers_of(cells)
    whole = _mostly(again, numbers, len(cells.centres))
    together = members_of(numbers, len(cells.centres), among=whole)
    new = members_of(numbers, len(cells.centres), among=again & ~whole)
    outlines = outlines or _outlines(every.vectors, rows, together, kinds, least)
    several = kinds.code >= 0
    meet_new(
        *new, numbers, rows=rows, every=every, outlines=outlines, several=several, least=least, best=best
    )
    for at, limits in _together(together, kinds, least):
        meet(at, rows, every=every, outlines=outlines, least=limits, best=best)
    return known.pairs, known.scores, outlines


def _mostly(again: np.ndarray, numbers: np.ndarray, count: int) -> np.ndarray:
    """`bool[m, h]`: is a row in a cell where so many are compared `again` that all may be, at less cost?"""
    there = numbers >= 0
    some = np.bincount(numbers[again & there], minlength=count)
    return (_WHOLE * some >= np.bincount(numbers[there], minlength=count))[numbers]


def _outlines(
    vectors: np.ndarray, rows: np.ndarray, together: Members, kinds: "_Kinds", least: Least
) -> Outlines:
    """Along axes that suit what meets most often."""
    some, usual = rows[:: len(rows) // _BLOCK + 1], rows[_usual(together)]
    gate = least.same if 2 * np.count_nonzero(kinds.code >= 0) > len(rows) else least.apart
    return outlines_of(vectors, rows, axes_of(vectors[some], gate=gate, among=vectors[usual], may_stay=False))


def _usual(together: Members) -> np.ndarray:
    """Places of the rows of a cell whose size is usual for a comparison."""
    sizes = np.diff(together.starts)
    order = np.argsort(sizes, kind="stable")
    pairs = np.cumsum(sizes[order].astype(np.float64) ** 2)
    cell = order[np.searchsorted(pairs, pairs[-1] / 2)]
    return together.at[together.starts[cell] : together.starts[cell + 1]]


def _together(members: Members, kinds: "_Kinds", least: Least) -> Iterator[tuple[np.ndarray, Least]]:
    """Places of rows that are compared with each other, and thresholds."""
    same, apart = Least(least.same, least.same), Least(least.apart, least.apart)
    for start, stop in pairwise(members.starts.tolist()):
        if start == stop:
            continue
        at = members.at[start:stop]
        code = kinds.code[at]
        sizes = np.bincount(code[code >= 0])
        if 2 * np.sum(sizes**2) > len(at) ** 2:
            yield at, least
            continue
        yield at, apart  # pairs with one key are so few that they are met again
        for kind in np.flatnonzero(sizes > 1).tolist():
            yield at[code == kind], same


class _Kinds(NamedTuple):
    """Rows by their keys.

    Attributes:
        number, kin: `int64[n]`: the same for rows with the same key, if many, or few, have it; else nobody
            has it but the row.
        few, starts: rows whose keys few others have, and where each such key begins among them.
        code: `int32[m]`, equal for places of rows with the same other key; -1 for those of no such.
    """

    number: np.ndarray
    kin: np.ndarray
    few: np.ndarray
    starts: np.ndarray
    code: np.ndarray


def _kinds(keys: np.ndarray, rows: np.ndarray) -> _Kinds:
    same = grouped(keys[rows])
    opens, sizes = same.starts[:-1], same.counts
    number, code = np.arange(len(keys)), np.full(len(rows), -1, np.int32)
    for which, (start, size) in enumerate(_spans(opens, sizes, sizes > _SMALL)):
        at = same.order[start : start + size]
        number[rows[at]] = rows[at[0]]
        code[at] = which
    some = (sizes > 1) & (sizes <= _SMALL)
    few = rows[same.order[np.repeat(some, sizes)]]
    kin = np.arange(len(keys))
    kin[few] = np.repeat(rows[same.order[opens[some]]], sizes[some])
    return _Kinds(number, kin, few, np.concatenate([[0], np.cumsum(sizes[some])]), code)


def _spans(opens: np.ndarray, sizes: np.ndarray, which: np.ndarray) -> Iterable[tuple[int, int]]:
    return zip(opens[which].tolist(), sizes[which].tolist(), strict=True)


class _Known(NamedTuple):
    """What an earlier search settles.

    Attributes:
        fresh: `bool[m, h]`: is a row new in a cell? anew: `bool[m]`: has it lost some of many earlier rows,
            so that others may stand in for them?
        strange: `bool[n]`: may a row have been kept from others with the same key, who are few now?
        pairs, scores: `int64[p, 2]`, `float32[p]`: what it found that still holds.
    """

    fresh: np.ndarray
    anew: np.ndarray
    strange: np.ndarray
    pairs: np.ndarray
    scores: np.ndarray


def _nothing(rows: np.ndarray, cells: Cells, *, n: int) -> _Known:
    fresh, strange = np.ones(cells.homes.shape, bool), np.ones(n, bool)
    nobody = np.zeros(len(rows), bool)
    return _Known(fresh, nobody, strange, np.zeros((0, 2), np.int64), np.zeros(0, np.float32))


def _taken_over(before: Alike, rows: np.ndarray, cells: Cells, kinds: _Kinds, *, n: int) -> _Known:
    place = np.full(n + 2, -1, np.int32)  # the last ones for those who are gone
    place[rows] = np.arange(len(rows), dtype=np.int32)
    at = place[before.rows]
    (stayed,) = np.nonzero(at >= 0)
    at = at[stayed]
    fresh, old = np.ones(cells.homes.shape, bool), np.zeros((len(stayed), 1), np.int32)
    if cells.near.shape[1]:
        old = homes_of(before.near[stayed], before.rows[stayed], named_in(before.near))
    _see(cells.homes, at, old, fresh)
    compared = np.zeros(len(rows) + 1, bool)
    compared[at] = True
    fate, left = np.empty(len(before.pairs), np.int8), np.zeros(len(rows), np.int32)
    calm = ~fresh.any(axis=1) & (kinds.code < 0)
    _settle(before.pairs, place, compared, calm, cells.homes, kinds.kin[rows], fate, left)
    lost = np.zeros(len(rows), bool)
    lost[place[before.pairs[fate == _LOST, 1]]] = True
    whole, anew, strange = fate == _HOLDS, (left >= PER_ROW) & lost, np.ones(n, bool)
    strange[rows] = ~compared[:-1] | anew
    left_few = np.diff(kinds.starts) + np.count_nonzero(before.rows < 0) > _SMALL  # who may have been many
    strange[kinds.few[np.repeat(left_few, np.diff(kinds.starts))]] = True
    return _Known(fresh, anew, strange, before.pairs[whole], before.scores[whole])


_ELSEWHERE, _LOST, _HOLDS = range(3)  # of an earlier pair: its later row was not compared, or still is


@lean
def _see(homes, at, old, fresh):
    """`fresh`, `bool[m, h]`: is a place new in a cell? `old`: where the places `at` were before."""
    for k in range(len(at)):
        for h in range(homes.shape[1]):
            for cell in old[k]:
                if cell == homes[at[k], h]:
                    fresh[at[k], h] = False


@lean
def _settle(pairs, place, compared, calm, homes, kin, fate, left):
    """What becomes of earlier pairs (`fate`), and how many each later row had (`left`): a pair holds that
    shares a cell, or a key that few have. `calm`: who is in no other cell, and has a key that few have, as
    before.
    """
    for k in range(len(pairs)):
        i, j = place[pairs[k, 0]], place[pairs[k, 1]]
        fate[k] = _ELSEWHERE
        if j < 0 or not compared[j]:
            continue
        left[j] += 1
        fate[k] = _LOST
        if i < 0 or not compared[i]:
            continue
        fate[k] = _HOLDS
        if calm[i] and calm[j]:
            continue
        together = kin[i] == kin[j]
        for a in homes[i]:
            for b in homes[j]:
                together |= a == b and a >= 0
        if not together:
            fate[k] = _LOST


@lean
def _row_cosines(left, right, scores):
    for row in range(len(scores)):
        scores[row] = _cosine(left[row], right[row])


@lean
def _listed_cosines(vectors, rows, others, scores):
    for k in range(len(scores)):
        scores[k] = _cosine(vectors[rows[k]], vectors[others[k]])


@lean
def _cosine(left, right):
    a, b = dot(left, left), dot(right, right)
    if a == 0 or b == 0:
        return 0.0
    return np.float64(dot(left, right)) / (np.sqrt(np.float64(a)) * np.sqrt(np.float64(b)))
