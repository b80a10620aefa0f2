"""Answers much longer or shorter than those of their kind."""

import numpy as np

_FEWEST = 20  # answers of a kind that can be compared
_SPREAD = (
    0.25  # the least standard deviation of log2 words: a kind of answers that are all alike has no outliers
)


def length_outliers(words: np.ndarray, group: np.ndarray) -> np.ndarray:
    """`float64[n]`: the distance of log2(1 + words) from the group's median in robust standard deviations
    (1.4826 times the median distance, Rousseeuw & Croux 1993); nan in groups below 20 and for answers
    without words.
    """
    found = np.full(len(words), np.nan)
    spoken = np.flatnonzero(words > 0)
    if not len(spoken):
        return found
    order = spoken[np.argsort(group[spoken], kind="stable")]
    _, starts = np.unique(group[order], return_index=True)
    for rows in np.split(order, starts[1:]):
        if len(rows) >= _FEWEST:
            size = np.round(np.log2(1 + words[rows].astype(np.float64)), 6)
            away = np.abs(size - np.median(size))
            found[rows] = np.round(away / max(1.4826 * float(np.median(away)), _SPREAD), 4)
    return found
