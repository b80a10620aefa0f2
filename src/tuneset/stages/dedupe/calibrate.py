"""From judged pairs to a threshold: which share of the pairs above a similarity are duplicates to a reader?

    strata     pairs of a build cut into tenths by similarity, a few drawn from each without looking at the
    score fit        P(duplicate | similarity) rising with the similarity (isotonic regression, weighted by
    stratum) proposal   the lowest threshold above which the wanted share of all pairs are duplicates, with
    intervals

Sources: research/science 3.2; isotonic regression by pool-adjacent-violators, as SciPy does it; intervals by
Clopper and Pearson (share of the judged pairs above the threshold) and by a bootstrap within strata
(threshold, recall).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from tuneset.stats.proportion import clopper_pearson

STRATA = 10
PRECISION = 0.95
STEP = 0.01
"""Between two thresholds that are looked at."""
FEWEST = 30
"""Judged pairs below which nothing is fitted."""
CLEARLY = 0.02
"""Recall that `loose` must add before it is proposed: it merges what differs in one word."""

Wording = Literal["strict", "loose"]

_ROUNDS = 200  # of the bootstrap
_SEED = 20_241


@dataclass(frozen=True)
class Judged:
    """Pairs that a person judged.

    Attributes:
        score: `float64[k]` similarity. twin: `bool[k]` is the pair one example to the reader?
        stratum: `int64[k]` which part of the population it was drawn from.
        merged: `bool[k]` would the pair be merged if it were similar enough? Others only count for recall.
    """

    score: np.ndarray
    twin: np.ndarray
    stratum: np.ndarray
    merged: np.ndarray


@dataclass(frozen=True)
class Population:
    """All pairs that a threshold decides about, and those that another key keeps apart.

    Attributes:
        score: `float64[n]`. merged: `bool[n]`. stratum: `int64[n]`, as in `Judged`.
    """

    score: np.ndarray
    merged: np.ndarray
    stratum: np.ndarray


@dataclass(frozen=True)
class Point:
    """What a threshold gives: estimates over the population, `right` of `judged` judged pairs above it were
    duplicates.

    `precision_low`, `precision_high`: 95 % interval of the share among the judged pairs. `recall`: of all
    duplicates in the population, those that no similarity below its floor is asked for.
    """

    threshold: float
    precision: float
    precision_low: float
    precision_high: float
    recall: float
    right: int
    judged: int


@dataclass(frozen=True)
class Fit:
    """The curve and what follows from it. `proposed` is None if no threshold reaches the wanted precision;
    `low`, `high`: where the proposal lies in 95 % of the resamples; `recall_low`, `recall_high` likewise.
    """

    curve: tuple[Point, ...]
    proposed: Point | None
    low: float | None
    high: float | None
    recall_low: float | None
    recall_high: float | None


def fits(judged: Judged, population: Population) -> dict[Wording, Fit]:
    """The fit of each wording for which enough pairs were judged.

    Args:
        judged, population: `merged` says what the second key of `strict` lets pass; `loose` has none.
    """
    every = np.ones(len(judged.score), bool), np.ones(len(population.score), bool)
    ways: dict[Wording, tuple[Judged, Population]] = {
        "strict": (judged, population),
        "loose": (replace(judged, merged=every[0]), replace(population, merged=every[1])),
    }
    return {name: fit(*way) for name, way in ways.items() if way[0].merged.sum() >= FEWEST}


def best(found: Mapping[Wording, Fit]) -> Wording:
    """The wording whose threshold finds clearly more duplicates at the wanted precision; `strict` if neither
    does, or if it was the only one with enough pairs.
    """
    recall = {name: made.proposed.recall if made.proposed else 0.0 for name, made in found.items()}
    if "strict" not in recall:
        return "loose"
    return "loose" if recall.get("loose", 0.0) > recall["strict"] + CLEARLY else "strict"


def strata_of(score: np.ndarray, merged: np.ndarray) -> np.ndarray:
    """`int64[n]`: the tenth of each pair among those that would be merged; `STRATA` and on for the tenths of
    the others.
    """
    found = np.zeros(len(score), np.int64)
    for kind in (True, False):
        here = merged == kind
        if here.any():
            edges = np.quantile(score[here], np.arange(1, STRATA) / STRATA)
            found[here] = np.searchsorted(edges, score[here], side="right") + (0 if kind else STRATA)
    return found


def drawn(stratum: np.ndarray, order: np.ndarray, *, pairs: int) -> np.ndarray:
    """Rows to judge: three quarters of them from the tenths of those that would be merged, as many from each
    as it has.

    Args:
        stratum: `int64[n]` of `strata_of`.
        order: `uint64[n]` decides within a stratum: a hash of the pair, so that the draw can be repeated.
        pairs: how many in all.
    """
    chosen = []
    first = pairs * 3 // 4
    for low, wanted in ((0, first), (STRATA, pairs - first)):
        left = wanted
        tenths = sorted(range(low, low + STRATA), key=lambda tenth: (stratum == tenth).sum())
        for place, tenth in enumerate(tenths):  # the smallest first: what it lacks goes to the others
            (rows,) = np.nonzero(stratum == tenth)
            take = min(len(rows), left // (STRATA - place))
            chosen.append(rows[np.argsort(order[rows], kind="stable")[:take]])
            left -= take
    return np.sort(np.concatenate(chosen))


def fit(judged: Judged, population: Population, *, precision: float = PRECISION) -> Fit:
    """The curve, the proposed threshold and their intervals. Needs at least one judged pair that would be
    merged.
    """
    curve = _curve(judged, population)
    proposed = _lowest(curve, precision)
    again = [_lowest(_curve(_resampled(judged, chance), population), precision) for chance in _chances()]
    found = [point for point in again if point is not None]
    if proposed is None or not found:
        return Fit(tuple(curve), proposed, None, None, None, None)
    ends = np.quantile([(point.threshold, point.recall) for point in found], [0.025, 0.975], axis=0).round(4)
    low, high, least, most = (float(end) for end in ends.T.ravel())
    return Fit(tuple(curve), proposed, low, high, least, most)


def rising(score: np.ndarray, twin: np.ndarray, weight: np.ndarray, at: np.ndarray) -> np.ndarray:
    """`float64[n]`: P(duplicate) at the similarities `at`: the isotonic fit, linear between judged
    similarities, flat outside.
    """
    from scipy.optimize import isotonic_regression

    levels, place = np.unique(score, return_inverse=True)
    mass = np.bincount(place, weights=weight)
    share = np.bincount(place, weights=weight * twin) / mass
    return np.interp(at, levels, np.asarray(isotonic_regression(share, weights=mass).x))


def _weights(judged: Judged, population: Population) -> np.ndarray:
    """How many pairs of the population a judged pair stands for."""
    size = np.bincount(population.stratum, minlength=2 * STRATA)
    taken = np.bincount(judged.stratum, minlength=2 * STRATA)
    return (size / np.maximum(taken, 1))[judged.stratum]


def _curve(judged: Judged, population: Population) -> list[Point]:
    """A point for each `STEP` that adds pairs, from the highest down."""
    weight, open_ = _weights(judged, population), judged.merged
    scores = np.sort(population.score[population.merged])[::-1]
    chance = rising(judged.score[open_], judged.twin[open_], weight[open_], scores)
    twins, apart = np.cumsum(chance), float((weight * judged.twin)[~open_].sum())
    points = []
    for threshold in np.arange(round(1 / STEP), -1, -1) * STEP:
        count = int(np.searchsorted(-scores, -threshold + 1e-9, side="right"))
        above = open_ & (judged.score >= threshold - 1e-9)
        if not count or not above.any() or (points and points[-1][1] == count):
            continue
        right, looked = int(judged.twin[above].sum()), int(above.sum())
        low, high = clopper_pearson(right, looked)
        share, found = twins[count - 1] / count, twins[count - 1] / max(twins[-1] + apart, 1e-12)
        t, p, least, most, r = (round(float(number), 4) for number in (threshold, share, low, high, found))
        points.append((Point(t, p, least, most, r, right, looked), count))
    return [point for point, _ in points]


def _lowest(curve: list[Point], precision: float) -> Point | None:
    """The lowest threshold that reaches the precision; higher ones do, because the curve rises."""
    reached = [point for point in curve if point.precision >= precision]
    return min(reached, key=lambda point: point.threshold, default=None)


def _chances() -> list[np.random.Generator]:
    return [np.random.default_rng((_SEED, number)) for number in range(_ROUNDS)]


def _resampled(judged: Judged, chance: np.random.Generator) -> Judged:
    """As many judged pairs of each stratum, drawn with replacement; one that would be merged is always among
    them.
    """
    rows = [
        chance.choice(np.flatnonzero(judged.stratum == tenth), (judged.stratum == tenth).sum())
        for tenth in np.unique(judged.stratum)
    ]
    taken = np.concatenate(rows)
    return Judged(judged.score[taken], judged.twin[taken], judged.stratum[taken], judged.merged[taken])
