"""The order by several keys is that of sorting by all of them."""
# ruff: noqa: ANN001, ANN201 - types are what the strategies say

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneset.kernels.order import grouped, lexicographic, ordered


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32), st.integers(0, 60), st.lists(st.sampled_from([1, 9]), min_size=1, max_size=4))
def test_the_order_by_several_keys_is_that_of_lexsort(seed, n, ranges):
    chance = np.random.default_rng(seed)
    keys = [chance.integers(0, most, n) for most in ranges]
    assert lexicographic(*keys).tolist() == np.lexsort(keys[::-1]).tolist()


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32), st.integers(0, 60), st.sampled_from([1, 9, 2**40]))
def test_groups_are_what_unique_finds(seed, n, most):
    key = np.random.default_rng(seed).integers(0, most, n)
    found = grouped(key)
    _, first, member, count = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    assert found.order.tolist() == ordered(key).tolist() == np.argsort(key, kind="stable").tolist()
    assert found.first.tolist() == first.tolist()
    assert found.member.tolist() == member.tolist()
    assert found.counts.tolist() == count.tolist()
