"""Does training hold the kinds of examples in the proportions of the traffic?

Traffic is estimated from what was kept: each example counts as often as twins of it were merged, over the
probability with which its log was sampled.
"""

import numpy as np

from tuneset.stages.quality.signal import Signal, Verdict, at_most, percent
from tuneset.stats.mixture import evenness, shares, total_variation, variation_interval
from tuneset.stats.proportion import clopper_pearson

MOST_VARIATION = 0.10
"""Source: research/science 4.7, total variation between training and production."""
MOST_RATIO = 2.0
"""Source: research/science 4.7, share of refusals against production."""


def mix(
    about: str,
    codes: np.ndarray,
    *,
    names: list[str],
    train: np.ndarray,
    traffic: np.ndarray,
    draws: float,
) -> Signal:
    """How far the mixture of training is from that of the traffic, of which the logs are a sample.

    Args:
        about: the factor, or `label`.
        codes: `int64[n]` index into `names` (`[k]`) of each kept example.
        names: what the codes stand for.
        train: `bool[n]`, is it in training?
        traffic: `float64[n]`, for how many production examples it stands.
        draws: independent draws of the traffic that the logs amount to.
    """
    k = len(names)
    here = np.bincount(codes[train], minlength=k).astype(np.float64)
    there = np.bincount(codes, weights=traffic, minlength=k)
    low, high = variation_interval(here, there, size=draws)
    value = total_variation(here, there)
    verdict = at_most(MOST_VARIATION, low=low, high=high)
    apart = shares(here) - shares(there)
    most = int(np.argmax(np.abs(apart)))
    words = f"{percent(value)} of the training mix lies elsewhere than the traffic's"
    if value:
        word = "more" if apart[most] > 0 else "less"
        words += (
            f"; `{names[most]}` has {percent(shares(here)[most])} of training and "
            f"{percent(shares(there)[most])} of the traffic, most out of line ({word})"
        )
    return Signal(
        "class_balance",
        about,
        value,
        "share",
        len(codes),
        low,
        high,
        verdict,
        f"{words}; evenness {evenness(here):.2f} of 1",
        f"at most {percent(MOST_VARIATION)} unless tempered on purpose",
        "" if verdict == "good" else "collect more of what is short, or weigh examples by `multiplicity`",
    )


def smallest(about: str, codes: np.ndarray, *, names: list[str], train: np.ndarray, wanted: int) -> Signal:
    """The kind with the fewest training examples. `wanted`: fewest that teach a class."""
    counts = np.bincount(codes[train], minlength=len(names))
    short = np.flatnonzero(counts < wanted)
    least = int(np.argmin(counts))
    words = f"`{names[least]}` has {counts[least]:,} training examples, the fewest"
    if len(short) > 1:
        words += f"; {len(short):,} of {len(names):,} have fewer than {wanted}"
    return Signal(
        "smallest_class",
        about,
        float(counts[least]),
        "count",
        int(train.sum()),
        None,
        None,
        "poor" if len(short) else "good",
        words,
        f"at least {wanted} of each (research/science 3.9, a convention)",
        "collect or write examples of these" if len(short) else "",
    )


def refusals(is_refusal: np.ndarray, *, train: np.ndarray, traffic: np.ndarray, draws: float) -> Signal:
    """The share of refusals (`bool[n]`) in training over that in the traffic; see `mix`."""
    here = float(is_refusal[train].mean()) if train.any() else 0.0
    there = float(shares(traffic)[is_refusal].sum())
    n = max(1, round(draws))
    least, most = clopper_pearson(round(there * n), n)
    value = here / there if there else (1.0 if not here else float("inf"))
    low, high = here / most, here / least if least else float("inf")
    return Signal(
        "refusal_balance",
        "refusal",
        min(value, 1e6),
        "ratio",
        len(is_refusal),
        low,
        min(high, 1e6),
        _within(low, high),
        f"refusals are {percent(here)} of training and {percent(there)} of the traffic",
        f"within {MOST_RATIO:g} times of production",
        "" if _within(low, high) == "good" else "a model refuses as often as it was shown: mend the share",
    )


def _within(low: float, high: float) -> Verdict:
    if low >= 1 / MOST_RATIO and high <= MOST_RATIO:
        return "good"
    return "poor" if low > MOST_RATIO or high < 1 / MOST_RATIO else "undecided"
