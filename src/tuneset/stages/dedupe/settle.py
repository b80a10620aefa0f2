"""Who stays: of directly linked twins the best one, never fewer in a cell than its target."""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tuneset.kernels.join import components
from tuneset.kernels.lean import counted
from tuneset.kernels.order import lexicographic
from tuneset.stages.dedupe.relate import TWINS, kinds_of

NO_CELL = -1
PREFIX = len(TWINS)

DROPS = (*(f"{kind}-twin" for kind in TWINS), "prefix-of")
"""Reasons with which examples are dropped, by the codes of `Settled.kind`."""


@dataclass(frozen=True)
class Settled:
    """What became of `n` examples.

    Attributes:
        kept: `bool[n]`.
        kept_by: `int64[n]` the kept example that stands for a dropped one, -1 if it is kept itself.
        kind: `int8[n]` index into `DROPS`: why it was dropped, -1 if kept.
        multiplicity: `int32[n]` 1 + twins dropped for a kept one; 0 for a dropped one. Calls that a longer
            one repeats are not counted: they were no traffic of their own.
    """

    kept: np.ndarray
    kept_by: np.ndarray
    kind: np.ndarray
    multiplicity: np.ndarray


def settle(
    links: pa.Table,
    *,
    rank: np.ndarray,
    cell: np.ndarray,
    target: np.ndarray,
    prefix_of: np.ndarray | None = None,
) -> Settled:
    """Chooses who is dropped.

    Exact twins count as one example, represented by the best of them; their links are shared. Then, from the
    best rank to the worst, an example is dropped if a kept one is its direct twin: chains do not carry over.
    Last, near and semantic twins come back, the best first, where a cell would otherwise hold fewer than its
    target. Exact twins add nothing to a cell and do not come back.

    Args:
        links: `relate.LINKS`; only `exact`, `near` and `semantic` can drop.
        rank: `int64[n]` distinct; smaller is better (`rank_of`).
        cell: `int32[n]` coverage cell, -1 for none.
        target: `int32[cells]` examples wanted in each cell.
        prefix_of: `int64[n]` the longer call that repeats an example, -1 for none: it is dropped whatever its
            rank.

    The result depends on ranks and links, not on the order of links.
    """
    n = len(rank)
    kinds = _kind_codes(links)
    pairs = (
        np.column_stack([links.column("i").to_numpy(), links.column("j").to_numpy()])
        .astype(np.int64)
        .reshape(-1, 2)
    )
    group = _best_of_group(components(n, pairs[kinds == 0]), rank)
    softer = (kinds > 0) & (kinds < len(TWINS))
    starts, others, softness = _adjacency(group[pairs[softer]], kinds[softer], n)
    order = _inverse(rank)
    kept_by, kind = _choose(order, group, rank, starts, others, softness)
    repeated = np.zeros(n, bool) if prefix_of is None else prefix_of >= 0
    _refill(order, group, kept_by, kind, np.where(repeated, NO_CELL, cell), target)
    kept_by = _final(kept_by, group)
    kind = np.where(
        (group != np.arange(n)) & (kept_by >= 0), np.where(kind[group] < 0, 0, kind[group]), kind
    ).astype(np.int8)
    kept = (kept_by < 0) & ~repeated
    stood_for = kept_by >= 0
    multiplicity = (kept + np.bincount(kept_by[stood_for], minlength=n)).astype(np.int32)
    if prefix_of is not None:
        kind[repeated] = PREFIX
        kept_by[repeated] = _holder(prefix_of, kept_by)[repeated]
    return Settled(kept, kept_by, kind, multiplicity)


def _holder(prefix_of: np.ndarray, kept_by: np.ndarray) -> np.ndarray:
    """`int64[n]`: the kept example that stands for a call: the one that repeats it, or its twin."""
    holder = prefix_of.copy()
    while (again := (holder >= 0) & (prefix_of[holder] >= 0)).any():
        holder[again] = prefix_of[holder[again]]
    return np.where((holder >= 0) & (kept_by[holder] >= 0), kept_by[holder], holder)


def rank_of(
    *,
    verified: np.ndarray,
    corrected: np.ndarray,
    captured_at: np.ndarray,
    richness: np.ndarray,
    content_id: np.ndarray,
    origin_id: np.ndarray,
    keep: str = "newest",
) -> np.ndarray:
    """`int64[n]` distinct ranks: verified before human-corrected before newest before richest, then the
    smallest ids.

    Args:
        verified, corrected: `bool[n]`.
        captured_at: `int64[n]` any unit; the smallest integer if unknown.
        richness: `int64[n]` larger is richer: words, turns.
        content_id: `[n]` sortable, or `[n, k]` of which the first column counts most. origin_id: `[n]`; ids
            decide, arrival never does.
        keep: `newest` or `richest`: which of the two comes first.
    """
    first, second = (captured_at, richness) if keep == "newest" else (richness, captured_at)
    descending = [~np.asarray(values, np.int64) for values in (verified, corrected, first, second)]
    content = content_id.T if content_id.ndim > 1 else [content_id]
    order = lexicographic(*descending, *content, origin_id)
    return _inverse(order)


def conflict_floor(group: np.ndarray, answer: np.ndarray, *, n: int) -> float:
    """Share of examples that no model can fit, because the same input is answered in several ways.

    Args:
        group: `int64[m]` which input an example has. answer: `int64[m]` which answer it gives.
        n: examples in all.

    Returns:
        F = (1/n) sum over groups of (size - size of the most frequent answer), 0..1.

    Source: research/science 3.5; groups {A,A,A,B,B} and {A,B} in 100 examples give .03.
    """
    if n == 0 or len(group) == 0:
        return 0.0
    order = lexicographic(group, answer)
    group, answer = group[order], answer[order]
    opens = np.flatnonzero(np.append(True, (group[1:] != group[:-1]) | (answer[1:] != answer[:-1])))
    counts = np.diff(np.append(opens, len(group)))
    (first,) = np.nonzero(np.append(True, group[opens][1:] != group[opens][:-1]))
    return float(counts.sum() - np.maximum.reduceat(counts, first).sum()) / n


def _inverse(order: np.ndarray) -> np.ndarray:
    """`int64[n]`: the place of each row in an order of all, or the order from the places."""
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return place


def _kind_codes(links: pa.Table) -> np.ndarray:
    """`int8[m]` index into `TWINS`; other kinds are `len(TWINS)`."""
    return np.minimum(kinds_of(links), np.int8(len(TWINS)))


def _best_of_group(labels: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """`int64[n]` for each row the best-ranked row of its group."""
    best = np.full(len(rank), -1, np.int64)
    worst_first = _inverse(rank)[::-1]
    best[labels[worst_first]] = worst_first  # the best is written last
    return best[labels]


def _adjacency(pairs: np.ndarray, kinds: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Neighbours in compressed rows: `int64[n + 1]`, `int64[2m]`, and the kinds of their links."""
    both = np.concatenate([pairs, pairs[:, ::-1]])
    kinds = np.concatenate([kinds, kinds])
    order = lexicographic(both[:, 0], both[:, 1], kinds)
    starts = np.concatenate([[0], np.cumsum(np.bincount(both[:, 0], minlength=n))]).astype(np.int64)
    return starts, both[order, 1], kinds[order]


@counted
def _choose(order, group, rank, starts, others, kinds):
    """Greedy by rank over the representatives of groups."""
    n = len(group)
    kept_by, kind = np.full(n, -1, np.int64), np.full(n, -1, np.int8)
    for row in order:
        if group[row] != row:
            continue
        for k in range(starts[row], starts[row + 1]):
            other = others[k]
            if kept_by[other] >= 0 or rank[other] >= rank[row]:
                continue
            if kept_by[row] < 0 or rank[other] < rank[kept_by[row]]:
                kept_by[row], kind[row] = other, kinds[k]
    return kept_by, kind


@counted
def _refill(order, group, kept_by, kind, cell, target):
    """Brings near and semantic twins back where a cell lacks examples."""
    held = np.zeros(len(target), np.int64)
    for row in range(len(group)):
        if cell[row] >= 0 and group[row] == row and kept_by[row] < 0:
            held[cell[row]] += 1
    for row in order:
        if kept_by[row] >= 0 and cell[row] >= 0 and held[cell[row]] < target[cell[row]]:
            kept_by[row], kind[row] = -1, -1
            held[cell[row]] += 1


def _final(kept_by: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Members of a group are dropped for whoever stands for its best."""
    member = group != np.arange(len(group))
    return np.where(member, np.where(kept_by[group] >= 0, kept_by[group], group), kept_by)
