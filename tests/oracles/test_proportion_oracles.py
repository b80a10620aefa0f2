"""Bounds on proportions against published tables and closed forms."""

import math

import pytest
from scipy.stats import binom

from tuneset.stats.proportion import claimable_rate, clopper_pearson, lower_bound, trials_needed, upper_bound


def test_no_hit_in_three_hundred_is_the_exact_rule_of_three() -> None:
    assert upper_bound(0, 300) == pytest.approx(0.00994, abs=5e-6)
    assert upper_bound(0, 300) == pytest.approx(1 - 0.05 ** (1 / 300))


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        (3, 200, 0.00310, 0.04321),
        (45, 50, 0.782, 0.967),
        (90, 100, 0.824, 0.951),
        (180, 200, 0.850, 0.938),
        (450, 500, 0.870, 0.925),
        (900, 1000, 0.880, 0.918),
    ],
)
def test_clopper_pearson_intervals(hits: int, trials: int, low: float, high: float) -> None:
    digits = 5 if hits == 3 else 3
    assert tuple(round(bound, digits) for bound in clopper_pearson(hits, trials)) == (low, high)


@pytest.mark.parametrize(
    ("rate", "needed"),
    [
        (0.70, [9, 14, 19, 24]),
        (0.80, [14, 22, 30, 37]),
        (0.90, [29, 46, 61, 76]),
        (0.95, [59, 93, 124, 153]),
        (0.99, [299, 473, 628, 773]),
    ],
)
def test_trials_that_prove_a_rate_with_none_to_three_failures(rate: float, needed: list[int]) -> None:
    assert [trials_needed(rate, failures=failures) for failures in range(4)] == needed


@pytest.mark.parametrize("rate", [0.01, 0.3, 0.5, 0.9, 0.999])
def test_without_failures_the_closed_form_holds(rate: float) -> None:
    assert trials_needed(rate) == math.ceil(math.log(0.05) / math.log(rate))


@pytest.mark.parametrize(("hits", "trials"), [(0, 7), (1, 7), (6, 7), (7, 7), (50, 1000)])
def test_bounds_are_where_the_binomial_tail_is_five_per_cent(hits: int, trials: int) -> None:
    if hits < trials:
        assert binom.cdf(hits, trials, upper_bound(hits, trials)) == pytest.approx(0.05)
    if hits:
        assert binom.sf(hits - 1, trials, lower_bound(hits, trials)) == pytest.approx(0.05)


def test_the_ends_are_closed() -> None:
    assert clopper_pearson(0, 5)[0] == 0.0
    assert clopper_pearson(5, 5)[1] == 1.0
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    assert claimable_rate(0) == 0.0


@pytest.mark.parametrize(("hits", "trials"), [(-1, 5), (6, 5)])
def test_impossible_counts_are_refused(hits: int, trials: int) -> None:
    with pytest.raises(ValueError, match="hits"):
        upper_bound(hits, trials)


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_certainty_needs_no_finite_number_of_trials(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        trials_needed(rate)
