"""The coverage matrix: what there is, what was wanted, and what can be claimed from it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import pyarrow as pa

from tuneset.core.spec import Cell, Coverage, Factor
from tuneset.stages.coverage.cells import cells_from, levels
from tuneset.stages.coverage.spot_checks import Checked, Findings, SpotCheck, compared, sure_share
from tuneset.stats.proportion import claimable_rate, trials_needed

SPLITS = ("train", "validation", "test")
"""Codes 1, 2 and 3 of a split column; 0 is no split."""

CLAIMS = (0.70, 0.90, 0.95)
_MISSING_SHOWN = 200


def matrix(
    examples: pa.Table,
    split: np.ndarray,
    spec: Coverage,
    *,
    checks: Sequence[SpotCheck] = (),
    by_model: Mapping[str, np.ndarray] | None = None,
) -> dict[str, object]:
    """The matrix as JSON.

    Args:
        examples: kept examples; the column `tags` is read, and `origin_id` if there are checks.
        split: `int8[n]`, codes of `SPLITS`.
        spec: factors and targets.
        checks: what people say are the right values of some examples.
        by_model: factor → `bool[n]`, which tags a model gave; they are judged by checks of their own.

    Returns:
        `factors`: per factor and value the counts; `cells`: every combination that occurs, with counts and
        the pass rate that its test examples prove if none of them fails (95 %, one-sided); `targets`: each
        target with counts, `fill` (share of the wanted examples that exist) and a verdict: full, thin or
        empty, both by what is certainly right where its values were checked (`sure`); `fill` over all
        targets; `spot_checks`: checked values with their precision; `pairs`: how many pairs of declared
        values occur together; `claims`: test examples that a claim needs.
    """
    found = levels(examples, spec)
    codes, names, where = cells_from(found, count=len(examples))
    counts = _counts(codes, split, cells=len(names))
    cells = [
        {"cell": name, "where": values, **_counted(row), **_claim(int(row[3]))}
        for name, values, row in zip(names, where, counts, strict=True)
    ]
    findings = compared(examples, found, checks, by_model=by_model or {}) if checks else {}
    targets = [_target(cell, where, counts, findings) for cell in spec.cells]
    wanted = sum(cell.train + cell.test for cell in spec.cells)
    return {
        "factors": {name: _levels(*found[name], factor, split) for name, factor in spec.factors.items()},
        "cells": cells,
        "targets": targets,
        "fill": _rounded(
            sum(_present(cell, target) for cell, target in zip(spec.cells, targets, strict=True)) / wanted
        )
        if wanted
        else None,
        "spot_checks": [_spot_check(*key, checked) for key, checked in findings.items()],
        "pairs": _pairs(found, spec),
        "claims": [{"pass_rate": rate, "test_examples": trials_needed(rate)} for rate in CLAIMS],
    }


def _counts(codes: np.ndarray, split: np.ndarray, *, cells: int) -> np.ndarray:
    """`int64[cells, 4]`: examples per cell and split code."""
    flat = np.bincount(codes.astype(np.int64) * 4 + split, minlength=cells * 4)
    return flat.reshape(cells, 4)


def _counted(row: np.ndarray) -> dict[str, int]:
    return {"examples": int(row.sum()), **{name: int(row[code]) for code, name in enumerate(SPLITS, 1)}}


def _claim(tests: int) -> dict[str, object]:
    """The rate proved by `tests` without a failure, and whether that is too little to say anything."""
    return {"claimable": _rounded(claimable_rate(tests)), "too_thin": tests < trials_needed(CLAIMS[0])}


def _spot_check(factor: str, value: str, found: Checked) -> dict[str, object]:
    return {
        "factor": factor,
        "value": value,
        "checked": found.checked,
        "right": found.right,
        "precision": _rounded(found.precision),
        "at_least": _rounded(found.lower()),
    }


def _target(
    cell: Cell, where: list[dict[str, str]], counts: np.ndarray, findings: Findings
) -> dict[str, object]:
    inside = [all(values.get(f) == v for f, v in cell.where.items()) for values in where]
    counted = _counted(counts[np.array(inside, bool)].sum(axis=0) if any(inside) else np.zeros(4, np.int64))
    share = sure_share(cell.where, findings)
    train, test = (_sure(counted[split], share) for split in ("train", "test"))
    present, wanted = min(train, cell.train) + min(test, cell.test), cell.train + cell.test
    verdict = "full" if train >= cell.train and test >= cell.test else "thin" if train + test else "empty"
    return {
        "where": dict(cell.where),
        "train_target": cell.train,
        "train": counted["train"],
        "test_target": cell.test,
        "test": counted["test"],
        "sure": None if share is None else {"share": _rounded(share), "train": train, "test": test},
        "validation": counted["validation"],
        "train_fill": _fill(train, cell.train),
        "test_fill": _fill(test, cell.test),
        "fill": _fill(present, wanted),
        "critical": cell.critical,
        "verdict": verdict,
        **_claim(test),
    }


def _sure(count: int, share: float | None) -> int:
    """How many of so many are certainly right; all of them if nobody checked."""
    return count if share is None else int(count * share + 1e-9)


def _present(cell: Cell, target: dict[str, object]) -> int:
    sure = target["sure"]
    counts = sure if isinstance(sure, dict) else target
    return min(_int(counts["train"]), cell.train) + min(_int(counts["test"]), cell.test)


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value


def _fill(present: int, wanted: int) -> float:
    return _rounded(min(1.0, present / wanted)) if wanted else 1.0


def _levels(
    codes: np.ndarray, values: list[str], factor: Factor, split: np.ndarray
) -> dict[str, dict[str, int]]:
    """Counts per value: declared values in their order, also those with no example, then what else was
    found.
    """
    counts = _counts(codes, split, cells=len(values))
    found = dict(zip(values, counts, strict=True))
    order = [*declared(factor), *(value for value in values if value not in declared(factor))]
    return {value: _counted(found.get(value, np.zeros(4, np.int64))) for value in order}


def declared(factor: Factor) -> tuple[str, ...]:
    """The values that the spec itself names, in its order."""
    named = [*(factor.values or ()), *(rule.value for rule in factor.rules)]
    return tuple(dict.fromkeys(named))


def _pairs(found: dict[str, tuple[np.ndarray, list[str]]], spec: Coverage) -> dict[str, object] | None:
    """Two-way coverage: how many pairs of values of two factors occur in some example.

    The values of a factor are the declared ones, or the found ones if none is declared.
    Source: Kuhn, Kacker & Lei 2010, NIST SP 800-142, simple t-way combination coverage with t = 2.
    """
    if len(spec.factors) < 2:
        return None
    possible, missing = 0, []
    for one, other in combinations(spec.factors, 2):
        seen = _together(found[one], found[other])
        for pair in _combined(spec, found, one, other):
            possible += 1
            if pair not in seen:
                missing.append({one: pair[0], other: pair[1]})
    covered = possible - len(missing)
    return {
        "possible": possible,
        "covered": covered,
        "coverage": _rounded(covered / possible) if possible else None,
        "missing": missing[:_MISSING_SHOWN],
        "missing_not_shown": max(0, len(missing) - _MISSING_SHOWN),
    }


def _together(one: tuple[np.ndarray, list[str]], other: tuple[np.ndarray, list[str]]) -> set[tuple[str, str]]:
    width = max(1, len(other[1]))
    seen = np.unique(one[0] * width + other[0]).tolist()
    return {(one[1][code // width], other[1][code % width]) for code in seen}


def _combined(
    spec: Coverage, found: dict[str, tuple[np.ndarray, list[str]]], one: str, other: str
) -> Iterator[tuple[str, str]]:
    firsts = declared(spec.factors[one]) or found[one][1]
    seconds = declared(spec.factors[other]) or found[other][1]
    return ((first, second) for first in firsts for second in seconds)


def _rounded(value: float) -> float:
    return round(value, 4)
