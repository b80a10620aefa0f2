"""Tags that are laid over those that an example got by itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tuneset.core.spec import Coverage
from tuneset.stages.coverage.cells import levels
from tuneset.stages.coverage.tags import with_values

BY_RULE, BY_MODEL = "by-rule", "by-model"


@dataclass(frozen=True)
class Retag:
    """Examples (`rows`, `int64[k]`, rising) that get another value of a factor; `evidence`: members of a JSON
    object for each.
    """

    factor: str
    value: str
    rows: np.ndarray
    evidence: list[str]
    reason: str = BY_RULE

    def without(self, rows: np.ndarray) -> "Retag":
        """The same but for some examples."""
        stays = ~np.isin(self.rows, rows)
        evidence = [said for said, stay in zip(self.evidence, stays.tolist(), strict=True) if stay]
        return Retag(self.factor, self.value, self.rows[stays], evidence, self.reason)


def retagged(tags: pa.Table, spec: Coverage, changes: Sequence[Retag]) -> pa.Array:
    """The column `tags` with the new values."""
    values = {}
    for name, (codes, known) in levels(tags, spec).items():
        texts = np.array([*known, *(one.value for one in changes)], object)
        codes = codes.copy()
        for place, one in enumerate(changes, len(known)):
            if one.factor == name:
                codes[one.rows] = place
        values[name] = pa.array(texts[codes], pa.string())
    return with_values(tags, values)
