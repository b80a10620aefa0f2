"""One suspicion out of many signals, and what it is worth once people have looked."""

from collections.abc import Mapping

import numpy as np


def ranks(values: np.ndarray) -> np.ndarray:
    """`float64[n]`: the rank of each value among those that are known, in (0, 1), ties in the middle; nan
    where there is none.
    """
    found = np.full(len(values), np.nan)
    (known,) = np.nonzero(~np.isnan(values))
    if len(known):
        _, group, count = np.unique(values[known], return_inverse=True, return_counts=True)
        before = np.cumsum(count) - count
        found[known] = (before + (count + 1) / 2)[group] / (len(known) + 1)
    return found


def combined(signals: Mapping[str, np.ndarray], *, weights: Mapping[str, float], n: int) -> np.ndarray:
    """`float64[n]` suspicion, 0..1: the share of examples that are less suspicious.

    The ranks of the signals are averaged on a logarithmic scale, -log(1 - rank): one signal that stands out
    counts more than several that are a little above the middle (Fisher's sum of p-values). A signal that does
    not apply to an example counts as its mean over all, 1.
    """
    total = np.zeros(n)
    for name in sorted(signals):
        surprise = -np.log1p(-ranks(signals[name]))
        total += weights[name] * np.round(np.where(np.isnan(surprise), 1.0, surprise), 6)
    return ranks(np.round(total, 6))


def isotonic(score: np.ndarray, wrong: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rising steps through reviewed examples: `float64[s]` scores at which steps begin, `float64[s]` shares
    that are wrong.

    Source: pool adjacent violators, Barlow et al. 1972; as `sklearn.isotonic.IsotonicRegression`.
    """
    order = np.argsort(score, kind="stable")
    starts, sums, counts = [], [], []
    for s, w in zip(score[order].tolist(), wrong[order].astype(float).tolist(), strict=True):
        starts.append(s)
        sums.append(w)
        counts.append(1)
        while len(sums) > 1 and (sums[-2] * counts[-1] >= sums[-1] * counts[-2] or starts[-2] == starts[-1]):
            last_sum, last_count = sums.pop(), counts.pop()
            starts.pop()
            sums[-1] += last_sum
            counts[-1] += last_count
    return np.array(starts), np.array(sums) / np.array(counts) if counts else np.array([])


def calibrated(score: np.ndarray, steps: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """`float64[n]`: the share wrong at each score."""
    starts, shares = steps
    at = np.searchsorted(starts, score, side="right") - 1
    return shares[np.clip(at, 0, len(shares) - 1)]
