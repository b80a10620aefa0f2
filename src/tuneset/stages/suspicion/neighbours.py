"""What the nearest inputs outside an example's own component teach: the same class, or a similar answer."""

from typing import NamedTuple

import numpy as np

from tuneset.kernels.alike import cosines_of
from tuneset.kernels.neighbours import NOBODY, UNKNOWN, Known, Nearest, nearest

MOST_AMONG = 8_192
"""Examples among which neighbours are looked for; the first ones, and ids are in no order."""

SIMILAR = 0.6
"""Cosine of inputs from which their answers are expected to be alike."""

GONE = UNKNOWN
"""In lists of examples: somebody who is no longer there."""

_MORE = 6
"""How many more are looked for than asked for: so many may go before a later build has to look anew."""


class Seen(NamedTuple):
    """A search for neighbours, in numbers of examples.

    Attributes:
        rows: `int64[m]`, who was looked at. near: `int64[m, k]`, their neighbours (`Nearest.row`).
        among: `int64[a]`, where they were looked for. kin: `uint64[m]`: two with the same hang together.
    """

    rows: np.ndarray
    near: np.ndarray
    among: np.ndarray
    kin: np.ndarray


def neighbours(
    vectors: np.ndarray,
    component: np.ndarray,
    hashes: np.ndarray,
    *,
    rows: np.ndarray,
    k: int,
    seen: Seen | None = None,
) -> tuple[Nearest, Seen]:
    """The `k` nearest inputs outside its component, for some examples among each other.

    Args:
        vectors: `int8[n, d]` of the inputs. component: `int64[n]`. hashes: `uint64[n]`, of the
            components, the same in every build. rows: `int64[m]`, who is looked at.
        seen: an earlier search; it saves work and changes nothing.

    Returns:
        `[m]`, in places of `rows`, and the search as it may be given to a later one.
    """
    some, kin = vectors[rows], hashes[rows]
    (among,) = np.nonzero(some.any(axis=1))
    among = among[:MOST_AMONG]
    known = None
    if seen is not None:
        place = np.full(len(vectors), GONE)
        place[rows] = np.arange(len(rows))
        known = _known(seen, place, kin=kin, among=among, k=k)
    found = nearest(some, component[rows], among, k=k + _MORE, known=known)
    near = np.where(found.row >= 0, rows[found.row], found.row)
    return Nearest(found.row[:, :k], found.cosine[:, :k]), Seen(rows, near, rows[among], kin)


def _known(seen: Seen, place: np.ndarray, *, kin: np.ndarray, among: np.ndarray, k: int) -> Known:
    """What still holds: lists of examples that hang together with the same ones as before, without those who
    do not, or who are no longer among those in question. A list in which fewer than `k` are left, though
    there were more, is made anew.
    """
    was, near = _placed(seen.rows, place), _placed(seen.near, place)
    stayed = was >= 0
    stayed[stayed] = seen.kin[stayed] == kin[was[stayed]]
    same, met = np.zeros(len(kin), bool), np.zeros(len(kin), bool)
    same[was[stayed]] = True
    before = _placed(seen.among, place)
    met[np.intersect1d(before[before >= 0], among)] = True
    met &= same
    lists = np.full((len(kin), near.shape[1]), NOBODY)
    lists[was[stayed]] = near[stayed]
    there = (lists >= 0) & met[lists]
    whole = lists[:, -1] == NOBODY
    order = np.argsort(~there, axis=1, kind="stable")
    left = np.where(there, lists, np.where(whole, NOBODY, UNKNOWN)[:, None])
    lists = np.take_along_axis(left, order, axis=1)
    return Known(lists, same & (whole | (there.sum(axis=1) >= k)), met)


def _placed(rows: np.ndarray, place: np.ndarray) -> np.ndarray:
    return np.where(rows >= 0, place[rows], rows)


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
    spoken: np.ndarray = np.any(answers, axis=1)
    similar = (near.row >= 0) & (near.cosine >= SIMILAR) & spoken[near.row] & spoken[:, None]
    rows, slots = np.nonzero(similar)
    alike = np.zeros(near.row.shape)
    alike[rows, slots] = cosines_of(answers, rows, near.row[rows, slots])
    count = similar.sum(axis=1)
    mine = (alike * near.cosine).sum(axis=1) / np.maximum((similar * near.cosine).sum(axis=1), 1e-9)
    # the neighbours' own habit: how alike their answers are to those of the inputs next to them
    habit = np.where(count > 0, mine, 0)
    usual = (habit[near.row] * similar).sum(axis=1) / np.maximum(count, 1)
    return np.where(count >= 3, np.clip(usual - mine + (1 - usual) * (1 - mine), 0, 1), np.nan)
