"""Intervals for examples that are not independent: those of one group count as one draw."""

import math

import numpy as np

from tuneset.stats.quantile import normal_quantile


def share_by_groups(
    hits: np.ndarray, trials: np.ndarray, group: np.ndarray, *, confidence: float = 0.95
) -> tuple[float, float, float]:
    """A share of trials, and its two-sided interval, when trials come in groups.

    Args:
        hits, trials: `int64[n]` of each example.
        group: `int64[n]`, examples of one group have the same number.
        confidence: how often the interval holds the truth.

    Returns:
        The share, its lower and its upper bound, 0..1; without two groups the interval is everything.

    Source: linearised variance of a ratio estimator, Cochran 1977, 6.13.
    """
    whole = int(trials.sum())
    if not whole:
        return 0.0, 0.0, 1.0
    value = float(hits.sum()) / whole
    _, member = np.unique(group, return_inverse=True)
    rest = np.bincount(member, weights=hits - value * trials)
    count = len(rest)
    if count < 2:
        return value, 0.0, 1.0
    spread = math.sqrt(float((rest**2).sum()) * count / (count - 1)) / whole
    reach = normal_quantile(0.5 + confidence / 2) * spread
    return value, max(0.0, value - reach), min(1.0, value + reach)
