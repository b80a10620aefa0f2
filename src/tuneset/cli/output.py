"""What commands print: results on stdout, words to people on stderr, one JSON object if asked."""

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TextIO

import typer

SCHEMA_VERSION = 1
"""Of every `--json` object; goes up when a key changes its meaning or goes away."""

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]

_program: ContextVar[str] = ContextVar("program", default="tuneset")


@dataclass(frozen=True)
class Answer:
    """What a command found out: `payload` for machines, `lines` for people, and the next useful command."""

    payload: dict[str, object]
    lines: Sequence[str] = field(default_factory=tuple)
    next: str | None = None
    status: int = 0
    """Exit status: 1 if a gate or check said no."""


def started_with(program: str) -> None:
    """How the user called us; the suggested next command starts the same way."""
    _program.set(program)


def give(answer: Answer, *, as_json: bool) -> None:
    """Prints an answer and, if it is a no, ends the command with its exit status."""
    next_command = f"{_program.get()} {answer.next}" if answer.next else None
    if as_json:
        emit({**answer.payload, "next": next_command})
    else:
        for line in answer.lines:
            sys.stdout.write(folded(line, stream=sys.stdout) + "\n")
    sys.stdout.flush()
    if next_command and not as_json:
        notice(f"next: {next_command}")
    if answer.status:
        raise typer.Exit(answer.status)


def emit(payload: dict[str, object]) -> None:
    """One JSON object on stdout."""
    sys.stdout.write(
        json.dumps({"schema_version": SCHEMA_VERSION, **payload}, ensure_ascii=False, indent=2) + "\n"
    )
    sys.stdout.flush()


def notice(text: str) -> None:
    """A word to people."""
    sys.stdout.flush()
    sys.stderr.write(folded(text, stream=sys.stderr) + "\n")


def failure(code: str, what: str, *, where: str | None, fix: str | None) -> None:
    """An error as every command shows it."""
    head = f"error[{code}]"
    said = folded(f"{head}: {what}", stream=sys.stderr)  # before it is painted: a colour has no width
    sys.stdout.flush()
    sys.stderr.write(paint(head, "31;1", stream=sys.stderr) + said.removeprefix(head) + "\n")
    if where:
        sys.stderr.write(f"  --> {where}\n")  # never folded: terminals make it a link
    if fix:
        for line in f"  fix: {fix}".split("\n"):
            notice(line)


def paint(text: str, colour: str, *, stream: TextIO) -> str:
    """The text with ANSI codes if the stream is a terminal and nobody asked for none (no-color.org)."""
    plain = (
        not stream.isatty()
        or "NO_COLOR" in os.environ
        or "CI" in os.environ
        or os.environ.get("TERM") == "dumb"
    )
    return text if plain else f"\x1b[{colour}m{text}\x1b[0m"


def many(count: int, what: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def width(stream: TextIO) -> int | None:
    """Columns to fold at; None where nobody reads along: a pipe or file, unless COLUMNS is set."""
    if "COLUMNS" in os.environ or stream.isatty():
        return max(20, shutil.get_terminal_size().columns)
    return None


def folded(line: str, *, stream: TextIO) -> str:
    """The line, broken at spaces if it is too long; what follows is indented two further."""
    columns = width(stream)
    if columns is None or len(line) <= columns:
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return "\n".join(
        textwrap.wrap(line, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    )


def table(rows: Iterable[Sequence[object]], *, head: Sequence[str] = (), indent: str = "  ") -> list[str]:
    """Rows as aligned columns; numbers to the right. Too wide for the terminal: one cell a line."""
    cells = [[_cell(value) for value in row] for row in rows]
    if not cells:
        return []
    right = [all(isinstance(v, int | float) for v in column) for column in zip(*rows, strict=True)]
    lines = [list(head), *cells] if head else cells
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    columns = width(sys.stdout)
    if columns is not None and len(indent) + sum(widths) + 2 * len(widths) - 2 > columns:
        return _stacked(cells, head=head, indent=indent)
    aligned = [
        "  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(line, widths, right, strict=True))
        for line in lines
    ]
    return [(indent + line).rstrip() for line in aligned]


def _stacked(cells: list[list[str]], *, head: Sequence[str], indent: str) -> list[str]:
    """Without names a row on a line of its own, with names a cell on each."""
    if not head:
        return [indent + "  ".join(cell for cell in row if cell) for row in cells]
    lines: list[str] = []
    for first, *rest in cells:
        lines.append(f"{indent}{first}")
        lines += [f"{indent}  {name}: {cell}" for name, cell in zip(head[1:], rest, strict=True) if cell]
    return lines


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:.3g}"
        case _:
            return str(value)


def as_typed(path: Path) -> str:
    """The path in relation to where the user is, if it is below; else in full."""
    return in_spec(path, root=Path.cwd())


def in_spec(path: Path, *, root: Path) -> str:
    """The path as a spec in `root` names it: relative if the file is below; else in full."""
    path = path.absolute()
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def size(count: int) -> str:
    """Bytes for people: 1.5 MB (powers of 1000)."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
