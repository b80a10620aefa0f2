"""The cell of each example: one value per factor."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.spec import Coverage

EVERYTHING = "all"
"""Name of the only cell if there are no factors."""


def levels(examples: pa.Table, spec: Coverage) -> dict[str, tuple[np.ndarray, list[str]]]:
    """Per factor, in the order of the spec: a code for each example (`int64[n]`) and the sorted values they
    stand for.

    Reads the column `tags`; an example without the tag has the factor's default.
    """
    tags = examples.column("tags").combine_chunks()
    found = {}
    for name, factor in spec.factors.items():
        values = pc.fill_null(pc.map_lookup(tags, pa.scalar(name), "last"), factor.default)
        encoded = pc.dictionary_encode(values)
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.combine_chunks()
        encoded = encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) and encoded.num_chunks else encoded
        texts = encoded.dictionary.to_pylist() if len(values) else []
        rank = np.argsort(np.argsort(np.array(texts, object), kind="stable"), kind="stable")
        codes = rank[encoded.indices.to_numpy()] if len(values) else np.zeros(0, np.int64)
        found[name] = (codes.astype(np.int64), sorted(texts))
    return found


def cell_of(examples: pa.Table, spec: Coverage) -> tuple[np.ndarray, list[str]]:
    """A cell code for each example (`int32[n]`) and the names of the cells, as `intent=refund|case=typical`.

    Only cells that occur; sorted by the values of the factors in the order of the spec, so that codes do not
    depend on the order of rows.
    """
    return cells_from(levels(examples, spec), count=len(examples))[:2]


def cells_from(
    found: dict[str, tuple[np.ndarray, list[str]]], *, count: int
) -> tuple[np.ndarray, list[str], list[dict[str, str]]]:
    """Codes, names and values per factor of the cells that occur among `count` examples with these levels."""
    if not found or not count:
        return np.zeros(count, np.int32), [EVERYTHING] if count else [], [{}] if count else []
    codes = np.zeros(count, np.int64)
    for column, values in found.values():  # compacted at every step: many factors cannot overflow
        _, codes = np.unique(codes * len(values) + column, return_inverse=True)
    _, first = np.unique(codes, return_index=True)
    where = [{name: values[column[i]] for name, (column, values) in found.items()} for i in first.tolist()]
    return codes.astype(np.int32), [name_of(cell) for cell in where], where


def name_of(where: dict[str, str]) -> str:
    """`factor=value` joined by bars; bars and backslashes inside a value are escaped."""
    return "|".join(f"{factor}={_escaped(value)}" for factor, value in where.items()) or EVERYTHING


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("|", "\\|")
