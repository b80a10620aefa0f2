"""Exact cosine similarity of sentence vectors between the test examples and the others."""

import numpy as np

from tuneset.kernels.bounds import ROWS, SLACK, WIDE, Heads, dot, four_products, reaching
from tuneset.kernels.lean import counted, lean
from tuneset.kernels.neighbours import insert
from tuneset.stages.split.few import PER_ROW, Found, grown

_FEW, _OTHERS = 512, 8192  # rows of the first block, and of the largest: the gate rises between blocks


def cosines_across(
    test: np.ndarray, others: np.ndarray, *, vectors: np.ndarray, heads: Heads, floor: float, k: int
) -> tuple[Found, float]:
    """Pairs with a cosine of at least `floor`, and below it those that make `k` of the others known.

    Args:
        test, others: `int64[t]`, `int64[o]`, rows with a vector.
        vectors: `int8[n, d]`, `d` <= 256.
        heads: their bounds.
        floor: 0 < floor <= 1. k: how many of the others are to be in the pairs, if there are so many.

    Returns:
        At most `PER_ROW` pairs for one of `others`, the best ones; and from which cosine on all pairs are
        among them.

    Cost: 0.5 to 1 ns for each pair: a product of up to 64 numbers that is at least the cosine, and the exact
    cosine where that does not settle it.
    """
    closest = np.full(max(k, 1), -2.0)
    near = np.full((len(others), PER_ROW), -1, np.int64)
    score = np.full((len(others), PER_ROW), -2.0)
    held = np.zeros(len(others), np.int64)
    across, start = heads.columns(test), 0
    room = np.empty((ROWS, WIDE), np.float32), np.empty(WIDE, np.int64)
    while start < len(others) and len(test):
        stop = min(start + min(max(start, _FEW), _OTHERS), len(others))
        rows = others[start:stop]
        gate = min(floor, closest[0]) if k else floor
        _meet(heads.of(rows), across, test, rows, vectors, heads.norms, gate,
              near[start:stop], score[start:stop], held[start:stop], *room)  # fmt: skip
        _rank(score[start:stop, 0], closest)
        start = stop
    gate = max(min(floor, closest[0]), -1.0) if k else floor
    return Found(*_above(near, score, held, others, gate)), gate


@lean
def _meet(
    left: np.ndarray,
    across: np.ndarray,
    test: np.ndarray,
    others: np.ndarray,
    vectors: np.ndarray,
    norms: np.ndarray,
    gate: float,
    near: np.ndarray,
    score: np.ndarray,
    held: np.ndarray,
    out: np.ndarray,
    found: np.ndarray,
) -> None:
    """Takes the pairs whose bound reaches the gate; `out`, `found`: room for products and what reaches it."""
    least = np.float32(gate - SLACK)
    for start in range(0, len(test), WIDE):
        stop = min(start + WIDE, len(test))
        for first in range(0, len(others), ROWS):
            four_products(left, first, across, start, stop, out)
            for o in range(first, min(first + ROWS, len(others))):
                for c in range(reaching(out[o - first], stop - start, least, found)):
                    row = test[start + found[c]]
                    length = norms[others[o]] * norms[row]
                    s = np.float64(dot(vectors[others[o]], vectors[row])) / length
                    held[o] = insert(near[o], score[o], held[o], row, s)  # pyright: ignore[reportArgumentType]


@counted
def _rank(best: np.ndarray, closest: np.ndarray) -> None:
    """Keeps the highest scores so far in rising order."""
    for o in range(len(best)):
        at = 0
        if best[o] <= closest[0]:
            continue
        while at + 1 < len(closest) and closest[at + 1] < best[o]:
            closest[at] = closest[at + 1]
            at += 1
        closest[at] = best[o]


@counted
def _above(
    near: np.ndarray, score: np.ndarray, held: np.ndarray, others: np.ndarray, floor: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    out_test, out_other = np.empty(1024, np.int64), np.empty(1024, np.int64)
    out_score = np.empty(1024, np.float64)
    count = 0
    for o in range(len(others)):
        for h in range(held[o]):
            if score[o, h] < floor - 1e-9:
                break
            out_test, out_other = grown(out_test, count + 1), grown(out_other, count + 1)
            out_score = grown(out_score, count + 1)
            out_test[count], out_other[count], out_score[count] = near[o, h], others[o], score[o, h]
            count += 1
    return out_test[:count], out_other[:count], out_score[:count]
