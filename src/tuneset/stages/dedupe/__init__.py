"""Duplicates by meaning: sign, propose, relate, settle. Similar input alone never drops an example.

    sign            examples -> signatures, part by part
    exact_pairs, near_pairs, semantic_pairs, all_pairs        signatures -> candidate pairs
    relate          candidates -> links: twins, contrasts, conflicts, leaks
    settle          links -> who stays

Pure functions over columns; nothing is read or written. Start with `relate.py`, whose docstring is the rule.
"""

from tuneset.kernels.join import components, hook, settle_labels
from tuneset.stages.dedupe.candidates import (
    EXACT_UP_TO,
    all_pairs,
    exact_pairs,
    near_pairs,
    representatives,
    semantic_pairs,
)
from tuneset.stages.dedupe.equivalence import NAMES
from tuneset.stages.dedupe.relate import (
    CONFLICT,
    DIFFERENCES,
    KINDS,
    LINKS,
    LOOSER,
    REPEAT,
    SEMANTIC,
    TWINS,
    UNMEASURED,
    exact_links,
    hard_conflicts,
    kinds_of,
    links_of,
    meaning_keys,
    relate,
    screen_of,
)
from tuneset.stages.dedupe.settle import DROPS, PREFIX, Settled, conflict_floor, rank_of, settle
from tuneset.stages.dedupe.sign import Signatures, sign
from tuneset.stages.dedupe.texts import TextBlock, texts_of

__all__ = [
    "CONFLICT",
    "DIFFERENCES",
    "DROPS",
    "EXACT_UP_TO",
    "KINDS",
    "LINKS",
    "LOOSER",
    "NAMES",
    "PREFIX",
    "REPEAT",
    "SEMANTIC",
    "TWINS",
    "UNMEASURED",
    "Settled",
    "Signatures",
    "TextBlock",
    "all_pairs",
    "components",
    "conflict_floor",
    "exact_links",
    "exact_pairs",
    "hard_conflicts",
    "hook",
    "kinds_of",
    "links_of",
    "meaning_keys",
    "near_pairs",
    "rank_of",
    "relate",
    "representatives",
    "screen_of",
    "semantic_pairs",
    "settle",
    "settle_labels",
    "sign",
    "texts_of",
]
