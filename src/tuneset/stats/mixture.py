"""How two mixtures differ, how even one is, and how sure that is."""

import math

import numpy as np


def shares(weights: np.ndarray) -> np.ndarray:
    """`float64[k]` that sums to 1, or zeros if nothing has weight."""
    whole = weights.sum()
    return weights / whole if whole else np.zeros(len(weights))


def total_variation(one: np.ndarray, other: np.ndarray) -> float:
    """Half the sum of the differences of two mixtures (`[k]` weights), 0 (equal) to 1 (nothing in common)."""
    return float(np.abs(shares(one) - shares(other)).sum() / 2)


def jensen_shannon(one: np.ndarray, other: np.ndarray) -> float:
    """Jensen-Shannon divergence of two mixtures (`[k]` weights) in bits, 0..1.

    Source: Lin 1991.
    """
    p, q = shares(one), shares(other)
    middle = (p + q) / 2
    return (_relative(p, middle) + _relative(q, middle)) / 2


def evenness(weights: np.ndarray) -> float:
    """Entropy of a mixture (`[k]` weights) over that of an even one, 0..1; 1 if there is only one kind.

    Source: Pielou 1966.
    """
    if len(weights) < 2:
        return 1.0
    p = shares(weights)
    p = p[p > 0]
    return float(-(p * np.log(p)).sum() / np.log(len(weights)))


def effective_size(weights: np.ndarray) -> float:
    """So many equally weighted draws say as much as these weighted ones.

    Source: Kish 1965: (sum w)^2 / sum w^2.
    """
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def variation_interval(
    fixed: np.ndarray, drawn: np.ndarray, *, size: float, confidence: float = 0.95
) -> tuple[float, float]:
    """Two-sided interval of the total variation between a mixture and the one that a sample was drawn from.

    Args:
        fixed: `[k]` weights, known exactly.
        drawn: `[k]` weights of the sample.
        size: independent draws behind it (`effective_size`).
        confidence: the interval holds the truth at least so often.

    The distance of a sample is on average too large, by at most its expected distance from its source, and
    never too small on average (it is convex); one draw moves it by at most 1 / size.
    Source: McDiarmid 1989, bounded differences; E|q - q'| <= sqrt(q (1 - q) / n).
    """
    if size < 1 or not fixed.sum() or not drawn.sum():
        return 0.0, 1.0
    found, q = total_variation(fixed, drawn), shares(drawn)
    tail = math.sqrt(math.log(2 / (1 - confidence)) / 2 / size)
    noise = float(np.sqrt(q * (1 - q) / size).sum()) / 2
    return max(0.0, found - noise - tail), min(1.0, found + tail)


def _relative(p: np.ndarray, q: np.ndarray) -> float:
    some = p > 0
    return float((p[some] * np.log2(p[some] / q[some])).sum())
