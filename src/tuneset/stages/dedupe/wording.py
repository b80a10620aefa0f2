"""Is what differs between two inputs only another wording? The second key, beside a similarity of the whole.

A cosine of two short texts, or a high share of equal words in two long ones, does not see one decisive word:
*kettle* in the place of *toaster*. So the words that only one text has are set against those of the other
(`kernels.align`). Limits were chosen on scored sentence pairs of the STS benchmark
(`benchmarks/curate/dupes.py` shows what they give on its other half) together with pairs of bank questions;
docs/decisions/0010 has the numbers.
"""

from typing import NamedTuple

import numpy as np

from tuneset.kernels.align import difference
from tuneset.kernels.words import Words

MOST_CHANGED = 30.0
"""Weight of uncovered words on both sides up to which none of them stands in the place of another."""

MOST_ADDED = 100.0
"""Weight of one word up to which a text with it may have the same meaning as one without."""

MOST_OPEN = 0.08
"""Share of the weight of both texts that may be uncovered between two that mean the same."""


class Wording(NamedTuple):
    """Of `m` pairs.

    Attributes:
        changed: `bool[m]` a word stands in the place of another, or what comes from where changed places.
        same: `bool[m]` nothing changed and little was added: the two may be one in other words.
    """

    changed: np.ndarray
    same: np.ndarray


def wording(words: Words, pairs: np.ndarray, *, data: np.ndarray) -> Wording:
    """Judges pairs of inputs that have the same numbers, markers and names.

    Args:
        words, pairs, data: as for `kernels.align.difference`.
    """
    found = difference(words, pairs, data=data)
    changed = (np.round(found.changed, 2) > MOST_CHANGED) | found.turned
    little = (np.round(found.added, 2) <= MOST_ADDED) & (np.round(found.share, 4) <= MOST_OPEN)
    return Wording(changed, ~changed & little)
