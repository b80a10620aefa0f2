"""Exact bounds on a proportion, and how many trials a claim needs."""

import math

from tuneset.stats.quantile import beta_quantile


def clopper_pearson(hits: int, trials: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Two-sided interval of a proportion, 0..1, after `hits` of `trials`.

    Source: Clopper & Pearson 1934, in its beta form.
    """
    tail = (1 - confidence) / 2
    return (
        lower_bound(hits, trials, confidence=1 - tail),
        upper_bound(hits, trials, confidence=1 - tail),
    )


def lower_bound(hits: int, trials: int, *, confidence: float = 0.95) -> float:
    """One-sided lower bound: the truth is below it in at most `1 - confidence` of cases."""
    _check(hits, trials)
    return 0.0 if hits == 0 else beta_quantile(hits, trials - hits + 1, 1 - confidence)


def upper_bound(hits: int, trials: int, *, confidence: float = 0.95) -> float:
    """One-sided upper bound: the truth is above it in at most `1 - confidence` of cases."""
    _check(hits, trials)
    return 1.0 if hits == trials else beta_quantile(hits + 1, trials - hits, confidence)


def claimable_rate(trials: int, *, failures: int = 0, confidence: float = 0.95) -> float:
    """The pass rate that `trials` with so many failures prove; with none it is (1 - confidence) ** (1 /
    trials).
    """
    return 0.0 if trials == 0 else lower_bound(trials - failures, trials, confidence=confidence)


def trials_needed(rate: float, *, failures: int = 0, confidence: float = 0.95) -> int:
    """Fewest trials that prove a pass rate of at least `rate` (0 < rate < 1) if so many of them fail.

    Without failures this is ceil(ln(1 - confidence) / ln(rate)); the rule of three follows from it.
    """
    if not 0 < rate < 1:
        raise ValueError("rate must lie between 0 and 1")
    low = failures
    high = max(1, math.ceil(math.log(1 - confidence) / math.log(rate))) + failures
    while claimable_rate(high, failures=failures, confidence=confidence) < rate:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        enough = claimable_rate(middle, failures=failures, confidence=confidence) >= rate
        low, high = (low, middle) if enough else (middle, high)
    return high


def _check(hits: int, trials: int) -> None:
    if not 0 <= hits <= trials:
        raise ValueError("hits must lie between 0 and trials")
