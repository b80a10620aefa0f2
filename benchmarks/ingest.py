"""Rows a CPU second of ingest beside orjson alone, and its memory, for every kind of JSON Lines log.

`ingest` reads, parses, names and builds Arrow tables, `orjson` only parses the same lines; they run
alternately in one process, the best of three counts. Then the peak of memory of fresh processes that read
few and many rows, in batches as a build does, and what one line of 200 MB costs. Writes benchmarks/ingest.md.

A run takes about 40 minutes of CPU, nearly all for the million rows of each; `--memory 10000 50000` five.
The page is written anew after each kind, so that a run that is stopped leaves what it has.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import orjson
from corpus import write_logs
from logs import FORMATS, lines

from tuneset.connectors.files import discover
from tuneset.connectors.ingest import ingest
from tuneset.connectors.parts import split
from tuneset.core.registry import CONNECTORS, load
from tuneset.core.spec import Fields, Source

ROUNDS = 3
CHATS = 20_000
BAR_MB = 500
PAGE = Path(__file__).with_suffix(".md")


@dataclass
class Measured:
    """One kind of log. `peaks`: rows → MB; `most_s`: CPU seconds for the most rows, in that fresh process."""

    bytes_a_row: float
    orjson_rows_s: float
    ingest_rows_s: float
    peaks: dict[int, float]
    most_s: float


def main() -> None:
    """Measures all kinds of logs and writes the page."""
    if sys.argv[1:2] == ["--peak"]:
        print(_peak(sys.argv[2], Path(sys.argv[3])), time.process_time())
        return
    asked = _asked()
    found: dict[str, Measured] = {}
    with tempfile.TemporaryDirectory() as folder:
        chats = _chats(Path(folder))
        _warm(chats, folder=Path(folder))
        longest = _long_line(Path(folder) / "long.jsonl")
        for kind in FORMATS:
            found[kind] = _measured(kind, chats, rows=asked.speed, sizes=asked.memory, folder=Path(folder))
            print(_row(kind, found[kind], sizes=asked.memory), flush=True)
            asked.page.write_text(_page(found, asked, longest=longest))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--speed", type=int, default=2_000, metavar="ROWS", help="rows for speed")
    parser.add_argument("--memory", type=int, nargs="+", default=[10_000, 1_000_000], metavar="ROWS")
    parser.add_argument("--page", type=Path, default=PAGE)
    return parser.parse_args()


def _warm(chats: list[tuple[bytes, bytes]], *, folder: Path) -> None:
    """Compiles the kernels, whose memory is no reader's, into their cache."""
    path = folder / "warm.jsonl"
    path.write_bytes(b"".join(lines("openai-chat", chats, rows=100)))
    _peak_of_child("openai-chat", path)


def _chats(folder: Path) -> list[tuple[bytes, bytes]]:
    """Questions and answers, as they stand in JSON."""
    write_logs(folder / "plain.jsonl", rows=CHATS)
    found = []
    with (folder / "plain.jsonl").open("rb") as file:
        for line in file:
            _, user, answer = orjson.loads(line)["messages"]
            found.append((_bare(user["content"]), _bare(answer["content"])))
    return found


def _bare(text: str) -> bytes:
    return " ".join(text.replace('"', "").replace("\\", "").split()).encode()


def _measured(
    kind: str, chats: list[tuple[bytes, bytes]], *, rows: int, sizes: list[int], folder: Path
) -> Measured:
    path = folder / "logs.jsonl"
    peaks, most_s = {}, 0.0
    for size in sorted(sizes):
        with path.open("wb") as file:
            file.writelines(lines(kind, chats, rows=size))
        peaks[size], most_s = _peak_of_child(kind, path)
    with path.open("wb") as file:
        file.writelines(islice(lines(kind, chats, rows=rows), rows))
    best = {"orjson": float("inf"), "ingest": float("inf")}
    connector = FORMATS[kind][0]
    for _ in range(ROUNDS):
        best["orjson"] = min(best["orjson"], _cpu_seconds(lambda: _orjson(path)))
        best["ingest"] = min(best["ingest"], _cpu_seconds(lambda: _ingest(path, connector)))
    speeds = (rows / best["orjson"], rows / best["ingest"])
    measured = Measured(path.stat().st_size / rows, *speeds, peaks, most_s)
    path.unlink()
    return measured


def _cpu_seconds(run: Callable[[], int]) -> float:
    before = time.process_time()
    run()
    return time.process_time() - before


def _orjson(path: Path) -> int:
    with path.open("rb") as file:
        return sum(len(orjson.loads(line)) for line in file)


def _ingest(path: Path, connector: str) -> int:
    """Examples; a record that is rejected is a fault of the benchmark, but for steps of traces."""
    [file] = discover(Source(path=path.name), root=path.parent)
    examples = 0
    for part in split(file):
        for batch in ingest(part, connector=load(CONNECTORS, connector)(), fields=Fields(), key=bytes(32)):
            assert set(batch.rejects["reason"].to_pylist()) <= {"not-a-model-call", "line-too-long"}
            examples += batch.examples.num_rows
    return examples


def _peak_of_child(kind: str, path: Path) -> tuple[float, float]:
    """MB, and seconds of CPU."""
    command = [sys.executable, __file__, "--peak", FORMATS[kind][0], str(path)]
    peak, seconds = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(peak), float(seconds)


def _peak(connector: str, path: Path) -> float:
    """MB that this process has held at most, the interpreter and all libraries included."""
    assert _ingest(path, connector)
    status = Path("/proc/self/status").read_text()  # unlike `ru_maxrss`, nothing of the parent's is in it
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _long_line(path: Path) -> float:
    """MB by which the peak grows for a line of 200 MB."""
    with path.open("wb") as file:
        file.write(b'{"messages": [{"role": "assistant", "content": "here"}]}\n')
    small, _ = _peak_of_child("openai-chat", path)
    with path.open("wb") as file:
        file.write(b'{"messages": [{"role": "user", "content": "')
        for _ in range(200):
            file.write(b"x" * 1_000_000)
        file.write(b'"}]}\n{"messages": [{"role": "assistant", "content": "still here"}]}\n')
    large, _ = _peak_of_child("openai-chat", path)
    return large - small


def _row(kind: str, measured: Measured, *, sizes: list[int]) -> str:
    peaks = [f"{measured.peaks[size]:.0f}" for size in sizes]
    times = measured.orjson_rows_s / measured.ingest_rows_s
    speeds = f"{measured.orjson_rows_s:,.0f} | {measured.ingest_rows_s:,.0f} | {times:.1f}"
    return f"| {kind} | {measured.bytes_a_row:.0f} | {speeds} | {' | '.join(peaks)} | {measured.most_s:.0f} |"


def _page(found: dict[str, Measured], asked: argparse.Namespace, *, longest: float) -> str:
    sizes = asked.memory
    cells = " | ".join(f"{size:,} rows" for size in sizes)
    rows = "\n".join(_row(kind, measured, sizes=sizes) for kind, measured in found.items())
    return f"""# Ingest

Written by `make bench-ingest`: Python {platform.python_version()}, {os.cpu_count()} cores.

Speed: {asked.speed:,} rows a kind of log, rows a CPU second, best of {ROUNDS}; `times` is what ingest takes
beside orjson alone on the same lines. Memory: peak of a fresh process in MB, the interpreter and all
libraries included; the last column is the CPU it took for the most rows, in seconds.
{len(found)} of {len(FORMATS)} kinds of log were measured.

{_memory(found, asked)}
A line of 200 MB makes the peak {max(longest, 0):.0f} MB higher: it is skipped, not held.

| log | bytes a row | orjson, rows/s | ingest, rows/s | times | {cells} | CPU s |
|---|--:|--:|--:|--:|{"--:|" * len(sizes)}--:|
{rows}
"""


def _memory(found: dict[str, Measured], asked: argparse.Namespace) -> str:
    """What the rows cost."""
    few, many = min(asked.memory), max(asked.memory)
    peak = max(max(measured.peaks.values()) for measured in found.values())
    more = {kind: measured.peaks[many] - measured.peaks[few] for kind, measured in found.items()}
    worst = max(more, key=lambda kind: more[kind])
    return (
        f"Highest peak of all: {peak:.0f} MB (bar: {BAR_MB}). {many / few:.0f} times the rows, "
        f"from {few:,} to {many:,},\nmake the peak at most {more[worst]:.0f} MB higher ({worst})."
    )


if __name__ == "__main__":
    main()
