"""Reads spot checks: CSV with the columns origin_id, factor, value_correct, and others that say nothing."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from tuneset.build.pipeline import text_of
from tuneset.build.sheet import reader
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
    read = list(_read(text_of(name, root=root, key="coverage.spot_checks"), name=name))
    for where, check in read:
        if check.factor not in spec.coverage.factors:
            raise _bad(*where, "there is no such factor")
    last = {(check.origin_id, check.factor): check for _, check in read if check.value}
    return tuple(last[key] for key in sorted(last))


def rows_so_far(file: Path) -> list[SpotCheck]:
    """What a file of spot checks holds, rows that still wait for a value (`""`) included; none if there is no
    file yet.

    Raises:
        SpecError: the file cannot be read, or a line is no spot check.
    """
    if not file.exists():
        return []
    text = text_of(file.name, root=file.parent, key="coverage.spot_checks")
    return [check for _, check in _read(text, name=file.name)]


def _read(text: str, *, name: str) -> Iterator[tuple[tuple[str, int], SpotCheck]]:
    """File and line of each row, and what it says."""
    rows = reader(text)
    if not set(COLUMNS) <= set(rows.fieldnames or ()):
        raise _bad(name, 1, "its first line does not name the columns origin_id, factor, value_correct")
    for row in rows:
        where = (name, rows.line_num)
        yield where, _check(row, where=where)


def _check(row: Mapping[str, str | None], *, where: tuple[str, int]) -> SpotCheck:
    digits, factor, value = ((row[column] or "").strip() for column in COLUMNS)
    if len(digits) != _ID_DIGITS or set(digits.lower()) - set("0123456789abcdef"):
        raise _bad(*where, "an origin_id is 32 hex digits")
    return SpotCheck(bytes.fromhex(digits), factor, value)


def _bad(name: str, line: int, what: str) -> SpecError:
    return SpecError(
        f"`coverage.spot_checks`: {what}",
        where=f"{name}:{line}",
        fix="columns: origin_id, factor, value_correct (the right value)",
    )
