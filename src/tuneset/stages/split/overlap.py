"""Exact Jaccard similarity of word sets between the test examples and the others."""

import numpy as np

from tuneset.kernels.lean import counted, lean
from tuneset.kernels.neighbours import insert
from tuneset.kernels.sets import BLOCK, Sets, by_size, columns_within
from tuneset.stages.split.few import PER_ROW, Best, Found, grown


def overlaps(test: np.ndarray, others: np.ndarray, *, sets: Sets, floor: float) -> tuple[Found, Best]:
    """Pairs with a Jaccard similarity of at least `floor`, and for each of `others` its best test row.

    Args:
        test, others: `int64[t]`, `int64[o]`, rows.
        sets: the words of all rows.
        floor: 0 < floor <= 1.

    Returns:
        At most `PER_ROW` pairs for one of `others`, the best ones.

    Cost: about 1 ns for each pair of a test row and another of similar size.
    """
    sized = by_size(sets, test)
    bits = np.ascontiguousarray(sets.bits[:, sized])
    a, b, score, best, best_score = _probe(others, sized, *sets, bits, floor)
    return Found(a, others[b], score), Best(best, best_score)


@lean
def _jaccard(a: np.ndarray, b: np.ndarray) -> float:
    i, j, shared = 0, 0, 0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            shared += 1
            i += 1
            j += 1
        elif a[i] < b[j]:
            i += 1
        else:
            j += 1
    return shared / (len(a) + len(b) - shared)


@counted
def _probe(
    others: np.ndarray,
    test: np.ndarray,
    values: np.ndarray,
    starts: np.ndarray,
    bits: np.ndarray,
    test_bits: np.ndarray,
    floor: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Each of `others` with the test rows of similar size; `test` is sorted by size."""
    best, best_score = np.full(len(others), -1, np.int64), np.zeros(len(others), np.float64)
    out_test, out_other = np.empty(1024, np.int64), np.empty(1024, np.int64)
    out_score = np.empty(1024, np.float64)
    count = 0
    near, score = np.empty(PER_ROW, np.int64), np.empty(PER_ROW, np.float64)
    sizes = np.empty(len(test), np.int64)
    for i in range(len(test)):
        sizes[i] = starts[test[i] + 1] - starts[test[i]]
    differing, columns = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int64)
    share = (1 - floor) / (1 + floor)
    for o in range(len(others)):
        row = others[o]
        mine = values[starts[row] : starts[row + 1]]
        size, held = len(mine), 0
        if size == 0:
            continue
        first = np.searchsorted(sizes, np.int64(np.ceil(floor * size - 1e-9)))
        last = np.searchsorted(sizes, np.int64(np.floor(size / floor + 1e-9)), side="right")
        for start in range(first, last, BLOCK):
            stop = min(start + BLOCK, last)
            most = np.int32(
                (size + sizes[stop - 1]) * share + 1e-6
            )  # of elements, so of bits, that may differ
            for c in range(columns_within(test_bits, start, stop, bits[:, row], most, differing, columns)):
                i = columns[c]
                s = _jaccard(mine, values[starts[test[i]] : starts[test[i] + 1]])
                if s >= floor - 1e-9:
                    held = insert(near, score, held, test[i], s)  # pyright: ignore[reportArgumentType]
        out_test, out_other = grown(out_test, count + held), grown(out_other, count + held)
        out_score = grown(out_score, count + held)
        for h in range(held):
            out_test[count], out_other[count], out_score[count] = near[h], o, score[h]
            count += 1
        if held:
            best[o], best_score[o] = near[0], score[0]
    return out_test[:count], out_other[:count], out_score[:count], best, best_score
