"""Which split each example goes to."""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pyarrow as pa

from tuneset.core.errors import SpecError
from tuneset.core.spec import SplitSpec
from tuneset.kernels.order import as_met, lexicographic
from tuneset.stages.split.draw import draw

NONE, TRAIN, VALIDATION, TEST = range(4)


@dataclass(frozen=True)
class Assigned:
    """`split`: `int8[n]`, one of TRAIN, VALIDATION, TEST, or NONE for the evicted.

    `wanted`: `int64[3, cells]`, examples wanted per split (training, validation, test) and cell.
    """

    split: np.ndarray
    wanted: np.ndarray


@dataclass(frozen=True)
class Groups:
    """`k` components in an order that depends only on their contents, and their rows as a sorted list.

    `rows[offsets[c]:offsets[c + 1]]` are the rows of component `c`; `rank` (`uint64[k]`) is its lot in the
    draw.
    """

    rows: np.ndarray
    offsets: np.ndarray
    rank: np.ndarray


def assign(
    components: np.ndarray,
    cell: np.ndarray,
    sealed: np.ndarray,
    *,
    evicted: np.ndarray,
    ids: pa.Array | pa.ChunkedArray,
    spec: SplitSpec,
    targets: np.ndarray | None = None,
    before: Assigned | None = None,
) -> Assigned:
    """Splits `n` examples by whole components, close to the wanted number in every cell.

    Args:
        components: `int64[n]`, equal for examples that must stay together; the numbers themselves do not
        matter. cell: `int32[n]`, code of the coverage cell. sealed: `int8[n]`: TEST for the sealed test
        examples of earlier releases, TRAIN or VALIDATION for what an
            earlier release trained on (it may not enter the test set), else NONE.
        evicted: `bool[n]`, who goes nowhere: may not be learned from beside a sealed test example (`evict`).
        ids: origin ids, `[n]`.
        spec: shares and salt.
        targets: `int64[cells]`, test examples wanted per cell; needed if the spec says `from_matrix`.
        before: a draw of the same examples with fewer connections; components that it did not part stay where
            they were, unless moving them lowers the cost.

    A sealed test example stays in test, alone with the evicted of its component. New test examples come from
    other components until there are as many as wanted. The result follows from the salt and the ids, never
    from the order of rows.

    Source: stratified group assignment after Sechidis et al. 2011 (largest first), by lots where there is
    room so that later draws agree, then local search on the sum of squared deviations.
    """
    count = len(components)
    cells = int(cell.max(initial=-1)) + 1
    if targets is None and spec.test == "from_matrix":
        raise SpecError(
            "`split.test: from_matrix` needs cells with test targets",
            fix="add `coverage.cells`, or give a share",
        )
    split = np.where(sealed == TEST, np.int8(TEST), np.int8(NONE))
    free = np.flatnonzero(~evicted & (sealed != TEST))
    groups = _grouped(components[free], _numbers(ids)[free], salt=spec.salt)
    rows = free[groups.rows]
    first = groups.offsets[:-1]
    stays = np.bincount(cell[~evicted], minlength=cells)
    have = np.bincount(cell[sealed == TEST], minlength=cells)
    wanted = _wanted(
        stays, have, spec=spec, targets=targets, order=_cell_order(groups, cell[rows], cells=cells)
    )
    tainted = np.maximum.reduceat(sealed[rows] != NONE, first) if len(rows) else np.zeros(0, bool)
    pool = wanted - np.stack([np.zeros_like(have), np.zeros_like(have), have])
    lots = draw(
        groups.offsets,
        cell[rows].astype(np.int64),
        groups.rank,
        tainted,
        np.maximum(pool, 0),
        _drawn_before(groups, rows, before),
    )
    split[rows] = np.repeat(lots + TRAIN, np.diff(groups.offsets))
    assert len(split) == count
    return Assigned(split.astype(np.int8), wanted)


def _drawn_before(groups: Groups, rows: np.ndarray, before: Assigned | None) -> np.ndarray:
    """`int8[k]`: the lot that all rows of a component had, or -1."""
    if before is None or not len(rows):
        return np.full(len(groups.rank), -1, np.int8)
    old = before.split[rows]
    least, most = (ends.reduceat(old, groups.offsets[:-1]) for ends in (np.minimum, np.maximum))
    return np.where((least == most) & (least != NONE), least - TRAIN, -1).astype(np.int8)


def _wanted(
    stays: np.ndarray, have: np.ndarray, *, spec: SplitSpec, targets: np.ndarray | None, order: np.ndarray
) -> np.ndarray:
    """`int64[3, cells]`: examples wanted in training, validation and test.

    Test counts what is sealed already and never falls below it. Shares are rounded so that their sum over all
    cells is right, too; `order` settles which cells get the odd example.
    """
    if spec.test == "from_matrix":
        assert targets is not None
        test = np.minimum(targets, stays)
    else:
        test = _shares(stays, spec.test, order=order)
    test = np.maximum(test, have)
    validation = np.minimum(_shares(stays, spec.validation, order=order[::-1]), stays - test)
    return np.stack([stays - test - validation, validation, test]).astype(np.int64)


def _shares(counts: np.ndarray, share: float, *, order: np.ndarray) -> np.ndarray:
    """`int64[cells]`: `share` of each count by largest remainders; ties go to the cell that comes first in
    `order`.
    """
    exact = counts * share
    whole = np.floor(exact + 1e-9).astype(np.int64)
    left = round(float(exact.sum())) - int(whole.sum())
    by_remainder = order[np.argsort((whole - exact)[order], kind="stable")]
    whole[by_remainder[: max(0, left)]] += 1
    return whole


def _cell_order(groups: Groups, cell: np.ndarray, *, cells: int) -> np.ndarray:
    """The cells in the order of their luckiest component: a draw that knows no names and no order of rows."""
    best = np.full(cells, np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(best, cell, np.repeat(groups.rank, np.diff(groups.offsets)))
    return np.argsort(best, kind="stable")


def _grouped(components: np.ndarray, numbers: np.ndarray, *, salt: str) -> Groups:
    """The rows of each component together, components in the order of their smallest id."""
    found = as_met(components, lexicographic(numbers[:, 0], numbers[:, 1]))
    return Groups(found.order, found.starts, _lots(numbers[found.first], salt=salt))


def _numbers(ids: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """`uint64[n, 2]`: origin ids as numbers that sort like their bytes."""
    if isinstance(ids, pa.ChunkedArray):
        ids = pa.concat_arrays(ids.chunks) if ids.num_chunks else pa.array([], ids.type)
    if not len(ids):
        return np.zeros((0, 2), np.uint64)
    data = np.frombuffer(ids.buffers()[1], np.uint8)[ids.offset * 16 : (ids.offset + len(ids)) * 16]
    return data.view(">u8").astype(np.uint64).reshape(-1, 2)


def _lots(numbers: np.ndarray, *, salt: str) -> np.ndarray:
    """`uint64[k]`: a number drawn by salt and id.

    Source of the mixing constants: Steele, Lea & Flood 2014 (SplitMix64).
    """
    seed = np.frombuffer(blake2b(salt.encode(), digest_size=16, person=b"tuneset:split").digest(), "<u8")
    return _mixed(_mixed(numbers[:, 0] ^ seed[0]) + numbers[:, 1] ^ seed[1])


def _mixed(value: np.ndarray) -> np.ndarray:
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
