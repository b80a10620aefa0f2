"""Cases that only the whole shows: values that few examples have, and input far longer than usual.

Only of examples for which nothing else decided, that is, whose value is the factor's default.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from tuneset.core.spec import Coverage, Factor
from tuneset.stages.coverage.cells import levels
from tuneset.stages.coverage.retag import Retag

RARE, BOUNDARY = "rare", "boundary"
OPEN = "unknown"
"""What is not known is not seldom."""
FEWEST = 100
"""Examples below which nothing is usual or seldom."""
QUANTILE, TIMES = 0.99, 8
"""An input is far longer than usual if it is beyond this quantile and so many times as long as the median."""


def seldom(keys: pa.Table, spec: Coverage) -> list[Retag]:
    """What the whole says about each factor that asks for it, in the order of the spec.

    Args:
        keys: all examples; the columns `tags`, `words` (of all user turns) and `turns` (user turns).
        spec: a factor that asks for the built-in cases gets `boundary`, one with `rare` gets `rare`.
    """
    if len(keys) < FEWEST or not spec.factors:
        return []
    found = levels(keys, spec)
    made = []
    for name, factor in spec.factors.items():
        codes, values = found[name]
        free = (
            codes == values.index(factor.default) if factor.default in values else np.zeros(len(codes), bool)
        )
        for one in _of_factor(name, factor, keys=keys, found=found, free=free):
            free[one.rows] = False
            made.append(one)
    return [one for one in made if len(one.rows)]


def _of_factor(
    name: str,
    factor: Factor,
    *,
    keys: pa.Table,
    found: dict[str, tuple[np.ndarray, list[str]]],
    free: np.ndarray,
) -> Iterator[Retag]:
    if "case" in factor.origins and _lists(factor, BOUNDARY):
        for column, rule in (("words", "longer-than-usual"), ("turns", "more-turns-than-usual")):
            size = keys.column(column).to_numpy()
            limit = max(float(np.quantile(size, QUANTILE, method="higher")), TIMES * float(np.median(size)))
            rows = np.flatnonzero(free & (size > limit) & (size > TIMES))
            said = [f'"{column}":{count},"usual":{int(np.median(size))}' for count in size[rows].tolist()]
            yield Retag(
                name, BOUNDARY, rows, [f'"rule":"{rule}","strength":"weak",{words}' for words in said]
            )
    if factor.rare is not None and _lists(factor, RARE):
        of = factor.rare.factor
        codes, values = found[of]
        counts = np.bincount(codes, minlength=len(values))
        few = (counts / len(codes) < factor.rare.below) & (np.array(values) != OPEN)
        rows = np.flatnonzero(free & few[codes])
        said = [
            f'"rule":"seldom-{of}","strength":"strong","examples":{n}' for n in counts[codes[rows]].tolist()
        ]
        yield Retag(name, RARE, rows, said)


def _lists(factor: Factor, value: str) -> bool:
    """Is it one of the values that the spec wants to tell apart?"""
    return factor.values is None or value in factor.values
