"""What the nearest inputs outside an example's own component teach: the same class, or a similar answer."""

from typing import NamedTuple, Protocol

import numpy as np

from tuneset.kernels.alike import DECIMALS
from tuneset.kernels.listed import Came, Others, cosines_in, put_in, sums_of, take_over
from tuneset.kernels.neighbours import NOBODY, UNKNOWN, nearest

MOST_AMONG = 8_192
"""Examples among which neighbours are looked for; the first ones, and ids are in no order."""

SIMILAR = 0.6
"""Cosine of inputs from which their answers are expected to be alike."""

GONE = UNKNOWN
"""In lists of examples: somebody who is no longer there."""

_BLOCK = 16_384
_READ = 4_096  # vectors that are read at a time: their memory is used again
_MORE = 6
"""How many more are looked for than asked for: so many may go before a later build has to look anew."""


class Rows(Protocol):
    """`int8[n, d]` vectors that are read when they are asked for; an array is the simplest."""

    @property
    def shape(self) -> tuple[int, ...]:
        """`n` and `d`."""
        ...

    def __getitem__(self, rows: np.ndarray, /) -> np.ndarray:
        """`int8[k, d]`: some of them."""
        ...


class Seen(NamedTuple):
    """A search for neighbours, in numbers of examples.

    Attributes:
        rows: `int64[m]`, who was looked at. among: `int64[a]`, where neighbours were looked for.
        near: `int16[m, k]`, their neighbours by their places in `among`, nearest first, then `NOBODY` if
            there is nobody more, or `UNKNOWN` where nobody looked.
        kin: `int64[m]`: two with the same hung together.
        similar: `uint8[m]`, how many of the neighbours are similar and speak. alike: `float64[m]`, how like
            their answers is that of the example. Both are empty where answers are not compared.
    """

    rows: np.ndarray
    among: np.ndarray
    near: np.ndarray
    kin: np.ndarray
    similar: np.ndarray
    alike: np.ndarray


class Answered(NamedTuple):
    """How answers compare with those to similar inputs, of `m` examples.

    Attributes:
        unlike: `float64[m]`, how far an answer is from those to similar inputs, and further than these are
            from each other; nan for an example that has fewer than three similar inputs.
        similar, alike: as in `Seen`.
    """

    unlike: np.ndarray
    similar: np.ndarray
    alike: np.ndarray


NOT_COMPARED = Answered(*(np.zeros(0, kind) for kind in (np.float64, np.uint8, np.float64)))


class Neighbours(NamedTuple):
    """The nearest of some examples.

    Attributes:
        rows: `int64[m]`, who was looked at. among: `int64[a]`, where.
        at: `int64[a]`, the places of these in `rows`.
        near: `int16[m, k + more]`, as in `Seen`.
        changed: `int64[c]`, places in `rows` of those whose `k` nearest may not be what they were; of the
            others `before`, `int64[m]`, is the place in the earlier search.
        cosine: `float32[c, k]`, of the nearest of those.
    """

    rows: np.ndarray
    among: np.ndarray
    at: np.ndarray
    near: np.ndarray
    changed: np.ndarray
    before: np.ndarray
    cosine: np.ndarray

    def as_seen(self, component: np.ndarray, answered: Answered) -> Seen:
        """The search as it may be given to a later one; `component`: of all examples."""
        return Seen(self.rows, self.among, self.near, component[self.rows], answered.similar, answered.alike)


def neighbours(
    vectors: Rows,
    component: np.ndarray,
    *,
    rows: np.ndarray,
    k: int,
    seen: Seen | None = None,
) -> Neighbours:
    """The `k` nearest inputs outside its component, for some examples among each other.

    Args:
        vectors: of the inputs of all `n` examples. component: `int64[n]`. rows: `int64[m]`, rising.
        seen: an earlier search; it saves work and changes nothing.
    """
    at = _first_told(vectors, rows)
    among = rows[at]
    near = np.full((len(rows), k + _MORE), NOBODY, np.int16)
    calm, changed, before = np.zeros(len(rows), bool), np.zeros(len(rows), bool), np.zeros(0, np.int64)
    cosine = [np.zeros((0, k), np.float32)]
    touched = [np.zeros(0, np.int64)]
    if seen is not None and len(among):
        known = _known(seen, component, rows=rows, among=among)
        calm, before = known.calm, known.before
        groups, others = component[rows], Others.of(vectors[among], component[among])
        take_over(seen.near, before, known.now, groups, others.groups, k, near, calm, changed)
        came = Came.of(np.flatnonzero(~known.met), others)
        (taken,) = np.nonzero(calm)
        for start in range(0, len(taken), _READ):
            which = taken[start : start + _READ]
            found = put_in(
                near,
                which,
                changed,
                k=k,
                vectors=vectors[rows[which]],
                groups=groups,
                others=others,
                came=came,
            )
            cosine.append(found[changed[which]])
            touched.append(which[changed[which]])
    (anew,) = np.nonzero(~calm)
    chosen = np.concatenate([rows[anew], among])
    found = nearest(
        vectors[chosen],
        component[chosen],
        np.arange(len(anew), len(chosen)),
        rows=np.arange(len(anew)),
        k=k + _MORE,
    )
    listed = found.row[: len(anew)]
    near[anew] = np.where(listed >= 0, listed - len(anew), listed)
    cosine.append(found.cosine[: len(anew), :k])
    touched.append(anew)
    return Neighbours(rows, among, at, near, np.concatenate(touched), before, np.concatenate(cosine))


def _first_told(vectors: Rows, rows: np.ndarray) -> np.ndarray:
    """`int64[a]`: the first places in `rows` whose vectors are not empty."""
    found = np.zeros(0, np.int64)
    for start in range(0, len(rows), MOST_AMONG):
        some = vectors[rows[start : start + MOST_AMONG]]
        found = np.concatenate([found, start + np.flatnonzero(some.any(axis=1))])
        if len(found) >= MOST_AMONG:
            break
    return found[:MOST_AMONG]


class _Known(NamedTuple):
    """What still holds of an earlier search, of `m` rows.

    Attributes:
        before: `int64[m]`, their places in it. calm: `bool[m]`, who has one.
        met: `bool[a]`, whom of those in question it met. now: `int16[b]`: where those of then are, or `GONE`.
    """

    before: np.ndarray
    calm: np.ndarray
    met: np.ndarray
    now: np.ndarray


def _known(seen: Seen, component: np.ndarray, *, rows: np.ndarray, among: np.ndarray) -> _Known:
    """Somebody in question who left a component was left out of the lists of all others in it: he counts as
    new.
    """
    n = len(component)
    asked, met, calm = (np.zeros(n, bool) for _ in range(3))
    asked[rows] = True
    stayed = np.flatnonzero(seen.rows >= 0)
    stayed = stayed[asked[seen.rows[stayed]]]
    who, kin = seen.rows[stayed], seen.kin[stayed]
    met[np.intersect1d(seen.among[seen.among >= 0], among)] = True
    calm[who], met[who] = _together_still(kin, component[who], met[who])
    before, place = np.zeros(n, np.int64), np.full(n, GONE, np.int16)
    before[who] = stayed
    place[among] = np.where(met[among], np.arange(len(among)), GONE)
    now = np.where(seen.among >= 0, place[np.maximum(seen.among, 0)], np.int16(GONE))
    return _Known(before[rows], calm[rows], met[among], now)


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


def disagreement(found: Neighbours, vectors: Rows, classes: np.ndarray) -> np.ndarray:
    """`float64[m]`: the cosine-weighted share of the neighbours that teach another class; nan without any.

    Args:
        vectors: of the inputs. classes: `int64[m]`, what each of those who were looked at teaches.

    Source: research/science 3.4: s = 1 - sum_j w_j [y_j = y] / sum_j w_j.
    """
    near, cosine = found.near[:, : found.cosine.shape[1]], _cosines(found, vectors)
    weight = np.where(near >= 0, cosine.astype(np.float64), 0)
    same = (classes[found.at][near] == classes[:, None]) & (near >= 0)
    total = weight.sum(axis=1)
    share = (weight * same).sum(axis=1) / np.where(total > 0, total, 1)
    return np.where(total > 0, 1 - share, np.nan)


def _cosines(found: Neighbours, vectors: Rows) -> np.ndarray:
    """`float32[m, k]` of all nearest, 0 where there is none."""
    others = Others.of(vectors[found.among], found.among)
    cosine = np.empty((len(found.rows), found.cosine.shape[1]), np.float32)
    cosine[found.changed] = found.cosine
    left = np.ones(len(found.rows), bool)
    left[found.changed] = False
    (left,) = np.nonzero(left)
    for start in range(0, len(left), _READ):
        which = left[start : start + _READ]
        near = found.near[which, : cosine.shape[1]]
        told = cosines_in(near, vectors=vectors[found.rows[which]], others=others)
        cosine[which] = np.clip(told, 0, 1)
    return cosine


def dissimilarity(found: Neighbours, answers: Rows, *, seen: Seen | None = None) -> Answered:
    """Compares the answers of those who were looked at.

    Args:
        answers: vectors of the answers of all examples; zeros for none.
        seen: the earlier search; it saves work and changes nothing.
    """
    m, k = len(found.rows), found.cosine.shape[1]
    others = Others.of(answers[found.among], found.among)
    spoken = others.lengths > 0
    if seen is None:
        similar, alike = np.zeros(m, np.uint8), np.zeros(m)
    else:  # of some who are not the same any more, whose numbers are made below
        similar, alike = seen.similar[found.before], seen.alike[found.before]
    for start in range(0, len(found.changed), _READ):
        which, cosine = found.changed[start : start + _READ], found.cosine[start : start + _READ]
        near, mine = found.near[which, :k], answers[found.rows[which]]
        speaks = np.asarray(mine.any(axis=1))[:, None]
        close = (near >= 0) & (cosine >= SIMILAR) & (spoken[near] & speaks if len(spoken) else False)
        told = cosines_in(np.where(close, near, NOBODY), vectors=mine, others=others)
        told = np.round(told, DECIMALS).astype(np.float32).astype(np.float64)
        similar[which] = close.sum(axis=1)
        weight = np.maximum((close * cosine).sum(axis=1), 1e-9)
        alike[which] = (told * cosine).sum(axis=1) / weight
    # the neighbours' own habit: how alike their answers are to those of the inputs next to them
    habit = np.where(similar[found.at] > 0, alike[found.at], 0)
    usual = sums_of(found.near[:, :k], similar, counts=spoken, value=habit) / np.maximum(similar, 1)
    unlike = np.clip(usual - alike + (1 - usual) * (1 - alike), 0, 1)
    return Answered(np.where(similar >= 3, unlike, np.nan), similar, alike)
