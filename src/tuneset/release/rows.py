"""The rows of a release: one line of JSON per example, and the same rows as Parquet.

    {"id": "…", "multiplicity": 1, "tags": {…}, "messages": […], "tools": […]}

The bytes from `"messages":` to the end are the canonical conversation, so that anybody can recompute a
content id from a line: blake2b-128, person `tuneset:content`, over `{` and these bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tuneset.core.errors import IntegrityError
from tuneset.core.ids import ID_BYTES, content_ids
from tuneset.exporters.text import TEXT, Text, block, large, listed, member, one_chunk, quoted, spliced
from tuneset.exporters.turns import Turns
from tuneset.release.sums import SummedFiles

ROWS = pa.schema(
    [
        pa.field("id", TEXT, nullable=False),
        pa.field("multiplicity", pa.int32(), nullable=False),
        pa.field("tags", TEXT),
        pa.field("messages", TEXT, nullable=False),
        pa.field("tools", TEXT),
    ]
)
"""Columns of the Parquet files; tags, messages and tools are JSON, the same text as in the lines."""

GROUP_ROWS = 8192
"""Rows in a Parquet row group: fixed, because it is part of the bytes."""

_MESSAGES = b',"messages":['


class Row(NamedTuple):
    """One line, cut into its columns; JSON stays text."""

    id: str
    multiplicity: int
    tags: str | None
    messages: str
    tools: str | None

    @property
    def line(self) -> bytes:
        """The line, without its newline."""
        tags = f',"tags":{self.tags}' if self.tags is not None else ""
        tools = f',"tools":{self.tools}' if self.tools is not None else ""
        head = f'{{"id":"{self.id}","multiplicity":{self.multiplicity}'
        return f'{head}{tags},"messages":{self.messages}{tools}}}'.encode()


@dataclass(frozen=True)
class Rows:
    """The rows of a batch: their columns, and the lines they make (`TEXT`, with line ends), row-aligned."""

    id: pa.Array
    multiplicity: pa.Array
    tags: pa.Array
    conversation: "_Conversation"
    lines: pa.Array

    def table(self, start: int, stop: int) -> pa.Table:
        """Columns (`ROWS`) of some rows; texts are copied, so that a batch is not held for a few rows."""
        messages, tools = (column.slice(start, stop - start) for column in self.conversation[:2])
        narrow = [column.slice(start, stop - start) for column in (self.id, self.multiplicity, self.tags)]
        return pa.table([*narrow, spliced("[", messages, "]"), spliced(tools)], schema=ROWS)


def rows(examples: pa.Table, turns: Turns) -> Rows:
    """The rows of kept examples; `turns` are their messages.

    Raises:
        IntegrityError: an example no longer says what its content id was made from.
    """
    conversation = _Conversation(turns.canonical(), turns.tools, member("tools", turns.tools))
    ids, labels = hexed(examples.column("origin_id")), tags(examples)
    multiplicity = one_chunk(examples.column("multiplicity"))
    head = spliced('{"id":"', ids, '","multiplicity":', large(multiplicity), member("tags", labels), ",")
    lines = spliced(head, '"messages":[', conversation.messages, "]", conversation.tools_member, "}\n")
    _check_signed(examples, lines, starts=pc.binary_length(head).to_numpy())
    return Rows(ids, multiplicity, labels, conversation, lines)


class _Conversation(NamedTuple):
    """The canonical conversation in pieces: messages without brackets; tools; tools with their key."""

    messages: pa.Array
    tools: pa.Array
    tools_member: Text


def _check_signed(examples: pa.Table, lines: pa.Array, *, starts: np.ndarray) -> None:
    """Computes the content ids again from the lines; `starts` (`[n]`): where `"messages"` begins in each."""
    ends = np.concatenate([[0], np.cumsum(pc.binary_length(lines).to_numpy())])
    text, spans = block(lines), zip((ends[:-1] + starts).tolist(), (ends[1:] - 1).tolist(), strict=True)
    found = b"".join(content_ids((text[start:stop] for start, stop in spans), after=b"{"))
    signed = bytes(bytes_of(examples.column("content_id")))
    if found == signed:
        return
    changed = next(i for i in range(0, len(found), ID_BYTES) if found[i:][:ID_BYTES] != signed[i:][:ID_BYTES])
    origin_id = examples.column("origin_id")[changed // ID_BYTES].as_py()
    raise IntegrityError(
        f"example {origin_id.hex()} was changed after it was signed",
        fix="remove `.tuneset/cache` and `.tuneset/builds` (safe to delete), then release again",
    )


def hexed(ids: pa.Array | pa.ChunkedArray) -> pa.Array:
    """`[n]` ids as 32 hex digits."""
    digits = bytes_of(ids).hex().encode()
    ends = np.arange(0, len(digits) + 1, 32)
    return pa.LargeStringArray.from_buffers(len(ids), pa.py_buffer(ends), pa.py_buffer(digits))


def bytes_of(ids: pa.Array | pa.ChunkedArray) -> memoryview:
    """The ids one after the other, not copied."""
    array = one_chunk(ids)
    data = array.buffers()[1]
    return memoryview(data or b"").cast("B")[ID_BYTES * array.offset : ID_BYTES * (array.offset + len(array))]


def tags(examples: pa.Table) -> pa.Array:
    """`[n]` tags as JSON with sorted keys, null where there are none. Each different set is encoded once."""
    column = one_chunk(examples.column("tags"))
    offsets = column.offsets.to_numpy().astype(np.int64)
    if offsets[0] == offsets[-1]:
        return pa.nulls(len(column), TEXT)
    pairs = [quoted(side.slice(offsets[0], offsets[-1] - offsets[0])) for side in (column.keys, column.items)]
    sets = listed(spliced(pairs[0], ":", pairs[1]), offsets - offsets[0]).dictionary_encode()
    return pa.array([_sorted(text) for text in sets.dictionary.to_pylist()], TEXT).take(sets.indices)


def _sorted(pairs: str) -> str | None:
    return orjson.dumps(orjson.loads(f"{{{pairs}}}"), option=orjson.OPT_SORT_KEYS).decode() if pairs else None


def canonical_of(line: bytes) -> bytes:
    """The canonical conversation inside a line: what `content_id` is computed from.

    A text cannot hold the bytes looked for: its quotes are escaped.

    Raises:
        ValueError: the line is not one of ours.
    """
    return b"{" + line[line.index(_MESSAGES) + 1 :]


@dataclass
class Shape:
    """What the messages of a release are made of: decides which column types its card declares."""

    plain: bool = True
    """Are all messages nothing but a role and a text?"""
    tools: bool = False
    """Does any example offer tools?"""
    tag_sets: set[tuple[str, ...]] = field(default_factory=set)
    """The different sets of tag names."""

    def see(self, turns: Turns, *, labels: pa.Array) -> None:
        """Takes a batch into account; `labels` are the tags of its rows, as JSON."""
        messages = turns.messages
        rare = (messages.parts, messages.name, messages.tool_calls, messages.tool_call_id)
        self.plain &= all(column.null_count == len(column) for column in rare)
        self.plain &= messages.content.null_count == 0 and messages.train.false_count == 0
        self.tools |= turns.tools.null_count < len(turns.tools)
        self.tag_sets |= {tuple(orjson.loads(text or "{}")) for text in labels.unique().to_pylist()}


class RowWriter:
    """Writes the rows of one split as `<stem>.jsonl` and `<stem>.parquet`, in bounded memory.

    A split without examples leaves no file: loaders take an empty file for a damaged one.
    """

    def __init__(self, stem: Path, *, files: SummedFiles) -> None:
        """`stem`: path without the suffix; its directory exists. `files`: opens the text file."""
        self._stem, self._files = stem, files
        self._waiting: list[pa.Table] = []
        self._lines = self._table = None
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        if self._waiting and problem[0] is None:
            self._write_groups(rest=True)
        if self._lines is not None:
            self._lines.close()
        if self._table is not None:
            self._table.close()

    def add(self, batch: Rows, *, start: int, stop: int) -> None:
        """The next rows, from `start` to `stop` of a batch; ids must come in ascending order."""
        if self._lines is None:
            self._lines = self._files.open(self._stem.with_suffix(".jsonl"))
        self._lines.write(block(batch.lines.slice(start, stop - start)))
        self.count += stop - start
        self._waiting.append(batch.table(start, stop))
        if sum(map(len, self._waiting)) >= GROUP_ROWS:
            self._write_groups(rest=False)

    def _write_groups(self, *, rest: bool) -> None:
        """Writes full groups, and what is left if `rest`. A group is one chunk: others show in its pages."""
        table = pa.concat_tables(self._waiting)
        full = len(table) if rest else len(table) // GROUP_ROWS * GROUP_ROWS
        for start in range(0, full, GROUP_ROWS):
            group = table.slice(start, min(GROUP_ROWS, full - start)).combine_chunks()
            self._parquet().write_table(group, row_group_size=GROUP_ROWS)
        self._waiting = [table.slice(full)] if full < len(table) else []

    def _parquet(self) -> pq.ParquetWriter:
        if self._table is None:
            self._table = pq.ParquetWriter(
                self._stem.with_suffix(".parquet"),
                ROWS,
                compression="zstd",
                compression_level=3,
                store_schema=False,
                version="2.6",
                data_page_version="1.0",
                use_dictionary=False,
            )
        return self._table


def read_parquet(path: Path) -> Iterator[Row]:
    """The rows of a Parquet file."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=GROUP_ROWS, columns=ROWS.names):
            for values in zip(*(batch.column(name).to_pylist() for name in ROWS.names), strict=True):
                yield Row(*values)
