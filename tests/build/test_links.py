"""The table of links, and what is said of one."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tuneset.build.links import SCHEMA, evidence_of, table_of
from tuneset.core.example import ID
from tuneset.stages.dedupe import CONFLICT, DIFFERENCES, KINDS, links_of

IDS = pa.array([bytes([n]) * 16 for n in range(3)], ID)
PAIRS = np.array([[0, 1], [1, 2]])


def test_what_was_not_measured_is_null_in_the_file(tmp_path) -> None:  # noqa: ANN001
    links = links_of(PAIRS, CONFLICT, jaccard=0.5, output=0, same_input=np.array([True, False]))
    pq.write_table(table_of(links, IDS), tmp_path / "links.parquet", store_schema=False)
    found = pq.read_table(tmp_path / "links.parquet")
    assert found.schema.names == SCHEMA.names
    assert [found.schema.field(name).type for name in ("kind", "differs", "output")] == [pa.string()] * 3
    first, second = found.to_pylist()
    assert (first["a"], first["b"], first["kind"]) == (IDS[0].as_py(), IDS[1].as_py(), "conflict")
    assert (first["words"], first["cosine"], first["edits"], first["differs"]) == (None, None, None, None)
    assert evidence_of(first) == {"jaccard": 0.5, "output": "different", "input": "the same"}
    assert evidence_of(second) == {"jaccard": 0.5, "output": "different"}


def test_all_that_differs_is_named() -> None:
    bits = sum(1 << DIFFERENCES.index(name) for name in ("protected", "names"))
    (row, _) = table_of(links_of(PAIRS, KINDS.index("contrast"), differs=bits, cosine=0.91), IDS).to_pylist()
    assert evidence_of(row) == {"cosine": 0.91, "differs": "protected, names"}
