"""Lists that are kept up to date agree with lists made by comparing every pair."""

import numpy as np
import pytest

from tuneset.kernels.listed import Came, Others, cosines_in, put_in, sums_of
from tuneset.kernels.neighbours import NOBODY, UNKNOWN


def _lists(
    vectors: np.ndarray, groups: np.ndarray, others: Others, *, whom: np.ndarray, size: int
) -> np.ndarray:
    """The nearest of `whom` for every row, slowly."""
    near = np.full((len(vectors), size), NOBODY, np.int16)
    for row, vector in enumerate(vectors.astype(int)):
        allowed = [j for j in whom.tolist() if others.groups[j] != groups[row] and vector.any()]
        cosine = {j: _cosine(vector, others.vectors[j].astype(int)) for j in allowed if others.lengths[j] > 0}
        best = sorted(cosine, key=lambda j: (-cosine[j], j))[:size]
        near[row, : len(best)] = best
    return near


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other) / (float(np.sqrt(one @ one)) * float(np.sqrt(other @ other)))


@pytest.mark.parametrize("came", [0, 1, 3, 70, 150])
def test_who_came_is_put_in_where_he_belongs(came: int) -> None:
    rng = np.random.default_rng(came)
    vectors = rng.integers(-127, 128, (61, 256)).astype(np.int8)
    vectors[::9] = 0
    theirs = np.concatenate([vectors[:40], rng.integers(-127, 128, (160, 256)).astype(np.int8)])
    groups = rng.integers(0, 30, 61)
    others = Others.of(theirs, np.concatenate([groups[:40], rng.integers(0, 30, 160)]))
    place = np.sort(rng.choice(200, came, replace=False))
    left = np.setdiff1d(np.arange(200), place)
    near = _lists(vectors, groups, others, whom=left, size=6)
    short = np.arange(61) % 4 == 1
    near[short & (near[:, -1] >= 0), 4:] = UNKNOWN
    whole = _lists(vectors, groups, others, whom=np.arange(200), size=6)
    whole[near[:, -1] == UNKNOWN, 4:] = UNKNOWN
    before, changed = near.copy(), np.zeros(61, bool)
    which = np.arange(61)[::-1].copy()
    told = put_in(
        near, which, changed, k=3, vectors=vectors[which], groups=groups, others=others,
        came=Came.of(place, others),
    )  # fmt: skip
    assert near.tolist() == whole.tolist()
    assert changed.tolist() == (near != before).any(axis=1).tolist()
    every = cosines_in(near[:, :3], vectors=vectors, others=others)
    assert told[::-1][changed].tobytes() == np.clip(every, 0, 1).astype(np.float32)[changed].tobytes()
    assert not told[::-1][~changed].any()


@pytest.mark.parametrize("k", [1, 7, 8, 10, 17, 100])
def test_sums_are_those_of_numpy_to_the_last_bit(k: int) -> None:
    rng = np.random.default_rng(k)
    near = rng.integers(-2, 50, (400, k)).astype(np.int16)
    many, counts = rng.integers(0, k + 1, 400).astype(np.uint8), rng.random(50) < 0.7
    value = rng.random(50)
    taken = (near >= 0) & counts[near]
    taken &= np.cumsum(taken, axis=1) <= many[:, None]
    found = sums_of(near, many, counts=counts, value=value)
    assert found.tobytes() == (value[near] * taken).sum(axis=1).tobytes()
