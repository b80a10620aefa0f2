"""The shuffle: rows change hands by bucket through files, never through messages.

Each task writes one Arrow IPC file in which record batch `p` is bucket `p`; a reader takes batch `p` of every
file. Rows of a bucket come in the order of the files and, within one, in the order in which they were
written: nothing depends on who finished first.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa


def write(path: Path, table: pa.Table, bucket: np.ndarray, *, buckets: int) -> None:
    """Writes `table` with row `i` in bucket `bucket[i]`.

    Args:
        path: the new file.
        table: `[n]` rows; keep it narrow, ids and keys.
        bucket: `int[n]`, each in `0..buckets - 1`.
        buckets: how many there are; a bucket may be empty.
    """
    if len(bucket) != table.num_rows:
        raise ValueError(f"{len(bucket)} buckets for {table.num_rows} rows")
    sizes = np.bincount(bucket, minlength=buckets) if len(bucket) else np.zeros(buckets, np.int64)
    if len(sizes) != buckets:
        raise ValueError(f"bucket {len(sizes) - 1} of {buckets}")
    order = np.argsort(bucket, kind="stable")
    batch = _one_batch(table.take(pa.array(order)))
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema, options=options) as writer:
        for start, size in zip(np.cumsum(sizes) - sizes, sizes, strict=True):
            writer.write_batch(batch.slice(int(start), int(size)))


def read(paths: Sequence[Path], p: int) -> pa.Table:
    """Bucket `p` of all files, in one chunk."""
    if not paths:
        raise ValueError("a bucket of no files has no columns")
    batches = [_batch(path, p) for path in paths]
    return pa.Table.from_batches(batches).unify_dictionaries().combine_chunks()


def _batch(path: Path, p: int) -> pa.RecordBatch:
    with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as reader:
        return reader.get_batch(p)


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    """All rows as one batch, so that its slices share their dictionaries, as a file must."""
    batches = table.unify_dictionaries().combine_chunks().to_batches()
    if not batches:
        return pa.RecordBatch.from_pylist([], schema=table.schema)
    (batch,) = batches
    return batch
