"""Heads in two bytes a number: what is rounded away is on the safe side, and kept ones are as good as new."""

import numpy as np
import pytest

from tuneset.kernels.bounds import ROWS, axes_of
from tuneset.kernels.outlines import outlines_of

# ruff: noqa: ANN201 - tests return nothing


def vectors_like(n: int, *, narrow: bool) -> np.ndarray:
    chance = np.random.default_rng(n)
    base = chance.normal(size=(n, 256)) * (np.arange(256) < (40 if narrow else 256))
    return np.round(base / np.abs(base).max(axis=1, keepdims=True) * 127).astype(np.int8)


@pytest.mark.parametrize("narrow", [True, False])
@pytest.mark.parametrize("twins", [True, False])
def test_no_product_of_outlines_is_below_the_cosine(narrow: bool, twins: bool):
    vectors = vectors_like(300, narrow=narrow)
    vectors[1::2] = vectors[::2] if twins else vectors[1::2]
    rows = np.arange(0, 300, 3)
    found = outlines_of(vectors, rows, axes_of(vectors, gate=0.9, may_stay=False))
    left, across = found.left(np.arange(100)), found.across(np.arange(100))
    assert left.shape == (100 + ROWS, across.shape[0])
    unit = vectors[rows] / np.linalg.norm(vectors[rows].astype(float), axis=1, keepdims=True)
    more = (left[:100] @ across) - unit @ unit.T
    assert more.min() >= -1e-5, "float32 in which products are made"
    assert np.diag(more).max() < 0.002


def test_outlines_that_are_kept_are_those_of_the_same_rows():
    vectors = vectors_like(500, narrow=True)
    axes, rows = axes_of(vectors, gate=0.9, may_stay=False), np.arange(0, 500, 2)
    whole = outlines_of(vectors, rows, axes)
    then = np.arange(100, 500)[np.arange(400) % 5 != 0]
    place = np.full(500, -2)
    place[then] = np.arange(len(then))
    moved = outlines_of(vectors[then], np.arange(len(then)), axes, before=(place[rows], whole.numbers))
    assert np.array_equal(moved.numbers, outlines_of(vectors[then], np.arange(len(then)), axes).numbers)
