"""How many test examples each cell should give, from targets that may be summed over factors."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from tuneset.core.spec import Cell, Coverage
from tuneset.stages.coverage.cells import cells_from, levels


def test_targets(examples: pa.Table, spec: Coverage) -> np.ndarray:
    """`int64[cells]`: test examples wanted from each cell, in the order of `cell_of`.

    A target that sums over factors is shared out among its cells by their size; a cell under several targets
    gets the largest share asked of it. Where there are fewer examples than training and test want together,
    test takes its proportional part, and no more than half of them where no training target is given, so that
    a scarce cell is not only tested but also taught.
    """
    return _shared_out(examples, spec, asked=_affordable)


test_targets.__test__ = False  # type: ignore[attr-defined]  # a name that pytest would collect


def _affordable(cell: Cell, available: int) -> int:
    """As many test examples as the cell can give beside those that training wants."""
    train = cell.train or cell.test
    if not cell.test or available >= train + cell.test:
        return cell.test
    return available * cell.test // (train + cell.test)


def wanted_targets(examples: pa.Table, spec: Coverage) -> np.ndarray:
    """`int64[cells]`: examples wanted from each cell for training and test together, in `cell_of`'s order.

    Below this number no near or semantic twin of the cell is dropped.
    """
    return _shared_out(examples, spec, asked=lambda cell, _: cell.train + cell.test)


def _shared_out(examples: pa.Table, spec: Coverage, *, asked: Callable[[Cell, int], int]) -> np.ndarray:
    """`int64[cells]`: what each target asks for, given its number of examples, shared among cells."""
    codes, names, where = cells_from(levels(examples, spec), count=len(examples))
    size = np.bincount(codes, minlength=len(names)).astype(np.int64)
    wanted = np.zeros(len(names), np.int64)
    for cell in spec.cells:
        inside = np.array([cell.where.items() <= values.items() for values in where], bool)
        if inside.any():
            part = shared(asked(cell, int(size[inside].sum())), size[inside])
            wanted[inside] = np.maximum(wanted[inside], part)
    return wanted


def shared(total: int, weight: np.ndarray) -> np.ndarray:
    """`int64[k]`: `total` in proportion to `weight` (`[k]`, not all zero), rounded by largest remainders."""
    exact = total * weight / weight.sum()
    whole = np.floor(exact).astype(np.int64)
    left = total - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:left]] += 1
    return whole
