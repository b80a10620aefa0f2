"""The draw: components to splits, close to the wanted number in every cell."""

import numpy as np

from tuneset.kernels.lean import counted, lean
from tuneset.kernels.order import lexicographic

SPLITS = 3  # training, validation, test
_TEST = 2
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
    splits: largest components first, each to the split where it costs least; then moves and swaps while they
    help. Singletons come last and fill every cell to the last example. Time and memory grow with the rows.
    """
    if len(offsets) < 2:
        return np.zeros(0, np.int8)
    size = np.diff(offsets)
    order = lexicographic(-size, rank)
    pair_offsets, pair_cell, pair_count = _counted(offsets, cell)
    have = np.zeros(wanted.shape, np.int64)
    lots = _greedy(order, pair_offsets, pair_cell, pair_count, tainted, wanted, have, before)
    singles, larger = order[size[order] == 1], order[size[order] > 1]
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


@counted
def _greedy(
    order: np.ndarray,
    offsets: np.ndarray,
    cells: np.ndarray,
    counts: np.ndarray,
    tainted: np.ndarray,
    wanted: np.ndarray,
    have: np.ndarray,
    before: np.ndarray,
) -> np.ndarray:
    lots = before.copy()
    total_wanted, total_have = wanted.sum(axis=1), have.sum(axis=1)
    for c in order:
        if before[c] >= 0:
            _put(c, int(before[c]), 1, offsets, cells, counts, have, total_have)
    for c in order:
        if before[c] >= 0:
            continue
        best, least = 0, np.inf
        for s in range(SPLITS):
            if s == _TEST and tainted[c]:
                continue
            cost = _change(c, s, 1, offsets, cells, counts, wanted, have, total_wanted, total_have)
            if cost < least - 1e-12:
                best, least = s, cost
        lots[c] = best
        _put(c, best, 1, offsets, cells, counts, have, total_have)
    return lots


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
