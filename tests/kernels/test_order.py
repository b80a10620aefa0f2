"""The order by several keys is that of sorting by all of them."""
# ruff: noqa: ANN001, ANN201 - types are what the strategies say

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneset.kernels.order import as_met, grouped, lexicographic, ordered


@settings(deadline=None, max_examples=100)
@given(
    st.integers(0, 2**32),
    st.integers(0, 60),
    st.lists(
        st.sampled_from([(0, 1), (0, 9), (-3, 4), (-(2**62), 2**62), (2**62, 2**62 + 9)]),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
)
def test_the_order_by_several_keys_is_that_of_lexsort(seed, n, ranges, unsigned):
    chance = np.random.default_rng(seed)
    keys = [chance.integers(*ends, n) for ends in ranges]
    keys = [key.astype(np.uint64) if unsigned and len(keys) > 1 else key for key in keys]
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


def test_keys_that_rise_already_are_in_order():
    assert lexicographic(np.array([1, 4, 9]), np.array([3, 2, 1])).tolist() == [0, 1, 2]


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32), st.integers(0, 40))
def test_groups_as_met_are_those_of_a_dictionary(seed, n):
    chance = np.random.default_rng(seed)
    labels, along = chance.integers(0, 12, n), chance.permutation(n)
    groups: dict[int, list[int]] = {}
    for row in along.tolist():
        groups.setdefault(int(labels[row]), []).append(row)
    found = as_met(labels, along)
    assert [rows.tolist() for rows in np.split(found.order, found.starts[1:-1])][: len(groups)] == list(
        groups.values()
    )
    assert len(found.counts) == len(groups)
