"""The contract of an exporter: one trainer's or provider's file format."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

import pyarrow as pa

from tuneset.core.spec import Fields

Status = Literal["active", "legacy", "retired"]
Level = Literal["error", "warning"]

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Rule:
    """Something the target requires of every row, or (`file.…`) of a file. `id` is stable:
    `order.last-assistant`.
    """

    id: str
    why: str
    link: str
    advice: str = ""
    """What a person can do about it."""
    fixer: str | None = None
    """Name of what mends a row and keeps what it teaches (`exporters.fixing`); None if nothing does."""
    level: Level = "error"
    """An error costs the row or the file; a warning is said and the row is written."""


@dataclass(frozen=True)
class Files:
    """The files of a target: which splits it takes, how they are called, how large they may be."""

    splits: tuple[str, ...] = SPLITS
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    """Split → name without `.jsonl`, where it is another one."""
    head: bytes = b""
    """Bytes at the beginning of each file."""
    min_examples: int = 0
    """Fewer rows to train on than that are refused."""
    max_examples: int | None = None
    max_bytes: int | None = None
    context: int | None = None
    """Tokens in the longest example that any model of the target trains on, if the target says so."""

    def name(self, split: str) -> str:
        """The file of a split."""
        return f"{self.names.get(split, split)}.jsonl"


@runtime_checkable
class HasFiles(Protocol):
    """An exporter whose target wants its files otherwise than `Files()`."""

    files: Files


def files_of(exporter: "Exporter") -> Files:
    """How the exporter's target wants its files."""
    return exporter.files if isinstance(exporter, HasFiles) else Files()


@runtime_checkable
class Readable(Protocol):
    """An exporter whose lines one of our connectors reads back: what `tuneset check` needs."""

    reader: str
    """Name of the connector."""
    fields: Fields
    """Where that connector finds what, if the format does not say so itself."""

    def faults(self, record: Mapping[str, object]) -> list[str]:
        """Ids of the rules that a line breaks as it stands, before it is read as an example."""
        ...

    def opened(self, record: Mapping[str, object]) -> Mapping[str, object]:
        """The line in the form in which the connector reads it."""
        ...


@runtime_checkable
class Exporter(Protocol):
    """Writes examples as a target reads them. Stateless; one line per example, in the order given."""

    name: str
    version: int
    status: Status
    last_verified: str
    """Date (ISO) on which the format was last checked against the target's own documentation or loader."""
    rules: tuple[Rule, ...]

    def breaks(self, examples: pa.Table) -> list[tuple[int, str]]:
        """`(row, rule id)` for each row that the target would refuse, drop or rewrite."""
        ...

    def lines(self, examples: pa.Table) -> Iterator[bytes]:
        """One line of JSON, without the newline, for each example."""
        ...

    def side_files(self, name: str) -> dict[str, bytes]:
        """Further files the target wants beside the data, by relative path: a `dataset_info.json`, a
        config.
        """
        ...
