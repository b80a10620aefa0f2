"""Rows a CPU second of ingest, beside orjson alone on the same lines: `python benchmarks/ingest.py [rows]`.

`ingest` reads, parses, names and builds the Arrow table; `orjson` only parses. Both run alternately in one
process, the best of three counts: first on plain chats, then on rows that all have `metadata`,
`user_id`, `tools`, a tool call and its result. Then the memory that one line of 200 MB costs.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson
from corpus import write_logs

from tuneset.connectors.files import discover
from tuneset.connectors.formats.openai_chat import OpenAIChat
from tuneset.connectors.ingest import ingest
from tuneset.connectors.parts import split
from tuneset.core.spec import Fields, Source

ROUNDS = 3


def main() -> None:
    """Prints one line a measurement."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        plain, rich = Path(folder) / "plain.jsonl", Path(folder) / "rich.jsonl"
        write_logs(plain, rows=rows)
        _write_rich(rich, plain=plain)
        for path in (plain, rich):
            _measure(path, rows=rows)
        _long_line(Path(folder) / "long.jsonl")


def _measure(path: Path, *, rows: int) -> None:
    print(f"{path.stem}: {rows} rows, {path.stat().st_size / rows:.0f} bytes each")
    best = {"orjson": float("inf"), "ingest": float("inf")}
    for _ in range(ROUNDS):
        best["orjson"] = min(best["orjson"], _cpu_seconds(lambda: _orjson(path)))
        best["ingest"] = min(best["ingest"], _cpu_seconds(lambda: _ingest(path)))
    for name, seconds in best.items():
        print(f"{name:8} {rows / seconds:10,.0f} rows per CPU second")


def _write_rich(path: Path, *, plain: Path) -> None:
    """The plain chats, shortened, with what a gateway and a tool add to them."""
    with plain.open("rb") as lines, path.open("wb") as out:
        for number, line in enumerate(lines):
            out.write(orjson.dumps(_rich(orjson.loads(line), number=number)) + b"\n")


def _rich(record: dict, *, number: int) -> dict:
    _, user, answer = record["messages"]
    function = {"name": "find_order", "arguments": f'{{"order":"{number}"}}'}
    call = {"id": f"call_{number}", "type": "function", "function": function}
    return {
        **{name: record[name] for name in ("id", "created", "model")},
        "user_id": f"u{number % 4000}",
        "metadata": {"conversation_id": record["conversation_id"], "region": "eu"},
        "messages": [
            {"role": "user", "content": user["content"][:70]},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call["id"], "content": '{"state":"depot"}'},
            {"role": "assistant", "content": answer["content"][:60]},
        ],
        "tools": [{"type": "function", "function": {"name": "find_order"}}],
    }


def _cpu_seconds(run: Callable[[], int]) -> float:
    before = time.process_time()
    run()
    return time.process_time() - before


def _orjson(path: Path) -> int:
    with path.open("rb") as file:
        return sum(len(orjson.loads(line)) for line in file)


def _ingest(path: Path) -> int:
    [file] = discover(Source(path=path.name), root=path.parent)
    return sum(
        batch.examples.num_rows
        for part in split(file)
        for batch in ingest(part, connector=OpenAIChat(), fields=Fields(), key=bytes(32))
    )


def _long_line(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b'{"messages": [{"role": "user", "content": "')
        for _ in range(200):
            file.write(b"x" * 1_000_000)
        file.write(b'"}]}\n{"messages": [{"role": "assistant", "content": "still here"}]}\n')
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kept = _ingest(path)
    growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"a line of 200 MB: {kept} example kept, memory peak grew by {growth:.0f} MB")


if __name__ == "__main__":
    main()
