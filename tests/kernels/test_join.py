"""Joins agree with the plain definition, and with SciPy."""
# ruff: noqa: ANN001, ANN201 - types are what the strategies and parameters say

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from tuneset.kernels.compare import Screen, bits_of, folded, may_be_alike
from tuneset.kernels.join import (
    bucket_pairs,
    components,
    hook,
    settle_labels,
    unpacked,
)
from tuneset.kernels.sets import set_pairs
from tuneset.kernels.words import buffer_of, markers_of, words_of

edges = st.integers(1, 40).flatmap(
    lambda n: st.tuples(st.just(n), st.lists(st.tuples(*[st.integers(0, n - 1)] * 2), max_size=60))
)


@settings(deadline=None, max_examples=150)
@given(edges, st.integers(1, 7))
def test_components_are_those_of_scipy_labelled_by_their_smallest_row(graph, step):
    n, pairs = graph
    pairs = np.array(pairs, np.int64).reshape(-1, 2)
    labels = components(n, pairs)
    _, theirs = connected_components(
        coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (n, n)), directed=False
    )
    smallest = {k: np.flatnonzero(theirs == k).min() for k in set(theirs.tolist())}
    assert labels.tolist() == [smallest[k] for k in theirs.tolist()]
    streamed = np.arange(n)
    for start in range(0, len(pairs), step):
        hook(streamed, pairs[start : start + step])
    assert settle_labels(streamed).tolist() == labels.tolist()


def jaccard(a, b):
    return len(a & b) / len(a | b) if a | b else 0.0


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.8, 1.0])
@settings(deadline=None, max_examples=60)
@given(sets=st.lists(st.lists(st.integers(1, 12), max_size=9), max_size=14))
def test_the_set_join_finds_exactly_the_pairs_above_the_threshold(threshold, sets):
    tokens = np.array([t for s in sets for t in s], np.uint64)
    offsets = np.concatenate([[0], np.cumsum([len(s) for s in sets])]).astype(np.int64)
    found = set_pairs(tokens, offsets, min_jaccard=np.full(len(sets), threshold))
    expected = [
        [i, j]
        for i in range(len(sets))
        for j in range(i + 1, len(sets))
        if sets[i] and sets[j] and jaccard(set(sets[i]), set(sets[j])) >= threshold - 1e-9
    ]
    assert found.tolist() == expected


@pytest.mark.parametrize("size", [20, 90, 400, 1500])
def test_the_set_join_misses_no_pair_of_large_sets_either(size):
    chance = np.random.default_rng(size)
    base = [chance.integers(1, 4 * size, size) for _ in range(8)]
    sets = []
    for k in range(64):
        edited = base[k % 8].copy()
        edited[: k // 8 * size // 60] = chance.integers(1, 4 * size, k // 8 * size // 60)
        sets.append(set(edited.tolist()))
    tokens = np.array([t for s in sets for t in s], np.uint64)
    offsets = np.concatenate([[0], np.cumsum([len(s) for s in sets])]).astype(np.int64)
    found = set_pairs(tokens, offsets, min_jaccard=np.full(64, 0.8))
    pairs = [[i, j] for i in range(64) for j in range(i + 1, 64) if jaccard(sets[i], sets[j]) >= 0.8]
    assert found.tolist() == pairs
    assert 60 < len(pairs) < 64 * 63 / 2


def test_each_row_of_a_bucket_meets_its_smallest_row_and_its_neighbour():
    keys = np.array([7, 7, 9, 7, 0, 0, 9], np.uint64)
    rows = np.array([4, 2, 1, 8, 3, 5, 1], np.int64)
    assert unpacked(bucket_pairs(keys, rows)).tolist() == [[2, 4], [2, 8], [4, 8]]
    order = np.array([1, 5, 0, 0, 0, 0, 0], np.uint64)
    assert unpacked(bucket_pairs(keys, rows, order=order)).tolist() == [[2, 4], [2, 8], [4, 8]]
    assert bucket_pairs(keys[:0], rows[:0]).tolist() == []


@given(st.integers(0, 2**32), st.integers(2, 120))
@settings(deadline=None, max_examples=60)
def test_a_screen_leaves_out_the_pairs_of_a_bucket_that_the_quick_look_refuses(seed, n):
    chance = np.random.default_rng(seed)
    words = [chance.integers(0, 60, chance.integers(1, 50)) for _ in range(n)]
    texts = [" ".join(f"w{w}" for w in some) for some in words]
    texts = [texts[i // 2] + " more" * (i % 2) for i in range(n)]
    found = words_of(buffer_of(pa.array(texts)), markers=markers_of({}, contractions={}))
    bits, lengths = bits_of(found), np.diff(found.offsets)
    keys, order = chance.integers(0, 6, n).astype(np.uint64), chance.integers(0, 9, n).astype(np.uint64)
    rows = chance.permutation(10 * n)[:n].astype(np.int64)
    every = unpacked(bucket_pairs(keys, rows, order=order))
    screen = Screen(folded(bits), lengths.astype(np.int32), 0.8, 0.5)
    screened = unpacked(bucket_pairs(keys, rows, order=order, screen=screen))
    place = {row: i for i, row in enumerate(rows.tolist())}
    pairs = np.array([[place[i], place[j]] for i, j in every.tolist()], np.int64).reshape(-1, 2)
    wanted = every[may_be_alike(bits, lengths, pairs, min_words=0.8, min_jaccard=0.5)]
    assert {tuple(pair) for pair in wanted.tolist()} <= {tuple(pair) for pair in screened.tolist()}
    assert {tuple(pair) for pair in screened.tolist()} <= {tuple(pair) for pair in every.tolist()}
