"""`provenance.jsonl`: for each example of a release where it comes from and what was done to it.

Ids of people and conversations, even hashed ones, stay in the project.
"""

from collections.abc import Iterator

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.build.result import Build

FILE = "provenance.jsonl"

_TOLD = ("keep", "edit", "tag", "flag", "link")
_PLAIN = (
    "split",
    "cell",
    "source",
    "file",
    "line",
    "licence",
    "kind",
    "model",
    "captured_at",
    "multiplicity",
)


class Lineage:
    """Looks up, for ids in any order, what happened to them and which twins they stand for.

    Holds 20 bytes per different operation of an example and 32 per twin; no text.
    """

    def __init__(self, build: Build) -> None:
        """Reads the narrow columns of the build's events and verdicts."""
        self._twins = _grouped(_merged(build))
        self._operations, self._words = _operations(build.events())

    def lines(self, examples: pa.Table) -> Iterator[bytes]:
        """One line of JSON per kept example."""
        column = examples.column("origin_id").combine_chunks()
        told = zip(
            column.to_pylist(),
            examples.column("content_id").to_pylist(),
            zip(*(_column(examples, name) for name in _PLAIN), strict=True),
            _found(self._twins, column),
            _found(self._operations, column),
            strict=True,
        )
        for identity, content, values, twins, operations in told:
            plain = {name: value for name, value in zip(_PLAIN, values, strict=True) if value is not None}
            merged = [twin.hex() for twin in twins]
            done = [self._words[code] for code in operations]
            yield orjson.dumps(
                {
                    "id": identity.hex(),
                    "content_id": content.hex(),
                    **plain,
                    "merged": merged,
                    "operations": done,
                }
            )


def _column(examples: pa.Table, name: str) -> list[object]:
    column = examples.column(name)
    if pa.types.is_timestamp(column.type):  # as text in one go; a `datetime` for each would take longer
        column = pc.replace_substring(column.cast(pa.string()), " ", "T")
    return column.to_pylist()


Groups = tuple[np.ndarray, np.ndarray]
"""Ids (`S16[n]`, ascending) and what belongs to them, row-aligned."""


def _merged(build: Build) -> pa.Table:
    verdicts = build.verdicts(["kept_by", "origin_id"])
    return verdicts.filter(verdicts.column("kept_by").is_valid()).rename_columns(["id", "value"])


def _operations(events: pa.Table) -> tuple[Groups, list[dict[str, str]]]:
    """Distinct operations by example, as codes, and what the codes mean; ordered by stage, action, reason."""
    told = events.filter(pc.is_in(events.column("action"), value_set=pa.array(_TOLD)))
    names = pa.table({name: told.column(name) for name in ("stage", "action", "reason")})
    kinds = (
        names.group_by(names.column_names)
        .aggregate([])
        .sort_by([(name, "ascending") for name in names.column_names])
    )
    joined = _joined(kinds)
    code = pc.index_in(_joined(names), value_set=joined)
    return _grouped(pa.table({"id": told.column("origin_id"), "value": code})), kinds.to_pylist()


def _joined(names: pa.Table) -> pa.Array:
    column = pc.binary_join_element_wise(*(names.column(name) for name in names.column_names), "\x1f")
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _grouped(table: pa.Table) -> Groups:
    """Distinct `(id, value)`, sorted."""
    distinct = table.group_by(["id", "value"]).aggregate([])
    ordered = distinct.sort_by([("id", "ascending"), ("value", "ascending")])
    values = ordered.column("value")
    numbers = _sixteen(values) if pa.types.is_fixed_size_binary(values.type) else values.to_numpy()
    return _sixteen(ordered.column("id")), numbers


def _sixteen(column: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """`S16[n]`, which numpy can sort: all have the same length, so its padding with zeros changes nothing."""
    return np.frombuffer(b"".join(column.to_pylist()), "S16")


def _found(groups: Groups, ids: pa.Array) -> list[list]:
    """For each id what belongs to it."""
    keys, values = groups
    wanted = _sixteen(ids)
    starts, stops = np.searchsorted(keys, wanted, "left"), np.searchsorted(keys, wanted, "right")
    if values.dtype.kind == "S":  # numpy strips trailing zero bytes from `S`; ids may end in them
        return [
            [value.ljust(16, b"\0") for value in values[a:b].tolist()]
            for a, b in zip(starts, stops, strict=True)
        ]
    return [values[a:b].tolist() for a, b in zip(starts, stops, strict=True)]
