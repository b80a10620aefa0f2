"""Joins: exact against brute force, bounded in hot groups, the same in any order."""
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
    SLACK,
    bucket_pairs,
    components,
    cosine_pairs,
    cosines,
    heads_of,
    hook,
    settle_labels,
)
from tuneset.kernels.sets import set_pairs
from tuneset.kernels.words import buffer_of, markers_of, words_of


def families(n, *, seed, spread=0.25):
    """Vectors in families of about four, as twins are."""
    chance = np.random.default_rng(seed)
    base = chance.normal(size=(max(1, n // 4), 256))
    vectors = base[chance.integers(0, len(base), n)] + spread * chance.normal(size=(n, 256))
    return np.round(vectors / np.abs(vectors).max(axis=1, keepdims=True) * 127).astype(np.int8)


def brute(vectors, min_cosine):
    i, j = np.triu_indices(len(vectors), 1)
    scores = cosines(vectors[i], vectors[j])
    keep = scores >= np.float32(min_cosine)
    return {
        (a, b): s for a, b, s in zip(i[keep].tolist(), j[keep].tolist(), scores[keep].tolist(), strict=True)
    }


def as_dict(found):
    return {tuple(pair): score for pair, score in zip(found[0].tolist(), found[1].tolist(), strict=True)}


def test_every_pair_above_the_threshold_is_found_with_its_score():
    vectors = families(1200, seed=1)
    assert as_dict(cosine_pairs(vectors, min_cosine=0.9)) == brute(vectors, 0.9)


@pytest.mark.parametrize("dimensions", [3, 64, 256])
def test_heads_bound_every_cosine(dimensions):
    vectors = families(400, seed=5)[:, :dimensions].copy()
    vectors[7] = 0
    heads = heads_of(vectors)
    exact = vectors.astype(np.float64) @ vectors.astype(np.float64).T
    exact /= np.maximum(np.outer(heads.norms, heads.norms), 1)
    assert (heads.bounds @ heads.bounds.T >= exact - SLACK).all()


def test_clusters_lose_almost_nothing():
    vectors = families(1500, seed=2)
    found = as_dict(cosine_pairs(vectors, min_cosine=0.9, exact_up_to=0))
    expected = brute(vectors, 0.9)
    assert found.items() <= expected.items()
    assert len(found) >= 0.98 * len(expected)


def test_clustered_pairs_do_not_depend_on_the_order_of_rows():
    vectors = np.unique(families(1500, seed=3), axis=0)
    shuffled = np.random.default_rng(4).permutation(len(vectors))
    found = as_dict(cosine_pairs(vectors, min_cosine=0.9, exact_up_to=0))
    again = as_dict(cosine_pairs(vectors[shuffled], min_cosine=0.9, exact_up_to=0))
    back = {tuple(sorted((int(shuffled[a]), int(shuffled[b])))): s for (a, b), s in again.items()}
    assert found == back


def test_equal_vectors_cost_their_number_not_its_square():
    vectors = np.concatenate([families(50, seed=5), np.repeat(families(1, seed=6), 10_000, axis=0)])
    pairs, scores = cosine_pairs(vectors, min_cosine=0.95)
    hot = pairs[pairs[:, 0] == 50]
    assert len(hot) == 9_999
    assert (scores[pairs[:, 0] == 50] == 1).all()


def test_a_hot_family_is_capped_and_stays_connected():
    vectors = families(600, seed=7, spread=0.05)
    vectors[:] = np.clip(
        vectors[0].astype(int) + np.random.default_rng(1).integers(-4, 5, vectors.shape), -127, 127
    )
    pairs, _ = cosine_pairs(vectors, min_cosine=0.9)
    assert len(pairs) <= 16 * len(vectors)
    assert set(range(1, 600)) == set(pairs[pairs[:, 0] == 0][:, 1].tolist())


def test_rows_without_a_vector_join_nothing():
    vectors = np.zeros((5, 256), np.int8)
    assert len(cosine_pairs(vectors, min_cosine=0.1)[0]) == 0
    assert cosines(vectors[:1], vectors[1:2]).tolist() == [0]
    assert len(cosine_pairs(vectors[:0], min_cosine=0.9)[0]) == 0


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
    assert bucket_pairs(keys, rows).tolist() == [[2, 4], [2, 8], [4, 8]]
    order = np.array([1, 5, 0, 0, 0, 0, 0], np.uint64)
    assert bucket_pairs(keys, rows, order=order).tolist() == [[2, 4], [2, 8], [4, 8]]
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
    every = bucket_pairs(keys, rows, order=order)
    screened = bucket_pairs(
        keys, rows, order=order, screen=Screen(folded(bits), lengths.astype(np.int32), 0.8, 0.5)
    )
    place = {row: i for i, row in enumerate(rows.tolist())}
    pairs = np.array([[place[i], place[j]] for i, j in every.tolist()], np.int64).reshape(-1, 2)
    wanted = every[may_be_alike(bits, lengths, pairs, min_words=0.8, min_jaccard=0.5)]
    assert {tuple(pair) for pair in wanted.tolist()} <= {tuple(pair) for pair in screened.tolist()}
    assert {tuple(pair) for pair in screened.tolist()} <= {tuple(pair) for pair in every.tolist()}
