"""Redact: identifiers and secrets become typed placeholders, consistent within an example.

It must not judge names or places (no dictionary of people), change keys, tool definitions or ids, or keep a
value anywhere. Start reading at `stage.py`; one file a family of identifiers, each with what it finds and
its known gaps.
"""

from tuneset.stages.redact.detect import describe_types
from tuneset.stages.redact.stage import Redact, mask

__all__ = ["Redact", "describe_types", "mask"]
