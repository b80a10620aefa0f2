"""Splitting: components go whole to training, validation or test; what is sealed in test stays there.

Takes plain arrays, reads no text. Start at `assign.py`; `evict.py` says who must leave because of what
is sealed, `leaks.py` is the exact check that nothing got through.
"""

from tuneset.stages.split.assign import NONE, TEST, TRAIN, VALIDATION, Assigned, assign
from tuneset.stages.split.balance import balance
from tuneset.stages.split.evict import Evicted, Ties, evict, group_of
from tuneset.stages.split.leaks import NEAR, SEMANTIC, Leaks, leaks

__all__ = [
    "NEAR",
    "NONE",
    "SEMANTIC",
    "TEST",
    "TRAIN",
    "VALIDATION",
    "Assigned",
    "Evicted",
    "Leaks",
    "Ties",
    "assign",
    "balance",
    "evict",
    "group_of",
    "leaks",
]
