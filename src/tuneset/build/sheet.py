"""A sheet that people fill in: ids, a column that waits for a word, and what was asked and answered.

Written as CSV for spreadsheets, or as JSON lines. Texts are as redacted, and masked once more: a sheet leaves
the project.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import orjson
import pyarrow as pa

from tuneset.build.report.pairs import answer_text, asked_text
from tuneset.core.errors import UsageError, WorkspaceError
from tuneset.stages.redact import mask
from tuneset.store import atomic

Form = Literal["csv", "jsonl"]
Row = Mapping[str, object]

SHOWN_CHARS = 4_000
"""Of each text; `tuneset explain` shows the rest."""


def asked(example: pa.Table) -> str:
    """What an example (a table of one row) was asked, with who said what, fit for a sheet."""
    return mask(asked_text(example, named=True))[:SHOWN_CHARS]


def answered(example: pa.Table) -> str:
    """What it teaches, fit for a sheet."""
    return mask(answer_text(example))[:SHOWN_CHARS]


def add_rows(path: Path, rows: Sequence[Row], *, columns: Sequence[str], form: Form) -> None:
    """Adds rows to a sheet, which is made if it is not there; what people wrote into it stays as it is.

    CSV goes on in the way the file has: its columns, its delimiter.

    Raises:
        UsageError: the file cannot be written.
    """
    there = path.read_bytes().decode() if path.exists() else ""
    if there and form == "csv":
        known = reader(there)
        added = _csv(rows, known.fieldnames or columns, head=False, delimiter=known.reader.dialect.delimiter)
    else:
        added = written(rows, columns=columns, form=form)
    end = "" if not there or there.endswith("\n") else "\n"
    try:
        atomic.write_bytes(path, (there + end + added).encode())
    except (OSError, WorkspaceError) as problem:
        what = problem.strerror if isinstance(problem, OSError) else problem.what
        raise UsageError(
            f"cannot write {path.name}: {what}", where=str(path), fix="name another file"
        ) from None


def written(rows: Sequence[Row], *, columns: Sequence[str], form: Form) -> str:
    """The rows as CSV with a line of names, or as JSON lines.

    Cells that a spreadsheet would take for a formula begin with an apostrophe.
    """
    if form == "jsonl":
        return "".join(orjson.dumps({name: row[name] for name in columns}).decode() + "\n" for row in rows)
    return _csv(rows, columns, head=True, delimiter=",")


def _csv(rows: Sequence[Row], columns: Sequence[str], *, head: bool, delimiter: str) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n", delimiter=delimiter)
    if head:
        writer.writeheader()
    writer.writerows({name: _inert(str(row.get(name, ""))) for name in columns} for row in rows)
    return out.getvalue()


def reader(text: str) -> "csv.DictReader[str]":
    """Rows of a CSV file by the names in its first line, however a spreadsheet has saved it: with a byte
    order mark, with commas, semicolons or tabs.
    """
    text = text.removeprefix("\ufeff")
    head = text.partition("\n")[0]
    between = next((mark for mark in (",", ";", "\t") if mark in head), ",")
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=between)


def _inert(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
