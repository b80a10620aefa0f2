"""The order of rows by several keys: sorted by the first one, and only ties by the others."""

from collections.abc import Sequence

import numpy as np


def lexicographic(*keys: np.ndarray) -> np.ndarray:
    """`int64[n]`: the rows sorted by the first key, among equals by the second and so on, then as they stand.

    The same as `np.lexsort` of the keys in reverse, which sorts all rows once for every key.

    Args:
        keys: `[n]` numbers or booleans, the most important first.
    """
    telling = [key for key in keys if len(key) and (key[0] != key).any()]
    if not telling:
        return np.arange(len(keys[0]) if keys else 0)
    order = np.argsort(telling[0], kind="stable")
    return _refined(order, telling[0][order], telling[1:])


def _refined(order: np.ndarray, first: np.ndarray, rest: Sequence[np.ndarray]) -> np.ndarray:
    """Sorts runs of equal values of `first` (`[n]`, in the order) by the other keys."""
    fresh = np.ones(len(first) + 1, np.bool_)
    fresh[1:-1] = first[1:] != first[:-1]
    (tied,) = np.nonzero(~(fresh[1:] & fresh[:-1]))
    if len(tied) and rest:
        run = np.cumsum(fresh[:-1])[tied]
        rows = order[tied]
        order[tied] = rows[np.lexsort((*(key[rows] for key in reversed(rest)), run))]
    return order
