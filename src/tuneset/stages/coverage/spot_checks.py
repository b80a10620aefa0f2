"""How far tags can be trusted, from what people said of a few of them.

    precision of a value = right among the checked examples that have it, with a one-sided 95 % lower bound
    a target that names several checked values: each may be wrong, so their largest errors add up

Source: Clopper & Pearson 1934 for the bound; Bonferroni for several. Holds if the checked examples of a value
were drawn by chance from those that have it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import ID, one_array
from tuneset.stats.proportion import lower_bound

CONFIDENCE = 0.95


@dataclass(frozen=True)
class SpotCheck:
    """What a person says is the right value of a factor for one example."""

    origin_id: bytes
    factor: str
    value: str


@dataclass(frozen=True)
class Checked:
    """Of the examples with a value `checked` were looked at, and the value of `right` was right."""

    checked: int
    right: int

    @property
    def precision(self) -> float:
        """Share of right ones."""
        return self.right / self.checked

    def lower(self, *, confidence: float = CONFIDENCE) -> float:
        """Least precision that the checks leave possible."""
        return lower_bound(self.right, self.checked, confidence=confidence)


Findings = Mapping[tuple[str, str], Checked]
"""(factor, value) → what the checks found, where there are any."""


def compared(
    examples: pa.Table, levels: Mapping[str, tuple[np.ndarray, list[str]]], checks: Sequence[SpotCheck]
) -> dict[tuple[str, str], Checked]:
    """Tags against what people said. Checks of examples that are not among these say nothing."""
    ids = one_array(examples.column("origin_id"))
    rows = pc.index_in(pa.array([check.origin_id for check in checks], ID), value_set=ids).to_pylist()
    counts: dict[tuple[str, str], list[int]] = {}
    for check, row in zip(checks, rows, strict=True):
        if row is not None and check.factor in levels:
            codes, values = levels[check.factor]
            tag = values[int(codes[row])]
            count = counts.setdefault((check.factor, tag), [0, 0])
            count[0] += 1
            count[1] += tag == check.value
    return {key: Checked(*count) for key, count in sorted(counts.items())}


def sure_share(where: Mapping[str, str], findings: Findings) -> float | None:
    """Share of the examples with these values that certainly have them; None if no value was checked."""
    known = [findings[item] for item in where.items() if item in findings]
    if not known:
        return None
    confidence = 1 - (1 - CONFIDENCE) / len(known)
    return max(0.0, 1 - sum(1 - found.lower(confidence=confidence) for found in known))
