"""The nearest rows outside a group agree with a comparison of every pair."""

import numpy as np
import pytest

from tuneset.kernels.neighbours import UNKNOWN, Known, nearest


@pytest.mark.parametrize("n", [1, 3, 700])
def test_the_nearest_are_those_of_a_full_comparison(n: int) -> None:
    rng = np.random.default_rng(n)
    vectors = rng.integers(-127, 128, (n, 256)).astype(np.int8)
    vectors[::7] = 0
    groups, among = rng.integers(0, n, n), np.flatnonzero(rng.random(n) < 0.8)
    found = nearest(vectors, groups, among, rows=np.arange(n), k=4)
    length = np.linalg.norm(vectors.astype(float), axis=1)
    for row in range(n):
        allowed = [int(j) for j in among if groups[j] != groups[row] and length[j] > 0 and length[row] > 0]
        dots = vectors.astype(int) @ vectors[row].astype(int)
        cosine = {j: dots[j] / (length[row] * length[j]) for j in allowed}
        expected = sorted(allowed, key=lambda j: (-cosine[j], j))[:4]
        assert [j for j in found.row[row].tolist() if j >= 0] == expected
        near = found.cosine[row][: len(expected)]
        assert np.allclose(near, [max(cosine[j], 0) for j in expected], atol=1e-6)


def test_what_an_earlier_search_found_saves_work_and_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    vectors = rng.integers(-9, 10, (400, 16)).astype(np.int8)
    vectors[100:120] = vectors[0]  # ties
    groups, among = rng.integers(0, 90, 400), np.flatnonzero(rng.random(400) < 0.7)
    met = np.zeros(400, bool)
    met[among[rng.random(len(among)) < 0.9]] = True
    earlier = nearest(vectors, groups, np.flatnonzero(met), rows=np.arange(400), k=8).row
    earlier[::3, 5:] = UNKNOWN
    calm = rng.random(400) < 0.8
    earlier[~calm] = 7  # nobody looks at these
    found = nearest(vectors, groups, among, rows=np.arange(400), k=8, known=Known(earlier, calm, met))
    scratch = nearest(vectors, groups, among, rows=np.arange(400), k=8)
    short = calm & (np.arange(400) % 3 == 0)
    assert found.row[:, :5].tolist() == scratch.row[:, :5].tolist()
    assert found.row[~short].tolist() == scratch.row[~short].tolist()
    assert (found.row[short, 5:] == UNKNOWN).all()
    assert found.cosine[~short].tobytes() == scratch.cosine[~short].tobytes()
