"""Cases: who is an edge case, in what language and style; columns of answers for the factors of the matrix.

Reads words and structure of one example at a time, and judges no answer. Every answer says by what it was
found and how sure that is. Rules stand in `phrases.toml`. Start at `case.py`, then `prototypes.py`;
`question.py` says what a model is asked.
"""

from tuneset.stages.cases.case import CASES, case_of
from tuneset.stages.cases.language import detector, language_of
from tuneset.stages.cases.phrases import phrases_digest
from tuneset.stages.cases.prototypes import Prototyped, PrototypeVectors, nearest
from tuneset.stages.cases.question import NO_VALUE, REFUSED, Question, Reply
from tuneset.stages.cases.seen import Seen
from tuneset.stages.cases.style import channel_of, style_of
from tuneset.stages.cases.tagged import Tagged

__all__ = [
    "CASES",
    "NO_VALUE",
    "REFUSED",
    "PrototypeVectors",
    "Prototyped",
    "Question",
    "Reply",
    "Seen",
    "Tagged",
    "case_of",
    "channel_of",
    "detector",
    "language_of",
    "nearest",
    "phrases_digest",
    "style_of",
]
