"""What the nearest inputs outside an example's own component teach: the same class, or a similar answer."""

import numpy as np

from tuneset.kernels.alike import cosines
from tuneset.kernels.neighbours import Nearest, nearest

MOST_AMONG = 8_192
"""Examples among which neighbours are looked for; the first ones, and ids are in no order."""

SIMILAR = 0.6
"""Cosine of inputs from which their answers are expected to be alike."""


def neighbours(vectors: np.ndarray, component: np.ndarray, *, k: int) -> Nearest:
    """The `k` nearest inputs of each example outside its component.

    Args:
        vectors: `int8[n, d]` of the inputs. component: `int64[n]`.
    """
    (known,) = np.nonzero(vectors.any(axis=1))
    return nearest(vectors, component, known[:MOST_AMONG], k=k)


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
    alike[rows, slots] = cosines(answers[rows], answers[near.row[rows, slots]])
    count = similar.sum(axis=1)
    mine = (alike * near.cosine).sum(axis=1) / np.maximum((similar * near.cosine).sum(axis=1), 1e-9)
    # the neighbours' own habit: how alike their answers are to those of the inputs next to them
    habit = np.where(count > 0, mine, 0)
    usual = (habit[near.row] * similar).sum(axis=1) / np.maximum(count, 1)
    return np.where(count >= 3, np.clip(usual - mine + (1 - usual) * (1 - mine), 0, 1), np.nan)
