"""Lineage: what happened to an example, one line each, without its text."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import ID

ACTIONS = ("keep", "edit", "drop", "tag", "flag", "link", "reject")

EVENTS = pa.schema(
    [
        pa.field("origin_id", ID, nullable=False),
        pa.field("stage", pa.string(), nullable=False),
        pa.field("action", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("evidence", pa.string()),
        pa.field("other", ID),
    ]
)
"""`evidence` is JSON of ids, scores, counts and spans: never a word of the customer's. `other`: the second
example of a link, the twin that was kept, or the test example beside which it cannot be learned from. A row
that simply stays has no event."""


def events(
    ids: pa.Array | pa.ChunkedArray | Sequence[bytes],
    *,
    stage: str | Sequence[str] | pa.Array,
    action: str,
    reason: str | Sequence[str] | pa.Array,
    evidence: Sequence[str | None] | pa.Array | None = None,
    other: Sequence[bytes | None] | pa.Array | None = None,
) -> pa.Table:
    """A table of events, one per id; a single `stage` or `reason` counts for all of them."""
    if action not in ACTIONS:
        raise ValueError(f"unknown action {action}")
    count = len(ids)
    stages, reasons = (
        pa.repeat(said, count) if isinstance(said, str) else _array(said, pa.string())
        for said in (stage, reason)
    )
    return pa.table(
        [
            _array(ids, ID),
            stages,
            pa.repeat(action, count),
            reasons,
            pa.nulls(count, pa.string()) if evidence is None else _array(evidence, pa.string()),
            pa.nulls(count, ID) if other is None else _array(other, ID),
        ],
        schema=EVENTS,
    )


def _array(values: pa.Array | pa.ChunkedArray | Sequence, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    return values.cast(kind) if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, kind)


def drops_in(events: pa.Table) -> pa.Table:
    """The drop events among events."""
    return events.filter(pc.equal(events.column("action"), "drop")) if len(events) else events


def no_events() -> pa.Table:
    """An empty table of events."""
    return EVENTS.empty_table()


def marked(ids: pa.ChunkedArray | pa.Array, mask: np.ndarray) -> pa.Array | pa.ChunkedArray:
    """The ids at which `mask` (`bool[n]`) is true."""
    return ids.filter(pa.array(mask))
