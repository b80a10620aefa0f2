"""The contract of a stage: a pure function from a table of examples to a table of examples and events.

`tuneset.testing` turns it into tests that any stage, ours or a plugin's, can run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow as pa

from tuneset.core.event import events, marked, no_events


@dataclass(frozen=True)
class Staged:
    """What a stage gives back: the examples that stay, in their old order, and what happened to whom."""

    examples: pa.Table
    events: pa.Table


@runtime_checkable
class Stage(Protocol):
    """Looks at examples one row at a time; may edit, tag, flag or drop them, never add or reorder.

    Promises: examples in = examples out + examples with exactly one drop event; no state, clock or chance;
    the result for a row does not depend on the other rows of the table.
    """

    @property
    def name(self) -> str:
        """The pipeline's word for it: `clean`, `redact`, …"""
        ...

    @property
    def version(self) -> int:
        """Goes up when the same spec would give other output."""
        ...

    def identity(self) -> object:
        """JSON value of everything that can change the output: the spec, keys as digests."""
        ...

    def __call__(self, examples: pa.Table) -> Staged:
        """The examples after this stage, and the events."""
        ...


def unchanged(examples: pa.Table) -> Staged:
    """A stage that had nothing to do."""
    return Staged(examples, no_events())


def dropped(
    examples: pa.Table,
    gone: np.ndarray,
    *,
    stage: str,
    reason: str | Sequence[str],
    evidence: Sequence[str | None] | None = None,
) -> Staged:
    """The examples without those at which `gone` (`bool[n]`) is true, with a drop event for each of these.

    `reason` and `evidence` are given per dropped example, in order, or `reason` once for all.
    """
    if not gone.any():
        return unchanged(examples)
    ids = marked(examples.column("origin_id"), gone)
    return Staged(
        examples.filter(pa.array(~gone)),
        events(ids, stage=stage, action="drop", reason=reason, evidence=evidence),
    )


def chained(*steps: Staged) -> Staged:
    """The last step's examples with the events of all steps."""
    return Staged(steps[-1].examples, pa.concat_tables([step.events for step in steps]))
