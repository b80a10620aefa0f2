"""Sampling at the door: which records are taken, before any work is spent on them. Start at `stage.py`.

Filters and draws; never looks at what was said. What is drawn depends on the record's hash alone, or on how
its hash compares with those of the same user and day, so it is the same however files are cut.
"""

from tuneset.stages.sample.draw import UNKNOWN_DAY, Drawn, day_of, draw
from tuneset.stages.sample.stage import NAME, OUT, Admitted, Sample

__all__ = ["NAME", "OUT", "UNKNOWN_DAY", "Admitted", "Drawn", "Sample", "day_of", "draw"]
