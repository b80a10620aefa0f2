"""What every exporter promises; `core.exporter` says it in words."""

import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from tuneset.core.example import ASSISTANT, USER, Messages
from tuneset.core.exporter import Exporter
from tuneset.testing.promise import Promise, on_tables, serialised

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def exporter_promises(
    exporter: Exporter, *, tables: "SearchStrategy[pa.Table] | None" = None, tries: int = 25
) -> list[Promise]:
    """The promises of an exporter.

    Args:
        exporter: the one to check.
        tables: a Hypothesis strategy for tables of `EXAMPLES`; `testing.strategies.corpora()` if None.
        tries: how many tables each promise is tried on.
    """

    def on(check: Any) -> Any:  # noqa: ANN401, a check and its closure
        return on_tables(lambda table: check(exporter, table), tables=tables, tries=tries)

    return [
        Promise("it_describes_itself", lambda: it_describes_itself(exporter)),
        Promise("side_files_stay_beside_the_data", lambda: side_files_stay_beside_the_data(exporter)),
        Promise("breaks_name_rows_and_rules", on(breaks_name_rows_and_rules)),
        Promise("each_example_is_one_line_of_json", on(each_example_is_one_line_of_json)),
        Promise("the_conversation_is_in_its_line", on(the_conversation_is_in_its_line)),
        Promise("a_row_does_not_depend_on_the_others", on(a_row_does_not_depend_on_the_others)),
        Promise("input_table_is_not_modified", on(input_table_is_not_modified)),
    ]


def it_describes_itself(exporter: Exporter) -> None:
    """Name, version, the day it was checked, and rules with stable ids, reasons and links."""
    assert exporter.name
    assert exporter.version >= 1
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", exporter.last_verified), "last_verified is a date, YYYY-MM-DD"
    ids = [rule.id for rule in exporter.rules]
    assert len(set(ids)) == len(ids), "two rules have the same id"
    for rule in exporter.rules:
        assert rule.why, f"rule {rule.id} has no reason"
        assert rule.link.startswith("https://"), f"rule {rule.id} has no link"


def side_files_stay_beside_the_data(exporter: Exporter) -> None:
    """Relative paths below the directory of the export; bytes; the same each time."""
    files = exporter.side_files("some-dataset")
    for name, data in files.items():
        path = PurePosixPath(name)
        assert not path.is_absolute()
        assert ".." not in path.parts
        assert isinstance(data, bytes)
    assert files == exporter.side_files("some-dataset")


def breaks_name_rows_and_rules(exporter: Exporter, table: pa.Table) -> None:
    """Every broken rule is one that is documented, on a row that exists."""
    known = {rule.id for rule in exporter.rules}
    for row, rule in exporter.breaks(table):
        assert 0 <= row < table.num_rows
        assert rule in known, f"rule `{rule}` is not among the exporter's rules"


def each_example_is_one_line_of_json(exporter: Exporter, table: pa.Table) -> None:
    """Parsed back, each line is an object; none holds a newline."""
    good = _good(exporter, table)
    lines = list(exporter.lines(good))
    assert len(lines) == good.num_rows
    for line in lines:
        assert b"\n" not in line
        assert isinstance(json.loads(line), dict)


def the_conversation_is_in_its_line(exporter: Exporter, table: pa.Table) -> None:
    """What users said and what is taught is there, character for character."""
    good = _good(exporter, table)
    messages = Messages.of(good)
    content = messages.content.to_pylist()
    wanted = np.isin(messages.role, (USER, ASSISTANT)) & messages.parts.is_null().to_numpy(
        zero_copy_only=False
    )
    for row, line in enumerate(exporter.lines(good)):
        leaves = list(_leaves(json.loads(line)))
        for at in np.flatnonzero(wanted & (messages.row == row)).tolist():
            said = content[at]
            assert said is None or any(said in leaf for leaf in leaves), (
                f"a message of row {row} is not in its line"
            )


def a_row_does_not_depend_on_the_others(exporter: Exporter, table: pa.Table) -> None:
    """Lines and broken rules of a slice are those of the whole."""
    broken, good = sorted(exporter.breaks(table)), _good(exporter, table)
    middle = table.num_rows // 2
    upper = [(row + middle, rule) for row, rule in exporter.breaks(table.slice(middle))]
    assert sorted(exporter.breaks(table.slice(0, middle))) + sorted(upper) == broken
    middle = good.num_rows // 2
    halves = [*exporter.lines(good.slice(0, middle)), *exporter.lines(good.slice(middle))]
    assert halves == list(exporter.lines(good))


def input_table_is_not_modified(exporter: Exporter, table: pa.Table) -> None:
    """Reading is all it does."""
    before = serialised(table)
    exporter.breaks(table)
    list(exporter.lines(_good(exporter, table)))
    assert serialised(table) == before


def _good(exporter: Exporter, table: pa.Table) -> pa.Table:
    """The rows that break no rule: what a release hands to `lines`."""
    fine = np.ones(table.num_rows, bool)
    fine[[row for row, _ in exporter.breaks(table)]] = False
    return table.filter(pa.array(fine))


def _leaves(value: Any) -> Iterator[str]:  # noqa: ANN401, any JSON
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _leaves(child)
