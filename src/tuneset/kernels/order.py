"""Rows in the order of keys, equals as they stand: what stable sorts give, at a fraction of their time.

NumPy's quick sorts use the vector instructions of the machine and are five times faster than its stable ones;
so rows are sorted quickly, and then only equals are put back into the order in which they stand. The result
does not depend on how the machine sorts.
"""

# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tuneset.kernels.lean import lean


class Groups(NamedTuple):
    """Rows with equal keys together, groups by rising key: what `np.unique` knows, at less cost.

    Attributes:
        order: `int64[n]` the rows of the first group as they stand, of the second and so on.
        starts: `int64[k + 1]`: those of group `g` are `order[starts[g]:starts[g + 1]]`.
    """

    order: np.ndarray
    starts: np.ndarray

    @property
    def first(self) -> np.ndarray:
        """`int64[k]`: the first row of each group."""
        return self.order[self.starts[:-1]]

    @property
    def counts(self) -> np.ndarray:
        """`int64[k]`: rows of each group."""
        return np.diff(self.starts)

    @property
    def member(self) -> np.ndarray:
        """`int64[n]`: the group of each row."""
        return self.each(np.arange(len(self.starts) - 1))

    def each(self, of_group: np.ndarray) -> np.ndarray:
        """`[n]`: for each row what `[k]` says of its group."""
        found = np.empty(len(self.order), of_group.dtype)
        found[self.order] = np.repeat(of_group, self.counts)
        return found


def ordered(key: np.ndarray) -> np.ndarray:
    """`int64[n]`: `np.argsort(key, kind="stable")`."""
    order = np.argsort(key)
    return _as_they_stand(order, _fresh(key[order]))


def grouped(key: np.ndarray) -> Groups:
    """The groups of `[n]` numbers."""
    if len(key) and key.dtype.kind in "iu" and key.min() >= 0 and key.max() < 2 * len(key):
        return _counted(key)
    order = np.argsort(key)
    fresh = _fresh(key[order])
    return Groups(_as_they_stand(order, fresh), np.append(np.flatnonzero(fresh), len(key)))


def lexicographic(*keys: np.ndarray) -> np.ndarray:
    """`int64[n]`: the rows sorted by the first key, among equals by the second and so on, then as they stand.

    The same as `np.lexsort` of the keys in reverse, which sorts all rows once for every key.

    Args:
        keys: `[n]` numbers or booleans, the most important first.
    """
    telling = [key for key in keys if len(key) and (key[0] != key).any()]
    if not telling or (telling[0][1:] > telling[0][:-1]).all():
        return np.arange(len(keys[0]) if keys else 0)
    first = _joined(*telling[:2]) if len(telling) > 1 else None
    first, rest = (telling[0], telling[1:]) if first is None else (first, telling[1:])
    order = np.argsort(first)
    return _as_they_stand(order, _refined(order, _fresh(first[order]), rest))


def _joined(first: np.ndarray, second: np.ndarray) -> np.ndarray | None:
    """`uint64[n]`: numbers of a small range, and the upper bits of others behind, so that one sort does for
    nearly all; None if they do not fit.
    """
    if first.dtype.kind not in "iub" or second.dtype.kind not in "iu" or second.dtype.itemsize != 8:
        return None
    low, high = int(first.min()), int(first.max())
    if high - low >= _FEW:
        return None
    upper = second.astype(np.uint64)
    if second.dtype.kind == "i":
        upper = upper ^ np.uint64(1 << 63)  # negative numbers first
    level = (first.astype(np.int64) - low).astype(np.uint64)
    return level << np.uint64(64 - _FEW_BITS) | upper >> np.uint64(_FEW_BITS)


_FEW_BITS = 16
_FEW = 1 << _FEW_BITS


def _counted(key: np.ndarray) -> Groups:
    """Groups of numbers not much larger than they are many, by counting."""
    counts = np.bincount(key)
    used = np.flatnonzero(counts)
    order, place = np.empty(len(key), np.int64), np.cumsum(counts) - counts
    _lay_out(key, place, order)
    return Groups(order, np.append(0, np.cumsum(counts[used])))


def as_met(labels: np.ndarray, along: np.ndarray) -> Groups:
    """The groups of `int64[n]` labels from 0 on, in the order in which their first rows stand in `along`
    (`int64[n]`, all rows), and the rows of each in that order.
    """
    number = np.full(int(labels.max(initial=-1)) + 1, -1, np.int64)
    member = np.empty(len(labels), np.int64)
    _number(labels, along, number, member)
    found = grouped(member)
    return Groups(along[found.order], found.starts)


@lean
def _number(labels, along, number, member):
    known = 0
    for k in range(len(along)):
        label = labels[along[k]]
        if number[label] < 0:
            number[label] = known
            known += 1
        member[k] = number[label]


@lean
def _lay_out(key, place, order):
    for row in range(len(key)):
        order[place[key[row]]] = row
        place[key[row]] += 1


def _refined(order: np.ndarray, fresh: np.ndarray, keys: Sequence[np.ndarray]) -> np.ndarray:
    """Sorts equals by more keys, in place; `bool[n]`: where rows begin that are equal in all of them."""
    for key in keys:
        (tied,) = np.nonzero(_tied(fresh))
        if not len(tied):
            break
        rows = order[tied]
        by_key = np.argsort(key[rows])
        level = np.empty(len(rows), np.int64)
        level[by_key] = np.cumsum(_fresh(key[rows[by_key]]))
        packed = np.cumsum(fresh)[tied] << 32 | level  # fewer than 2^31 rows
        within = np.argsort(packed)
        order[tied] = rows[within]
        fresh[tied] = _fresh(packed[within])
    return fresh


def _as_they_stand(order: np.ndarray, fresh: np.ndarray) -> np.ndarray:
    """Sorts equals by row, in place."""
    (tied,) = np.nonzero(_tied(fresh))
    if len(tied):
        order[tied] = np.sort(np.cumsum(fresh)[tied] << 32 | order[tied]) & 0xFFFFFFFF
    return order


def _fresh(values: np.ndarray) -> np.ndarray:
    """`bool[n]`: which of sorted values differ from the one before."""
    fresh = np.ones(len(values), np.bool_)
    fresh[1:] = values[1:] != values[:-1]
    return fresh


def _tied(fresh: np.ndarray) -> np.ndarray:
    """`bool[n]`: who has an equal beside."""
    return ~(fresh & np.append(fresh[1:], True))
