"""How much of the traffic has not been seen yet, from how often its kinds were seen once and twice."""

import math

import numpy as np

from tuneset.stats.quantile import normal_quantile


def singletons_and_pairs(counts: np.ndarray) -> tuple[int, int, int]:
    """Kinds seen once, kinds seen twice, and all sightings, of `int64[kinds]` counts."""
    return int((counts == 1).sum()), int((counts == 2).sum()), int(counts.sum())


def sample_coverage(once: int, twice: int, n: int) -> float:
    """Share of all traffic, 0..1, that is of a kind seen among `n` sightings; `once` and `twice` kinds were
    seen so often.

    Source: Good 1953 (1 - once / n) as improved by Chao & Jost 2012, equation 4a.
    """
    if n == 0:
        return 0.0
    if once == 0:
        return 1.0
    if n == 1:
        return 0.0
    return 1 - once / n * (n - 1) * once / ((n - 1) * once + 2 * twice)


def coverage_interval(once: int, twice: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Two-sided interval of the sample coverage, 0..1.

    Source: Esty 1983, the normal limit law of Good's estimate; its variance is
    (once (1 - once / n) + 2 twice) / n^2. Where nothing is rare, or all is: rule of three, birthday bound.
    """
    if n == 0:
        return 0.0, 1.0
    middle = sample_coverage(once, twice, n)
    if once == 0 and twice == 0:  # nothing was rare, so the normal law says nothing; the rule of three does
        return max(0.0, 1 - 3 / n), 1.0
    if once == n:  # nothing came twice: sum p^2 is at most 6 / (n (n - 1)), and the seen have n times that
        return 0.0, min(1.0, 6 / max(1, n - 1))
    reach = normal_quantile(0.5 + confidence / 2) * math.sqrt(once * (1 - once / n) + 2 * twice) / n
    return max(0.0, middle - reach), min(1.0, middle + reach)
