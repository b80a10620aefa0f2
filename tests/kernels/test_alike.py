"""Pairs of vectors: exact against brute force, bounded in hot groups, the same in any order."""
# ruff: noqa: ANN001, ANN201 - types are what the parameters say

import numpy as np
import pytest

from tuneset.kernels import alike
from tuneset.kernels.alike import cosine_pairs, cosines, cosines_of
from tuneset.kernels.neighbours import UNKNOWN


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
    return {
        tuple(pair): score for pair, score in zip(found.pairs.tolist(), found.scores.tolist(), strict=True)
    }


def test_every_pair_above_the_threshold_is_found_with_its_score():
    vectors = families(1200, seed=1)
    assert as_dict(cosine_pairs(vectors, min_cosine=0.9)) == brute(vectors, 0.9)


@pytest.mark.parametrize("kinds", [2, 40, 5000])
def test_rows_with_different_keys_need_to_be_closer(kinds):
    vectors = families(1200, seed=8, spread=0.22)
    vectors[3] = vectors[5]
    keys = np.random.default_rng(2).integers(0, kinds, len(vectors)).astype(np.uint64)
    keys[3], keys[5] = 1, 2
    expected = {
        (i, j): score
        for (i, j), score in brute(vectors, 0.9).items()
        if keys[i] == keys[j] or score >= np.float32(0.95)
    }
    assert 100 < len(expected) < len(brute(vectors, 0.9))
    found = cosine_pairs(vectors, min_cosine=0.9, keys=keys, min_apart=0.95)
    assert as_dict(found) == expected
    some = as_dict(cosine_pairs(vectors, min_cosine=0.9, keys=keys, min_apart=0.95, exact_up_to=0))
    assert some.items() <= expected.items()
    assert len(some) >= 0.95 * len(expected)


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
    pairs, scores, *_ = cosine_pairs(vectors, min_cosine=0.95)
    hot = pairs[pairs[:, 0] == 50]
    assert len(hot) == 9_999
    assert (scores[pairs[:, 0] == 50] == 1).all()


def test_a_hot_family_is_capped_and_stays_connected():
    vectors = families(600, seed=7, spread=0.05)
    vectors[:] = np.clip(
        vectors[0].astype(int) + np.random.default_rng(1).integers(-4, 5, vectors.shape), -127, 127
    )
    pairs = cosine_pairs(vectors, min_cosine=0.9).pairs
    assert len(pairs) <= 16 * len(vectors)
    assert set(range(1, 600)) == set(pairs[pairs[:, 0] == 0][:, 1].tolist())


def test_the_sixteen_of_a_hot_row_are_the_first_and_the_most_similar():
    chance = np.random.default_rng(3)
    vectors = np.clip(families(1, seed=9).astype(int) + chance.integers(-24, 25, (300, 256)), -127, 127)
    vectors = vectors.astype(np.int8)
    every = brute(vectors, 0.9)
    assert len(every) > 16 * len(vectors)
    found = as_dict(cosine_pairs(vectors, min_cosine=0.9))
    for row in range(len(vectors)):
        earlier = sorted(((-score, i) for (i, j), score in every.items() if j == row))
        first = min((i for _, i in earlier), default=None)
        best = {i for _, i in [e for e in earlier if e[1] != first][:15]} | {first} - {None}
        assert {i for i, j in found if j == row} == best


@pytest.mark.parametrize("exact_up_to", [0, 10_000])
@pytest.mark.parametrize("kinds", [1, 30, 3000])
def test_what_an_earlier_search_found_saves_work_and_changes_nothing(exact_up_to, kinds, monkeypatch):
    monkeypatch.setattr(alike, "_SMALL", 40)
    vectors = families(3000, seed=11, spread=0.2)
    vectors[:400] = np.clip(
        vectors[0].astype(int) + np.random.default_rng(1).integers(-20, 21, (400, 256)), -127, 127
    )
    chance = np.random.default_rng(12)
    vectors[chance.integers(0, 3000, 60)] = vectors[chance.integers(0, 3000, 60)]
    vectors = vectors[chance.permutation(3000)]
    keys = chance.integers(0, kinds, 3000).astype(np.uint64)
    how = {"min_cosine": 0.9, "min_apart": 0.93, "exact_up_to": exact_up_to}
    first = np.sort(chance.choice(3000, 2900, replace=False))
    before = renumbered(cosine_pairs(vectors[first], keys=keys[first], **how), first)
    for share in (0.02, 0.3):
        then = np.sort(np.concatenate([chance.choice(first, int(2900 * (1 - share)), replace=False),
                                       np.setdiff1d(np.arange(3000), first)]))  # fmt: skip
        place = np.full(3000, UNKNOWN)
        place[then] = np.arange(len(then))
        known = renumbered(before, place)
        found = cosine_pairs(vectors[then], keys=keys[then], before=known, **how)
        scratch = cosine_pairs(vectors[then], keys=keys[then], **how)
        assert len(scratch.pairs) > 2000
        assert as_dict(found) == as_dict(scratch)
        assert found.rows.tolist() == scratch.rows.tolist()
        before = renumbered(found, then)


def renumbered(found, numbers):
    pairs, rows, near = (
        np.where(column < 0, column, numbers[column]) for column in (found.pairs, found.rows, found.near)
    )
    return found._replace(pairs=pairs, rows=rows, near=near)


def test_a_search_after_few_more_rows_compares_few(monkeypatch):
    vectors = families(6000, seed=13)
    first = np.arange(5950)
    before = cosine_pairs(vectors[first], min_cosine=0.9, exact_up_to=0)
    met = []

    def whole_cell(at, rows, **_) -> None:  # noqa: ANN003
        met.append(len(at) ** 2 // 2)

    def new_members(new, starts, groups, **_) -> None:  # noqa: ANN003
        met.append(int(np.diff(starts) @ np.bincount(groups[groups >= 0], minlength=len(starts) - 1)))

    monkeypatch.setattr(alike, "meet", whole_cell)
    monkeypatch.setattr(alike, "meet_new", new_members)
    cosine_pairs(vectors, min_cosine=0.9, exact_up_to=0)
    whole = sum(met)
    met.clear()
    cosine_pairs(vectors, min_cosine=0.9, exact_up_to=0, before=before)
    assert 0 < sum(met) < whole / 10


def test_rows_without_a_vector_join_nothing():
    vectors = np.zeros((5, 256), np.int8)
    assert len(cosine_pairs(vectors, min_cosine=0.1)[0]) == 0
    assert cosines(vectors[:1], vectors[1:2]).tolist() == [0]
    assert cosines_of(vectors, np.array([0]), np.array([1])).tolist() == [0]
    assert len(cosine_pairs(vectors[:0], min_cosine=0.9)[0]) == 0
