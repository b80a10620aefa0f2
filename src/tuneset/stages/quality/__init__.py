"""Is it enough, and is it the right mix? Signals about the kept examples as a whole, each with a verdict.

Knows columns and samples of them, not files. Changes nothing: it only measures. Start at `signal.py`;
`build/findings/quality.py` gathers what is measured.
"""

from tuneset.stages.quality.balance import mix, refusals, smallest
from tuneset.stages.quality.form import SHAPES, answer_lengths, answer_shapes, json_keys, openings, shapes_of
from tuneset.stages.quality.intents import reached, unseen_kinds, unseen_values
from tuneset.stages.quality.phrasing import THIN_FROM, phrasing, thin
from tuneset.stages.quality.signal import Missing, Signal
from tuneset.stages.quality.size import size
from tuneset.stages.quality.vocabulary import unheard

__all__ = [
    "SHAPES",
    "THIN_FROM",
    "Missing",
    "Signal",
    "answer_lengths",
    "answer_shapes",
    "json_keys",
    "mix",
    "openings",
    "phrasing",
    "reached",
    "refusals",
    "shapes_of",
    "size",
    "smallest",
    "thin",
    "unheard",
    "unseen_kinds",
    "unseen_values",
]
