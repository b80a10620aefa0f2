"""Reads a file the way a build does, and gives back plain Python."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from tuneset.connectors.files import SourceFile, discover
from tuneset.connectors.ingest import Ingested, ingest
from tuneset.connectors.parts import split
from tuneset.connectors.sniff import sniff
from tuneset.core.canonical import message_dicts
from tuneset.core.example import EXAMPLES
from tuneset.core.registry import CONNECTORS, load
from tuneset.core.spec import Fields, Source

KEY = bytes(range(32))


@dataclass
class Reading:
    """What became of a file: examples, rejects as (absolute line, reason), and how many records were read."""

    read: int = 0
    tables: list[pa.Table] = field(default_factory=list)
    rejects: list[tuple[int, str]] = field(default_factory=list)
    details: list[str] = field(default_factory=list)

    @property
    def table(self) -> pa.Table:
        return pa.concat_tables([EXAMPLES.empty_table(), *self.tables])

    @property
    def messages(self) -> list[list[dict]]:
        return [
            orjson.loads(orjson.dumps(messages)) for table in self.tables for messages in message_dicts(table)
        ]

    @property
    def lines(self) -> list[int]:
        return self.table["line"].to_pylist()

    @property
    def reasons(self) -> list[str]:
        return [reason for _, reason in self.rejects]

    def column(self, name: str) -> list:
        return self.table[name].to_pylist()

    def extra(self, row: int = 0) -> dict:
        return orjson.loads(self.column("extra")[row] or "{}")


def only_file(path: Path) -> SourceFile:
    [file] = discover(Source(path=path.name, name="s"), root=path.parent)
    return file


def read_file(
    path: Path,
    *,
    connector: str | None = None,
    fields: Fields | None = None,
    part_bytes: int = 1 << 25,
    batch_rows: int = 4096,
    max_record_bytes: int = 1 << 24,
) -> Reading:
    """Everything in a file; the connector is sniffed unless it is named. Lines are absolute."""
    file = only_file(path)
    fields = fields or Fields()
    if connector is None:
        sniffed = sniff(file, fields=fields)
        connector, fields = sniffed.connector, sniffed.fields
    reading, offset = Reading(), 0
    for part in split(file, part_bytes=part_bytes):
        lines = 0
        for batch in ingest(
            part,
            connector=load(CONNECTORS, connector)(),
            fields=fields,
            key=KEY,
            batch_rows=batch_rows,
            max_record_bytes=max_record_bytes,
        ):
            _add(reading, batch, offset=offset)
            lines += batch.physical_lines
        offset += lines
    return reading


def _add(reading: Reading, batch: Ingested, *, offset: int) -> None:
    assert batch.read == batch.examples.num_rows + batch.rejects.num_rows
    batch.examples.validate(full=True)
    reading.read += batch.read
    line = pa.array([line + offset for line in batch.examples["line"].to_pylist()], pa.int64())
    index = batch.examples.schema.get_field_index("line")
    reading.tables.append(batch.examples.set_column(index, EXAMPLES.field("line"), line))
    reading.rejects += [(entry["line"] + offset, entry["reason"]) for entry in batch.rejects.to_pylist()]
    reading.details += batch.rejects["detail"].to_pylist()


def read_text(text: str | bytes, folder: Path, *, name: str = "logs.jsonl", **options: Any) -> Reading:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_file(path, **options)


def read_records(records: list[object], folder: Path, **options: Any) -> Reading:
    return read_text(b"".join(orjson.dumps(record) + b"\n" for record in records), folder, **options)


def chat(
    question: str = "Where is my parcel?", answer: str = "On its way.", **more: object
) -> dict[str, object]:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"messages": turns, **more}
