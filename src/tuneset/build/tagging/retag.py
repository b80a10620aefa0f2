"""Tags that models give or only the whole shows: laid over those of the parts, which stay as they are."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tuneset.build.index import Index
from tuneset.core.event import events, no_events
from tuneset.core.example import ID, one_array
from tuneset.core.spec import Coverage
from tuneset.stages.coverage import Retag, retagged, seldom

FILE = "retags.parquet"
RETAGS = pa.schema([("origin_id", ID), ("factor", pa.string()), ("value", pa.string())])


def retag(index: Index, spec: Coverage, *, by_model: Sequence[Retag]) -> tuple[Index, list[Retag]]:
    """The index with the tags as they are after the models' answers and then a look at the whole, and what
    was changed: at most one change for each example and factor.
    """
    index = _changed(index, spec, by_model)
    by_rule = seldom(index.keys, spec)
    later = {name: _rows(by_rule, factor=name) for name in spec.factors}
    stays = [one.without(later[one.factor]) for one in by_model]
    return _changed(index, spec, by_rule), [*(one for one in stays if len(one.rows)), *by_rule]


def _changed(index: Index, spec: Coverage, changes: Sequence[Retag]) -> Index:
    if not changes:
        return index
    place = index.keys.schema.get_field_index("tags")
    tags = retagged(index.keys, spec, changes)
    return replace(index, keys=index.keys.set_column(place, index.keys.schema.field(place), tags))


def _rows(changes: Sequence[Retag], *, factor: str) -> np.ndarray:
    rows = [one.rows for one in changes if one.factor == factor]
    return np.concatenate(rows) if rows else np.zeros(0, np.int64)


def table_of(index: Index, changes: Sequence[Retag]) -> pa.Table:
    """`RETAGS` by origin id."""
    tables = [
        pa.table(
            [
                index.origin_ids.take(pa.array(one.rows)),
                pa.repeat(one.factor, len(one.rows)),
                pa.repeat(one.value, len(one.rows)),
            ],
            schema=RETAGS,
        )
        for one in changes
    ]
    return pa.concat_tables([RETAGS.empty_table(), *tables]).sort_by(
        [("origin_id", "ascending"), ("factor", "ascending")]
    )


def events_of(index: Index, changes: Sequence[Retag]) -> pa.Table:
    """One event for each new tag."""
    tables = [
        events(
            index.origin_ids.take(pa.array(one.rows)),
            stage="coverage",
            action="tag",
            reason=one.reason,
            evidence=[f"{_named(one)[:-1]},{said}}}" for said in one.evidence],
        )
        for one in changes
    ]
    return pa.concat_tables([no_events(), *tables])


def _named(one: Retag) -> str:
    return orjson.dumps({"factor": one.factor, "value": one.value}).decode()


def read_retags(directory: Path) -> pa.Table:
    """`RETAGS` of a finished build."""
    file = directory / FILE
    return pq.read_table(file, schema=RETAGS) if file.exists() else RETAGS.empty_table()


def laid_over(tags: pa.ChunkedArray, *, ids: pa.ChunkedArray, retags: pa.Table, spec: Coverage) -> pa.Array:
    """The column `tags` of examples (their origin ids row-aligned) as the build made it."""
    place = pc.index_in(retags.column("origin_id"), value_set=one_array(ids))
    here = retags.append_column("row", place).filter(place.is_valid())
    changes = [
        Retag(factor, value, one_array(group.column("row")).to_numpy(), [])
        for (factor, value), group in _groups(here)
    ]
    return retagged(pa.table({"tags": tags}), spec, changes)


def _groups(retags: pa.Table) -> list[tuple[tuple[str, str], pa.Table]]:
    keys = retags.group_by(["factor", "value"]).aggregate([]).to_pylist()
    return [
        ((k["factor"], k["value"]), retags.filter(pc.and_(_is(retags, "factor", k), _is(retags, "value", k))))
        for k in keys
    ]


def _is(table: pa.Table, name: str, key: dict[str, str]) -> pa.ChunkedArray:
    return pc.equal(table.column(name), key[name])
