"""Damaged containers: what is left of them is read, or the file is refused with a code; nothing else."""

import gzip
import io
import struct
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.reading import chat
from tuneset.connectors.files import discover
from tuneset.connectors.ingest import ingest
from tuneset.connectors.parts import digest, split
from tuneset.connectors.rejects import REASONS
from tuneset.connectors.sniff import sniff
from tuneset.core.errors import InputError
from tuneset.core.registry import CONNECTORS, load
from tuneset.core.spec import Fields, Source

SECONDS = 10.0
_CODES = {"TS201", "TS202", "TS203", "TS204", "TS205", "TS207", "TS208"}
ROWS = [
    chat(f"Where is parcel {i}?", f"In depot {i % 7}, between Lyon and Nice.", user=f"u{i % 5}")
    for i in range(40)
]
LINES = b"".join(orjson.dumps(row) + b"\n" for row in ROWS)
SAMPLE = {
    "id": 1, "epoch": 1, "target": "4", "input": "2+2",
    "messages": [{"role": "user", "content": "2+2"}, {"role": "assistant", "content": "4"}],
}  # fmt: skip


def _csv() -> bytes:
    return b"text,label\n" + b"".join(b'"where, is %d?",depot_%d\n' % (i, i % 7) for i in range(40))


def _table() -> pa.Table:
    return pa.Table.from_pylist(ROWS)


def _parquet(compression: str) -> bytes:
    out = io.BytesIO()
    pq.write_table(_table(), out, compression=compression, row_group_size=10)
    return out.getvalue()


def _arrow(make: Callable[..., Any]) -> bytes:
    out = io.BytesIO()
    with make(out, _table().schema) as writer:
        for batch in _table().to_batches(max_chunksize=10):
            writer.write_batch(batch)
    return out.getvalue()


def _zip(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out.getvalue()


def _eval_log() -> bytes:
    files = {"header.json": orjson.dumps({"eval": {"task": "sums", "model": "m"}})}
    files |= {f"samples/{i}_epoch_1.json": orjson.dumps({**SAMPLE, "id": i}) for i in range(6)}
    return _zip(files)


CONTAINERS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "jsonl": ("logs.jsonl", lambda: LINES),
    "json": ("logs.json", lambda: orjson.dumps({"data": ROWS}, option=orjson.OPT_INDENT_2)),
    "csv": ("logs.csv", _csv),
    "gzip": ("logs.jsonl.gz", lambda: gzip.compress(LINES, mtime=0)),
    "zstd": ("logs.jsonl.zst", lambda: pa.compress(LINES, "zstd", asbytes=True)),
    "zip": ("logs.zip", lambda: _zip({"a.jsonl": LINES, "b/c.json": orjson.dumps(ROWS)})),
    "zip, stored": ("logs.zip", lambda: _zip({"a.jsonl": LINES}, zipfile.ZIP_STORED)),
    "eval log": ("run.eval", _eval_log),
    "parquet": ("logs.parquet", lambda: _parquet("snappy")),
    "parquet, plain": ("logs.parquet", lambda: _parquet("none")),
    "arrow file": ("logs.arrow", lambda: _arrow(pa.ipc.new_file)),
    "arrow stream": ("logs.arrow", lambda: _arrow(pa.ipc.new_stream)),
}  # fmt: skip
"""Name of the file, and its bytes while they are good."""


@cache
def good(name: str) -> bytes:
    """The bytes of a container without damage."""
    return CONTAINERS[name][1]()


@dataclass
class ContainerTally:
    """What became of many damaged files."""

    mutations: int = 0
    read_files: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0

    def read(self, name: str, seed: int, folder: Path) -> None:
        """Reads one damaged file as a build does; `AssertionError` for any outcome that may not be."""
        path = folder / CONTAINERS[name][0]
        path.write_bytes(damaged(good(name), Random(f"{name}/{seed}")))
        before = time.process_time()
        try:
            read_all(path)
        except InputError as problem:
            self.refused[problem.code] += 1
        else:
            self.read_files += 1
        assert self.refused.keys() <= _CODES
        spent = time.process_time() - before
        assert spent < SECONDS, "a file takes too long"
        self.mutations += 1
        self.slowest_s = max(self.slowest_s, spent)
        path.unlink()


def read_all(path: Path) -> None:
    """Finds, sniffs, signs and reads."""
    for file in discover(Source(path=path.name), root=path.parent):
        sniffed = sniff(file)
        for part in split(file):
            assert len(digest(part)) == 32
            connector = load(CONNECTORS, sniffed.connector)()
            for batch in ingest(part, connector=connector, fields=Fields(), key=bytes(32)):
                batch.examples.validate(full=True)
                assert batch.read == batch.examples.num_rows + batch.rejects.num_rows
                assert set(batch.rejects["reason"].to_pylist()) <= REASONS.keys() - {"connector-failed"}


_SIZES = (0, 1, 2**24, 2**31 - 1, 2**31, 2**32 - 1)


def damaged(content: bytes, chance: Random) -> bytes:
    """Bytes exchanged, a number made large, a piece cut out, doubled or zeroed, the end cut off."""
    raw = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4))):
        if not raw:
            break
        at = chance.randrange(len(raw))
        if chance.random() < 0.5:  # where containers keep their lists
            at = chance.choice((min(at, 64), len(raw) - 1 - at % min(len(raw), 400)))
        size = chance.choice((1, 2, 4, 8, 60, 1000))
        match chance.randrange(7):
            case 0 | 1:
                raw[at] = chance.randrange(256)
            case 2:
                raw[at : at + 4] = struct.pack("<I", chance.choice(_SIZES))
            case 3:
                del raw[at : at + size]
            case 4:
                raw[at:at] = raw[chance.randrange(len(raw)) :][:size]
            case 5:
                raw[at : at + size] = bytes(size)
            case _:
                del raw[at:]
    return bytes(raw)
