"""What the nearest inputs outside an example's own component teach: the same class, or a similar answer."""

from typing import NamedTuple

import numpy as np

from tuneset.kernels.alike import cosines_of
from tuneset.kernels.neighbours import NOBODY, UNKNOWN, Known, Nearest, nearest, still

MOST_AMONG = 8_192
"""Examples among which neighbours are looked for; the first ones, and ids are in no order."""

SIMILAR = 0.6
"""Cosine of inputs from which their answers are expected to be alike."""

GONE = UNKNOWN
"""In lists of examples: somebody who is no longer there."""

_BLOCK = 16_384
_MORE = 6
"""How many more are looked for than asked for: so many may go before a later build has to look anew."""


class Seen(NamedTuple):
    """A search for neighbours, in numbers of examples.

    Attributes:
        rows: `int64[m]`, who was looked at. near: `int32[m, k]`, their neighbours (`Nearest.row`).
        among: `int64[a]`, where they were looked for. kin: `int64[m]`: two with the same hung together.
    """

    rows: np.ndarray
    near: np.ndarray
    among: np.ndarray
    kin: np.ndarray


def neighbours(
    vectors: np.ndarray,
    component: np.ndarray,
    *,
    rows: np.ndarray,
    k: int,
    seen: Seen | None = None,
) -> tuple[Nearest, Seen]:
    """The `k` nearest inputs outside its component, for some examples among each other.

    Args:
        vectors: `int8[n, d]` of the inputs. component: `int64[n]`. rows: `int64[m]`, who is looked at.
        seen: an earlier search; it saves work and changes nothing.

    Returns:
        Of all `n`, and the search as it may be given to a later one.
    """
    told = np.asarray(vectors.any(axis=1))
    among = rows[told[rows]][:MOST_AMONG]
    known = None if seen is None else _known(seen, component, rows=rows, among=among, k=k)
    found = nearest(vectors, component, among, rows=rows, k=k + _MORE, known=known)
    search = Seen(rows, found.row[rows], among, component[rows])
    return Nearest(found.row[:, :k], found.cosine[:, :k]), search


def _known(seen: Seen, component: np.ndarray, *, rows: np.ndarray, among: np.ndarray, k: int) -> Known:
    """What still holds: lists without those who are gone or hang together with the example now. A list in
    which fewer than `k` are left, though there were more, is made anew.

    Somebody in question who left a component was left out of the lists of all others in it: he counts as new.
    """
    n = len(component)
    asked, met, calm = (np.zeros(n, bool) for _ in range(3))
    asked[rows] = True
    stayed = np.flatnonzero(seen.rows >= 0)
    stayed = stayed[asked[seen.rows[stayed]]]
    who, kin = seen.rows[stayed], seen.kin[stayed]
    met[np.intersect1d(seen.among[seen.among >= 0], among)] = True
    calm[who], met[who] = _together_still(kin, component[who], met[who])
    lists = np.full((n, seen.near.shape[1]), NOBODY, np.int32)
    lists[who] = seen.near[stayed]
    still(lists, who, component, met, k, calm)
    return Known(lists, calm, met)


def _together_still(kin: np.ndarray, component: np.ndarray, met: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`bool[m]`: is an example where most of those in question (`met`) are that it hung together with? And
    which of these are there themselves.
    """
    groups, place = np.unique(kin[met], return_inverse=True)
    if not len(groups):
        return np.ones(len(kin), bool), met
    runs, count = np.unique(np.column_stack([place, component[met]]), axis=0, return_counts=True)
    first = np.lexsort((-count, runs[:, 0]))[np.searchsorted(runs[:, 0], np.arange(len(groups)))]
    most = runs[first, 1]
    at = np.minimum(np.searchsorted(groups, kin), len(groups) - 1)
    there = (groups[at] != kin) | (most[at] == component)
    return there, met & there


def disagreement(near: Nearest, classes: np.ndarray) -> np.ndarray:
    """`float64[n]`: the cosine-weighted share of the neighbours that teach another class; nan without any.

    Source: research/science 3.4: s = 1 - sum_j w_j [y_j = y] / sum_j w_j.
    """
    weight = np.where(near.row >= 0, near.cosine.astype(np.float64), 0)
    same = (classes[near.row] == classes[:, None]) & (near.row >= 0)
    total = weight.sum(axis=1)
    share = (weight * same).sum(axis=1) / np.where(total > 0, total, 1)
    return np.where(total > 0, 1 - share, np.nan)


def dissimilarity(near: Nearest, answers: np.ndarray) -> np.ndarray:
    """`float64[n]`: how far an answer is from those to similar inputs, and further than these are from each
    other; nan for an example that has fewer than three similar inputs.

    Args:
        answers: `int8[n, d]` vectors of the answers; zeros for none.
    """
    spoken = np.asarray(answers.any(axis=1))
    n = len(near.row)
    count, mine = np.zeros(n, np.int64), np.zeros(n)
    for start in range(0, n, _BLOCK):
        row, cosine = near.row[start : start + _BLOCK], near.cosine[start : start + _BLOCK]
        similar = _similar(row, cosine, spoken, start)
        rows, slots = np.nonzero(similar)
        alike = np.zeros(row.shape)
        alike[rows, slots] = cosines_of(answers, rows + start, row[rows, slots])
        count[start : start + _BLOCK] = similar.sum(axis=1)
        weight = np.maximum((similar * cosine).sum(axis=1), 1e-9)
        mine[start : start + _BLOCK] = (alike * cosine).sum(axis=1) / weight
    # the neighbours' own habit: how alike their answers are to those of the inputs next to them
    habit, usual = np.where(count > 0, mine, 0), np.zeros(n)
    for start in range(0, n, _BLOCK):
        row, cosine = near.row[start : start + _BLOCK], near.cosine[start : start + _BLOCK]
        similar = _similar(row, cosine, spoken, start)
        some = np.maximum(count[start : start + _BLOCK], 1)
        usual[start : start + _BLOCK] = (habit[row] * similar).sum(axis=1) / some
    return np.where(count >= 3, np.clip(usual - mine + (1 - usual) * (1 - mine), 0, 1), np.nan)


def _similar(row: np.ndarray, cosine: np.ndarray, spoken: np.ndarray, start: int) -> np.ndarray:
    """`bool[b, k]`: which neighbours of a block of examples have similar inputs, and answers on both
    sides.
    """
    mine = spoken[start : start + len(row)]
    return (row >= 0) & (cosine >= SIMILAR) & spoken[row] & mine[:, None]
