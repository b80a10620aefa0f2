"""Bounds stay above every cosine, and products are those of NumPy."""
# ruff: noqa: ANN001, ANN201 - types are what the parameters say

import numpy as np
import pytest

from tuneset.kernels.bounds import ROWS, SLACK, axes_of, heads_of, products, reaching


@pytest.mark.parametrize("dimensions", [3, 64, 256])
@pytest.mark.parametrize("gate", [0.0, 0.95])
def test_heads_bound_every_cosine(dimensions, gate):
    chance = np.random.default_rng(dimensions)
    vectors = (chance.normal(size=(401, 256)) + 2 * chance.normal(size=256))[:, :dimensions]
    vectors = np.round(vectors / np.abs(vectors).max() * 127).astype(np.int8)
    vectors[7] = 0
    heads = heads_of(vectors, axes_of(vectors, gate=gate))
    exact = vectors.astype(np.float64) @ vectors.astype(np.float64).T
    exact /= np.maximum(np.outer(heads.norms, heads.norms), 1)
    bounds = heads.bounds[: len(vectors)]
    assert len(heads.bounds) == len(vectors) + ROWS
    assert not heads.bounds[len(vectors) :].any()
    assert (bounds @ bounds.T >= exact - SLACK).all()


def test_vectors_that_nearly_point_one_way_need_few_axes():
    chance = np.random.default_rng(1)
    loose = chance.normal(size=(2000, 256)) * 0.985 ** np.arange(256)
    tight = chance.normal(size=(2000, 256)) * 0.8 ** np.arange(256)
    widths = []
    for vectors in (loose, tight):
        whole = np.round(vectors / np.abs(vectors).max() * 127).astype(np.int8)
        widths.append(axes_of(whole, gate=0.3).shape[1])
    assert widths == [64, 32]


@pytest.mark.parametrize("shape", [(1, 8, 1), (5, 16, 7), (3, 64, 1025), (9, 8, 2050)])
def test_products_are_those_of_numpy(shape):
    n, d, m = shape
    chance = np.random.default_rng(n)
    left = chance.integers(-127, 128, (n, d)).astype(np.float32)
    across = chance.integers(-127, 128, (d, m)).astype(np.float32)
    assert (products(left, across) == left @ across).all()


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 64, 999])
def test_places_that_reach_the_gate(size):
    values = np.random.default_rng(size).random(1000).astype(np.float32)
    values[: size // 2 : 3] = np.float32(0.5)
    found = np.empty(1000, np.int64)
    count = reaching(values, size, np.float32(0.5), found)
    assert found[:count].tolist() == np.flatnonzero(values[:size] >= np.float32(0.5)).tolist()


def test_a_row_has_the_same_bits_in_any_company():
    chance = np.random.default_rng(5)
    left, across = (chance.normal(size=shape).astype(np.float32) for shape in ((301, 96), (96, 864)))
    order = chance.permutation(301)
    together = products(left, across)
    assert np.array_equal(products(left[order], across), together[order])
    assert all(np.array_equal(products(left[[row]], across)[0], together[row]) for row in range(9))
