"""Coverage: which cell of the matrix an example falls into, and how full the cells are.

Tags by rules, fields, taggers, prototypes; judges no answer. Start at `stage.py` (tags).
"""

from tuneset.stages.coverage.cells import cell_of, levels
from tuneset.stages.coverage.matrix import declared, matrix
from tuneset.stages.coverage.retag import BY_MODEL, Retag, retagged
from tuneset.stages.coverage.seldom import seldom
from tuneset.stages.coverage.spot_checks import Checked, SpotCheck
from tuneset.stages.coverage.stage import CoverageTags
from tuneset.stages.coverage.targets import test_targets, wanted_targets

__all__ = [
    "BY_MODEL",
    "Checked",
    "CoverageTags",
    "Retag",
    "SpotCheck",
    "cell_of",
    "declared",
    "levels",
    "matrix",
    "retagged",
    "seldom",
    "test_targets",
    "wanted_targets",
]
