"""How far tags can be trusted, from what people said of a few of them.

    precision of a value = right among the checked examples that have it, with a one-sided 95 % lower bound
    a target that names several checked values: each may be wrong, so their largest errors add up

Source: Clopper & Pearson 1934 for the bound; Bonferroni for several. Holds if the checked examples of a value
were drawn by chance from those that have it; where a model gave some of the tags, from its tags and from the
others, whose bounds are then weighted by how many there are of each (stratified sampling).
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
    """Of the examples with a value `checked` were looked at, and the value of `right` was right. `parts`: the
    same for those tagged by a model and by all else, if there are both.
    """

    checked: int
    right: int
    parts: tuple["Part", ...] = ()

    @property
    def precision(self) -> float:
        """Share of right ones."""
        return self.right / self.checked

    def lower(self, *, confidence: float = CONFIDENCE) -> float:
        """Least precision that the checks leave possible; a part that nobody looked at may be all wrong."""
        if not self.parts:
            return lower_bound(self.right, self.checked, confidence=confidence)
        known = [part for part in self.parts if part.checked]
        each = 1 - (1 - confidence) / len(known)
        return sum(p.share * lower_bound(p.right, p.checked, confidence=each) for p in known)


@dataclass(frozen=True)
class Part:
    """Some of the examples with a value: a model's or the others. `share`: of all that have it."""

    share: float
    checked: int
    right: int


Findings = Mapping[tuple[str, str], Checked]
"""(factor, value) → what the checks found, where there are any."""


def compared(
    examples: pa.Table,
    levels: Mapping[str, tuple[np.ndarray, list[str]]],
    checks: Sequence[SpotCheck],
    *,
    by_model: Mapping[str, np.ndarray],
) -> dict[tuple[str, str], Checked]:
    """Tags against what people said. Checks of examples that are not among these say nothing.

    `by_model`: factor → `bool[n]`, who got the tag from a model. Rules that were checked say nothing about a
    model that was added later, so that each is judged by its own checks.
    """
    ids = one_array(examples.column("origin_id"))
    rows = pc.index_in(pa.array([check.origin_id for check in checks], ID), value_set=ids).to_pylist()
    counts: dict[tuple[str, str], np.ndarray] = {}
    for check, row in zip(checks, rows, strict=True):
        if row is not None and check.factor in levels:
            codes, values = levels[check.factor]
            tag = values[int(codes[row])]
            count = counts.setdefault((check.factor, tag), np.zeros((2, 2), np.int64))
            part = check.factor in by_model and by_model[check.factor][row]
            count[int(part)] += (1, tag == check.value)
    return {
        (factor, tag): _checked(count, *levels[factor], tag=tag, by_model=by_model.get(factor))
        for (factor, tag), count in sorted(counts.items())
    }


def _checked(
    count: np.ndarray, codes: np.ndarray, values: list[str], *, tag: str, by_model: np.ndarray | None
) -> Checked:
    """`count`: checked and right ones of all others and of a model, `int64[2, 2]`."""
    checked, right = count.sum(axis=0).tolist()
    share = 0.0 if by_model is None else float(by_model[codes == values.index(tag)].mean())
    if not 0 < share < 1:
        return Checked(checked, right)
    parts = [Part(of, *one) for of, one in zip((1 - share, share), count.tolist(), strict=True)]
    return Checked(checked, right, tuple(parts))


def sure_share(where: Mapping[str, str], findings: Findings) -> float | None:
    """Share of the examples with these values that certainly have them; None if no value was checked."""
    known = [findings[item] for item in where.items() if item in findings]
    if not known:
        return None
    confidence = 1 - (1 - CONFIDENCE) / len(known)
    return max(0.0, 1 - sum(1 - found.lower(confidence=confidence) for found in known))
