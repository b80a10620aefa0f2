"""Values by example: a text belongs to the value whose named examples it is nearest to, if it is near enough.

cosine of sentence vectors -> per value the mean of its two nearest examples -> best value, and its margin
over the second -> a value, or nothing where the score is under the value's threshold or the margin too small
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from tuneset.stages.cases.tools import unit

NEAREST = 2
"""Examples of a value that are averaged: one alone is an accident, all of them blur what differs."""

QUANTILE = 0.25
"""Share of the named examples that the threshold may lose when each is left out in turn."""


LEAST = 0.35
"""Cosine below which nothing is near: two unrelated sentences have .31 on average with this embedder."""


@dataclass(frozen=True)
class PrototypeVectors:
    """Named examples of the values of a factor, all read on the same side (input or output)."""

    texts: Mapping[str, Sequence[str]]

    @cached_property
    def values(self) -> list[str]:
        """The values in their order."""
        return list(self.texts)

    @cached_property
    def vectors(self) -> np.ndarray:
        """`float32[p, 256]` of all named examples."""
        return unit(pa.array([text for texts in self.texts.values() for text in texts], pa.string()))

    @cached_property
    def owner(self) -> np.ndarray:
        """`int64[p]`: the value of each named example."""
        return np.repeat(np.arange(len(self.texts)), [len(texts) for texts in self.texts.values()])

    @cached_property
    def thresholds(self) -> np.ndarray:
        """`float32[v]`: the score from which a text is near enough to a value.

        Each named example is scored by the others. Its own value's scores should lie above the threshold,
        those of the other values' examples below: the larger of the `QUANTILE` of the first and the highest
        but one in twenty of the second. A value with one example has nothing to be calibrated on and takes
        the mean of the other thresholds, or .5. None is under `LEAST`.
        """
        cosines = self.vectors @ self.vectors.T
        np.fill_diagonal(cosines, -1)
        scores = self._scores(cosines)
        found = np.full(len(self.texts), np.nan, np.float32)
        for value in range(len(self.texts)):
            own, other = scores[self.owner == value, value], scores[self.owner != value, value]
            if len(own) > 1:
                bars = [np.quantile(own, QUANTILE), *([np.quantile(other, 0.95)] if len(other) else [])]
                found[value] = max(bars)
        usual = np.nanmean(found) if np.isfinite(found).any() else 0.5
        return np.maximum(np.where(np.isnan(found), usual, found), LEAST).astype(np.float32)

    def scores(self, texts: pa.Array) -> np.ndarray:
        """`float32[n, v]`: how near each text is to each value, -1..1."""
        return self._scores(unit(texts) @ self.vectors.T)

    def _scores(self, cosines: np.ndarray) -> np.ndarray:
        """Means of the nearest; an example left out of its own row (-1) does not count."""
        scores = np.full((len(cosines), len(self.texts)), -1, np.float32)
        for value in range(len(self.texts)):
            mine = cosines[:, self.owner == value]
            top = np.sort(mine, axis=1)[:, ::-1][:, :NEAREST]
            left = (mine > -1).sum(axis=1).clip(0, NEAREST)
            total = np.where(np.arange(top.shape[1]) < left[:, None], top, 0).sum(axis=1)
            scores[:, value] = np.where(left > 0, total / np.maximum(left, 1), -1)
        return scores


@dataclass(frozen=True)
class Prototyped:
    """What the named examples say about `n` texts. `value` is `string[n]`, null under the margin or
    threshold; `score` and `margin` are `float32[n]`.
    """

    value: pa.Array
    score: np.ndarray
    margin: np.ndarray


def nearest(texts: pa.Array, prototypes: PrototypeVectors, *, min_margin: float) -> Prototyped:
    """The value whose named examples each text is nearest to, or none.

    Args:
        texts: `[n]` strings; one without a known word belongs to no value.
        prototypes: the named examples.
        min_margin: how much nearer the best value must be than the second, in cosine.
    """
    scores = prototypes.scores(texts)
    order = np.argsort(-scores, axis=1, kind="stable")
    rows = np.arange(len(scores))
    best = order[:, 0]
    score = scores[rows, best]
    second = scores[rows, order[:, 1]] if scores.shape[1] > 1 else np.full(len(scores), -1, np.float32)
    margin = score - second
    near = (score >= prototypes.thresholds[best]) & (margin >= min_margin)
    return Prototyped(
        pa.array(prototypes.values, pa.string()).take(pa.array(best, mask=~near)), score, margin
    )
