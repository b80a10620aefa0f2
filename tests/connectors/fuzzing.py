"""What must hold of any bytes: the oracles of `benchmarks/fuzz.py` and of the inputs kept of it."""

from collections.abc import Callable
from pathlib import Path

import orjson

from tuneset.connectors.calls.stream import reassembled, stream
from tuneset.connectors.files import SourceFile, discover
from tuneset.connectors.formats.openai_chat import OpenAIChat
from tuneset.connectors.formats.recorded_pairs import RecordedPairs
from tuneset.connectors.ingest import ingest
from tuneset.connectors.parts import split
from tuneset.connectors.sniff import sniff
from tuneset.core.connector import Connector
from tuneset.core.errors import InputError, Rejected
from tuneset.core.registry import CONNECTORS, load
from tuneset.core.spec import Fields, Source

KEY = bytes(range(32))
CODES = {code: code for code in ("TS201", "TS202", "TS203", "TS204", "TS205", "TS207", "TS208")}
"""Errors of whole files; see `connectors.files`. Another one is a failure."""
ASKED = {"messages": [{"role": "user", "content": "q"}], "stream": True}


class Careful(OpenAIChat):
    """The same format without its columnar ways."""

    quick = None
    ordinary = None


def both_ways_agree(data: bytes, folder: Path) -> None:
    """Chats read by columns are those read one by one."""
    path = folder / "a.jsonl"
    path.write_bytes(data)
    assert _outcome(path, OpenAIChat) == _outcome(path, Careful)


def a_stream_ends(data: bytes, folder: Path) -> None:
    """In a message or a reject, by itself and as the response of a pair."""
    text = data.decode("utf-8", "replace")
    try:
        found = stream(text)
        if found is not None:
            reassembled(found)
    except Rejected:
        pass
    path = folder / "pair.jsonl"
    path.write_bytes(orjson.dumps({"request": ASKED, "response": text}))
    _outcome(path, RecordedPairs)


def a_file_ends(name: str) -> Callable[[bytes, Path], None]:
    """In examples and rejects, or in an error of the whole file, whatever it is called."""

    def oracle(data: bytes, folder: Path) -> None:
        path = folder / name
        path.write_bytes(data)
        _outcome(path, None)

    return oracle


ORACLES: dict[str, Callable[[bytes, Path], None]] = {
    "chats": both_ways_agree,
    "sse": a_stream_ends,
    "json": a_file_ends("a.json"),
    "csv": a_file_ends("a.csv"),
    "zip": a_file_ends("a.zip"),
    "eval": a_file_ends("a.eval"),
}


def _outcome(path: Path, connector: type[Connector] | None) -> object:
    """Examples and rejects of all files, or the code of the error."""
    try:
        files = discover(Source(path=path.name, name="s"), root=path.parent)
        return [batch for file in files for batch in _batches(file, connector)]
    except InputError as problem:
        return CODES[problem.code]


def _batches(file: SourceFile, connector: type[Connector] | None) -> list[object]:
    fields = Fields()
    if connector is None:
        sniffed = sniff(file)
        connector, fields = load(CONNECTORS, sniffed.connector), sniffed.fields
    found = []
    for part in split(file, part_bytes=1 << 20):
        for batch in ingest(part, connector=connector(), fields=fields, key=KEY, batch_rows=3):
            assert batch.read == batch.examples.num_rows + batch.rejects.num_rows
            assert "connector-failed" not in batch.rejects["reason"].to_pylist()
            batch.examples.validate(full=True)
            found.append((batch.examples.to_pylist(), batch.rejects.to_pylist()))
    return found
