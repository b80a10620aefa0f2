"""Which test rows were set against which others, and what came of it: no pair is compared twice."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tuneset.stages.split.few import PER_ROW, Best, Found


class Met(NamedTuple):
    """A comparison of `n` rows.

    Attributes:
        test, others: `bool[n]`, who was compared with whom.
        pairs: every pair of them whose similarity is at least `gate`. An other row that is in `PER_ROW` pairs
            may be in more, and is not one of `others`.
    """

    test: np.ndarray
    others: np.ndarray
    pairs: Found
    gate: float


Compare = Callable[[np.ndarray, np.ndarray], Found]
"""Pairs of some test rows and some others whose similarity reaches the gate, at most `PER_ROW` of each of the
others."""


def met(test: np.ndarray, others: np.ndarray, pairs: Found, *, gate: float, n: int) -> Met:
    """A comparison of `int64[t]` test rows with `int64[o]` others."""
    asked, answered = np.zeros(n, bool), np.zeros(n, bool)
    asked[test], answered[others] = True, True
    answered[np.bincount(pairs.other, minlength=n) >= PER_ROW] = False
    return Met(asked, answered, pairs, gate)


def mostly(before: Met, test: np.ndarray, others: np.ndarray) -> bool:
    """Are most pairs of `int64[t]` test rows and `int64[o]` others known? A gate that was set for quite other
    rows would let too many pass.
    """
    return 2 * before.test[test].sum() * before.others[others].sum() >= len(test) * len(others)


def meet(before: Met, test: np.ndarray, others: np.ndarray, *, compare: Compare) -> Found:
    """What `compare(test, others)` finds, of which some is known."""
    test_in, others_in = np.zeros(len(before.test), bool), np.zeros(len(before.test), bool)
    test_in[test], others_in[others] = True, True
    old = before.pairs
    kept = (test_in & before.test)[old.test] & (others_in & before.others)[old.other]
    found = [
        Found(old.test[kept], old.other[kept], old.score[kept]),
        compare(test[before.test[test]], others[~before.others[others]]),
        compare(test[~before.test[test]], others),
    ]
    return _few(Found(*(np.concatenate(columns) for columns in zip(*found, strict=True))))


def best_of(pairs: Found, others: np.ndarray) -> Best:
    """The best pair of each of `others`."""
    pairs = _few(pairs, most=1)
    place = np.searchsorted(others, pairs.other)
    best = Best(np.full(len(others), -1), np.zeros(len(others)))
    best.test[place], best.score[place] = pairs.test, pairs.score
    return best


def _few(pairs: Found, *, most: int = PER_ROW) -> Found:
    """The best pairs of each other row, at most so many; of equal ones those with the smaller test row."""
    order = np.lexsort((pairs.test, -pairs.score, pairs.other))
    other = pairs.other[order]
    fresh = np.append(True, other[1:] != other[:-1]) if len(other) else np.zeros(0, bool)
    (opens,) = np.nonzero(fresh)
    place = np.arange(len(other)) - np.repeat(opens, np.diff(np.append(opens, len(other))))
    order = order[place < most]
    return Found(*(column[order] for column in pairs))
