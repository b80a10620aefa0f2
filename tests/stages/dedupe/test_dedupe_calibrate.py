"""From judged pairs to a threshold: against closed forms, and on populations whose truth is known."""
# ruff: noqa: ANN001, ANN201 - types are what the strategies and parameters say

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneset.stages.dedupe.calibrate import (
    STRATA,
    Judged,
    Population,
    best,
    drawn,
    fit,
    fits,
    rising,
    strata_of,
)


def slow_rising(share, weight):
    """Isotonic regression by its definition: the largest of the smallest means of what follows."""
    n = len(share)

    def mean(j, k):  # noqa: ANN202
        return float(np.average(share[j : k + 1], weights=weight[j : k + 1]))

    return [max(min(mean(j, k) for k in range(i, n)) for j in range(i + 1)) for i in range(n)]


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 5)), min_size=1, max_size=12))
def test_the_curve_is_the_isotonic_regression(pairs):
    twin, weight = (np.array(column, float) for column in zip(*pairs, strict=True))
    score = np.linspace(0.75, 1, len(pairs))
    assert rising(score, twin, weight, score) == pytest.approx(slow_rising(twin, weight))


def population(n, *, seed=3):
    """Pairs whose chance to be one rises from 0 at .75 to 1 at 1; a fifth would not be merged."""
    chance = np.random.default_rng(seed)
    score = (0.75 + 0.25 * chance.random(n) ** 2).round(4)
    merged = chance.random(n) < 0.8
    twin = chance.random(n) < np.clip((score - 0.75) / 0.15, 0, 1)
    return (
        Population(score, merged, strata_of(score, merged)),
        twin,
        chance.integers(0, 1 << 62, n).astype(np.uint64),
    )


def judged(found, twin, rows):
    return Judged(found.score[rows], twin[rows], found.stratum[rows], found.merged[rows])


def test_the_proposal_holds_what_it_says_on_the_whole_population():
    found, twin, order = population(20_000)
    made = fit(judged(found, twin, drawn(found.stratum, order, pairs=400)), found)
    assert made.proposed is not None
    above = found.merged & (found.score >= made.proposed.threshold)
    assert twin[above].mean() == pytest.approx(0.95, abs=0.06)
    assert made.proposed.recall == pytest.approx(twin[above].sum() / twin.sum(), abs=0.1)
    assert made.low is not None
    assert made.high is not None
    assert made.low <= made.proposed.threshold <= made.high
    assert made.proposed.precision_low < made.proposed.precision < 1


def test_where_nothing_is_one_no_threshold_is_proposed():
    found, twin, order = population(3_000)
    rows = drawn(found.stratum, order, pairs=200)
    assert fit(judged(found, np.zeros_like(twin), rows), found).proposed is None


@pytest.mark.parametrize(("kept_apart", "wording"), [(1.0, "loose"), (0.0, "strict")])
def test_loose_is_proposed_where_the_second_key_keeps_duplicates_apart(kept_apart, wording):
    """`kept_apart`: share of the pairs refused by the second key that are one example all the same."""
    found, twin, order = population(5_000)
    chance = np.random.default_rng(5).random(len(twin))
    twin = np.where(found.merged, twin, twin & (chance < kept_apart))
    rows = drawn(found.stratum, order, pairs=200)
    made = fits(judged(found, twin, rows), found)
    assert best(made) == wording
    if wording == "loose":
        assert made["loose"].proposed.recall > made["strict"].proposed.recall


def test_a_wording_of_which_few_pairs_were_judged_is_not_fitted():
    found, twin, _ = population(400)
    few = np.concatenate([np.flatnonzero(found.merged)[:20], np.flatnonzero(~found.merged)[:20]])
    assert list(fits(judged(found, twin, few), found)) == ["loose"]


def test_the_draw_takes_from_every_tenth_and_can_be_repeated():
    found, _, order = population(5_000)
    rows = drawn(found.stratum, order, pairs=200)
    again = drawn(found.stratum, order, pairs=200)
    assert rows.tolist() == again.tolist()
    assert len(set(rows.tolist())) == 200
    counts = np.bincount(found.stratum[rows], minlength=2 * STRATA)
    assert counts[:STRATA].tolist() == [15] * STRATA
    assert counts[STRATA:].tolist() == [5] * STRATA


def test_a_small_population_is_judged_whole():
    found, _, order = population(40)
    assert drawn(found.stratum, order, pairs=200).tolist() == list(range(40))


def test_tenths_with_few_pairs_leave_theirs_to_the_others():
    stratum = np.array([0] * 2 + [1] * 500 + [STRATA] * 500)
    rows = drawn(stratum, np.arange(len(stratum)).astype(np.uint64), pairs=100)
    assert np.bincount(stratum[rows], minlength=STRATA + 1)[[0, 1, STRATA]].tolist() == [2, 73, 25]
