"""Cleaning: repairs that do not change meaning, and answers nobody should learn from.

Must not judge content: a legitimate refusal, a one-word label, code or another language passes untouched.
Start at `stage.py`; `text.py` repairs one text, `repair.py` finds the few texts that need it, `answers.py`
knows cut-off and failed answers.
"""

from tuneset.stages.clean.stage import Clean

__all__ = ["Clean"]
