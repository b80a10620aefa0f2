"""The rows of a release: one line of JSON per example, and the same rows as Parquet.

    {"id": "…", "multiplicity": 1, "tags": {…}, "messages": […], "tools": […]}

The bytes from `"messages":` to the end are the canonical conversation, so that anybody can recompute a
content id from a line: blake2b-128, person `tuneset:content`, over `{` and these bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Self

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from tuneset.core.canonical import canonical_messages
from tuneset.core.errors import IntegrityError
from tuneset.core.example import Messages
from tuneset.core.ids import content_id

ROWS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("multiplicity", pa.int32(), nullable=False),
        pa.field("tags", pa.string()),
        pa.field("messages", pa.string(), nullable=False),
        pa.field("tools", pa.string()),
    ]
)
"""Columns of the Parquet files; tags, messages and tools are JSON, the same text as in the lines."""

GROUP_ROWS = 8192
"""Rows in a Parquet row group: fixed, because it is part of the bytes."""

_MESSAGES = b',"messages":['
_TOOLS = b',"tools":'


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


def rows(examples: pa.Table) -> Iterator[Row]:
    """The rows of kept examples.

    Raises:
        IntegrityError: an example no longer says what its content id was made from.
    """
    ids, contents = examples.column("origin_id").to_pylist(), examples.column("content_id").to_pylist()
    tools, tags = examples.column("tools").to_pylist(), examples.column("tags").to_pylist()
    multiplicities = examples.column("multiplicity").to_pylist()
    for i, canonical in enumerate(canonical_messages(examples)):
        if content_id(canonical) != contents[i]:
            raise IntegrityError(
                f"example {ids[i].hex()} was changed after it was signed", fix="run `tuneset build` again"
            )
        offered = tools[i]
        end = len(canonical) - 1 - (len(_TOOLS) + len(offered.encode()) if offered is not None else 0)
        labels = _tags(tuple(tags[i])) if tags[i] else None
        messages = canonical[len(_MESSAGES) - 1 : end].decode()
        yield Row(ids[i].hex(), multiplicities[i], labels, messages, offered)


@lru_cache(maxsize=4096)
def _tags(tags: tuple[tuple[str, str], ...]) -> str:
    """Tags as JSON; few different ones occur."""
    return orjson.dumps(dict(tags), option=orjson.OPT_SORT_KEYS).decode()


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

    def see(self, examples: pa.Table) -> None:
        """Takes a batch into account."""
        messages = Messages.of(examples)
        rare = (messages.parts, messages.name, messages.tool_calls, messages.tool_call_id)
        self.plain &= all(column.null_count == len(column) for column in rare)
        self.plain &= messages.content.null_count == 0 and messages.train.false_count == 0
        self.tools |= examples.column("tools").null_count < len(examples)
        different = {tuple(tags) for tags in examples.column("tags").to_pylist()}
        self.tag_sets |= {tuple(sorted(name for name, _ in tags)) for tags in different}


class RowWriter:
    """Writes the rows of one split as `<stem>.jsonl` and `<stem>.parquet`, in bounded memory.

    A split without examples leaves no file: loaders take an empty file for a damaged one.
    """

    def __init__(self, stem: Path) -> None:
        """`stem`: path without the suffix; its directory exists."""
        self._stem = stem
        self._waiting: list[Row] = []
        self._lines = self._table = None
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        if self._waiting and problem[0] is None:
            self._flush()
        if self._lines is not None:
            self._lines.close()
        if self._table is not None:
            self._table.close()

    def add(self, row: Row) -> None:
        """The next row; ids must come in ascending order."""
        self._waiting.append(row)
        if len(self._waiting) == GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._lines is None or self._table is None:
            self._lines = self._stem.with_suffix(".jsonl").open("wb")
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
        self._lines.writelines(row.line + b"\n" for row in self._waiting)
        columns = zip(*self._waiting, strict=True)
        table = pa.table([pa.array(c, f.type) for c, f in zip(columns, ROWS, strict=True)], schema=ROWS)
        self._table.write_table(table, row_group_size=GROUP_ROWS)
        self.count += len(self._waiting)
        self._waiting = []


def read_parquet(path: Path) -> Iterator[Row]:
    """The rows of a Parquet file."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=GROUP_ROWS, columns=ROWS.names):
            for values in zip(*(batch.column(name).to_pylist() for name in ROWS.names), strict=True):
                yield Row(*values)
