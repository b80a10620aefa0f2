"""A finished build: what became of every record, and the kept examples in the order of their ids."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tuneset.build.prepare import open_ipc
from tuneset.build.tagging.retag import laid_over, read_retags
from tuneset.build.thumbs import read_masks, under
from tuneset.core.errors import UsageError, WorkspaceError
from tuneset.core.example import EXAMPLES, ID
from tuneset.core.spec import Spec

KEPT = pa.schema([*EXAMPLES, ("split", pa.string()), ("multiplicity", pa.int32()), ("cell", pa.string())])
"""Columns of `Build.kept`: an example, where it goes, how many production examples it stands for, its
cell."""

STAGES = (
    "ingest",
    "sample",
    "clean",
    "system_prompt",
    "redact",
    "labels",
    "coverage",
    "traces",
    "dedupe",
    "split",
)
"""In the order in which an example passes them."""

VERDICTS = pa.schema(
    [
        ("origin_id", ID),
        ("content_id", ID),
        ("part", pa.int32()),
        ("row", pa.int64()),
        ("source", pa.string()),
        ("file", pa.string()),
        ("line", pa.int64()),
        ("outcome", pa.string()),
        ("stage", pa.string()),
        ("reason", pa.string()),
        ("kept_by", ID),
        ("multiplicity", pa.int32()),
        ("component", pa.int64()),
        ("split", pa.string()),
        ("cell", pa.string()),
        ("words", pa.int32()),
        ("turns", pa.int32()),
        ("captured_at", pa.timestamp("us", tz="UTC")),
    ]
)
"""One row per example read, sorted by origin_id. `outcome`: kept, flagged (kept, with a question) or dropped.
`stage`, `reason`: why it was dropped, or the question. `kept_by`: the twin that stays in its place.
`component`: the
position of the smallest origin_id among all it is connected with; null, like `row`, for examples that an
early stage
dropped."""

_PLACES = pa.schema([VERDICTS.field(name) for name in ("part", "row", "origin_id", "line")])
_KNOWN = ("origin_id", "line", "split", "multiplicity", "cell")
_POINTERS = ("part", "row", *_KNOWN)

BLOCK_ROWS = 16_384


@dataclass(frozen=True)
class Build:
    """Read access to `.tuneset/builds/<fingerprint>/`."""

    dir: Path
    spec: Spec
    fingerprint: str

    @cached_property
    def summary(self) -> dict:
        """All counts; see `build/summary.py` for the keys."""
        return orjson.loads((self.dir / "summary.json").read_bytes())

    @cached_property
    def matrix(self) -> dict:
        """The coverage matrix with targets and fill."""
        return orjson.loads((self.dir / "matrix.json").read_bytes())

    @cached_property
    def model_tags(self) -> list[dict]:
        """Per factor that asks a model: how many tags it gave, and what people said of them."""
        file = self.dir / "model_tags.json"
        return orjson.loads(file.read_bytes()) if file.exists() else []

    @cached_property
    def quality(self) -> dict:
        """Signals about the kept examples as a whole, and what could not be measured."""
        return orjson.loads((self.dir / "quality.json").read_bytes())

    @cached_property
    def _parts(self) -> list[dict]:
        return orjson.loads((self.dir / "parts.json").read_bytes())

    def part_paths(self) -> list[Path]:
        """Directories of the parts in the cache, in their order.

        Raises:
            WorkspaceError: one of them was deleted.
        """
        for number in range(len(self._parts)):
            self._part(number)
        return [self.dir.parents[1] / "cache" / entry["fingerprint"] for entry in self._parts]

    def verdicts(self, columns: list[str] | None = None) -> pa.Table:
        """`VERDICTS` of every example read."""
        return pq.read_table(self.dir / "verdicts.parquet", columns=columns)

    def verdict_groups(
        self, columns: list[str], *, dictionaries: list[str] | None = None
    ) -> Iterator[pa.Table]:
        """The same, a row group at a time, for who filters them; `dictionaries`: columns to encode so."""
        with pq.ParquetFile(self.dir / "verdicts.parquet", read_dictionary=dictionaries) as file:
            if not file.num_row_groups:
                yield file.read(columns)
            for number in range(file.num_row_groups):
                yield file.read_row_group(number, columns)

    def test_ids(self) -> pa.Array:
        """Origin ids of the test examples."""
        verdicts = self.verdicts(["origin_id", "split"])
        return (
            verdicts.filter(pc.equal(verdicts.column("split"), "test")).column("origin_id").combine_chunks()
        )

    def links(self, columns: list[str] | None = None) -> pa.Table:
        """Relations between examples: `build.links.SCHEMA`."""
        return pq.read_table(self.dir / "links.parquet", columns=columns)

    def events(self, columns: list[str] | None = None, *, dictionaries: bool = False) -> pa.Table:
        """All lineage, sorted by origin_id; stage, action and reason as (small) dictionaries if asked."""
        words = ["stage", "action", "reason"] if dictionaries else None
        return pq.read_table(self.dir / "events.parquet", columns=columns, read_dictionary=words)

    def suspicion(self, columns: list[str] | None = None) -> pa.Table | None:
        """How suspicious each kept example is and why (`build.findings.suspicion`), by origin_id; None if
        nobody looked.
        """
        path = self.dir / "suspicion.parquet"
        return pq.read_table(path, columns=columns) if path.exists() else None

    def rejects(self) -> Iterator[dict]:
        """Records that are no examples: file, line, reason, detail."""
        with (self.dir / "rejects.jsonl").open("rb") as lines:
            for line in lines:
                yield orjson.loads(line)

    def kept(
        self, split: str | None = None, *, columns: Sequence[str] | None = None, batch_rows: int = BLOCK_ROWS
    ) -> Iterator[pa.Table]:
        """Kept examples (`KEPT` columns, or those named) by origin_id, in tables of at most `batch_rows`.

        Holds one such table and about 45 bytes per example of the build.

        Args:
            split: only the examples of this split.
            columns: which columns of `KEPT`, in the order of the schema.
            batch_rows: examples held in memory at once.

        Raises:
            WorkspaceError: the cache that holds the text was deleted.
        """
        chosen = self.pointers(split)
        for start in range(0, len(chosen), batch_rows):
            yield self.examples_at(chosen.slice(start, batch_rows), columns=columns)

    def pointers(self, split: str | None = None) -> pa.Table:
        """What finds the kept examples (of one split), by origin_id: about 45 bytes each.

        Columns: part, row (place in the cache), origin_id, line, multiplicity; split, cell as dictionaries.
        """
        groups = self.verdict_groups([*_POINTERS, "outcome"], dictionaries=["outcome", "split", "cell"])
        chosen = pa.concat_tables([_staying(group, split=split) for group in groups])
        chosen = chosen.unify_dictionaries().combine_chunks()
        pa.default_memory_pool().release_unused()
        return chosen

    def example(self, origin_id: bytes) -> pa.Table:
        """One example (`EXAMPLES` columns, redacted), kept or dropped by a global step.

        Raises:
            UsageError: no such example, or an early stage dropped it, so that its text was not kept.
        """
        found = self._found([origin_id])
        if not len(found):
            raise UsageError(f"no example {origin_id.hex()} in this build", fix="run `tuneset status`")
        if found.column("row").null_count:
            what = f"the text of {origin_id.hex()} was not kept: it was dropped before redaction was done"
            raise UsageError(what)
        return self.examples_at(found, columns=EXAMPLES.names)

    def examples(self, origin_ids: Sequence[bytes]) -> dict[bytes, pa.Table]:
        """What `example` gives for each of a few ids; those whose text was not kept are absent."""
        found = self._found(origin_ids)
        found = found.filter(found.column("row").is_valid())
        if not len(found):
            return {}
        tables = self.examples_at(found, columns=EXAMPLES.names)
        return {
            origin_id: tables.slice(i, 1) for i, origin_id in enumerate(found.column("origin_id").to_pylist())
        }

    @cached_property
    def _ends(self) -> list[bytes]:
        """The last origin id of each row group of the verdicts."""
        return [group.column(0)[-1].as_py() for group in self.verdict_groups(["origin_id"]) if len(group)]

    def _found(self, origin_ids: Sequence[bytes]) -> pa.Table:
        """Where some examples are, by id. Reads the row groups that can hold them; no other can."""
        groups = sorted({bisect_left(self._ends, origin_id) for origin_id in origin_ids} - {len(self._ends)})
        wanted = pa.array(origin_ids, ID)
        with pq.ParquetFile(self.dir / "verdicts.parquet") as file:
            here = (file.read_row_group(group, _PLACES.names) for group in groups)
            found = [group.filter(pc.is_in(group.column("origin_id"), value_set=wanted)) for group in here]
        return pa.concat_tables([_PLACES.empty_table(), *found]).combine_chunks()

    def examples_at(self, pointers: pa.Table, *, columns: Sequence[str] | None = None) -> pa.Table:
        """The examples that some rows of `pointers` point at, in the order given, in one chunk.

        Args:
            pointers: rows of `Build.pointers`.
            columns: which columns of `KEPT`, in the order of the schema; all if None.

        Raises:
            WorkspaceError: the cache that holds the text was deleted.
        """
        wanted = [name for name in KEPT.names if columns is None or name in columns]
        files = pa.array([entry["file"] for entry in self._parts], pa.string())
        known = {name: pointers.column(name) for name in _KNOWN if name in pointers.column_names}
        known["file"] = files.take(pointers.column("part"))
        stored = self._stored(pointers, columns=[name for name in wanted if name not in known])
        schema = pa.schema([KEPT.field(name) for name in wanted])
        values = {**stored, **known}
        if "tags" in values and len(self._retags):
            values["tags"] = self._retagged(values["tags"], pointers)
        table = pa.table([values[name].cast(schema.field(name).type) for name in wanted], schema=schema)
        table = table.combine_chunks()
        return under(table, self._masks, ids=pointers.column("origin_id")) if len(self._masks) else table

    @cached_property
    def _masks(self) -> pa.Table:
        return read_masks(self.dir)

    @cached_property
    def _retags(self) -> pa.Table:
        return read_retags(self.dir)

    def _retagged(self, tags: pa.ChunkedArray, pointers: pa.Table) -> pa.ChunkedArray:
        ids = pointers.column("origin_id")
        laid = laid_over(tags, ids=ids, retags=self._retags, spec=self.spec.coverage)
        return pa.chunked_array([laid])

    def _stored(self, pointers: pa.Table, *, columns: Sequence[str]) -> dict[str, pa.ChunkedArray]:
        """Columns of the cache; rows of several parts are fetched part by part, then put in order."""
        part, row = pointers.column("part").to_numpy(), pointers.column("row").to_numpy()
        order = np.argsort(part, kind="stable")
        numbers, starts = np.unique(part[order], return_index=True)
        rows = np.split(row[order], starts[1:])
        tables = [
            self._part(i).select(columns).take(pa.array(here))
            for i, here in zip(numbers.tolist(), rows, strict=True)
        ]
        if len(tables) == 1:
            return dict(zip(columns, tables[0].columns, strict=True))
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        joined = pa.concat_tables(tables).combine_chunks()
        return dict(zip(columns, joined.take(pa.array(back)).columns, strict=True))

    @cached_property
    def _opened(self) -> dict[int, pa.Table]:
        """The parts in use: memory-mapped, so that they cost no memory the system cannot take back."""
        return {}

    def _part(self, number: int) -> pa.Table:
        if number not in self._opened:
            self._opened[number] = self._open(number)
        return self._opened[number]

    def _open(self, number: int) -> pa.Table:
        entry = self._parts[number]
        path = self.dir.parents[1] / "cache" / entry["fingerprint"] / "examples.arrow"
        try:
            return open_ipc(path)
        except (OSError, pa.ArrowInvalid):
            raise WorkspaceError(
                "the text of this build is no longer in the cache",
                where=str(path),
                fix="run `tuneset build`; it makes the missing parts again",
            ) from None


def _staying(verdicts: pa.Table, *, split: str | None) -> pa.Table:
    stays = pc.not_equal(verdicts.column("outcome").cast(pa.string()), "dropped")
    if split is not None:
        stays = pc.and_(stays, pc.equal(verdicts.column("split").cast(pa.string()), split))
    return verdicts.drop_columns("outcome").filter(stays)
