"""Runs a stage on a table: checks what a stage promises, and finds the rows on which it fails.

A row that makes a stage raise is rejected with a reason; the others go on. Because a stage looks at each row
by itself, running it on halves gives what running it on the whole would have given.
"""

from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.errors import TunesetError
from tuneset.core.event import EVENTS, drops_in
from tuneset.core.example import ID
from tuneset.core.stage import Stage, Staged

REJECTED = pa.schema(
    [
        pa.field("origin_id", ID, nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("detail", pa.string(), nullable=False),
    ]
)
"""Rows on which a stage raised. `detail` is `<stage>: <type of the exception>`: its message may hold text."""

REASON = "stage-failed"
MAX_POISONED = 1000
"""More failing rows than this in one table are no poison: the stage is broken, and its exception is
raised."""


class ConservationError(RuntimeError):
    """A stage lost, invented, reordered or renamed rows: a bug in the stage, never the data's fault."""


class Ran(NamedTuple):
    """What became of a table: rows in = rows of `examples` + drop events + rows of `rejected`."""

    examples: pa.Table
    events: pa.Table
    rejected: pa.Table


def run_stage(stage: Stage, table: pa.Table, *, max_poisoned: int = MAX_POISONED) -> Ran:
    """The stage's examples and events for all rows of `table` on which it does not raise, and those on which
    it does.

    Raises:
        ConservationError: the stage broke its promise.
        TunesetError: raised by the stage itself; meant for the user, so not a poisoned row.
    """
    whole = _attempt(stage, table)
    if isinstance(whole, Staged):
        return Ran(whole.examples, whole.events, REJECTED.empty_table())
    return _bisect(stage, table, error=whole, max_poisoned=max_poisoned)


def check_conservation(stage: Stage, before: pa.Table, after: Staged) -> None:
    """Every row stays in its place or has exactly one drop event; ids are old ids; the columns are the same.

    Raises:
        ConservationError: with counts, never with text.
    """
    if not after.examples.schema.equals(before.schema) or not after.events.schema.equals(EVENTS):
        raise ConservationError(f"stage `{stage.name}` changed the columns of examples or events")
    if after.examples is before and not len(after.events):
        return
    ids = before.column("origin_id")
    known = pc.is_in(after.events.column("origin_id"), value_set=ids)
    drops = drops_in(after.events).column("origin_id")
    staying = ids.filter(pc.invert(pc.is_in(ids, value_set=drops))) if len(drops) else ids
    if not pc.all(known, min_count=0).as_py():
        raise ConservationError(f"stage `{stage.name}` wrote events for examples it was not given")
    if len(drops) + after.examples.num_rows != before.num_rows or len(pc.unique(drops)) != len(drops):
        raise ConservationError(
            f"stage `{stage.name}` was given {before.num_rows} rows, returned {after.examples.num_rows} "
            f"and dropped {len(pc.unique(drops))} with {len(drops)} events"
        )
    if not after.examples.column("origin_id").equals(staying):
        raise ConservationError(f"stage `{stage.name}` changed the order or the ids of rows")


def _attempt(stage: Stage, table: pa.Table) -> Staged | Exception:
    """The checked result, or what the stage raised."""
    try:
        staged = stage(table)
    except (TunesetError, MemoryError):  # the user's to mend, or the machine's: no row is to blame
        raise
    except Exception as error:  # a plugin can raise anything
        return error
    check_conservation(stage, table, staged)
    return staged


def _bisect(stage: Stage, table: pa.Table, *, error: Exception, max_poisoned: int) -> Ran:
    """Halves what fails, first half first, until single rows are left. `error`: what the whole table
    raised.
    """
    if table.num_rows == 0:
        raise error
    pieces: list[Ran] = []
    pending: list[tuple[pa.Table, Exception | None]] = [(table, error)]
    poisoned = 0
    while pending:
        piece, failure = pending.pop()
        if failure is None:
            staged = _attempt(stage, piece)
            if isinstance(staged, Staged):
                pieces.append(Ran(staged.examples, staged.events, REJECTED.empty_table()))
                continue
            failure = staged
        if piece.num_rows > 1:
            middle = piece.num_rows // 2
            pending += [(piece.slice(middle), None), (piece.slice(0, middle), None)]
            continue
        pieces.append(Ran(piece.slice(0, 0), EVENTS.empty_table(), _rejected(stage, piece, failure)))
        poisoned += 1
        if poisoned > max_poisoned:
            failure.add_note(
                f"stage `{stage.name}` fails on more than {max_poisoned} of {table.num_rows} rows"
            )
            raise failure
    return Ran(*(pa.concat_tables(tables) for tables in zip(*pieces, strict=True)))


def _rejected(stage: Stage, row: pa.Table, error: Exception) -> pa.Table:
    detail = f"{stage.name}: {type(error).__name__}"
    return pa.table([row.column("origin_id"), row.column("line"), [REASON], [detail]], schema=REJECTED)
