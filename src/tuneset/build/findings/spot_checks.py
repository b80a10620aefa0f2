"""Reads the file of spot checks: CSV with the columns origin_id, factor, value_correct."""

import csv
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path

from tuneset.build.pipeline import text_of
from tuneset.core.errors import SpecError
from tuneset.core.spec import Spec
from tuneset.stages.coverage import SpotCheck

COLUMNS = ("origin_id", "factor", "value_correct")
_ID_DIGITS = 32


def spot_checks(spec: Spec, *, root: Path) -> tuple[SpotCheck, ...]:
    """What people said, sorted; of several lines about one example and factor the last counts.

    Raises:
        SpecError: the file cannot be read, or a line is no spot check.
    """
    name = spec.coverage.spot_checks
    if name is None:
        return ()
    text = text_of(name, root=root, key="coverage.spot_checks").removeprefix("\ufeff")
    read = _read(StringIO(text, newline=""), name=name, spec=spec)
    last = {(check.origin_id, check.factor): check for check in read}
    return tuple(last[key] for key in sorted(last))


def _read(file: Iterator[str], *, name: str, spec: Spec) -> Iterator[SpotCheck]:
    rows = csv.DictReader(file)
    if not set(COLUMNS) <= set(rows.fieldnames or ()):
        raise _bad(name, 1, "its first line does not name the columns origin_id, factor, value_correct")
    for row in rows:
        yield _check(row, where=(name, rows.line_num), spec=spec)


def _check(row: Mapping[str, str | None], *, where: tuple[str, int], spec: Spec) -> SpotCheck:
    digits, factor, value = ((row[column] or "").strip() for column in COLUMNS)
    if len(digits) != _ID_DIGITS or set(digits.lower()) - set("0123456789abcdef"):
        raise _bad(*where, "an origin_id is 32 hex digits")
    if factor not in spec.coverage.factors:
        raise _bad(*where, "there is no such factor")
    if not value:
        raise _bad(*where, "the right value is missing")
    return SpotCheck(bytes.fromhex(digits), factor, value)


def _bad(name: str, line: int, what: str) -> SpecError:
    return SpecError(
        f"`coverage.spot_checks`: {what}",
        where=f"{name}:{line}",
        fix="columns: origin_id, factor, value_correct (the right value)",
    )
