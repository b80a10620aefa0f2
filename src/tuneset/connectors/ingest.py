"""Part → tables of examples and of rejects: what every build begins with."""

import gc
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
import pyarrow as pa

from tuneset.connectors.join import Requests, joined
from tuneset.connectors.parts import Part
from tuneset.connectors.plain import Ordinary, examples
from tuneset.connectors.read import BATCH_ROWS, MAX_RECORD_BYTES, records
from tuneset.connectors.readers.batch import RecordBatch
from tuneset.connectors.rejects import Reject, rejects_table
from tuneset.connectors.turns import json_text
from tuneset.connectors.unpack import unpacked
from tuneset.core.connector import Connector, Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder, concat, no_examples
from tuneset.core.ids import ID_BYTES, RecordHash, keyed, keyed_all, origin_id, record_hashes
from tuneset.core.spec import Fields

_NO_TAGS: Mapping[str, str] = {}


class _Columnar(Protocol):
    """What a connector may have beside `parse`: records that it can read in columns."""

    def __call__(self, records: Sequence[Mapping[str, object]], *, fields: Fields) -> Ordinary | None: ...


@dataclass(frozen=True)
class Ingested:
    """One batch: `read` records are the rows of `examples` and of `rejects` (`REJECTS`) together.

    Lines are relative to the part, from 1; `physical_lines` summed over the batches is the offset of the
    next part.
    """

    examples: pa.Table
    rejects: pa.Table
    read: int
    physical_lines: int


def ingest(
    part: Part,
    *,
    connector: Connector,
    fields: Fields,
    key: bytes,
    licence: str | None = None,
    tags: Mapping[str, str] = _NO_TAGS,
    requests: Requests | None = None,
    max_record_bytes: int = MAX_RECORD_BYTES,
    batch_rows: int = BATCH_ROWS,
) -> Iterator[Ingested]:
    """Batches of about `batch_rows` records in the order of the file. A bad record is a reject and stops
    nothing.

    `key` turns ids of conversations and users into hashes; `tags` go to every example. Byte-identical
    records get different ids, counted within the part. `requests` are joined to the records of connectors
    that ask for it.

    Raises:
        InputError: the file as a whole cannot be read.
    """
    rows = _Rows(part, connector=connector, fields=fields, key=key, licence=licence, tags=tags)
    batches = records(part, batch_rows=batch_rows, max_record_bytes=max_record_bytes)
    batches = unpacked(batches, connector=connector)
    batches = joined(batches, connector=connector, requests=requests)
    while (made := _next(batches, rows)) is not None:
        yield made


def _next(batches: Iterator[RecordBatch], rows: "_Rows") -> Ingested | None:
    """The next batch as tables, made without garbage collection.

    Parsed records are many thousand live objects without a cycle: a collector that walks over them again and
    again takes a third of the time and finds nothing. It is on again whenever a caller has control.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        batch = next(batches, None)
        return None if batch is None else rows.of(batch)
    finally:
        if collecting:
            gc.enable()


class _Rows:
    """Makes examples of the records of a part, batch by batch."""

    def __init__(
        self,
        part: Part,
        *,
        connector: Connector,
        fields: Fields,
        key: bytes,
        licence: str | None,
        tags: Mapping[str, str],
    ) -> None:
        self._part, self._connector, self._fields, self._key = part, connector, fields, key
        self._tags = sorted(tags.items())
        self._common: dict[str, object] = {
            "content_id": bytes(ID_BYTES),
            "source": part.source,
            "file": part.file,
            "licence": licence,
            "kind": "production",
            "inclusion": 1.0,
            "tags": self._tags,
            "redacted": 0,
        }
        self._seen: defaultdict[RecordHash, int] = defaultdict(int)
        self._ordinary: _Columnar | None = getattr(connector, "ordinary", None)

    def of(self, batch: RecordBatch) -> Ingested:
        """The batch as tables."""
        ids = self._ids(batch.raws)
        tables, order = list[pa.Table](), list[int]()
        group = self._ordinary(batch.values, fields=self._fields) if self._ordinary else None
        if group is not None and group.rows:
            tables, order = [self._columnar(group, batch, ids=ids)], group.rows
        careful, rows, rejects = self._careful(batch, ids=ids, done=order)
        tables.append(careful)
        rejects = sorted([*batch.rejects, *rejects], key=lambda entry: entry.line)
        examples = _in_order(tables, order + rows)
        return Ingested(examples, rejects_table(rejects), batch.read, batch.physical_lines)

    def _ids(self, raws: list[bytes]) -> list[bytes]:
        ids, seen = list[bytes](), self._seen
        for record in record_hashes(raws, source=self._part.source):
            occurrence = seen[record]
            seen[record] = occurrence + 1
            ids.append(origin_id(record, occurrence=occurrence) if occurrence else record)
        return ids

    def _keyed(self, value: str | None) -> str | None:
        return None if value is None else keyed(value, key=self._key)

    def _columnar(self, group: Ordinary, batch: RecordBatch, *, ids: list[bytes]) -> pa.Table:
        own: dict[str, list[object]] = {
            "origin_id": [ids[row] for row in group.rows],
            "line": [batch.lines[row] for row in group.rows],
        }
        for name in ("conversation", "user"):
            if name in group.columns:
                values = cast("list[str | None]", group.columns[name])
                hashed: dict[str | None, str | None] = {None: None}
                hashed.update(keyed_all(filter(None, values), key=self._key))
                own[name] = [hashed[value] for value in values]
        return examples(group, common=self._common, own=own)

    def _careful(
        self, batch: RecordBatch, *, ids: list[bytes], done: list[int]
    ) -> tuple[pa.Table, list[int], list[Reject]]:
        """The records that are not ordinary, one by one: examples, their rows in the batch, and rejects."""
        builder, rows, rejects = ExampleBuilder(), list[int](), list[Reject]()
        for row in sorted(set(range(len(batch.values))).difference(done)):
            value, line = batch.values[row], batch.lines[row]
            try:
                parsed = self._connector.parse(value, builder, fields=self._fields)
                columns = self._columns(parsed)
            except Rejected as outcome:
                rejects.append(_reject(value, outcome, line=line))
                builder.abandon()
            except Exception as problem:  # a plugin's bug costs one record, not the build
                rejects.append(
                    Reject(line, "connector-failed", f"{self._connector.name}: {type(problem).__name__}")
                )
                builder.abandon()
            else:
                builder.finish(ids[row], line=line, source=self._part.source, file=self._part.file, **columns)
                rows.append(row)
        return builder.table() if rows else no_examples(), rows, rejects

    def _columns(self, parsed: Parsed) -> dict[str, object]:
        """Columns of `EXAMPLES` that are this record's own."""
        tags = self._tags
        if parsed.tags:
            tags = sorted({**dict(tags), **parsed.tags}.items())
        return {
            "kind": parsed.kind,
            "tags": tags,
            "licence": self._common["licence"],
            "captured_at": parsed.captured_at,
            "model": parsed.model,
            "finish_reason": parsed.finish_reason,
            "conversation": self._keyed(parsed.conversation),
            "user": self._keyed(parsed.user),
            "tools": None if parsed.tools is None else json_text(parsed.tools),
            "feedback": None if parsed.feedback is None else json_text(parsed.feedback),
            "extra": json_text(parsed.extra) if parsed.extra else None,
        }


def _reject(value: Mapping[str, object], outcome: Rejected, *, line: int) -> Reject:
    if all(entry is None for entry in value.values()):
        return Reject(line, "empty-record")
    return Reject(line, outcome.reason, outcome.detail)


def _in_order(tables: list[pa.Table], order: list[int]) -> pa.Table:
    """One table of all rows, sorted by their number in the batch."""
    filled = [table for table in tables if table.num_rows]
    if len(filled) < 2:
        return filled[0] if filled else no_examples()
    return concat(filled).take(pa.array(np.argsort(np.array(order, np.int64), kind="stable")))
