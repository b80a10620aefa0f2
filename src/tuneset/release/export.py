"""Writes the rows of a release in a target's format: the bytes that `release` writes for that target.

Rows that break a rule of the target are left out and counted, or mended if asked; what was mended, left out
and counted stands in `export-report.json` beside the data.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from tuneset.core import registry
from tuneset.core.errors import UsageError
from tuneset.core.example import ExampleBuilder
from tuneset.core.exporter import SPLITS, Exporter, Rule, files_of
from tuneset.exporters.conversation import conversations
from tuneset.exporters.fixing import mended
from tuneset.exporters.tokens import Tokens, costs, counter_for
from tuneset.release.pack import read_release
from tuneset.release.preferences import Preference, read_preferences
from tuneset.release.rows import Row, hexed, read_parquet
from tuneset.release.targets import kept_rows

BATCH_ROWS = 4096
REPORT = "export-report.json"


@dataclass(frozen=True)
class Exported:
    """What was written and what the target would not take."""

    files: tuple[Path, ...]
    rows: dict[str, int]
    left_out: dict[str, int]
    """Rule id → rows that break it."""
    warnings: dict[str, int]
    """Rule id → rows that were written nevertheless."""
    events: tuple[dict[str, Any], ...]
    """One for each example that was mended: id, split, rule, fixer, and in how many rows it stands now."""
    tokens: dict[str, Any]
    costs: dict[str, Any]
    status: str
    status_reason: str | None
    fixable: int
    """Rows left out that `fix` would mend."""


@dataclass
class _Run:
    """One export under way."""

    exporter: Exporter
    fix: bool
    tokens: Tokens
    rules: Mapping[str, Rule]
    written: Counter[str] = field(default_factory=Counter[str])
    left_out: Counter[str] = field(default_factory=Counter[str])
    warnings: Counter[str] = field(default_factory=Counter[str])
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    fixable: int = 0

    def write(self, tables: Iterator[pa.Table], path: Path, *, split: str) -> bool:
        """All rows of a split; whether there were any. Without one there is no file: `datasets` refuses a
        folder that holds an empty one.
        """
        path.unlink(missing_ok=True)
        lines = chain.from_iterable(self._lines(examples, split=split) for examples in tables)
        first = next(lines, None)
        if first is None:
            return False
        with path.open("wb") as file:
            file.write(files_of(self.exporter).head)
            file.writelines(line + b"\n" for line in chain([first], lines))
        return True

    def _lines(self, examples: pa.Table, *, split: str) -> Iterator[bytes]:
        if self.fix:
            examples = self._mended(examples, split=split)
        broken = self.exporter.breaks(examples)
        stays = kept_rows(len(examples), broken, self.rules)
        self._count(broken, stays)
        taken = examples if stays.all() else examples.filter(pa.array(stays))
        self.written[split] += len(taken)
        if split == "train" and len(taken):
            self.tokens.add(list(conversations(taken)))
        return self.exporter.lines(taken)

    def _mended(self, examples: pa.Table, *, split: str) -> pa.Table:
        made = mended(examples, self.exporter)
        ids = hexed(examples.column("origin_id")).to_pylist() if made.fixes else []
        self.events += [
            {
                "id": ids[fix.row],
                "split": split,
                "action": "split" if fix.rows > 1 else "edit",
                "rule": fix.rule,
                "fixer": fix.fixer,
                "rows": fix.rows,
            }
            for fix in made.fixes
        ]
        return made.examples

    def _count(self, broken: list[tuple[int, str]], stays: np.ndarray) -> None:
        by_row: dict[int, set[str]] = {}
        for row, rule in broken:
            (self.warnings if stays[row] else self.left_out)[rule] += 1
            by_row.setdefault(row, set()).add(rule)
        errors = [
            {r for r in rules if self.rules[r].level == "error"}
            for row, rules in by_row.items()
            if not stays[row]
        ]
        self.fixable += sum(all(self.rules[rule].fixer is not None for rule in rules) for rules in errors)


def export(
    release: Path,
    *,
    target: str,
    to: Path,
    splits: tuple[str, ...] | None = None,
    force: bool = False,
    fix: bool = False,
    tokenizer: Path | None = None,
    context: int | None = None,
    prices: Path | None = None,
    epochs: int = 1,
) -> Exported:
    """Writes a file per split to the directory `to`; or, if `to` ends in `.jsonl`, one split into that file.

    Args:
        release: its directory.
        target: the exporter.
        to: directory or file.
        splits: which; all that the target takes if None.
        force: replace files that are there.
        fix: mend rows that break a rule where that keeps what they say.
        tokenizer: a `tokenizer.json` to count tokens by; the target's own or an estimate if None.
        context: tokens in the longest example that the model reads; what the target says if None.
        prices: a list of prices; ours if None.
        epochs: times that training sees each example.

    Raises:
        UsageError: no such target or split, several splits for one file, or a file is there already.
    """
    exporter: Exporter = registry.load(registry.EXPORTERS, target)()
    wanted = files_of(exporter)
    places = _places(to, exporter, splits=splits)
    name = read_release(release).manifest["name"]
    side_files = {} if to.suffix == ".jsonl" else exporter.side_files(name)
    report = to.with_name(f"{to.stem}.{REPORT}") if to.suffix == ".jsonl" else to / REPORT
    _refuse_to_replace([*places.values(), *(to / name for name in side_files), report], force=force)
    counter = counter_for(target, tokenizer=tokenizer)
    rules = {rule.id: rule for rule in exporter.rules}
    run = _Run(exporter, fix, Tokens(counter, context or wanted.context), rules)
    preferences = read_preferences(release)
    files: list[Path] = []
    for split, path in places.items():
        source = release / "data" / f"{split}.parquet"
        if source.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            if run.write(_tables(source, preferences), path, split=split):
                files.append(path)
    for file, content in side_files.items():
        (to / file).parent.mkdir(parents=True, exist_ok=True)
        (to / file).write_bytes(content)
        files.append(to / file)
    tokens = run.tokens.summary()
    done = Exported(
        files=(*files, report),
        rows=dict(run.written),
        left_out=dict(sorted(run.left_out.items())),
        warnings=dict(sorted(run.warnings.items())),
        events=tuple(run.events),
        tokens=tokens,
        costs=costs(target, tokens=tokens["total"], epochs=epochs, prices=prices),
        status=exporter.status,
        status_reason=getattr(exporter, "status_reason", None),
        fixable=0 if fix else run.fixable,
    )
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_bytes(_report(done, exporter, release=release.name))
    return done


def _report(done: Exported, exporter: Exporter, *, release: str) -> bytes:
    told = {
        "schema_version": 1,
        "release": release,
        "target": exporter.name,
        "version": exporter.version,
        "status": done.status,
        "status_reason": done.status_reason,
        "last_verified": exporter.last_verified,
        "rows": done.rows,
        "left_out": done.left_out,
        "warnings": done.warnings,
        "tokens": done.tokens,
        "costs": done.costs,
        "events": done.events,
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _refuse_to_replace(paths: list[Path], *, force: bool) -> None:
    taken = next((path for path in paths if path.exists()), None)
    if taken is not None and not force:
        raise UsageError(
            "there is a file of that name already", where=str(taken), fix="--force replaces it", code="TS512"
        )


def _places(to: Path, exporter: Exporter, *, splits: tuple[str, ...] | None) -> dict[str, Path]:
    wanted = files_of(exporter)
    splits = wanted.splits if splits is None else splits
    unknown = next((split for split in splits if split not in SPLITS), None)
    if unknown is not None:
        raise UsageError(f"there is no split `{unknown}`", fix=f"one of: {', '.join(SPLITS)}", code="TS513")
    refused = next((split for split in splits if split not in wanted.splits), None)
    if refused is not None:
        raise UsageError(
            f"`{exporter.name}` takes no split `{refused}`",
            fix=f"it takes: {', '.join(wanted.splits)}",
            code="TS513",
        )
    if to.suffix != ".jsonl":
        return {split: to / wanted.name(split) for split in splits}
    if len(splits) != 1:
        raise UsageError(
            "one file holds one split", fix="add `--split train`, or give a directory", code="TS513"
        )
    (split,) = splits
    return {split: to}


def _tables(source: Path, preferences: Mapping[str, Preference]) -> Iterator[pa.Table]:
    builder = ExampleBuilder()
    for row in read_parquet(source):
        _add(row, preferences.get(row.id), into=builder)
        if len(builder) == BATCH_ROWS:
            yield builder.table()
            builder = ExampleBuilder()
    if len(builder):
        yield builder.table()


def _add(row: Row, preference: Preference | None, *, into: ExampleBuilder) -> None:
    """The canonical conversation back into columns: the inverse of `core.canonical.message_dicts`."""
    conversation: list[dict[str, Any]] = orjson.loads(row.messages)
    for message in conversation:
        parts, content = _parts_and_text(message["content"])
        into.message(
            message["role"],
            content,
            parts=_json(parts),
            name=message.get("name"),
            tool_calls=_json(message.get("tool_calls")),
            tool_call_id=message.get("tool_call_id"),
            train=message.get("train", True),
        )
    tags = orjson.loads(row.tags) if row.tags else {}
    into.finish(
        bytes.fromhex(row.id),
        line=0,
        source="",
        file="",
        tools=row.tools,
        tags=list(tags.items()),
        **_told(preference),
    )


def _told(preference: Preference | None) -> dict[str, object]:
    """Columns of what the release keeps beside the row."""
    if preference is None:
        return {}
    thumb = None if preference.thumb is None else _json({"thumb": "up" if preference.thumb else "down"})
    rejected = None if preference.rejected is None else f'{{"rejected":{preference.rejected}}}'
    return {"kind": preference.kind, "extra": rejected, "feedback": thumb}


def _parts_and_text(
    content: str | list[dict[str, Any]] | None,
) -> tuple[list[dict[str, Any]] | None, str | None]:
    if isinstance(content, list):
        return content, "\n".join(part["text"] for part in content if part.get("type") == "text")
    return None, content


def _json(value: object) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
