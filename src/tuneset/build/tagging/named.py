"""Prototypes named by id: their texts, found in the logs before any example is tagged.

    look    part -> cache: the named examples in it, after all stages that come before the tags (parallel)
    named   what all parts hold -> the stages with texts in place of ids

An id says which record is meant and the spec what becomes of it, so the text depends on the logs and the spec
alone, not on an earlier build. A part that was looked through for the same ids is not read again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from tuneset.build.pipeline import identity
from tuneset.build.plan import Plan
from tuneset.build.prepare import BATCH_ROWS, Preparation, batches, open_ipc, write_ipc
from tuneset.core.errors import SpecError
from tuneset.core.event import drops_in
from tuneset.core.example import ID, one_array
from tuneset.core.fingerprint import fingerprint
from tuneset.core.spec import Coverage
from tuneset.engine.executor import Executor
from tuneset.engine.poison import run_stage
from tuneset.engine.progress import Progress
from tuneset.stages.cases import Seen
from tuneset.stages.coverage import CoverageTags
from tuneset.store.workspace import Workspace

VERSION = 1
"""Goes up when another text would be found for the same id."""

FOUND = pa.schema(
    [("origin_id", ID), ("input", pa.large_string()), ("output", pa.large_string()), ("gone", pa.string())]
)
"""`input`: the last user turn, `output`: the answer, as redacted; both null if a stage dropped the example,
whose reason is `gone`.
"""

_DIGITS = 12  # hex digits that every id in a spec has at least


@dataclass(frozen=True)
class Looking:
    """One part, looked through for some examples: a task for a worker."""

    part: Preparation
    ids: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """What the result is: the name of its place in the cache."""
        return fingerprint("named", VERSION, self.part.reading, identity(_before(self.part)), self.ids)


def _before(part: Preparation) -> tuple:
    return tuple(stage for stage in part.chain if not isinstance(stage, CoverageTags))


def look(task: Looking) -> None:
    """Looks through one part unless the cache knows."""
    workspace = Workspace.open(task.part.root)
    if workspace.cache(task.fingerprint) is None:
        workspace.commit(task.fingerprint, lambda directory: _write(task, directory))


def _write(task: Looking, directory: Path) -> None:
    starts = np.array([int(id_[:_DIGITS], 16) for id_ in task.ids], np.uint64)
    tables = [FOUND.empty_table()]
    for batch in batches(task.part, batch_rows=BATCH_ROWS):
        ids = b"".join(batch.examples.column("origin_id").to_pylist())
        heads = np.frombuffer(ids, ">u8")[::2].astype(np.uint64) >> np.uint64(64 - 4 * _DIGITS)
        (rows,) = np.nonzero(np.isin(heads, starts))
        if len(rows):
            tables += _texts(batch.examples.take(pa.array(rows)).combine_chunks(), task.part)
    write_ipc(directory / "named.arrow", pa.concat_tables(tables))


def _texts(examples: pa.Table, part: Preparation) -> Iterator[pa.Table]:
    """`FOUND` of some examples."""
    for stage in _before(part):
        examples, happened, poisoned = run_stage(stage, examples)
        for gone in (drops_in(happened), poisoned):
            nothing = pa.nulls(len(gone), pa.large_string())
            columns = [gone.column("origin_id"), nothing, nothing, gone.column("reason").cast(pa.string())]
            yield pa.table(columns, schema=FOUND)
    seen = Seen(examples)
    texts = [seen.questions.cast(pa.large_string()), seen.answers.cast(pa.large_string())]
    columns = [one_array(examples.column("origin_id")), *texts, pa.nulls(len(examples), pa.string())]
    yield pa.table(columns, schema=FOUND)


def named(planned: Plan, *, executor: Executor, progress: Progress) -> Plan:
    """The plan with the text of each named prototype in its stages.

    Raises:
        SpecError: an id names no example, several, or one without such a text.
    """
    ids = _ids(planned.spec.coverage)
    if not ids:
        return planned
    tasks = [Looking(part.task, ids) for part in planned.parts]
    progress.phase("looking for named prototypes", steps=len(tasks))
    executor.map(look, tasks, on_done=lambda _index, _result: progress.advance())
    workspace = Workspace.open(planned.root)
    places = [workspace.cache(task.fingerprint) for task in tasks]
    found = pa.concat_tables([open_ipc(place.file("named.arrow")) for place in places if place is not None])
    told = _told(planned.spec.coverage, found.to_pylist())
    parts = [
        replace(part, task=replace(part.task, chain=_with(part.task.chain, told))) for part in planned.parts
    ]
    return replace(planned, parts=tuple(parts))


def _with(chain: tuple, spec: Coverage) -> tuple:
    return tuple(replace(stage, spec=spec) if isinstance(stage, CoverageTags) else stage for stage in chain)


def _ids(spec: Coverage) -> tuple[str, ...]:
    """The ids that prototypes name, each once, sorted."""
    prototypes = [one for factor in spec.factors.values() for one in factor.prototypes.values()]
    return tuple(sorted({id_ for one in prototypes for id_ in one.named}))


def _told(spec: Coverage, found: Sequence[Mapping]) -> Coverage:
    """The spec with texts in place of ids."""
    factors = {}
    for name, factor in spec.factors.items():
        prototypes = {}
        for value, one in factor.prototypes.items():
            side = "input" if one.input else "output"
            where = f"coverage.factors.{name}.prototypes.{value}"
            prototypes[value] = one.told(
                {id_: _text(id_, found, side=side, where=where) for id_ in one.named}
            )
        factors[name] = factor.model_copy(update={"prototypes": prototypes})
    return spec.model_copy(update={"factors": factors})


def _text(id_: str, found: Sequence[Mapping], *, side: str, where: str) -> str:
    """The text of one id; identical records, of which each part numbers its own, say the same."""
    held = {row["origin_id"]: row for row in found if row["origin_id"].hex().startswith(id_)}
    match list(held.values()):
        case []:
            raise _no_prototype(where, f"no log holds the example {id_}")
        case [{"gone": str(reason)}]:
            raise _no_prototype(where, f"the example {id_} was dropped ({reason})")
        case [row] if row[side].strip():
            return row[side]
        case [_]:
            what = "user turn" if side == "input" else "answer in words"
            raise _no_prototype(where, f"the example {id_} has no {what}")
        case several:
            raise _no_prototype(where, f"{len(several)} examples begin with {id_}")


def _no_prototype(where: str, what: str) -> SpecError:
    return SpecError(
        f"`{where}`: {what}",
        where="tuneset.yaml",
        code="TS121",
        fix="take an id that `tuneset explain FILE:LINE` shows, with all its digits, or write the text",
    )
