"""`targets/<exporter>/`: the examples of each split as a trainer or provider reads them.

A row that the target would refuse or learn wrongly is left out of that target, and named in `left_out.jsonl`:
split by split, in each by id, as the rows are. Not by file and line: what a target gets does not depend on
where the logs lay. `provenance.jsonl` leads from an id to file and line.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, Protocol, Self, runtime_checkable

import numpy as np
import orjson
import pyarrow as pa

from tuneset.core import registry
from tuneset.core.example import Messages
from tuneset.core.exporter import SPLITS, Exporter, Rule, files_of
from tuneset.exporters.text import block
from tuneset.exporters.turns import Turns
from tuneset.release.sums import SummedFile, SummedFiles

LEFT_OUT = "left_out.jsonl"


@runtime_checkable
class Explained(Protocol):
    """An exporter that says why its status is what it is."""

    status_reason: str


@runtime_checkable
class ByColumns(Protocol):
    """An exporter that reads messages which are open already, and writes all lines at once; ours all do."""

    def broken(self, messages: Messages) -> list[tuple[int, str]]:
        """What `breaks` gives."""
        ...

    def encoded(self, turns: Turns) -> pa.Array:
        """`[n]` what `lines` gives, with line ends, as `exporters.text.TEXT`; of rows that `broken` names,
        anything: they are left out.
        """
        ...


class Run(NamedTuple):
    """Rows of a batch, from `start` to `stop`, that belong to one split."""

    split: str
    start: int
    stop: int


def kept_rows(count: int, broken: Sequence[tuple[int, str]], rules: Mapping[str, Rule]) -> np.ndarray:
    """`bool[count]`: the rows that break no rule, or only such as warn."""
    stays = np.ones(count, np.bool_)
    stays[[row for row, rule in broken if rules[rule].level == "error"]] = False
    return stays


class TargetWriter:
    """Writes one target's files, row by row in the order given."""

    def __init__(self, name: str, *, directory: Path, files: SummedFiles) -> None:
        """`directory`: that of the release; `name`: the exporter's; `files` opens what is written.

        Raises:
            UsageError: no exporter of that name.
        """
        self._exporter: Exporter = registry.load(registry.EXPORTERS, name)()
        self._wanted = files_of(self._exporter)
        self._rules = {rule.id: rule for rule in self._exporter.rules}
        self._directory = directory / "targets" / name
        self._summed = files
        self._files: dict[str, SummedFile] = {}
        self._open = ExitStack()
        self._written: Counter[str] = Counter()
        self._broken: Counter[str] = Counter()
        self._left_out: dict[str, list[bytes]] = {}

    def __enter__(self) -> Self:
        self._directory.mkdir(parents=True)
        return self

    def __exit__(self, *problem: object) -> None:
        self._open.close()

    @property
    def by_columns(self) -> bool:
        """Does it read nothing but the messages and tools?"""
        return isinstance(self._exporter, ByColumns)

    def add(self, examples: pa.Table, turns: Turns, *, runs: Sequence[Run]) -> None:
        """Writes the examples that the target takes; `turns` are their messages, `runs` their splits."""
        runs = [run for run in runs if run.split in self._wanted.splits]
        broken = self._breaks(examples, turns)
        stays = kept_rows(len(examples), broken, self._rules)
        rules: dict[int, list[str]] = {}
        for row, rule in broken:
            if any(start <= row < stop for _, start, stop in runs):
                self._broken[rule] += 1
                if not stays[row]:
                    rules.setdefault(row, []).append(rule)
        lines = self._lines(examples, turns, stays=stays)
        line = np.concatenate([[0], np.cumsum(stays)]).tolist()
        for split, start, stop in runs:
            if refused := [row for row in range(start, stop) if row in rules] if rules else []:
                self._leave_out(examples, {row: rules[row] for row in refused}, split=split)
            if taken := line[stop] - line[start]:
                self._file(self._wanted.name(split), head=self._wanted.head).write(
                    block(lines.slice(line[start], taken))
                )
                self._written[split] += taken

    def _lines(self, examples: pa.Table, turns: Turns, *, stays: np.ndarray) -> pa.Array:
        """What is written of the rows that stay, with line ends."""
        exporter, mask = self._exporter, None if stays.all() else pa.array(stays)
        if isinstance(exporter, ByColumns):
            lines = exporter.encoded(turns)
            return lines if mask is None else lines.filter(mask)
        taken = examples if mask is None else examples.filter(mask)
        return pa.array([line + b"\n" for line in exporter.lines(taken)], pa.large_binary())

    def _breaks(self, examples: pa.Table, turns: Turns) -> list[tuple[int, str]]:
        exporter = self._exporter
        return (
            exporter.broken(turns.messages) if isinstance(exporter, ByColumns) else exporter.breaks(examples)
        )

    def _leave_out(self, examples: pa.Table, rules: dict[int, list[str]], *, split: str) -> None:
        ids = examples.column("origin_id")
        self._left_out.setdefault(split, []).extend(
            orjson.dumps({"id": ids[row].as_py().hex(), "split": split, "rules": rules[row]}) + b"\n"
            for row in sorted(rules)
        )

    def _write_left_out(self) -> None:
        for split in SPLITS:
            if told := self._left_out.get(split):
                self._file(LEFT_OUT).write(b"".join(told))

    def _file(self, name: str, *, head: bytes = b"") -> SummedFile:
        if name not in self._files:
            self._files[name] = self._open.enter_context(self._summed.open(self._directory / name))
            self._files[name].write(head)
        return self._files[name]

    def finish(self, *, dataset: str) -> dict[str, object]:
        """Writes the side files; returns what the manifest says about this target."""
        self._write_left_out()
        self._open.close()
        for name, content in self._exporter.side_files(dataset).items():
            path = self._directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        about: dict[str, object] = {
            "version": self._exporter.version,
            "status": self._exporter.status,
            "last_verified": self._exporter.last_verified,
            "rows": dict(sorted(self._written.items())),
            "left_out": {split: len(told) for split, told in sorted(self._left_out.items())},
            "rules_broken": dict(sorted(self._broken.items())),
            "file_rules_broken": self._file_breaks(),
        }
        if isinstance(self._exporter, Explained):
            about["status_reason"] = self._exporter.status_reason
        return about

    def _file_breaks(self) -> list[str]:
        wanted, rows = self._wanted, self._written["train"]
        largest = max((path.stat().st_size for path in self._directory.glob("*.jsonl")), default=0)
        return [
            *(["file.min-examples"] if "train" in wanted.splits and rows < wanted.min_examples else []),
            *(
                ["file.max-examples"]
                if wanted.max_examples is not None and rows > wanted.max_examples
                else []
            ),
            *(["file.max-bytes"] if wanted.max_bytes is not None and largest > wanted.max_bytes else []),
        ]
