"""Checks any file against what a target requires: ours or not, line by line, without quoting a word of it.

A line is looked at twice: as it stands (the shape that a trainer sees), and, if that is sound, as the example
that our own connector reads out of it (turn order, masks, calls).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

import orjson
import pyarrow as pa

from tuneset.connectors.readers.batch import json_type
from tuneset.connectors.turns import json_text
from tuneset.core import registry
from tuneset.core.connector import Connector
from tuneset.core.errors import InputError, Rejected, UsageError
from tuneset.core.example import ExampleBuilder, no_examples
from tuneset.core.exporter import Exporter, Level, Readable, Rule, files_of
from tuneset.exporters.conversation import conversations
from tuneset.exporters.filerules import all_rules_of
from tuneset.exporters.fixing import mended
from tuneset.exporters.nemo import escaped
from tuneset.exporters.tokens import Tokens, costs, counter_for
from tuneset.stages.clean import disliked, untaught

BATCH_ROWS = 1024
BOM = b"\xef\xbb\xbf"

_NOVA_NAME = re.compile(r"[A-Za-z0-9_\-/.]+")
_SEPARATORS = tuple(character.encode() for character in ("\x85", "\u2028", "\u2029"))


@dataclass(frozen=True)
class Finding:
    """A line (from 1; 0 is the whole file) that breaks a rule. `detail` names keys and types, never text."""

    line: int
    rule: str
    detail: str = ""


@dataclass(frozen=True)
class Checked:
    """What was found in one file."""

    file: Path
    target: str
    rules: Mapping[str, Rule]
    rows: int
    findings: tuple[Finding, ...]
    """At most `most` of each rule, by line."""
    counts: Mapping[str, int]
    """Rule id → lines that break it; all of them."""
    tokens: Mapping[str, Any]
    costs: Mapping[str, Any]
    fixed: tuple[Mapping[str, Any], ...] = ()
    """What was mended: line, rule, fixer, rows."""

    def level(self, rule: str) -> Level:
        """Of a rule."""
        return self.rules[rule].level

    @property
    def errors(self) -> int:
        """Findings that cost a row or the file."""
        return sum(count for rule, count in self.counts.items() if self.level(rule) == "error")

    @property
    def warnings(self) -> int:
        """Findings that cost nothing by themselves."""
        return sum(self.counts.values()) - self.errors


@dataclass
class _Line:
    """A line that is not blank."""

    number: int
    raw: bytes
    record: Mapping[str, object] | None = None
    row: int | None = None
    """Its row among the examples of the batch; None if it is no example."""
    leftovers: bool = False
    """Do its messages have fields that an example has no place for?"""


@dataclass
class _Batch:
    """Lines that are looked at together."""

    lines: list[_Line] = field(default_factory=list[_Line])
    builder: ExampleBuilder = field(default_factory=ExampleBuilder)


def check(
    path: Path,
    *,
    target: str,
    most: int = 100,
    tokenizer: Path | None = None,
    context: int | None = None,
    prices: Path | None = None,
    epochs: int = 1,
    fixed_to: Path | None = None,
) -> Checked:
    """Reads a JSONL file in the target's own format; memory is bounded by `BATCH_ROWS` lines.

    Args:
        path: the file.
        target: the exporter whose rules it must keep.
        most: findings of one rule that are kept with their line; all are counted.
        tokenizer: a `tokenizer.json` to count tokens by.
        context: tokens in the longest example; what the target says if None.
        prices: a list of prices; ours if None.
        epochs: times that training sees each example.
        fixed_to: gets the file with broken lines mended where that keeps what they say. What cannot be
            mended stays as it is, and so does every byte of a sound line.

    Raises:
        UsageError: no such target, or one that has no format of its own to check.
        InputError: the file cannot be read.
    """
    exporter: Exporter = registry.load(registry.EXPORTERS, target)()
    if not isinstance(exporter, Readable):
        raise UsageError(
            f"the exporter `{target}` does not say how its files are read",
            fix="ask who wrote it",
            code="TS517",
        )
    tokens = Tokens(counter_for(target, tokenizer=tokenizer), context or files_of(exporter).context)
    run = _Run(exporter, tokens, all_rules_of(exporter), most=most)
    try:
        with path.open("rb") as file:
            out = None if fixed_to is None else fixed_to.open("wb")
            try:
                run.read(file, out)
            finally:
                if out is not None:
                    out.close()
    except OSError as problem:
        fix = f"name the files in it, as {path}/*.jsonl" if path.is_dir() else "check the path"
        raise InputError(
            f"the file cannot be read: {problem.strerror}", where=str(path), code="TS205", fix=fix
        ) from None
    run.judge_file(path)
    summary = tokens.summary()
    return Checked(
        file=path,
        target=target,
        rules=run.rules,
        rows=run.rows,
        findings=tuple(sorted(run.findings, key=lambda found: (found.line, found.rule))),
        counts=dict(sorted(run.counts.items())),
        tokens=summary,
        costs=costs(target, tokens=summary["total"], epochs=epochs, prices=prices),
        fixed=tuple(run.fixed),
    )


class _Run:
    """One check under way."""

    def __init__(self, exporter: Exporter, tokens: Tokens, rules: Mapping[str, Rule], *, most: int) -> None:
        self.rules = rules
        self.rows = 0
        self.findings: list[Finding] = []
        self.counts: Counter[str] = Counter()
        self.fixed: list[dict[str, Any]] = []
        self._exporter = exporter
        self._form = cast("Readable", exporter)
        self._tokens = tokens
        self._most = most
        self._uniform = _Uniform() if "file.first-row" in rules else None
        self._connector: Connector = registry.load(registry.CONNECTORS, self._form.reader)()
        self._wants_bom = files_of(exporter).head == BOM

    def say(self, line: int, rule: str, detail: str = "") -> None:
        """Counts a finding, and keeps it unless there are enough of its kind."""
        self.counts[rule] += 1
        if self.counts[rule] <= self._most:
            self.findings.append(Finding(line, rule, detail))

    def read(self, file: IO[bytes], out: IO[bytes] | None) -> None:
        """All lines of the file."""
        batch = _Batch()
        if out is not None and self._wants_bom:
            out.write(BOM)
        for number, raw in enumerate(file, start=1):
            if number == 1:
                raw = self._without_bom(raw)
            self._look(raw.rstrip(b"\r\n"), number, batch)
            if len(batch.lines) >= BATCH_ROWS:
                self._judge(batch, out)
                batch = _Batch()
        self._judge(batch, out)

    def _without_bom(self, raw: bytes) -> bytes:
        if raw.startswith(BOM) != self._wants_bom:
            self.say(1, "file.bom")
        return raw.removeprefix(BOM)

    def _look(self, raw: bytes, number: int, batch: _Batch) -> None:
        """One line as it stands."""
        if not raw.strip():
            self.say(number, "file.blank-line")
            return
        self.rows += 1
        line = _Line(number, raw)
        batch.lines.append(line)
        if "file.separators" in self.rules and any(sign in raw for sign in _SEPARATORS):
            self.say(number, "file.separators")
        line.record = self._parsed(raw, number)
        if line.record is not None and self._is_sound(line.record, number):
            self._open(line, line.record, batch.builder)

    def _parsed(self, raw: bytes, number: int) -> dict[str, object] | None:
        try:
            record = orjson.loads(raw)
        except orjson.JSONDecodeError:
            self.say(number, "file.json" if _is_utf8(raw) else "file.encoding")
            return None
        if type(record) is not dict:
            self.say(number, "file.json", f"a {json_type(record)}")
            return None
        return record

    def _is_sound(self, record: Mapping[str, object], number: int) -> bool:
        faults = self._form.faults(record)
        for rule in faults:
            self.say(number, rule)
        if self._uniform is not None and (detail := self._uniform.differs(record)):
            self.say(number, "file.first-row", detail)
        return not any(self.rules[rule].level == "error" for rule in faults)

    def _open(self, line: _Line, record: Mapping[str, object], builder: ExampleBuilder) -> None:
        """The line as our connector reads it, into the builder."""
        row = len(builder)
        try:
            line.leftovers = _add(self._form, self._connector, record, builder)
            line.row = row
        except Rejected as outcome:
            builder.abandon()
            self.say(line.number, "shape.unreadable", outcome.reason)
        except Exception as problem:  # a connector's bug costs one line, not the check
            builder.abandon()
            self.say(line.number, "shape.unreadable", type(problem).__name__)

    def _judge(self, batch: _Batch, out: IO[bytes] | None) -> None:
        """The examples of the batch by the rules of the target; if there is `out`, mended."""
        examples = batch.builder.table() if len(batch.builder) else no_examples()
        by_row = {line.row: line for line in batch.lines if line.row is not None}
        counted = self._tokens.add(list(conversations(examples)))
        limit = self._tokens.context
        for row, count in enumerate(counted):
            if limit is not None and count > limit:
                self.say(by_row[row].number, "len.tokens", f"{count:,} of {limit:,} tokens")
        new = {} if out is None else self._mended(examples, by_row)
        # a build masks answers with a thumb down: whoever learns from this file should not learn them either
        learned, _ = untaught(examples, where=disliked(examples))
        for row, rule in self._exporter.breaks(learned):
            if row not in new:
                self.say(by_row[row].number, rule)
        if out is not None:
            for line in batch.lines:
                out.writelines(made + b"\n" for made in new.get(line.row, [self._kept(line)]))

    def _kept(self, line: _Line) -> bytes:
        """A line as it stands, but for what can be written otherwise and means the same."""
        return escaped(line.raw) if "file.separators" in self.rules and _is_utf8(line.raw) else line.raw

    def _mended(self, examples: pa.Table, by_row: Mapping[int, _Line]) -> dict[int | None, list[bytes]]:
        """Row → the lines in its place, for rows that can be mended without losing a field."""
        made = mended(examples, self._exporter)
        rows = {fix.row for fix in made.fixes if not by_row[fix.row].leftovers}
        self.fixed += [
            {"line": by_row[fix.row].number, "rule": fix.rule, "fixer": fix.fixer, "rows": fix.rows}
            for fix in made.fixes
            if fix.row in rows
        ]
        new = dict[int | None, list[bytes]]()
        for row in sorted(rows):
            taken = made.examples.filter(pa.array(made.row == row))
            further = _further(by_row[row].record or {})
            new[row] = [_with(line, further) for line in self._exporter.lines(taken)]
        return new

    def judge_file(self, path: Path) -> None:
        """Rules of the whole file, on line 0."""
        wanted = files_of(self._exporter)
        if not self.rows:
            self.say(0, "file.empty")
        elif "file.min-examples" in self.rules and self.rows < wanted.min_examples:
            self.say(0, "file.min-examples", f"{self.rows:,} of {wanted.min_examples:,}")
        if wanted.max_examples is not None and self.rows > wanted.max_examples:
            self.say(0, "file.max-examples", f"{self.rows:,} of {wanted.max_examples:,}")
        if "file.max-bytes" in self.rules and path.stat().st_size > (wanted.max_bytes or 0):
            self.say(0, "file.max-bytes")
        if "file.name" in self.rules and not _NOVA_NAME.fullmatch(path.name):
            self.say(0, "file.name")


class _Uniform:
    """Compares the keys and types of rows with those before: what loaders guess a table's types from."""

    def __init__(self) -> None:
        self._kinds: dict[str, str] | None = None
        self._told: set[str] = set()

    def differs(self, record: Mapping[str, object]) -> str:
        """What is new in this row, in words that name keys and types; empty if nothing, or if it was said."""
        kinds = {key: json_type(value) for key, value in record.items() if value is not None}
        if self._kinds is None:
            self._kinds = kinds
            return ""
        for key, kind in kinds.items():
            known = self._kinds.get(key)
            if known != kind and key not in self._told:
                self._told.add(key)
                place = f"`{key}`" if key.isidentifier() and len(key) <= 40 else "a key"
                return (
                    f"{place} is not in the first row"
                    if known is None
                    else f"{place} is a {kind}, before a {known}"
                )
        return ""


_SAID = frozenset(
    {
        *("messages", "tools", "functions", "system", "system_prompt", "conversations", "conversation"),
        *("prompt", "completion", "chosen", "rejected", "label", "contents", "systemInstruction"),
        *("schemaVersion", "toolConfig", "input", "target", "vars", "metadata", "id"),
    }
)
"""Keys that hold an example itself; all others are kept when a line is mended."""


def _further(record: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in record.items() if key not in _SAID}


def _with(line: bytes, further: Mapping[str, object]) -> bytes:
    return line if not further else orjson.dumps({**orjson.loads(line), **further})


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _add(form: Readable, connector: Connector, record: Mapping[str, object], builder: ExampleBuilder) -> bool:
    """Reads one record; returns whether its messages have fields that an example has no place for.

    Raises:
        Rejected: it is no example.
    """
    parsed = connector.parse(form.opened(record), builder, fields=form.fields)
    builder.finish(
        len(builder).to_bytes(16, "big"),
        line=0,
        source="",
        file="",
        kind=parsed.kind,
        tags=sorted(parsed.tags.items()),
        tools=None if parsed.tools is None else json_text(parsed.tools),
        feedback=None if parsed.feedback is None else json_text(parsed.feedback),
        extra=json_text(parsed.extra) if parsed.extra else None,
    )
    return "messages" in parsed.extra


def read_back(exporter: Exporter, records: Iterable[Mapping[str, object]]) -> pa.Table:
    """The examples that our own connector finds in lines of a target's format.

    Raises:
        Rejected: a line is no example.
    """
    form = cast("Readable", exporter)
    connector: Connector = registry.load(registry.CONNECTORS, form.reader)()
    builder = ExampleBuilder()
    for record in records:
        _add(form, connector, record, builder)
    return builder.table() if len(builder) else no_examples()
