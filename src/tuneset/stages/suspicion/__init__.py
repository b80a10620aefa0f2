"""Suspicion: which examples a person should look at first. Nothing is dropped and nothing is changed here.

`checks.py` looks at one example at a time, where its text is; `classifier.py` and `neighbours.py` ask what
the other examples say, always out of sample; `combine.py` makes one number of it. Start at `suspect.py`.
Whether a suspect is wrong is for a person to say.
"""

from tuneset.stages.suspicion.checks import CHECKS, COLUMNS, checked
from tuneset.stages.suspicion.classes import Classes, classes_of
from tuneset.stages.suspicion.combine import calibrated, isotonic, known
from tuneset.stages.suspicion.neighbours import GONE, Seen
from tuneset.stages.suspicion.reasons import reasons_of
from tuneset.stages.suspicion.suspect import SIGNALS, Facts, Suspected, alarms, suspect

__all__ = [
    "CHECKS",
    "COLUMNS",
    "GONE",
    "SIGNALS",
    "Classes",
    "Facts",
    "Seen",
    "Suspected",
    "alarms",
    "calibrated",
    "checked",
    "classes_of",
    "isotonic",
    "known",
    "reasons_of",
    "suspect",
]
