"""The sealed test set: once an example is in test, it stays in test.

`.tuneset/seal.parquet` lists the origin ids that were ever put into test by a finished build. Its metadata
says which
build wrote it and what the seal was before, so that repeating that build is recognised as the same. One file,
so that
it is either the old seal or the new one.
"""

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tuneset.build.index import numbers_of
from tuneset.core.errors import IntegrityError
from tuneset.core.example import ID
from tuneset.store.atomic import write_bytes

_SCHEMA = pa.schema([("origin_id", ID), ("build", pa.string())])


@dataclass(frozen=True)
class Seal:
    """`ids`: sealed origin ids, sorted, with the build that sealed each. `build`: the newest of these
    builds.
    """

    ids: pa.Table
    build: str | None

    @property
    def digest(self) -> str:
        """Of all ids."""
        return _digest(self.ids)

    @property
    def before(self) -> str:
        """Digest of the seal as the newest build found it."""
        return _digest(self.before_build(self.build).ids)

    def before_build(self, build: str | None) -> "Seal":
        """The seal without what `build` added: what it is computed from, however often it is repeated."""
        return Seal(self.ids.filter(pc.not_equal(self.ids.column("build"), build or "")), None)

    @property
    def origin_ids(self) -> pa.Array:
        """All ids, sorted."""
        return self.ids.column("origin_id").combine_chunks()

    def holds(self, ids: np.ndarray) -> np.ndarray:
        """`bool[n]`: which of the ids, `uint64[n, 2]` in their order (`Index.ids`), are sealed."""
        sealed, found = numbers_of(self.ids.column("origin_id")), np.zeros(len(ids), bool)
        first = np.ascontiguousarray(ids[:, 0])
        start, stop = (np.searchsorted(first, sealed[:, 0], side) for side in ("left", "right"))
        for step in range(int((stop - start).max(initial=0))):  # once, as no two ids begin alike
            here = start + step
            (there,) = np.nonzero(here < stop)
            there = there[ids[here[there], 1] == sealed[there, 1]]
            found[here[there]] = True
        return found


def read_seal(directory: Path) -> Seal:
    """The project's seal; an empty one if nothing was sealed yet.

    Raises:
        IntegrityError: the seal was changed by hand or is damaged.
    """
    file = directory / "seal.parquet"
    if not file.exists():
        return Seal(_SCHEMA.empty_table(), None)
    try:
        table = pq.read_table(file)
        said = table.schema.metadata or {}
        seal = Seal(
            table.select(_SCHEMA.names).replace_schema_metadata().cast(_SCHEMA), said[b"build"].decode()
        )
        intact = said[b"digest"].decode() == seal.digest
    except (OSError, pa.ArrowException, KeyError, ValueError):
        intact, seal = False, None
    if seal is None or not intact:
        raise IntegrityError(
            "the record of the sealed test set is damaged or was changed",
            where=str(file),
            code="TS402",
            fix="restore `.tuneset/seal.parquet` from a backup; "
            "deleting it starts a new test set, and old test results no longer compare",
        )
    return seal


def write_seal(directory: Path, *, old: Seal, test_ids: pa.Array, build: str) -> None:
    """Adds the test examples of a build. Ids are never taken out, even when their logs are gone."""
    new = test_ids.filter(pa.array(~old.holds(numbers_of(pa.chunked_array([test_ids])))))
    added = pa.table([new, pa.repeat(build, len(new))], schema=_SCHEMA)
    seal = Seal(pa.concat_tables([old.ids, added]).sort_by("origin_id"), build)
    sink = pa.BufferOutputStream()
    pq.write_table(seal.ids.replace_schema_metadata({"digest": seal.digest, "build": build}), sink)
    write_bytes(directory / "seal.parquet", sink.getvalue().to_pybytes())


def _digest(ids: pa.Table) -> str:
    """Hex digest of the ids; `none` for no ids."""
    column = ids.column("origin_id").combine_chunks()
    if not len(column):
        return "none"
    width = ids.schema.field("origin_id").type.byte_width
    joined = column.buffers()[1].slice(column.offset * width, len(column) * width)
    return blake2b(joined, digest_size=16, person=b"tuneset:seal").hexdigest()
