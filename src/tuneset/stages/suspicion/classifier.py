"""How likely a classifier that never saw an example, nor its kin, finds the class that the example
teaches.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tuneset.kernels.softmax import Features, Weights, fit, predict

EPOCHS, RATE, DECAY = 4, 2.0, 1e-5
WORDS_WEIGHT = 0.7
"""Length of the word half of the features; the sentence vector has length 1."""

MOST_TAUGHT = 20_000
"""Examples from which one classifier learns at most; the first ones, and ids are in no order."""

BELIEVED = 0.15
"""Share of the most likely class's probability below which an example's own class is not believed, and the
example is left out of the second fit."""

_BLOCK = 8192


class Confidence(NamedTuple):
    """Of `n` examples, out of sample.

    Attributes:
        own: `float32[n]`, probability of the class that the example teaches.
        likely: `int64[n]`, the most likely class; `most`: `float32[n]`, its probability.
        confident: `int64[n]`, the class that it confidently is, -1 if none (`confident_class`).
        usual: `float64[n]`, the mean of `own` over the examples of the same class.
    """

    own: np.ndarray
    likely: np.ndarray
    most: np.ndarray
    confident: np.ndarray
    usual: np.ndarray


def folds_of(component: np.ndarray, ids: np.ndarray, *, folds: int) -> np.ndarray:
    """`int64[n]`: the fold of each example; a component is never parted.

    Args:
        component: `int64[n]`, the number of one example that all of a component share.
        ids: `uint64[total]`: a word of the origin id of each number.
    """
    return (ids[component] % np.uint64(folds)).astype(np.int64)


def features_of(vectors: np.ndarray, bits: np.ndarray) -> Features:
    """Sentence vectors of length 1, and words of length `WORDS_WEIGHT` by how rare they are.

    Args:
        vectors: `int8[n, d]`. bits: `uint64[n, 8]`, a bit for each word (`kernels.compare.bits_of`).
    """
    n, width = vectors.shape
    squares = np.einsum("ij,ij->i", vectors, vectors, dtype=np.int32)
    scale = (1 / np.sqrt(np.maximum(squares, 1))).astype(np.float32)
    marked = [np.nonzero(_unpacked(bits[start : start + _BLOCK])) for start in range(0, n, _BLOCK)]
    rows = np.concatenate([np.zeros(0, np.int64), *(r + k * _BLOCK for k, (r, _) in enumerate(marked))])
    words = np.concatenate([np.zeros(0, np.int64), *(w for _, w in marked)])
    often = np.bincount(words, minlength=bits.shape[1] * 64)
    # the logarithm differs in its last bit between machines: cut to what all agree on
    rarity = np.round(np.log((1 + n) / (1 + often)), 4)
    squared = np.bincount(rows, weights=rarity[words] ** 2, minlength=n)
    value = WORDS_WEIGHT * rarity[words] / np.sqrt(np.maximum(squared, 1e-9))[rows]
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n))]).astype(np.int64)
    return Features(vectors, scale, offsets, words + width, value.astype(np.float32), width + len(often))


def confidence(features: Features, classes: np.ndarray, fold: np.ndarray) -> Confidence:
    """Cross-validated probabilities, fitted twice: the second time without what the first did not believe.

    The probability is the geometric mean of both, so that an example must convince a classifier that learned
    from all and one that did not learn from what looked wrong.

    Args:
        classes: `int64[n]`, numbered from 0. fold: `int64[n]`, of `folds_of`.
    """
    n, n_classes = len(classes), int(classes.max(initial=-1)) + 1
    own, most = np.empty(n, np.float32), np.empty(n, np.float32)
    first = _fitted(features, classes, fold, believed=np.ones(n, bool), n_classes=n_classes)
    for rows, found in _probabilities(features, fold, [first], n_classes=n_classes):
        own[rows], most[rows] = found[np.arange(len(rows)), classes[rows]], found.max(axis=1)
    second = _fitted(features, classes, fold, believed=own >= BELIEVED * most, n_classes=n_classes)
    likely, confident = np.empty(n, np.int64), np.empty(n, np.int64)
    for rows, found in _probabilities(features, fold, [first, second], n_classes=n_classes):
        own[rows], most[rows] = found[np.arange(len(rows)), classes[rows]], found.max(axis=1)
        likely[rows] = found.argmax(axis=1)
    least = thresholds(own, classes, n_classes=n_classes)
    for rows, found in _probabilities(features, fold, [first, second], n_classes=n_classes):
        confident[rows] = confident_class(found, least)
    return Confidence(own, likely, most, confident, least[classes])


def thresholds(own: np.ndarray, classes: np.ndarray, *, n_classes: int) -> np.ndarray:
    """`float64[c]`: the mean probability of each class among the examples that say they have it, 1 for a
    class that nobody has.

    Source: Northcutt, Jiang & Chuang, Confident learning, JAIR 2021, section 3.1; as
    `cleanlab.count.get_confident_thresholds`.
    """
    count = np.bincount(classes, minlength=n_classes)
    total = np.bincount(classes, weights=own.astype(np.float64), minlength=n_classes)
    return np.where(count > 0, total / np.maximum(count, 1), 1.0)


def confident_class(probability: np.ndarray, least: np.ndarray) -> np.ndarray:
    """`int64[n]`: the most likely of the classes whose threshold an example reaches, -1 if it reaches none.

    The examples that are confidently another class than they say are the off-diagonal of the confident joint:
    `cleanlab.filter.find_label_issues(..., filter_by="confident_learning")`.
    """
    reached = probability >= least[None, :] - 1e-6
    best = np.where(reached, probability, -1.0).argmax(axis=1)
    return np.where(reached.any(axis=1), best, -1)


def _unpacked(bits: np.ndarray) -> np.ndarray:
    return np.unpackbits(np.ascontiguousarray(bits).view(np.uint8), axis=1, bitorder="little")


def _fitted(
    features: Features, classes: np.ndarray, fold: np.ndarray, *, believed: np.ndarray, n_classes: int
) -> dict[int, Weights]:
    """For each fold, weights learned from the others."""
    found: dict[int, Weights] = {}
    for held_out in np.unique(fold).tolist():
        taught = np.flatnonzero((fold != held_out) & believed)[:MOST_TAUGHT]
        found[held_out] = fit(
            features, classes, taught, n_classes=n_classes, epochs=EPOCHS, rate=RATE, decay=DECAY
        )
    return found


def _probabilities(
    features: Features, fold: np.ndarray, fitted: list[dict[int, Weights]], *, n_classes: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows and their `float32[rows, c]`, block by block: the normalised geometric mean of what was fitted."""
    for held_out in fitted[0]:
        (here,) = np.nonzero(fold == held_out)
        for start in range(0, len(here), _BLOCK):
            rows = here[start : start + _BLOCK]
            found = predict(features, fitted[0][held_out], rows, n_classes=n_classes)
            for other in fitted[1:]:
                found = np.sqrt(found * predict(features, other[held_out], rows, n_classes=n_classes))
                found /= np.maximum(found.sum(axis=1, keepdims=True), np.float32(1e-30))
            yield rows, found
