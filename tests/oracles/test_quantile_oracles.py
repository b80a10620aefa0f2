"""Quantiles against scipy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betainc, betaincinv, ndtri

from tuneset.stats.quantile import beta_quantile, beta_share, normal_quantile

sizes = st.one_of(st.integers(1, 30), st.integers(1, 1_000_000))
shares = st.floats(1e-6, 1 - 1e-6)


@given(a=sizes, b=sizes, share=shares)
def test_beta_quantiles_are_those_of_scipy(a: int, b: int, share: float) -> None:
    assert beta_quantile(a, b, share) == pytest.approx(betaincinv(a, b, share), rel=1e-7)


@given(a=sizes, b=sizes, x=st.floats(0, 1))
def test_shares_of_the_beta_distribution_are_those_of_scipy(a: int, b: int, x: float) -> None:
    assert beta_share(a, b, x) == pytest.approx(betainc(a, b, x), rel=1e-7, abs=1e-12)


@given(share=shares)
def test_normal_quantiles_are_those_of_scipy(share: float) -> None:
    assert normal_quantile(share) == pytest.approx(ndtri(share), abs=1e-12)
