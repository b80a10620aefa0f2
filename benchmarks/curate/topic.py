"""What every topic is given: data, peers in environments of their own, CPU seconds, tables."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

HERE = Path(__file__).resolve().parent.parent
PEERS = HERE / ".peers"


class Topic(Protocol):
    """A module of this package."""

    TITLE: str

    @staticmethod
    def section(run: "Run") -> Iterable[str]:
        """Lines of Markdown."""
        ...


@dataclass(frozen=True)
class Run:
    """One run of the benchmark: `data` is where the texts of others lie; `quick` takes a few of each."""

    data: Path
    quick: bool = False

    def some(self, items: Sequence, *, quick: int = 200) -> Sequence:
        """All of them, or the first few in a quick run."""
        return items[:quick] if self.quick else items


def peer(name: str, *requirements: str) -> Path:
    """The Python of a peer's own environment under `benchmarks/.peers/<name>`, made when it is missing."""
    home = PEERS / name
    python, wanted = home / "bin" / "python", "\n".join(requirements)
    stamp = home / ".requirements"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"making the environment of {name}: {' '.join(requirements)}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *requirements], check=True)
        stamp.write_text(wanted)
    return python


def ask(python: Path, script: Path, question: object, *, timeout_s: float = 3600) -> object:
    """What a script of ours says in a peer's environment: JSON on stdin, JSON as the last line of stdout."""
    run = subprocess.run(
        [python, script],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if run.returncode:
        raise RuntimeError(f"{script.name} failed in {python}:\n{run.stderr[-2000:]}")
    return json.loads(run.stdout.strip().splitlines()[-1])


def cpu_s(work: Callable[[], object], *, repeats: int = 3) -> float:
    """Median CPU seconds of this process; wall time says nothing on a shared machine."""
    took = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return statistics.median(took)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A Markdown table; the first column is text, the others are numbers."""
    line = "| " + " | ".join(heads) + " |"
    rule = "|---|" + "---:|" * (len(heads) - 1)
    return [line, rule, *("| " + " | ".join(map(str, row)) + " |" for row in rows)]
