"""A finished build: what became of every record, and the kept examples in the order of their ids."""

from collections.abc import Iterator
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
from tuneset.core.example import EXAMPLES, ID, set_column
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

BLOCK_ROWS = 50_000


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

    def test_ids(self) -> pa.Array:
        """Origin ids of the test examples."""
        verdicts = self.verdicts(["origin_id", "split"])
        return (
            verdicts.filter(pc.equal(verdicts.column("split"), "test")).column("origin_id").combine_chunks()
        )

    def links(self) -> pa.Table:
        """Relations between examples: a, b (smaller and larger origin id), kind, score, evidence."""
        return pq.read_table(self.dir / "links.parquet")

    def events(self) -> pa.Table:
        """All lineage, sorted by origin_id."""
        return pq.read_table(self.dir / "events.parquet")

    def rejects(self) -> Iterator[dict]:
        """Records that are no examples: file, line, reason, detail."""
        with (self.dir / "rejects.jsonl").open("rb") as lines:
            for line in lines:
                yield orjson.loads(line)

    def kept(self, split: str | None = None, *, batch_rows: int = BLOCK_ROWS) -> Iterator[pa.Table]:
        """Kept examples (`KEPT` columns) by origin_id, in tables of at most `batch_rows`; of one
        split or all.

        Raises:
            WorkspaceError: the cache that holds the text was deleted.
        """
        chosen = self.verdicts(
            ["part", "row", "origin_id", "line", "outcome", "split", "multiplicity", "cell"]
        )
        stays = pc.not_equal(chosen.column("outcome"), "dropped")
        if split is not None:
            stays = pc.and_(stays, pc.equal(chosen.column("split"), split))
        chosen = chosen.filter(stays)
        for start in range(0, len(chosen), batch_rows):
            yield self._gathered(chosen.slice(start, batch_rows).combine_chunks())

    def example(self, origin_id: bytes) -> pa.Table:
        """One example (`EXAMPLES` columns, redacted), kept or dropped by a global step.

        Raises:
            UsageError: no such example, or an early stage dropped it, so that its text was not kept.
        """
        found = self.verdicts(["part", "row", "origin_id", "line", "split", "multiplicity", "cell"])
        found = found.filter(pc.equal(found.column("origin_id"), pa.scalar(origin_id, ID)))
        if not len(found):
            raise UsageError(f"no example {origin_id.hex()} in this build", fix="run `tuneset status`")
        if found.column("row").null_count:
            raise UsageError(
                f"the text of {origin_id.hex()} was not kept: it was dropped before redaction was done"
            )
        return self._gathered(found.combine_chunks()).select(EXAMPLES.names)

    def _gathered(self, chosen: pa.Table) -> pa.Table:
        """The rows of the cache that `chosen` points at, in its order."""
        part = chosen.column("part").to_numpy()
        row = chosen.column("row").to_numpy()
        tables, positions = [], []
        for number in np.unique(part).tolist():
            (here,) = np.nonzero(part == number)
            table = self._part(number).take(pa.array(row[here]))
            file = self._parts[number]["file"]
            tables.append(set_column(table, "file", pa.repeat(file, len(table)).cast(pa.string())))
            positions.append(here)
        joined = pa.concat_tables(tables).take(pa.array(np.argsort(np.concatenate(positions), kind="stable")))
        joined = set_column(joined, "origin_id", chosen.column("origin_id"))
        joined = set_column(joined, "line", chosen.column("line"))
        for name in ("split", "multiplicity", "cell"):
            joined = joined.append_column(name, chosen.column(name))
        return joined.combine_chunks()

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
