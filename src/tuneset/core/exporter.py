"""The contract of an exporter: one trainer's or provider's file format."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import pyarrow as pa

Status = Literal["active", "legacy", "retired"]


@dataclass(frozen=True)
class Rule:
    """Something the target requires of every row. `id` is stable: `order.last-assistant`."""

    id: str
    why: str
    link: str


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
