"""Mixtures, unseen mass and diversity against closed forms and published numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.stats.cluster import share_by_groups
from tuneset.stats.diversity import vendi
from tuneset.stats.good_turing import coverage_interval, sample_coverage, singletons_and_pairs
from tuneset.stats.mixture import (
    effective_size,
    evenness,
    jensen_shannon,
    total_variation,
    variation_interval,
)


def test_sample_coverage_of_chao_and_jost() -> None:
    assert sample_coverage(30, 12, 200) == pytest.approx(0.8506, abs=5e-5)


def test_without_singletons_everything_was_seen_and_of_nothing_nothing() -> None:
    assert sample_coverage(0, 5, 100) == 1
    assert sample_coverage(0, 0, 0) == 0
    assert sample_coverage(1, 0, 1) == 0


def test_the_interval_of_the_unseen_mass_holds_the_truth_as_often_as_it_says() -> None:
    draw = np.random.default_rng(7)
    shares = 1 / np.arange(1, 151)
    shares /= shares.sum()
    held = 0
    for _ in range(400):
        counts = draw.multinomial(300, shares)
        low, high = coverage_interval(*singletons_and_pairs(counts))
        held += low <= shares[counts > 0].sum() <= high
    assert held >= 0.92 * 400


def test_jensen_shannon_in_bits() -> None:
    assert jensen_shannon(np.array([5, 3, 2]), np.array([4, 3, 3])) == pytest.approx(0.01128, abs=5e-6)
    assert jensen_shannon(np.array([1, 0]), np.array([0, 1])) == pytest.approx(1)


def test_total_variation_and_evenness() -> None:
    assert total_variation(np.array([1, 1]), np.array([3, 1])) == pytest.approx(0.25)
    assert evenness(np.array([5, 5, 5])) == pytest.approx(1)
    assert evenness(np.array([1, 0])) == 0
    assert effective_size(np.ones(9)) == pytest.approx(9)
    assert effective_size(np.array([8.0, 1, 1])) == pytest.approx(100 / 66)


def test_vendi_of_equal_orthogonal_and_paired_vectors() -> None:
    eye = np.eye(4)
    assert vendi(eye) == pytest.approx(4)
    assert vendi(np.ones((4, 4)) / 2) == pytest.approx(1)
    assert vendi(eye[[0, 0, 1, 1]]) == pytest.approx(2)


@pytest.mark.parametrize("apart", [0.0, 0.2])
def test_the_interval_of_a_variation_holds_the_truth(apart: float) -> None:
    draw = np.random.default_rng(3)
    fixed = np.full(20, 0.05)
    source = fixed + np.where(np.arange(20) < 10, 1, -1) * apart / 10
    held = 0
    for _ in range(200):
        low, high = variation_interval(fixed, draw.multinomial(400, source), size=400)
        held += low <= apart <= high
    assert held >= 190
    assert high - low < 0.25


def test_a_share_in_groups_is_less_sure_than_one_of_independent_trials() -> None:
    hits, trials = np.array([1, 1, 0, 0] * 25), np.ones(100, np.int64)
    alone = share_by_groups(hits, trials, np.arange(100))
    assert alone[0] == 0.5
    assert alone[2] - 0.5 == pytest.approx(1.95996 * math.sqrt(0.25 / 99), rel=1e-4)
    together = share_by_groups(hits, trials, np.arange(100) // 4 * 2 + hits)  # equal ones hang together
    assert together[2] > alone[2]
    assert share_by_groups(hits, trials, np.zeros(100))[1:] == (0.0, 1.0)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30))
def test_coverage_lies_between_its_bounds(counts: list[int]) -> None:
    seen = singletons_and_pairs(np.array(counts))
    low, high = coverage_interval(*seen)
    assert 0 <= low <= sample_coverage(*seen) <= high <= 1
