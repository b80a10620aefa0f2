"""One suspicion out of many signals, and what it is worth once people have looked."""

from collections.abc import Callable, Mapping

import numpy as np


def known(values: np.ndarray) -> np.ndarray:
    """`bool[n]`: to whom does a signal apply? `int8[n]` is -1 where it does not, `float64[n]` is nan."""
    return values >= 0 if values.dtype == np.int8 else ~np.isnan(values)


def ranks(values: np.ndarray) -> np.ndarray:
    """`float64[n]`: the rank of each value among those that are known, in (0, 1), ties in the middle; nan
    where there is none.
    """
    return _of_ranks(values, lambda rank: rank, unknown=np.nan)


def _of_ranks(values: np.ndarray, told: Callable[[np.ndarray], np.ndarray], *, unknown: float) -> np.ndarray:
    """`float64[n]`: what is told of the rank of each value; asked once for equal values."""
    if values.dtype == np.int8:
        count = np.bincount(values.view(np.uint8), minlength=256)[:128]
        ranked = told(_middle(np.cumsum(count) - count, count, of=int(count.sum())))
        return np.append(ranked, np.full(128, unknown))[values.view(np.uint8)]
    found = np.full(len(values), unknown)
    order = np.argsort(values)  # nan comes last
    order = order[: len(values) - np.count_nonzero(np.isnan(values))]
    risen = values[order]
    starts = np.append(np.flatnonzero(np.append(True, risen[1:] != risen[:-1])[: len(risen)]), len(risen))
    count = np.diff(starts)
    found[order] = np.repeat(told(_middle(starts[:-1], count, of=len(order))), count)
    return found


def _middle(before: np.ndarray, count: np.ndarray, *, of: int) -> np.ndarray:
    """The middle rank of some equal values."""
    return (before + (count + 1) / 2) / (of + 1)


def combined(signals: Mapping[str, np.ndarray], *, weights: Mapping[str, float], n: int) -> np.ndarray:
    """`float64[n]` suspicion, 0..1: the share of examples that are less suspicious.

    The ranks of the signals are averaged on a logarithmic scale, -log(1 - rank): one signal that stands out
    counts more than several that are a little above the middle (Fisher's sum of p-values). A signal that does
    not apply to an example counts as its mean over all, 1.

    Args:
        signals: name → what `known` takes.
    """
    total = np.zeros(n)
    for name in sorted(signals):
        weight = weights[name]
        total += _of_ranks(
            signals[name],
            lambda rank, weight=weight: weight * np.round(-np.log1p(-rank), 6),
            unknown=weight,
        )
    return ranks(np.round(total, 6, out=total))


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
