"""Limits per user and day need a look at all records of a source before one is taken: this is the look.

    count   part → cache: hash, user and day of each record that `where` and `rate` let through (parallel)
    admit   all counts of a source → who is let in; a small file per part in the cache

Then `prepare` reads the parts again and drops the others before any stage works on them. Both results are
found again by fingerprint: a day that is over lets in the same records tomorrow, and the parts that hold it
stay cached. Memory: 28 bytes a record of the source that is looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import xxhash

from tuneset.build.plan import Plan, PlannedPart
from tuneset.build.prepare import BATCH_ROWS, Preparation, batches, hash64, open_ipc, write_ipc
from tuneset.core.example import ID, one_array
from tuneset.core.fingerprint import fingerprint
from tuneset.core.spec import Sampling
from tuneset.engine.executor import Executor
from tuneset.engine.progress import Progress
from tuneset.stages.sample import Sample, day_of, draw
from tuneset.stages.sample.draw import words
from tuneset.store.workspace import Workspace

VERSION = 1
"""Goes up when the same part would be counted, or the same counts be admitted, in another way."""

CENSUS = pa.schema([("record", ID), ("user", pa.uint64()), ("day", pa.int32())])
ADMITTED = pa.schema([("record", ID), ("inclusion", pa.float64())])


@dataclass(frozen=True)
class Counting:
    """The count of one part: a task for a worker."""

    part: Preparation

    @property
    def fingerprint(self) -> str:
        """What the result is: the name of its place in the cache."""
        return fingerprint("census", VERSION, self.part.reading)


def count(task: Counting) -> None:
    """Counts one part unless the cache has it."""
    workspace = Workspace.open(task.part.root)
    if workspace.cache(task.fingerprint) is None:
        workspace.commit(task.fingerprint, lambda directory: _write_census(task.part, directory))


def _write_census(part: Preparation, directory: Path) -> None:
    tables = [CENSUS.empty_table()]
    for batch in batches(part, batch_rows=BATCH_ROWS):
        door = Sample(part.source.sample, batch.repeats)
        taken = door(batch.examples).examples
        columns = [door.records(taken), hash64(taken.column("user")), day_of(taken.column("captured_at"))]
        tables.append(pa.table([pa.array(column) for column in columns], schema=CENSUS))
    write_ipc(directory / "census.arrow", pa.concat_tables(tables))


def counted(planned: Plan, *, executor: Executor, progress: Progress) -> Plan:
    """The plan with the limits of its sources decided; counts what has not been counted yet."""
    tasks = [Counting(part.task) for part in planned.parts if part.task.source.sample.counts]
    if not tasks:
        return planned
    progress.phase("counting users and days", steps=len(tasks))
    executor.map(count, tasks, on_done=lambda _index, _result: progress.advance())
    return admitted(planned, Workspace.open(planned.root))


def admitted(planned: Plan, workspace: Workspace) -> Plan:
    """The plan with the limits of its sources decided, where all of a source has been counted."""
    parts = list(planned.parts)
    for source in planned.spec.sources:
        mine = [i for i, part in enumerate(parts) if part.task.source == source]
        if not source.sample.counts or not mine:
            continue
        places = [workspace.cache(Counting(parts[i].task).fingerprint) for i in mine]
        counts = [open_ipc(place.file("census.arrow")) for place in places if place is not None]
        if len(counts) < len(mine):
            continue
        for i, table in zip(mine, _let_in(counts, source.sample), strict=True):
            parts[i] = _with(parts[i], table, workspace)
    return replace(planned, parts=tuple(parts))


def _let_in(counts: Sequence[pa.Table], spec: Sampling) -> list[pa.Table]:
    """`ADMITTED` of each part of a source, from all its counts; records of several parts count once."""
    joined = pa.concat_tables(counts)
    records = words(one_array(joined.column("record")))
    _, first, which = np.unique(records, axis=0, return_index=True, return_inverse=True)
    drawn = draw(
        records[first],
        user=joined.column("user").to_numpy()[first],
        day=joined.column("day").to_numpy()[first],
        spec=spec,
    )
    which = which.reshape(-1)
    bounds = np.cumsum([0, *(len(table) for table in counts)])
    return [
        _admitted_of(table, drawn.taken[which[start:stop]], drawn.inclusion[which[start:stop]])
        for table, start, stop in zip(counts, bounds[:-1], bounds[1:], strict=True)
    ]


def _admitted_of(table: pa.Table, taken: np.ndarray, inclusion: np.ndarray) -> pa.Table:
    """Those that are let in, each once, in the order of their hashes."""
    found = pa.table([table.column("record"), pa.array(inclusion)], schema=ADMITTED).filter(pa.array(taken))
    order = np.lexsort(words(one_array(found.column("record"))).T[::-1])
    found = found.take(pa.array(order))
    ids = words(one_array(found.column("record")))
    again = np.zeros(len(ids), bool)
    again[1:] = (ids[1:] == ids[:-1]).all(axis=1)
    return found.filter(pa.array(~again))


def _with(part: PlannedPart, table: pa.Table, workspace: Workspace) -> PlannedPart:
    """The part with who is let in, which is kept under the digest of its content."""
    content = xxhash.xxh3_128(words(one_array(table.column("record"))).tobytes())
    content.update(table.column("inclusion").to_numpy().tobytes())
    name = fingerprint("admitted", VERSION, content.hexdigest())
    if not workspace.has(name):
        workspace.commit(name, lambda directory: write_ipc(directory / "admitted.arrow", table))
    task = replace(part.task, admitted=name)
    return PlannedPart(part.file, part.part, task, workspace.has(task.fingerprint))
