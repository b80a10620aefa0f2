"""What has not been asked yet: kinds of inputs by closeness of sentence vectors, without names for them."""

from typing import NamedTuple

import numpy as np

from tuneset.stages.quality.signal import Signal, at_least, at_most, percent
from tuneset.stats.good_turing import coverage_interval, sample_coverage, singletons_and_pairs
from tuneset.stats.proportion import clopper_pearson

GRAINS = (0.55, 0.6, 0.65)
"""Cosines from which two inputs count as one kind, coarse to fine: a broad domain (150 intents of ten) wants
the first, a narrow one (77 intents of a bank) the last. Source: benchmarks/curate.md, quality."""
SAME_KIND = GRAINS[1]
MOST_UNSEEN = 0.10
LEAST_REACHED = 0.90
_BLOCK = 256


def leaders(units: np.ndarray, *, min_cosine: float) -> np.ndarray:
    """`int64[n]`: the kind of each vector. In their order, a vector joins the nearest leader within
    `min_cosine`, or becomes a leader of its own.

    Args:
        units: `float32[n, d]` vectors of length 1.
        min_cosine: 0..1.

    Source: leader algorithm, Hartigan 1975. Cost: n x kinds x d.
    """
    kind = np.empty(len(units), np.int64)
    led = np.empty((0, units.shape[1]), np.float32)
    for start in range(0, len(units), _BLOCK):
        block = units[start : start + _BLOCK]
        near = block @ led.T
        best = near.argmax(axis=1) if len(led) else np.zeros(len(block), np.int64)
        score = near[np.arange(len(block)), best] if len(led) else np.full(len(block), -1, np.float32)
        among = block @ block.T
        fresh: list[int] = []
        for i in range(len(block)):
            if fresh:
                other = int(among[i, fresh].argmax())
                if among[i, fresh[other]] > score[i]:
                    score[i], best[i] = among[i, fresh[other]], len(led) + other
            if score[i] < min_cosine:
                best[i] = len(led) + len(fresh)
                fresh.append(i)
            kind[start + i] = best[i]
        led = np.concatenate([led, block[fresh]])
    return kind


def unseen_kinds(units: np.ndarray, *, times: np.ndarray) -> Signal:
    """The share of coming traffic that will be unlike all of these inputs.

    How fine a kind is cannot be known without labels, so the interval is that of the coarsest and the finest
    reading together.

    Args:
        units: `float32[n, d]`, inputs in an order that has nothing to do with what they say.
        times: `int64[n]`, how often each was asked (itself and its merged twins).
    """
    coarse, middle, fine = (_seen(leaders(units, min_cosine=grain), times=times) for grain in GRAINS)
    low, high = 1 - coarse.high, 1 - fine.low
    value = 1 - middle.covered
    verdict = at_most(MOST_UNSEEN, low=low, high=high)
    return Signal(
        "unseen_kinds",
        "",
        value,
        "share",
        middle.n,
        low,
        high,
        verdict,
        f"about {percent(value)} of coming inputs will be of a kind that these logs do not hold, "
        f"{percent(low)} to {percent(high)} by how finely kinds are told apart "
        f"({coarse.kinds:,} to {fine.kinds:,} of them)",
        f"at most {percent(MOST_UNSEEN)} (a convention)",
        ""
        if verdict == "good"
        else "take more logs, or name intents in a factor: counted by name this is sharper",
    )


def unseen_values(about: str, codes: np.ndarray, *, times: np.ndarray) -> Signal:
    """The share of coming traffic that will have a value of a factor (or a label) not among these.

    Args:
        about: the factor, or `label`.
        codes: `int64[n]`. times: `int64[n]`, as for `unseen_kinds`.
    """
    seen = _seen(codes, times=times)
    value, low, high = 1 - seen.covered, 1 - seen.high, 1 - seen.low
    verdict = at_most(MOST_UNSEEN, low=low, high=high)
    return Signal(
        "unseen_values",
        about,
        value,
        "share",
        seen.n,
        low,
        high,
        verdict,
        f"about {percent(value)} of the traffic has a value that these logs do not hold; "
        f"{seen.once:,} of {seen.kinds:,} values were seen once",
        f"at most {percent(MOST_UNSEEN)} (a convention)",
        "" if verdict == "good" else "take more logs before you close the set of values",
    )


class _Seen(NamedTuple):
    """Kinds, sightings, kinds seen once; the share of traffic that is of a seen kind, and its interval."""

    kinds: int
    n: int
    once: int
    covered: float
    low: float
    high: float


def _seen(kind: np.ndarray, *, times: np.ndarray) -> _Seen:
    counts = np.bincount(kind, weights=times).astype(np.int64)
    counts = counts[counts > 0]
    once, twice, n = singletons_and_pairs(counts)
    return _Seen(len(counts), n, once, sample_coverage(once, twice, n), *coverage_interval(once, twice, n))


def reached(units: np.ndarray, *, train: np.ndarray, held: np.ndarray, group: np.ndarray) -> Signal:
    """The share of held-out inputs that have a training input of their kind.

    Args:
        units: `float32[n, d]`. train, held: rows of it. group: `int64[n]` of connected examples; of each only
        the first held-out one counts, so that trials are independent.
    """
    _, first = np.unique(group[held], return_index=True)
    asked = held[np.sort(first)]
    hits = sum(
        int(((units[asked[start : start + _BLOCK]] @ units[train].T).max(axis=1) >= SAME_KIND).sum())
        for start in range(0, len(asked), _BLOCK)
    )
    low, high = clopper_pearson(hits, len(asked))
    value = hits / len(asked)
    verdict = at_least(LEAST_REACHED, low=low, high=high)
    return Signal(
        "held_out_reached",
        "",
        value,
        "share",
        len(asked),
        low,
        high,
        verdict,
        f"{percent(value)} of the held-out groups of inputs have a training input of their kind",
        f"at least {percent(LEAST_REACHED)} (a convention)",
        "" if verdict == "good" else "look at the held-out inputs that stand alone; collect more like them",
    )
