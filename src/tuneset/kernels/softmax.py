"""Multinomial logistic regression by stochastic gradient descent, and its predictions: the same bits
everywhere.

Features of a row are a dense vector and a few numbered entries (words). Every sum runs in a fixed order,
side by side over the classes, so nothing depends on BLAS, on threads or on how wide a machine's registers
are; `exp` is a polynomial.
"""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from typing import NamedTuple

import numpy as np

from tuneset.kernels.lean import counted

_LANES = 8  # classes are padded to a multiple, so that loops over them have no remainder
_ACTIVE = 0.005  # a class whose probability errs by less does not move
_BIAS_RATE = np.float32(0.1)
_LOG2_E, _LN_2 = 1.4426950408889634, 0.6931471805599453


class Features(NamedTuple):
    """`n` rows.

    Attributes:
        dense: `int8[n, d]`, each row to be multiplied by its `scale`, `float32[n]`.
        offsets: `int64[n + 1]`; the entries of row `i` are `offsets[i]:offsets[i + 1]`.
        entries: `int64[e]`, `d` or more. value: `float32[e]`.
        width: one more than the largest index.
    """

    dense: np.ndarray
    scale: np.ndarray
    offsets: np.ndarray
    entries: np.ndarray
    value: np.ndarray
    width: int


class Weights(NamedTuple):
    """`float32[width, c']` and `float32[c']`; `c'` is the number of classes, padded."""

    matrix: np.ndarray
    bias: np.ndarray


def fit(
    features: Features,
    classes: np.ndarray,
    rows: np.ndarray,
    *,
    n_classes: int,
    epochs: int,
    rate: float,
    decay: float,
) -> Weights:
    """Weights that make the class of each row likely.

    Args:
        classes: `int64[n]`, 0 to `n_classes` - 1.
        rows: which rows to learn from, in the order in which they are visited in each epoch.
        rate: first step size, falls to 0 in a straight line. decay: L2 penalty per step.

    Cost: epochs x rows x (d + entries) x classes x about 0.3 ns.

    Source:
        Bottou, Stochastic gradient descent tricks, 2012 (weight decay by a common scale, falling rate).
    """
    padded = -(-n_classes // _LANES) * _LANES
    weights = Weights(np.zeros((features.width, padded), np.float32), np.zeros(padded, np.float32))
    _fit(*features[:5], classes, rows, n_classes, epochs, rate, decay, *weights)
    return weights


def predict(features: Features, weights: Weights, rows: np.ndarray, *, n_classes: int) -> np.ndarray:
    """`float32[len(rows), n_classes]`: probabilities of the classes."""
    found = np.empty((len(rows), n_classes), np.float32)
    _predict(*features[:5], rows, *weights, found)
    return found


@counted
def _exp(x):
    """`exp(x)` for x <= 0, relative error below 1e-7, from plain arithmetic."""
    if x < -80.0:
        return 0.0
    k = np.floor(x * _LOG2_E + 0.5)
    r = x - k * _LN_2
    tail = 1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r / 5040)))
    return np.ldexp(1.0 + r * (1.0 + r * (0.5 + r * tail)), int(k))


@counted
def _scores(dense, length, index, value, scale, matrix, bias, scores):
    scores[:] = 0
    for d in range(len(dense)):
        x, line = np.float32(dense[d]) * length, matrix[d]
        for c in range(len(scores)):
            scores[c] += x * line[c]
    for k in range(len(index)):
        x, line = value[k], matrix[index[k]]
        for c in range(len(scores)):
            scores[c] += x * line[c]
    for c in range(len(scores)):
        scores[c] = scores[c] * scale + bias[c]


@counted
def _probabilities(scores, n_classes, found):
    top = scores[0]
    for c in range(1, n_classes):
        top = max(top, scores[c])
    total = 0.0
    for c in range(n_classes):
        p = _exp(np.float64(scores[c] - top))
        found[c] = p
        total += p
    for c in range(n_classes):
        found[c] = np.float32(np.float64(found[c]) / total)


@counted
def _fit(dense, lengths, offsets, index, value, classes, rows, n_classes, epochs, rate, decay, matrix, bias):
    scores, found = np.zeros(len(bias), np.float32), np.empty(n_classes, np.float32)
    active, push = np.empty(n_classes, np.int64), np.empty(n_classes, np.float32)
    scale, step, steps = np.float32(1), 0, epochs * len(rows)
    for _ in range(epochs):
        for i in rows:
            start, stop = offsets[i], offsets[i + 1]
            _scores(dense[i], lengths[i], index[start:stop], value[start:stop], scale, matrix, bias, scores)
            _probabilities(scores, n_classes, found)
            eta = np.float32(rate * (1 - step / steps))
            step += 1
            scale *= np.float32(1) - eta * np.float32(decay)
            moved = 0
            for c in range(n_classes):
                error = found[c] - np.float32(c == classes[i])
                if abs(error) > _ACTIVE:
                    active[moved], push[moved] = c, -eta * error / scale
                    bias[c] -= _BIAS_RATE * eta * error
                    moved += 1
            for d in range(dense.shape[1]):
                x, line = np.float32(dense[i, d]) * lengths[i], matrix[d]
                for k in range(moved):
                    line[active[k]] += x * push[k]
            for e in range(start, stop):
                x, line = value[e], matrix[index[e]]
                for k in range(moved):
                    line[active[k]] += x * push[k]
    for d in range(len(matrix)):
        for c in range(len(bias)):
            matrix[d, c] *= scale


@counted
def _predict(dense, lengths, offsets, index, value, rows, matrix, bias, found):
    scores = np.zeros(len(bias), np.float32)
    for r in range(len(rows)):
        i = rows[r]
        start, stop = offsets[i], offsets[i + 1]
        _scores(
            dense[i], lengths[i], index[start:stop], value[start:stop], np.float32(1), matrix, bias, scores
        )
        _probabilities(scores, found.shape[1], found[r])
