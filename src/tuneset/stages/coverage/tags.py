"""The column of tags: a map of names to values for each example."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import EXAMPLES


def with_values(examples: pa.Table, values: dict[str, pa.Array]) -> pa.Array:
    """The map column of a table with `tags`: those not in `values` as they were, then these in order."""
    rows = len(examples)
    tags = examples.column("tags").combine_chunks()
    tags = tags.chunk(0) if isinstance(tags, pa.ChunkedArray) else tags
    offsets = tags.offsets.to_numpy().astype(np.int64)
    inside = slice(int(offsets[0]), int(offsets[-1]))
    keys, items = tags.keys[inside], tags.items[inside]
    owner = np.repeat(np.arange(rows), np.diff(offsets))
    stays = ~pc.is_in(keys, value_set=pa.array(list(values), pa.string())).to_numpy(zero_copy_only=False)
    mask = pa.array(stays)
    all_keys = pa.concat_arrays([keys.filter(mask), *(pa.repeat(name, rows) for name in values)])
    all_items = pa.concat_arrays([items.filter(mask), *values.values()])
    owners = np.concatenate([owner[stays], *[np.arange(rows)] * len(values)])
    order = pa.array(np.argsort(owners, kind="stable"))
    bounds = np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=rows))])
    return pa.MapArray.from_arrays(
        pa.array(bounds, pa.int32()), all_keys.take(order), all_items.take(order)
    ).cast(EXAMPLES.field("tags").type)
