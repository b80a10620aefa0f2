"""Part → tables of examples and of rejects: what every build begins with."""

import gc
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol, cast

import numpy as np
import pyarrow as pa

from tuneset.connectors.columns import Quick
from tuneset.connectors.columns import examples as quick_examples
from tuneset.connectors.parts import Part
from tuneset.connectors.plain import Ordinary, examples
from tuneset.connectors.read import BATCH_ROWS, MAX_RECORD_BYTES, raw_records, records
from tuneset.connectors.readers.batch import RecordBatch
from tuneset.connectors.readers.jsonl import parsed
from tuneset.connectors.rejects import Reject, rejects_table
from tuneset.connectors.turns import json_text
from tuneset.connectors.unpack import unpacked
from tuneset.core.connector import Connector, Parsed, Unpacking
from tuneset.core.errors import Rejected
from tuneset.core.example import ID, ExampleBuilder, concat, no_examples
from tuneset.core.ids import ID_BYTES, RecordHash, keyed, keyed_all, keyed_digits, origin_id, record_hashes
from tuneset.core.spec import Fields

_NO_TAGS: Mapping[str, str] = {}
_AT_ONCE = 512
"""Records that live as Python objects at one time: so few stay in the processor's cache."""


class _Quick(Protocol):
    """What a connector may have beside `parse`: JSON lines that it can read without parsing them."""

    def __call__(self, raws: Sequence[bytes], *, fields: Fields) -> Quick | None: ...


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
    repeats: Mapping[bytes, bytes]
    """Id of each later occurrence of a record in the part → id of the first, which is the record's hash."""


def ingest(
    part: Part,
    *,
    connector: Connector,
    fields: Fields,
    key: bytes,
    licence: str | None = None,
    tags: Mapping[str, str] = _NO_TAGS,
    max_record_bytes: int = MAX_RECORD_BYTES,
    batch_rows: int = BATCH_ROWS,
) -> Iterator[Ingested]:
    """Batches of about `batch_rows` records in the order of the file. A bad record is a reject and stops
    nothing.

    `key` turns ids of conversations and users into hashes; `tags` go to every example. Byte-identical
    records get different ids, counted within the part.

    Raises:
        InputError: the file as a whole cannot be read.
    """
    rows = _Rows(part, connector=connector, fields=fields, key=key, licence=licence, tags=tags)
    if part.kind == "jsonl" and rows.quick and not isinstance(connector, Unpacking):
        some = raw_records(part, batch_rows=batch_rows, max_record_bytes=max_record_bytes)
    else:
        some = records(part, batch_rows=min(batch_rows, _AT_ONCE), max_record_bytes=max_record_bytes)
        some = unpacked(some, connector=connector)
    while (made := _next(some, rows, batch_rows=batch_rows)) is not None:
        yield made


def _next(some: Iterator[RecordBatch], rows: "_Rows", *, batch_rows: int) -> Ingested | None:
    """The next batch as tables, made without garbage collection.

    Parsed records are many live objects without a cycle: a collector that walks over them again and again
    takes a third of the time and finds nothing. It is on again whenever a caller has control.
    """
    gathered = _Gathered()
    collecting = gc.isenabled()
    gc.disable()
    try:
        while gathered.read < batch_rows and (batch := next(some, None)) is not None:
            rows.gather(batch, into=gathered)
        return rows.tables(gathered) if gathered.batches else None
    finally:
        if collecting:
            gc.enable()


class _Gathered:
    """What a few records after the other add up to, before it becomes tables.

    `quick`: records in columns, with their origin ids and lines; `own`: the same of the records in `groups`;
    `order`: the numbers of all examples in the batch, first of those in `quick`, then of those in `groups`
    and in `careful`.
    """

    def __init__(self) -> None:
        self.batches = self.read = self.records = self.physical_lines = 0
        self.quick: list[tuple[Quick, dict[str, pa.Array]]] = []
        self.groups: list[Ordinary] = []
        self.own: dict[str, list[object]] = {"origin_id": [], "line": []}
        self.careful = ExampleBuilder()
        self.order: tuple[list[int], list[int], list[int]] = [], [], []
        self.rejects: list[Reject] = []


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
        self._repeats: dict[bytes, bytes] = {}
        self.quick: _Quick | None = getattr(connector, "quick", None)
        self._ordinary: _Columnar | None = getattr(connector, "ordinary", None)

    def gather(self, batch: RecordBatch, *, into: _Gathered) -> None:
        """Takes over all that is needed of these records; the parsed values themselves may go."""
        is_raw = len(batch.raws) > len(batch.values)
        found = self.quick(batch.raws, fields=self._fields) if self.quick and is_raw else None
        if found is not None:
            self._gather_quick(batch, found, into=into)
        else:
            batch = parsed(batch) if is_raw else batch
            self._gather_parsed(batch, ids=self._ids(batch.raws), places=range(len(batch.raws)), into=into)
            into.records += len(batch.raws)
        into.batches += 1
        into.physical_lines += batch.physical_lines

    def _gather_quick(self, batch: RecordBatch, found: Quick, *, into: _Gathered) -> None:
        """Records of which some are columns already; the others are parsed."""
        left = np.setdiff1d(np.arange(len(batch.raws)), found.rows).tolist()
        rest = RecordBatch(_at(left, batch.lines), _at(left, batch.raws), rejects=batch.rejects)
        rest = parsed(rest)
        places = np.searchsorted(batch.lines, rest.lines)
        records = np.sort(np.concatenate([found.rows, places])) if len(places) else found.rows
        ids = np.empty(len(batch.raws), object)
        ids[records] = self._ids(_at(records.tolist(), batch.raws))
        if len(found.rows):
            own = {
                "origin_id": pa.array(ids[found.rows], ID),
                "line": pa.array(np.array(batch.lines, np.int64)[found.rows]),
            }
            into.quick.append((found, own))
            into.order[0].extend((into.records + found.rows).tolist())
            into.read += len(found.rows)
        self._gather_parsed(rest, ids=ids[places].tolist(), places=places.tolist(), into=into)
        into.records += len(batch.raws)

    def _gather_parsed(
        self, batch: RecordBatch, *, ids: list[bytes], places: Sequence[int], into: _Gathered
    ) -> None:
        """Parsed records; `places`: their numbers in the batch they come from."""
        into.rejects += batch.rejects
        into.read += batch.read
        if not ids:
            return
        group = self._ordinary(batch.values, fields=self._fields) if self._ordinary else None
        done = group.rows if group else []
        if group is not None and done:
            into.groups.append(group)
            into.own["origin_id"] += _at(done, ids)
            into.own["line"] += _at(done, batch.lines)
            into.order[1].extend(into.records + places[row] for row in done)
        if len(done) < len(ids):
            self._careful(batch, ids=ids, done=done, places=places, into=into)

    def tables(self, gathered: _Gathered) -> Ingested:
        """The batch as tables."""
        common, hashed = self._common, {"conversation": self._hashed, "user": self._hashed}
        tables = [
            quick_examples(found, common=common, own=own, change=hashed) for found, own in gathered.quick
        ]
        if gathered.groups:
            change = {"conversation": self._all_keyed, "user": self._all_keyed}
            tables.append(examples(gathered.groups, common=common, own=gathered.own, change=change))
        if len(gathered.careful):
            tables.append(gathered.careful.table())
        rejects = rejects_table(sorted(gathered.rejects, key=lambda entry: entry.line))
        rows = _in_order(tables, list(chain.from_iterable(gathered.order)))
        return Ingested(rows, rejects, gathered.read, gathered.physical_lines, self._repeats)

    def _ids(self, raws: list[bytes]) -> list[bytes]:
        records, seen = record_hashes(raws, source=self._part.source), self._seen
        fresh = dict.fromkeys(records, 1)
        if len(fresh) == len(records) and fresh.keys().isdisjoint(seen.keys()):
            seen.update(fresh)
            return list[bytes](records)
        ids = list[bytes]()
        for record in records:
            occurrence = seen[record]
            seen[record] = occurrence + 1
            if occurrence:
                again = origin_id(record, occurrence=occurrence)
                self._repeats[again] = record
                ids.append(again)
            else:
                ids.append(record)
        return ids

    def _keyed(self, value: str | None) -> str | None:
        return None if value is None else keyed(value, key=self._key)

    def _all_keyed(self, values: list[object]) -> list[object]:
        said = cast("list[str | None]", values)
        hashed: dict[str | None, str | None] = {None: None}
        hashed.update(keyed_all(filter(None, said), key=self._key))
        return [hashed[value] for value in said]

    def _hashed(self, values: pa.Array) -> pa.Array:
        distinct = values.dictionary_encode()
        digits = keyed_digits(distinct.dictionary.cast(pa.binary()).to_pylist(), key=self._key).encode()
        ends = np.arange(0, len(digits) + 1, 32, dtype=np.int32)
        found = pa.StringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(digits))
        return found.take(distinct.indices)

    def _careful(
        self,
        batch: RecordBatch,
        *,
        ids: list[bytes],
        done: list[int],
        places: Sequence[int],
        into: _Gathered,
    ) -> None:
        """The records that are not ordinary, one by one: examples and rejects."""
        builder, rejects = into.careful, into.rejects
        for row in sorted(set(range(len(ids))).difference(done)):
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
                into.order[2].append(into.records + places[row])

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


def _at(rows: list[int], values: Sequence[Any]) -> list[Any]:
    """The values of these rows, which rise."""
    return list(values) if len(rows) == len(values) else [values[row] for row in rows]


def _reject(value: Mapping[str, object], outcome: Rejected, *, line: int) -> Reject:
    if all(entry is None for entry in value.values()):
        return Reject(line, "empty-record")
    return Reject(line, outcome.reason, outcome.detail)


def _in_order(tables: list[pa.Table], order: list[int]) -> pa.Table:
    """One table of all rows, sorted by their number in the batch."""
    if len(tables) < 2:
        return tables[0] if tables else no_examples()
    return concat(tables).take(pa.array(np.argsort(np.array(order, np.int64), kind="stable")))
