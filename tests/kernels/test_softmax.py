"""The logistic regression: it learns, its numbers are probabilities, and they agree with a slow twin."""

import numpy as np

from tuneset.kernels.softmax import Features, fit, predict


def features(rng: np.random.Generator, n: int, d: int = 12, words: int = 20) -> Features:
    dense = rng.integers(-127, 128, (n, d)).astype(np.int8)
    count = rng.integers(0, 4, n)
    entries = rng.integers(d, d + words, count.sum())
    offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    scale = (1 / np.linalg.norm(dense.astype(float), axis=1)).astype(np.float32)
    return Features(
        dense, scale, offsets, entries.astype(np.int64), rng.random(count.sum()).astype(np.float32), d + words
    )


def matrix(given: Features) -> np.ndarray:
    full = np.zeros((len(given.dense), given.width))
    full[:, : given.dense.shape[1]] = given.dense * given.scale[:, None].astype(float)
    for row in range(len(full)):
        for e in range(given.offsets[row], given.offsets[row + 1]):
            full[row, given.entries[e]] += given.value[e]
    return full


def test_it_agrees_with_the_obvious_way_step_by_step() -> None:
    rng = np.random.default_rng(3)
    given, n, c = features(rng, 60), 60, 5
    classes, rows = rng.integers(0, c, n), rng.permutation(n)[:40]
    full = matrix(given)
    weights, bias = np.zeros((given.width, c)), np.zeros(c)
    for step, i in enumerate(np.tile(rows, 3)):
        scores = full[i] @ weights + bias
        p = np.exp(scores - scores.max())
        error = p / p.sum() - np.eye(c)[classes[i]]
        error[np.abs(error) <= 0.005] = 0
        eta = 2.0 * (1 - step / (3 * len(rows)))
        weights *= 1 - eta * 1e-3
        weights -= eta * np.outer(full[i], error)
        bias -= 0.1 * eta * error
    learned = fit(given, classes, rows, n_classes=c, epochs=3, rate=2.0, decay=1e-3)
    scores = full @ weights + bias
    expected = np.exp(scores - scores.max(axis=1, keepdims=True))
    expected /= expected.sum(axis=1, keepdims=True)
    found = predict(given, learned, np.arange(n), n_classes=c)
    assert np.abs(found - expected).max() < 1e-3
    assert np.abs(found.sum(axis=1) - 1).max() < 1e-5


def test_it_finds_a_class_that_can_be_found() -> None:
    rng = np.random.default_rng(4)
    given = features(rng, 400)
    classes = matrix(given)[:, :3].argmax(axis=1)
    learned = fit(given, classes, np.arange(300), n_classes=3, epochs=8, rate=2.0, decay=1e-5)
    right = predict(given, learned, np.arange(300, 400), n_classes=3).argmax(axis=1) == classes[300:]
    assert right.mean() > 0.85
