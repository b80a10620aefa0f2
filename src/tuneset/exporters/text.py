"""JSON made by columns: what a line says is joined out of Arrow arrays, without a Python object for each row.

The text is byte for byte what `orjson` writes; a test compares them on any text.
"""

from collections.abc import Iterator
from itertools import accumulate, pairwise

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

TEXT = pa.large_string()
"""Type of all text here: 64-bit offsets, so that no batch is too large."""

_ESCAPED = {chr(code): orjson.dumps(chr(code)).decode()[1:-1] for code in (*b'\\"', *range(32))}
"""What may not stand in a JSON string as it is (RFC 8259, 7); the backslash first: escapes bring new ones."""

Text = str | pa.Array
"""One text for all rows, or one for each."""


def quoted(texts: pa.Array) -> pa.Array:
    """`[n]` texts as JSON strings; null stays null. Costs about 1 ns per byte."""
    texts = large(texts)
    for character in _unsafe(texts):
        texts = pc.replace_substring(texts, character, _ESCAPED[character])
    return spliced('"', texts, '"')


def _unsafe(texts: pa.Array) -> list[str]:
    """The characters that must be escaped and do occur, in the order in which to replace them."""
    data = np.frombuffer(block(texts), np.uint8)
    found = {code for code in b'\\"' if (data == code).any()}
    if data.min(initial=32) < 32:
        found.update(np.unique(data[data < 32]).tolist())
    return [character for character in _ESCAPED if ord(character) in found]


def spliced(*pieces: Text) -> pa.Array:
    """`[n]` the pieces of each row, one after the other; null if any of them is."""
    columns = [
        pa.scalar(piece, TEXT) if isinstance(piece, str) else piece
        for piece in pieces
        if isinstance(piece, pa.Array) or piece
    ]
    return pc.binary_join_element_wise(*columns, pa.scalar("", TEXT))


def member(key: str, values: pa.Array) -> Text:
    """`,"key":value` for each row that has a value (JSON), nothing for the others."""
    if values.null_count == len(values):
        return ""
    return pc.fill_null(spliced(f',"{key}":', large(values)), pa.scalar("", TEXT))


def listed(values: pa.Array, offsets: np.ndarray) -> pa.Array:
    """`[n]` the values (JSON) between `offsets` (`[n + 1]`), joined by commas, without brackets."""
    lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)
    return pc.binary_join(lists, pa.scalar(",", TEXT))


def large(texts: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The same texts as one array of `TEXT`."""
    return one_chunk(texts).cast(TEXT)


def one_chunk(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The column as an array; copied only if it has several chunks."""
    if isinstance(column, pa.Array):
        return column
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def block(texts: pa.Array) -> memoryview:
    """The bytes of all texts one after the other, not copied."""
    _, offsets, data = texts.buffers()
    if data is None or not len(texts):
        return memoryview(b"")
    ends = np.frombuffer(offsets, np.int64)[[texts.offset, texts.offset + len(texts)]]
    return memoryview(data).cast("B")[int(ends[0]) : int(ends[1])]


def each(texts: pa.Array) -> Iterator[memoryview]:
    """The bytes of one text (`TEXT`) after the other, not copied."""
    data = block(texts)
    ends = accumulate(pc.binary_length(texts).to_pylist(), initial=0)
    return (data[start:stop] for start, stop in pairwise(ends))
