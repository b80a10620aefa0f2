"""The earlier rows that each row is linked to, and the comparisons that find them.

A row is linked to at most `PER_ROW` earlier rows: the smallest one and the most similar ones, so that a hot
group costs its size and not its square. Who they are does not depend on the order in which rows meet, nor on
how often two do.

Scores are decided on exact integers. The entries of int8 vectors are whole numbers; the score is
`dot / (|a| |b|)`, rounded to 4 decimals before it is compared or reported: equal on every machine. Bounds
(`kernels.bounds`) only say for which pairs it is made.
"""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from typing import NamedTuple

import numpy as np

from tuneset.kernels.bounds import ROWS, SLACK, WIDE, dot, four_products, reaching
from tuneset.kernels.lean import lean
from tuneset.kernels.outlines import SCALE, Outlines

PER_ROW = 16
"""Links of one row to earlier ones."""

_SCALE = 10_000.0


class Least(NamedTuple):
    """From which rounded cosine on two rows are a pair, 0..1: with the same key, and with different ones."""

    same: float
    apart: float


class Best:
    """For each of `n` rows at most `PER_ROW` earlier rows: the smallest at place 0, then the most similar."""

    def __init__(self, n: int) -> None:
        self.row = np.empty((n, PER_ROW), np.int32)  # of this only the first slots cost memory
        self.score = np.empty((n, PER_ROW), np.float32)
        self.count = np.zeros(n, np.int32)
        self.floor = np.full(n, -1, np.float32)
        """The lowest score from place 1 on of a full row."""
        self.slot = np.full(n, -1, np.int32)
        """Where in `row` and `score` a row has its earlier ones: in the order of the first that was found."""
        self.used = np.zeros(1, np.int32)

    @property
    def tables(self) -> tuple[np.ndarray, ...]:
        """What kernels write to."""
        return self.row, self.score, self.count, self.floor, self.slot, self.used

    def add(self, pairs: np.ndarray, scores: np.ndarray) -> None:
        """Pairs that are known: `int[p, 2]`, i < j, and `float32[p]`."""
        _add(pairs, scores, self.tables)

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """`int64[p, 2]` (i < j) by rising j, and `float32[p]` scores."""
        (found,) = np.nonzero(self.count)
        which, place = np.nonzero(np.arange(PER_ROW)[None, :] < self.count[found, None])
        later, slot = found[which], self.slot[found][which]
        return np.column_stack([self.row[slot, place], later]).astype(np.int64), self.score[slot, place]


class Rows(NamedTuple):
    """All rows.

    Attributes:
        vectors: `int8[n, d]`. norms: `float64[n]`. keys: `[n]`.
    """

    vectors: np.ndarray
    norms: np.ndarray
    keys: np.ndarray


def meet(
    at: np.ndarray, rows: np.ndarray, *, every: Rows, outlines: Outlines, least: Least, best: Best
) -> None:
    """Sets some of `int64[m]` rows, at `int64[k]` places that rise, against each other.

    Cost: .5 to 1 ns for each pair, and .1 us for each row.
    """
    some, room = rows[at], (np.empty((ROWS, WIDE), np.float32), np.empty(WIDE, np.int64))
    columns = (column[some] for column in every)  # what lies together is read faster
    _meet(outlines.left(at), outlines.across(at), some, *columns, *least, best.tables, *room)


def meet_new(
    new: np.ndarray,
    starts: np.ndarray,
    groups: np.ndarray,
    *,
    rows: np.ndarray,
    every: Rows,
    outlines: Outlines,
    several: np.ndarray,
    least: Least,
    best: Best,
) -> None:
    """Sets new members of groups against all members of them.

    Args:
        new: `int64[e]` places of `rows`; those of a group are `new[starts[g]:starts[g + 1]]`.
        groups: `int32[m, h]`, in which groups each row is, or below 0.
        several: `bool[m]`: does a row share its key with others, who need not be as close?

    Cost: 4 ns for each pair, whoever else is in a group.
    """
    limits = [int((limit - SLACK) * SCALE**2) for limit in least]
    some, which = np.unique(new, return_inverse=True)
    news = new, which, outlines.numbers[new], every.vectors[rows[some]]  # what lies together is read faster
    _meet_new(*news, starts, groups, rows, *every, outlines.numbers, several, *limits, *least, best.tables)


def meet_in_groups(
    rows: np.ndarray, starts: np.ndarray, strange: np.ndarray, *, every: Rows, min_cosine: float, best: Best
) -> None:
    """Sets every pair inside small groups against each other of which one is strange.

    Args:
        rows: `int64[m]`, rising inside a group; the groups are `rows[starts[g]:starts[g + 1]]`.
        strange: `bool[n]`. min_cosine: from which rounded cosine they are a pair.
    """
    _meet_in_groups(rows, starts, strange, every.vectors, every.norms, min_cosine, best.tables)


def norms_of(vectors: np.ndarray) -> np.ndarray:
    """`float64[n]`: the lengths of `int8[n, d]` vectors."""
    norms = np.empty(len(vectors), np.float64)
    _norms(vectors, norms)
    return norms


@lean
def _norms(vectors, norms):
    for row in range(len(vectors)):
        norms[row] = np.sqrt(np.float64(dot(vectors[row], vectors[row])))


@lean
def _score(left, right, length):
    return np.round(np.float64(dot(left, right)) / length * _SCALE) / _SCALE


@lean
def _meet(left, across, rows, vectors, norms, keys, same, apart, best, out, found):
    """`left`, `across`: heads of the rows; `out` and `found`: room for `four_products` and `reaching`."""
    gate, far, slack = np.float32(min(same, apart) - SLACK), np.float32(apart - SLACK), np.float32(SLACK)
    best_row, floor, slot = best[0], best[3], best[4]
    for start in range(0, len(rows), WIDE):
        for first in range(0, len(rows), ROWS):
            last = min(first + ROWS, len(rows))
            stop = min(start + WIDE, last - 1)
            if stop <= start:
                continue
            four_products(left, first, across, start, stop, out)
            for r in range(first, last):
                row, bounds = rows[r], out[r - first]
                for c in range(reaching(bounds, min(stop, r) - start, gate, found)):
                    at = start + found[c]
                    other, bound, alike = rows[at], bounds[found[c]], keys[r] == keys[at]
                    if bound < far and not alike:
                        continue
                    if bound < floor[row] - slack and other > best_row[slot[row], 0]:
                        continue
                    score = _score(vectors[r], vectors[at], norms[r] * norms[at])
                    if score >= (same if alike else apart) - 1e-9:
                        _keep(best, row, other, np.float32(score))


@lean
def _meet_new(new, which, heads, theirs, starts, groups, rows, vectors, norms, keys, numbers, several, low,
              high, same, apart, best):  # fmt: skip
    """`heads`: outlines of `new`, whose vectors are `theirs[which]`; `low`, `high`: from which product of
    outlines on two rows may be a pair, with the same key and with different ones.
    """
    for at in range(len(rows)):
        gate, homes = low if several[at] else high, groups[at]
        for h in range(len(homes)):
            if homes[h] < 0:
                continue
            for k in range(starts[homes[h]], starts[homes[h] + 1]):
                bound = np.int64(dot(heads[k], numbers[at]))
                if bound < gate or new[k] == at or _share(homes[:h], groups[new[k]]):
                    continue
                me, other = rows[at], rows[new[k]]
                alike = keys[me] == keys[other]
                if bound >= high or alike:
                    score = _score(vectors[me], theirs[which[k]], norms[me] * norms[other])
                    if score >= (same if alike else apart) - 1e-9:
                        _keep(best, max(me, other), min(me, other), np.float32(score))


@lean
def _share(groups, others):
    """Have two rows met in one of these groups?"""
    for group in groups:
        for other in others:
            if group == other and group >= 0:
                return True
    return False


@lean
def _meet_in_groups(rows, starts, strange, vectors, norms, least, best):
    for g in range(len(starts) - 1):
        for r in range(starts[g], starts[g + 1]):
            row = rows[r]
            for at in range(starts[g], r):
                other = rows[at]
                if not (strange[row] or strange[other]):
                    continue
                score = _score(vectors[row], vectors[other], norms[row] * norms[other])
                if score >= least - 1e-9:
                    _keep(best, row, other, np.float32(score))


@lean
def _add(pairs, scores, best):
    for k in range(len(pairs)):
        _keep(best, pairs[k, 1], pairs[k, 0], scores[k])


@lean
def _keep(best, row, other, score):
    """Place 0 keeps the smallest other row; the rest are the most similar, ties going to the smaller row."""
    best_row, best_score, counts, floor, slot, used = best
    if slot[row] < 0:
        slot[row] = used[0]
        used[0] += 1
    table, scores, count = best_row[slot[row]], best_score[slot[row]], counts[row]
    for k in range(count):
        if table[k] == other:
            return
    if count < len(table):
        table[count], scores[count] = other, score
        counts[row] = count + 1
        if other < table[0]:
            table[0], table[count], scores[0], scores[count] = other, table[0], score, scores[0]
        if count + 1 == len(table):
            floor[row] = _lowest(scores)
        return
    if other < table[0]:
        table[0], other, scores[0], score = other, table[0], score, scores[0]
    worst = 1
    for k in range(2, count):
        if scores[k] < scores[worst] or (scores[k] == scores[worst] and table[k] > table[worst]):
            worst = k
    if score > scores[worst] or (score == scores[worst] and other < table[worst]):
        table[worst], scores[worst] = other, score
        floor[row] = _lowest(scores)


@lean
def _lowest(scores):
    """The lowest score from place 1 on."""
    lowest = scores[1]
    for k in range(2, len(scores)):
        lowest = min(lowest, scores[k])
    return lowest
