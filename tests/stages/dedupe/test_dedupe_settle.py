"""Who stays."""
# ruff: noqa: ANN001, ANN002, ANN201 - types are what the strategies and parameters say

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneset.stages.dedupe import KINDS, conflict_floor, links_of, rank_of, settle


def links(*rows):
    pairs = np.array([(i, j) for i, j, _kind in rows], np.int64).reshape(-1, 2)
    return links_of(pairs, np.array([KINDS.index(kind) for _i, _j, kind in rows], np.int8))


def settled(n, *rows, rank=None, cell=None, target=()):
    return settle(
        links(*rows),
        rank=np.arange(n) if rank is None else np.array(rank),
        cell=np.full(n, -1, np.int32) if cell is None else np.array(cell, np.int32),
        target=np.array(target, np.int32),
    )


def test_only_a_direct_twin_of_a_kept_example_is_dropped():
    found = settled(3, (0, 1, "near"), (1, 2, "near"))
    assert found.kept.tolist() == [True, False, True]
    assert found.kept_by.tolist() == [-1, 0, -1]
    assert found.multiplicity.tolist() == [2, 0, 1]
    assert found.kind.tolist() == [-1, 1, -1]


def test_exact_twins_share_their_links():
    found = settled(4, (0, 1, "near"), (1, 3, "exact"), (1, 2, "exact"))
    assert found.kept.tolist() == [True, False, False, False]
    assert found.kept_by.tolist() == [-1, 0, 0, 0]
    assert found.multiplicity.tolist() == [4, 0, 0, 0]


@pytest.mark.parametrize("kind", ["contrast", "conflict", "leak"])
def test_contrasts_conflicts_and_leaks_drop_nobody(kind):
    assert settled(2, (0, 1, kind)).kept.all()


def test_no_cell_falls_below_its_target_and_the_best_come_back():
    rows = [(0, 1, "near"), (0, 2, "near"), (0, 3, "semantic")]
    found = settled(4, *rows, cell=[0, 0, 0, 0], target=[3])
    assert found.kept.tolist() == [True, True, True, False]
    assert found.multiplicity.tolist() == [2, 1, 1, 0]


def test_exact_twins_do_not_fill_a_cell():
    found = settled(3, (0, 1, "exact"), (0, 2, "exact"), cell=[0, 0, 0], target=[3])
    assert found.kept.tolist() == [True, False, False]


graphs = st.integers(2, 9).flatmap(
    lambda n: st.tuples(
        st.lists(
            st.tuples(
                st.integers(0, n - 1),
                st.integers(0, n - 1),
                st.sampled_from(["exact", "near", "semantic", "conflict"]),
            ),
            max_size=14,
        ),
        st.permutations(range(n)),
        st.permutations(range(n)),
    )
)


@settings(deadline=None, max_examples=150)
@given(graphs)
def test_the_kept_twin_does_not_depend_on_row_or_link_order(graph):
    rows, rank, moved = graph
    n = len(rank)
    rows = sorted({(min(i, j), max(i, j), kind) for i, j, kind in rows if i != j})
    first = settled(n, *rows, rank=rank)
    again = settled(
        n,
        *[(min(moved[i], moved[j]), max(moved[i], moved[j]), kind) for i, j, kind in reversed(rows)],
        rank=[rank[moved.index(k)] for k in range(n)],
    )
    assert again.kept[np.array(moved)].tolist() == first.kept.tolist()
    assert again.multiplicity[np.array(moved)].tolist() == first.multiplicity.tolist()
    assert first.multiplicity.sum() == n
    assert first.kept[first.kept_by[~first.kept]].all()


def test_verified_comes_before_corrected_before_newest_before_richest_before_ids():
    n = 6
    rank = rank_of(
        verified=np.array([0, 0, 0, 0, 0, 1], bool),
        corrected=np.array([0, 0, 0, 0, 1, 0], bool),
        captured_at=np.array([1, 1, 1, 9, 0, 0]),
        richness=np.array([5, 5, 7, 0, 0, 0]),
        content_id=np.array([b"b", b"a", b"z", b"z", b"z", b"z"]),
        origin_id=np.array([bytes([k + 1]) for k in range(n)]),
    )
    assert np.argsort(rank).tolist() == [5, 4, 3, 2, 1, 0]


def test_richest_may_come_before_newest():
    both = {
        "verified": np.zeros(2, bool),
        "corrected": np.zeros(2, bool),
        "captured_at": np.array([1, 2]),
        "richness": np.array([9, 3]),
        "content_id": np.array([b"a", b"b"]),
        "origin_id": np.array([b"a", b"b"]),
    }
    assert rank_of(**both).tolist() == [1, 0]
    assert rank_of(**both, keep="richest").tolist() == [0, 1]


def test_the_conflict_floor_is_the_share_that_no_model_can_fit():
    group = np.array([1, 1, 1, 1, 1, 2, 2])
    answer = np.array([10, 10, 10, 11, 11, 10, 11])
    assert conflict_floor(group, answer, n=100) == pytest.approx(0.03)
    assert conflict_floor(group[:0], answer[:0], n=100) == 0
