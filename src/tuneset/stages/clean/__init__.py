"""Cleaning: repairs that do not change meaning, and answers nobody should learn from.

Must not judge content: a legitimate refusal, a one-word label, code or another language passes untouched.
Start at `stage.py`; `text.py` repairs one text, `repair.py` finds the few texts that need it, `answers.py`
knows cut-off and failed answers, `thumbs.py` those that people disliked.
"""

from tuneset.stages.clean.stage import Clean
from tuneset.stages.clean.thumbs import disliked, untaught

__all__ = ["Clean", "disliked", "untaught"]
