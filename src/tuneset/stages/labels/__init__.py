"""Validity of the taught answer: a label set, a pattern or a JSON Schema. Start at `stage.py`.

Looks at the answer's form only. Whether a valid answer is right is for audits and reviewers to say.
"""

from tuneset.stages.labels.stage import Labels

__all__ = ["Labels"]
