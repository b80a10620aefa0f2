"""The draw: components to splits, close to the wanted number in every cell."""

import numpy as np

from tuneset.kernels.lean import counted, lean
from tuneset.kernels.order import lexicographic

SPLITS = 3
_TRAIN, _VALIDATION, _TEST = range(SPLITS)
_NOWHERE = -1
_PASSES = 12
_SWAPPABLE = 1500  # components tried in pairs, the largest ones: the work grows with the square


def draw(
    offsets: np.ndarray,
    cell: np.ndarray,
    rank: np.ndarray,
    tainted: np.ndarray,
    wanted: np.ndarray,
    before: np.ndarray,
) -> np.ndarray:
    """A split for each component, `int8[k]`: 0 training, 1 validation, 2 test.

    Args:
        offsets: `int64[k + 1]`: the rows of component `c` are `offsets[c]:offsets[c + 1]`.
        cell: `int64[rows]`: their cells.
        rank: `uint64[k]`: lots; the order among components of one size.
        tainted: `bool[k]`: may not go to test.
        wanted: `int64[3, cells]`: examples wanted per split and cell.
        before: `int8[k]`: the split of an earlier draw, changed only where that lowers the cost; -1: none.

    Minimises the sum over splits and cells of (have - wanted)^2 / max(1, wanted), and the same over whole
    splits. Largest components first: each goes where its lot says, if that split still has room for it, else
    where it costs least. Single examples come last and fill every cell to the last one: those with the
    largest lots test, those with the smallest validation. Then moves and swaps while they help. Since lots
    belong to examples, a few more examples move few others. Time and memory grow with the rows.
    """
    if len(offsets) < 2:
        return np.zeros(0, np.int8)
    size = np.diff(offsets)
    order = lexicographic(-size, rank)
    pair_offsets, pair_cell, pair_count = _counted(offsets, cell)
    have = np.zeros(wanted.shape, np.int64)
    singles, larger = order[size[order] == 1], order[size[order] > 1]
    lots = before.astype(np.int8)
    _keep(lots, pair_offsets, pair_cell, pair_count, have)
    preferred = _preferred(rank, wanted.sum(axis=1), tainted)
    _place_larger(larger, preferred, pair_offsets, pair_cell, pair_count, tainted, wanted, have, lots)
    cells = pair_cell[pair_offsets[:-1]]
    _fill(singles[::-1], cells, tainted, _TEST, wanted, have, lots)
    _fill(singles, cells, tainted, _VALIDATION, wanted, have, lots)
    _fill(singles, cells, tainted, _TRAIN, wanted, have, lots)
    _place_larger(singles, preferred, pair_offsets, pair_cell, pair_count, tainted, wanted, have, lots)
    for some in (singles, larger, singles):  # what moved leaves gaps that single examples even out
        _improve(some, pair_offsets, pair_cell, pair_count, tainted, wanted, have, lots)
    return lots


def _counted(offsets: np.ndarray, cell: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The cells of each component and how many of its rows fall into each, as a ragged list."""
    owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    order = lexicographic(owner, cell)
    owner, cell = owner[order], cell[order]
    new = np.ones(len(cell), bool)
    new[1:] = (owner[1:] != owner[:-1]) | (cell[1:] != cell[:-1])
    start = np.flatnonzero(new)
    counts = np.diff(np.append(start, len(cell)))
    return np.searchsorted(owner[start], np.arange(len(offsets))), cell[start], counts


@lean
def _square(have: int, wanted: int) -> float:
    return (have - wanted) ** 2 / max(1, wanted)


@lean
def _change(
    c: int,
    s: int,
    sign: int,
    offsets: np.ndarray,
    cells: np.ndarray,
    counts: np.ndarray,
    wanted: np.ndarray,
    have: np.ndarray,
    total_wanted: np.ndarray,
    total_have: np.ndarray,
) -> float:
    """What the sum of squares gains if component `c` enters (`sign` 1) or leaves (-1) split `s`."""
    cost, size = 0.0, 0
    for p in range(offsets[c], offsets[c + 1]):
        now = have[s, cells[p]]
        goal = wanted[s, cells[p]]
        cost += _square(now + sign * counts[p], goal) - _square(now, goal)
        size += counts[p]
    return (
        cost + _square(total_have[s] + sign * size, total_wanted[s]) - _square(total_have[s], total_wanted[s])
    )


@lean
def _put(
    c: int,
    s: int,
    sign: int,
    offsets: np.ndarray,
    cells: np.ndarray,
    counts: np.ndarray,
    have: np.ndarray,
    total_have: np.ndarray,
) -> None:
    for p in range(offsets[c], offsets[c + 1]):
        have[s, cells[p]] += sign * counts[p]
        total_have[s] += sign * counts[p]


def _preferred(rank: np.ndarray, wanted: np.ndarray, tainted: np.ndarray) -> np.ndarray:
    """`int8[k]`: the split that the lot of a component says, in shares of what is wanted (`int64[3]`)."""
    chance, whole = rank.astype(np.float64) / 2.0**64, max(1, int(wanted.sum()))
    test = (chance >= 1 - wanted[_TEST] / whole) & ~tainted
    validation = chance < wanted[_VALIDATION] / whole
    return np.where(test, _TEST, np.where(validation, _VALIDATION, _TRAIN)).astype(np.int8)


@counted
def _keep(
    lots: np.ndarray, offsets: np.ndarray, cells: np.ndarray, counts: np.ndarray, have: np.ndarray
) -> None:
    """Counts what is in a split already."""
    total_have = have.sum(axis=1)
    for c in range(len(lots)):
        if lots[c] != _NOWHERE:
            _put(c, int(lots[c]), 1, offsets, cells, counts, have, total_have)


@counted
def _place_larger(
    order: np.ndarray,
    preferred: np.ndarray,
    offsets: np.ndarray,
    cells: np.ndarray,
    counts: np.ndarray,
    tainted: np.ndarray,
    wanted: np.ndarray,
    have: np.ndarray,
    lots: np.ndarray,
) -> None:
    """Puts each component that is nowhere where its lot says or, without room there, where it costs least."""
    total_wanted, total_have = wanted.sum(axis=1), have.sum(axis=1)
    for c in order:
        if lots[c] != _NOWHERE:
            continue
        best = int(preferred[c])
        if not _has_room(c, best, offsets, cells, counts, wanted, have):
            least = np.inf
            for s in range(SPLITS):
                if s == _TEST and tainted[c]:
                    continue
                cost = _change(c, s, 1, offsets, cells, counts, wanted, have, total_wanted, total_have)
                if cost < least - 1e-12:
                    best, least = s, cost
        lots[c] = best
        _put(c, best, 1, offsets, cells, counts, have, total_have)


@lean
def _has_room(
    c: int,
    s: int,
    offsets: np.ndarray,
    cells: np.ndarray,
    counts: np.ndarray,
    wanted: np.ndarray,
    have: np.ndarray,
) -> bool:
    for p in range(offsets[c], offsets[c + 1]):
        if have[s, cells[p]] + counts[p] > wanted[s, cells[p]]:
            return False
    return True


@lean
def _fill(
    order: np.ndarray,
    cells: np.ndarray,
    tainted: np.ndarray,
    s: int,
    wanted: np.ndarray,
    have: np.ndarray,
    lots: np.ndarray,
) -> None:
    """Puts single examples that are nowhere into a split, in that order, as far as their cell wants them."""
    for c in order:
        if (
            lots[c] == _NOWHERE
            and have[s, cells[c]] < wanted[s, cells[c]]
            and not (s == _TEST and tainted[c])
        ):
            lots[c] = s
            have[s, cells[c]] += 1


@counted
def _improve(
    order: np.ndarray,
    offsets: np.ndarray,
    cells: np.ndarray,
    counts: np.ndarray,
    tainted: np.ndarray,
    wanted: np.ndarray,
    have: np.ndarray,
    lots: np.ndarray,
) -> None:
    """Moves single components while that lowers the cost, then swaps pairs among the largest; changes
    `lots`.
    """
    if (have == wanted).all():
        return
    total_wanted, total_have = wanted.sum(axis=1), have.sum(axis=1)
    for _ in range(_PASSES):
        moved = 0
        for c in order:
            moved += _move(c, offsets, cells, counts, tainted, wanted, have, total_wanted, total_have, lots)
        if moved:
            continue
        for i in range(min(_SWAPPABLE, len(order))):
            for j in range(i):
                moved += _swap(
                    order[i],
                    order[j],
                    offsets,
                    cells,
                    counts,
                    tainted,
                    wanted,
                    have,
                    total_wanted,
                    total_have,
                    lots,
                )
        if not moved:
            return


@lean
def _move(
    c: int,
    offsets: np.ndarray,
    cells: np.ndarray,
    counts: np.ndarray,
    tainted: np.ndarray,
    wanted: np.ndarray,
    have: np.ndarray,
    total_wanted: np.ndarray,
    total_have: np.ndarray,
    lots: np.ndarray,
) -> int:
    old = lots[c]
    leave = _change(c, old, -1, offsets, cells, counts, wanted, have, total_wanted, total_have)
    best, least = old, -1e-9
    for s in range(SPLITS):
        if s == old or (s == _TEST and tainted[c]):
            continue
        cost = leave + _change(c, s, 1, offsets, cells, counts, wanted, have, total_wanted, total_have)
        if cost < least:
            best, least = s, cost
    if best == old:
        return 0
    _put(c, old, -1, offsets, cells, counts, have, total_have)
    _put(c, best, 1, offsets, cells, counts, have, total_have)
    lots[c] = best
    return 1


@lean
def _swap(
    a: int,
    b: int,
    offsets: np.ndarray,
    cells: np.ndarray,
    counts: np.ndarray,
    tainted: np.ndarray,
    wanted: np.ndarray,
    have: np.ndarray,
    total_wanted: np.ndarray,
    total_have: np.ndarray,
    lots: np.ndarray,
) -> int:
    s, t = lots[a], lots[b]
    if s == t or (t == _TEST and tainted[a]) or (s == _TEST and tainted[b]):
        return 0
    # the two share splits: the cost is taken step by step on the real counts, and undone if it does not help
    cost = _change(a, s, -1, offsets, cells, counts, wanted, have, total_wanted, total_have)
    _put(a, s, -1, offsets, cells, counts, have, total_have)
    cost += _change(b, s, 1, offsets, cells, counts, wanted, have, total_wanted, total_have)
    _put(b, s, 1, offsets, cells, counts, have, total_have)
    cost += _change(b, t, -1, offsets, cells, counts, wanted, have, total_wanted, total_have)
    _put(b, t, -1, offsets, cells, counts, have, total_have)
    cost += _change(a, t, 1, offsets, cells, counts, wanted, have, total_wanted, total_have)
    _put(a, t, 1, offsets, cells, counts, have, total_have)
    if cost < -1e-9:
        lots[a], lots[b] = t, s
        return 1
    _put(a, s, 1, offsets, cells, counts, have, total_have)
    _put(b, s, -1, offsets, cells, counts, have, total_have)
    _put(b, t, 1, offsets, cells, counts, have, total_have)
    _put(a, t, -1, offsets, cells, counts, have, total_have)
    return 0
