"""Quantiles of the two distributions that intervals need, without the third of a second that scipy
takes to be imported: most builds ask for a few dozen of them.
"""

import math
from statistics import NormalDist

_ROUNDS = 200
_TINY = 1e-300
_CLOSE = 1e-16


def normal_quantile(share: float) -> float:
    """The standard normal quantile of `share`, 0 < share < 1."""
    return NormalDist().inv_cdf(share)


def beta_quantile(a: float, b: float, share: float) -> float:
    """The value, 0..1, below which `share` of the beta distribution with `a` and `b` lies.

    By halving, because that cannot fail; each step costs one `beta_share`.
    """
    if b == 1:
        return share ** (1 / a)
    if a == 1:
        return -math.expm1(math.log1p(-share) / b)
    low, high = 0.0, 1.0
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (middle, high) if beta_share(a, b, middle) < share else (low, middle)
    return (low + high) / 2


def beta_share(a: float, b: float, x: float) -> float:
    """How much of the beta distribution with `a` and `b` lies below `x`, 0..1: the regularised
    incomplete beta function.

    Source: the continued fraction of DLMF 8.17.22, evaluated as in Lentz 1976; on the far side of the mean by
    the symmetry of 8.17.4, where it converges in about sqrt(max(a, b)) steps.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_share(b, a, 1 - x)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(scale) / (a * _fraction(a, b, x))


def _fraction(a: float, b: float, x: float) -> float:
    """1 + d1 / (1 + d2 / (1 + …)) with the d of DLMF 8.17.23."""
    value, above, below = 1.0, 1.0, 0.0
    steps = 100 + 20 * math.isqrt(int(max(a, b)))
    for step in range(1, 2 * steps):
        m = step // 2
        if step % 2:
            d = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            d = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        below = 1 / (1 + d * below or _TINY)
        above = 1 + d / above or _TINY
        value *= above * below
        if abs(above * below - 1) < _CLOSE:
            break
    return value
