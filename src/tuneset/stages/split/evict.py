"""Who has to leave because of the sealed test set, and what hangs together without those.

Out goes what a test example must not have beside it: its twins, the rest of its conversation and of its
user, and what is linked with it directly as a contrast or a leak. A chain of contrasts leads to texts that
have nothing to do with the test example; they stay. `docs/decisions/0018-only-what-is-near.md` says why.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from tuneset.kernels.join import components
from tuneset.kernels.order import grouped

REASONS = ("twin-of-sealed-test", "group-of-sealed-test", "contrast-of-sealed-test")
"""Why an example is evicted, the strongest first: it says the same as a sealed test example, is of the same
conversation or user, or is close to it and yet another."""

_TWIN, _GROUP, _CONTRAST = range(3)
_NOBODY = np.iinfo(np.int64).max


class Ties(NamedTuple):
    """What holds two examples together: `m` links, and groups.

    Attributes:
        pairs: `int64[m, 2]`.
        twins: `bool[m]`: twins of some kind, or the same input with another answer.
        same: `bool[m]`: the very same input; of several such only some have links of their own.
        groups: see `group_of`.
    """

    pairs: np.ndarray
    twins: np.ndarray
    same: np.ndarray
    groups: "Sequence[Group]"

    def with_twins(self, pairs: np.ndarray) -> "Ties":
        """The same, and `int64[k, 2]` twins that no link knows."""
        told = np.ones(len(pairs), np.bool_)
        return Ties(
            np.concatenate([self.pairs, pairs]),
            np.append(self.twins, told),
            np.append(self.same, ~told),
            self.groups,
        )


class Group(NamedTuple):
    """Rows that share a conversation or a user with others, sorted by it, and the number of it for each."""

    rows: np.ndarray
    number: np.ndarray


def group_of(ids: np.ndarray) -> Group:
    """The groups of `uint64[n]` ids; 0 is none."""
    (known,) = np.nonzero(ids)
    found = grouped(ids[known])
    several = np.repeat(found.counts > 1, found.counts)
    number = np.repeat(np.arange(len(found.counts)), found.counts)
    return Group(known[found.order[several]], number[several])


class Evicted(NamedTuple):
    """Of `n` examples.

    Attributes:
        by: `int64[n]`, a sealed test example because of which an example is evicted, else -1.
        why: `int8[n]`, index into `REASONS`; 0 also for who is not evicted.
        component: `int64[n]`, the smallest row that each hangs together with when sealed and evicted examples
            are parted from the rest.
    """

    by: np.ndarray
    why: np.ndarray
    component: np.ndarray


def evict(ties: Ties, *, sealed: np.ndarray) -> Evicted:
    """Who cannot be learned from beside the sealed test examples, `bool[n]`.

    1. Twins: whoever is connected with a sealed example by links of twins, over any number of them: the
       search links many twins with the first of them only.
    2. Groups: whoever shares a conversation or a user with a sealed example itself. Who shares one with
       somebody evicted stays: that one is in no split.
    3. Contrasts and leaks of 1, and whoever has the same input as one of these.

    What hangs together afterwards: links between a sealed example or its twins and the rest do not count, nor
    does the group of somebody evicted. The evicted still hold together what is linked with them: two of those
    may be twins, and only the links with the one between them tell.
    """
    first = np.where(sealed, np.arange(len(sealed)), _NOBODY)
    twin_of = _least(components(len(sealed), _among(ties.pairs, ties.twins)), first)
    tested = twin_of != _NOBODY
    across = tested[ties.pairs[:, 0]] != tested[ties.pairs[:, 1]]  # contrasts and leaks, nothing else
    kin = [_kin(group, first) for group in ties.groups]
    beside = _beside(ties, _among(ties.pairs, across), twin_of)
    by, why = np.full(len(sealed), _NOBODY), np.zeros(len(sealed), np.int8)
    for found, reason in ((twin_of, _TWIN), *((one, _GROUP) for one in kin), (beside, _CONTRAST)):
        fresh = (by == _NOBODY) & (found != _NOBODY) & ~sealed
        by[fresh], why[fresh] = found[fresh], reason
    gone = by != _NOBODY
    by[~gone] = -1
    held = _among(ties.pairs, ~across) if across.any() else ties.pairs
    held = np.concatenate([held, *_chains(ties.groups, gone)]) if ties.groups else held
    return Evicted(by, why, components(len(sealed), held))


def _beside(ties: Ties, across: np.ndarray, twin_of: np.ndarray) -> np.ndarray:
    """`int64[n]`: the first sealed example of whose text each is a contrast or a leak."""
    found = np.full(len(twin_of), _NOBODY)
    np.minimum.at(found, across, twin_of[across[:, ::-1]])
    return _least(components(len(found), _among(ties.pairs, ties.same)), found) if len(across) else found


def _kin(group: Group, first: np.ndarray) -> np.ndarray:
    """`int64[n]`: the first sealed example of the group of each."""
    found = np.full(len(first), _NOBODY)
    found[group.rows] = _least(group.number, first[group.rows])
    return found


def _least(label: np.ndarray, value: np.ndarray) -> np.ndarray:
    """`int64[n]`: the smallest value among all with the same label (`int64[n]`, from 0 on)."""
    (told,) = np.nonzero(value != _NOBODY)
    least = np.full(int(label.max(initial=-1)) + 1, _NOBODY)
    np.minimum.at(least, label[told], value[told])
    return least[label]


def _among(pairs: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return pairs.compress(mask, axis=0)  # a quarter of the time of `pairs[mask]`


def _chains(groups: Sequence[Group], gone: np.ndarray) -> Iterator[np.ndarray]:
    """Pairs of neighbours in a group, without who is gone."""
    for group in groups:
        stays = ~gone[group.rows]
        rows, number = group.rows[stays], group.number[stays]
        yield np.column_stack([rows[:-1], rows[1:]])[number[:-1] == number[1:]]
