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
from tuneset.core.errors import UsageError, WorkspaceError
from tuneset.core.example import EXAMPLES, ID
from tuneset.core.spec import Spec

KEPT = pa.schema([*EXAMPLES, ("split", pa.string()), ("multiplicity", pa.int32()), ("cell", pa.string())])
"""Columns of `Build.kept`: an example, where it goes, how many production examples it stands for, its
cell."""

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
    def _parts(self) -> list[dict]:
        return orjson.loads((self.dir / "parts.json").read_bytes())

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

    def links(self) -> pa.Table:
        """Relations between examples: a, b (smaller and larger origin id), kind, score, evidence."""
        return pq.read_table(self.dir / "links.parquet")

    def events(self, columns: list[str] | None = None, *, dictionaries: bool = False) -> pa.Table:
        """All lineage, sorted by origin_id; stage, action and reason as (small) dictionaries if asked."""
        words = ["stage", "action", "reason"] if dictionaries else None
        return pq.read_table(self.dir / "events.parquet", columns=columns, read_dictionary=words)

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
        wanted = [name for name in KEPT.names if columns is None or name in columns]
        chosen = self._chosen(split)
        for start in range(0, len(chosen), batch_rows):
            yield self._gathered(chosen.slice(start, batch_rows).combine_chunks(), columns=wanted)

    def _chosen(self, split: str | None) -> pa.Table:
        """Verdicts of the kept examples; words as dictionaries, which take a byte or four."""
        groups = self.verdict_groups([*_POINTERS, "outcome"], dictionaries=["outcome", "split", "cell"])
        chosen = pa.concat_tables([_staying(group, split=split) for group in groups]).combine_chunks()
        pa.default_memory_pool().release_unused()
        return chosen

    def example(self, origin_id: bytes) -> pa.Table:
        """One example (`EXAMPLES` columns, redacted), kept or dropped by a global step.

        Raises:
            UsageError: no such example, or an early stage dropped it, so that its text was not kept.
        """
        found = self._pointer(origin_id)
        if not len(found):
            raise UsageError(f"no example {origin_id.hex()} in this build", fix="run `tuneset status`")
        if found.column("row").null_count:
            what = f"the text of {origin_id.hex()} was not kept: it was dropped before redaction was done"
            raise UsageError(what)
        return self._gathered(found, columns=EXAMPLES.names)

    @cached_property
    def _ends(self) -> list[bytes]:
        """The last origin id of each row group of the verdicts."""
        return [group.column(0)[-1].as_py() for group in self.verdict_groups(["origin_id"]) if len(group)]

    def _pointer(self, origin_id: bytes) -> pa.Table:
        """Where an example is: at most one row. Reads one row group: if not there, it is nowhere."""
        group = bisect_left(self._ends, origin_id)
        with pq.ParquetFile(self.dir / "verdicts.parquet") as file:
            if group == len(self._ends):
                return VERDICTS.empty_table()
            ids = file.read_row_group(group, ["origin_id"]).column("origin_id")
            place = pc.index(ids, pa.scalar(origin_id, ID)).as_py()
            here = file.read_row_group(group, ["part", "row", "origin_id", "line"])
        return here.slice(max(place, 0), int(place >= 0)).combine_chunks()

    def _gathered(self, chosen: pa.Table, *, columns: Sequence[str]) -> pa.Table:
        """The rows of the cache that `chosen` points at, in its order."""
        files = pa.array([entry["file"] for entry in self._parts], pa.string())
        at_hand = [name for name in _KNOWN if name in chosen.column_names]
        known = {name: chosen.column(name).cast(KEPT.field(name).type) for name in at_hand}
        known["file"] = files.take(chosen.column("part"))
        part, row = chosen.column("part").to_numpy(), chosen.column("row").to_numpy()
        stored = [name for name in columns if name not in known]
        order = np.argsort(part, kind="stable")
        numbers, starts = np.unique(part[order], return_index=True)
        rows = np.split(row[order], starts[1:])
        tables = [
            self._part(i).select(stored).take(pa.array(here))
            for i, here in zip(numbers.tolist(), rows, strict=True)
        ]
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        joined = pa.concat_tables(tables).combine_chunks().take(pa.array(back))
        table = pa.table(
            [known[name] if name in known else joined.column(name) for name in columns],
            schema=pa.schema([KEPT.field(name) for name in columns]),
        )
        return table.combine_chunks()

    def _part(self, number: int) -> pa.Table:
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
