"""Speed and memory of a whole build, stage by stage and end to end, beside the peers that people use.

    make bench-build          or    python benchmarks/build.py [--rows 100000 1000000] [--peer-rows 20000]

Everything is CPU time (user + system, all threads): the wall clock of a shared machine says nothing. Each
build is the command of a user in a process of its own, with one worker; its peak is the high-water mark of
anonymous memory, sampled every 20 ms, because memory-mapped cache files count as resident although the
system can drop them. Peers run in an environment of their own (`benchmarks/.peers`, made when missing) on
texts of the same logs. Results go to `benchmarks/build.md`.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from corpus import write_logs

HERE = Path(__file__).parent
WORK = HERE / ".work"
PEERS = HERE / ".peers"
PEER_PACKAGES = ["rensa==0.5.0", "semhash==0.5.0", "datafog-core==0.4.4"]

PLAIN = "dedupe: {semantic: false}\nsuspicion: {enabled: false}"
FULL = "dedupe: {}"


def main() -> None:
    """Runs what was asked for and writes the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--peer-rows", type=int, default=20_000)
    parser.add_argument("--out", type=Path, default=HERE / "build.md")
    parser.add_argument("--child", nargs=2, metavar=("WHAT", "DIRECTORY"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        _child(asked.child[0], Path(asked.child[1]))
        return
    _warm()
    lines = [*_head(), *_stage_table(asked.peer_rows), *_peer_table(asked.peer_rows)]
    for rows in asked.rows:
        lines += _whole_table(rows)
        asked.out.write_text("\n".join(lines) + "\n")  # after each size: what was measured is not lost


def _warm() -> None:
    """Compiles all kernels, which is done once for each installed version: a small build of either kind."""
    for spec in (PLAIN, FULL):
        project = _project("warm", rows=20_000, spec=spec)
        _measured("build", project)
        _measured("release", project)
        shutil.rmtree(project)


def _head() -> list[str]:
    cores = os.cpu_count()
    made = f"Python {platform.python_version()}, {platform.machine()}, {cores} cores, load {_load()}"
    rows = "when it began. Made by `make bench-build`; rows are chat logs of about 610 bytes (`corpus.py`)."
    return ["# Builds: speed and memory", "", made, rows, ""]


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


# Stages


def _stage_table(rows: int) -> list[str]:
    project = _project(f"stages-{rows}", rows=rows, spec=FULL)
    seconds = _measured("stages", project)["seconds"]
    table = [
        f"## By stage ({rows:,} rows, one process)",
        "",
        "| stage | us per row | rows per CPU second |",
        "|---|---:|---:|",
    ]
    for name, took in seconds.items():
        table.append(f"| {name} | {took / rows * 1e6:.1f} | {rows / took:,.0f} |")
    total = sum(took for name, took in seconds.items() if name != "embed")
    table.append(f"| all of these but embed | {total / rows * 1e6:.1f} | {rows / total:,.0f} |")
    return _said([*table, ""])


def _stages(project: Path) -> dict[str, float]:
    """CPU seconds of each step of `prepare`, and of what follows for near and semantic search."""
    import pyarrow as pa

    import tuneset
    from tuneset.build.pipeline import stages
    from tuneset.build.signed import signed
    from tuneset.connectors.formats.openai_chat import OpenAIChat
    from tuneset.connectors.ingest import ingest
    from tuneset.core.spec import DedupeSpec, Fields
    from tuneset.kernels.alike import cosine_pairs
    from tuneset.stages.dedupe import all_pairs, representatives, sign, texts_of

    opened = tuneset.open(project)
    part = opened.plan().parts[0].part
    took: dict[str, float] = {}

    def timed(name: str, work: Callable[[], object]) -> object:
        start = time.process_time()
        result = work()
        took[name] = took.get(name, 0.0) + time.process_time() - start
        return result

    chain = stages(opened.spec, root=project, key=bytes(32))
    batches = timed(
        "ingest",
        lambda: [b.examples for b in ingest(part, connector=OpenAIChat(), fields=Fields(), key=bytes(32))],
    )
    done = []
    for examples in batches:
        for stage in chain:
            examples = timed(stage.name, lambda stage=stage, examples=examples: stage(examples).examples)
        done.append(examples)
    examples = pa.concat_tables(done).combine_chunks()
    timed("sort and content ids", lambda: signed(examples))
    timed("sign", lambda: sign(examples, spec=DedupeSpec(semantic=False)))
    signatures = timed("embed", lambda: sign(examples, spec=DedupeSpec(near=False)))
    chosen = representatives(signatures)
    texts = texts_of(examples.take(pa.array(chosen)))
    timed("near pairs, exact", lambda: all_pairs(texts))
    timed("semantic pairs, exact", lambda: cosine_pairs(signatures.vector[chosen], min_cosine=0.9))
    return took


# Peers


def _peer_table(rows: int) -> list[str]:
    python = _peer_python()
    project = _project(f"stages-{rows}", rows=rows, spec=FULL)
    _measured("peer-input", project)
    result = subprocess.run(
        [python, HERE / "build_peers.py", WORK / "peers.npz"], check=True, capture_output=True, text=True
    )
    theirs = json.loads(result.stdout)
    ours = _measured("ours-beside", project)["seconds"]
    table = [
        f"## Beside peers (the same {rows:,} texts, the same run)", "",
        "| task | peer | peer rows/s | ours rows/s | ratio |", "|---|---|---:|---:|---:|",
    ]  # fmt: skip
    for task, took in theirs.items():
        mine = ours[task]
        ratio = took["seconds"] / mine
        speeds = f"{rows / took['seconds']:,.0f} | {rows / mine:,.0f}"
        table.append(f"| {task} | {took['peer']} | {speeds} | {ratio:.1f} |")
    notes = [
        "",
        "rensa: word 3-grams made in Python, 128 permutations, as its users call it; ours: from Python",
        "strings to verified pairs. SemHash is given our vectors; only index and search are compared. Recall",
        "and precision on planted twins and labelled spans: `make bench-dedupe`, `make bench-redact`.",
        "",
    ]
    return _said([*table, *notes])


def _peer_python() -> Path:
    python = PEERS / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEER_PACKAGES], check=True)
    return python


def _peer_input(project: Path) -> dict[str, float]:
    """Texts and vectors for the peers."""
    import numpy as np

    texts, vectors = _texts(project)
    np.savez(WORK / "peers.npz", texts=np.array(texts), vectors=vectors)
    return {}


def _texts(project: Path) -> tuple[list[str], object]:
    import pyarrow as pa

    import tuneset
    from tuneset.connectors.formats.openai_chat import OpenAIChat
    from tuneset.connectors.ingest import ingest
    from tuneset.core.spec import DedupeSpec, Fields
    from tuneset.stages.dedupe import sign, texts_of

    part = tuneset.open(project).plan().parts[0].part
    batches = [b.examples for b in ingest(part, connector=OpenAIChat(), fields=Fields(), key=bytes(32))]
    examples = pa.concat_tables(batches).combine_chunks()
    return texts_of(examples).inputs.to_pylist(), sign(examples, spec=DedupeSpec(near=False)).vector


def _ours_beside(project: Path) -> dict[str, float]:
    """What the peers do, done by us, from the same Python strings and vectors."""
    import numpy as np
    from dedupe import our_near, our_semantic

    from tuneset.core.spec import RedactSpec
    from tuneset.stages.redact.detect import Detectors

    texts, vectors = _texts(project)
    detectors = Detectors(RedactSpec())
    tasks: dict[str, Callable[[], object]] = {
        "near duplicates": lambda: our_near(texts, min_jaccard=0.8),
        "semantic duplicates": lambda: our_semantic(np.asarray(vectors), min_cosine=0.9),
        "personal data": lambda: _found(detectors, texts),
    }
    took = {}
    for name, work in tasks.items():
        work()
        start = time.process_time()
        work()
        took[name] = time.process_time() - start
    return took


def _found(detectors: object, texts: list[str]) -> object:
    """Scan, then confirm in the texts that may hold something, as the stage does."""
    import pyarrow as pa

    suspects = detectors.suspects(pa.array(texts, pa.large_string()))
    return detectors.find([texts[i].encode() for i in suspects.tolist()])


# Whole builds


def _whole_table(rows: int) -> list[str]:
    table = [
        f"## {rows:,} rows, end to end",
        "",
        "| run | CPU s | rows per CPU second | peak MB |",
        "|---|---:|---:|---:|",
    ]
    for title, spec in (("without semantic", PLAIN), ("with semantic", FULL)):
        project = _project(f"whole-{rows}-{title.split()[0]}", rows=rows, spec=spec)
        table += _said(_runs(project, title, rows=rows))
        shutil.rmtree(project)
    return [*table, ""]


def _runs(project: Path, title: str, *, rows: int) -> list[str]:
    """Logs to release, then what follows when logs grow and the spec changes, each on top of the other."""
    build = _measured("build", project)
    release = _measured("release", project)
    said = [_line(f"build, {title}", build, rows), _line(f"release, {title}", release, rows)]
    shutil.rmtree(project / ".tuneset")
    both = _measured("release", project)  # builds what is not there
    said.append(_line(f"**logs to release in one command, {title}**", both, rows))
    write_logs(project / "logs" / "more.jsonl", rows=rows // 100, seed=2, start=rows)
    said.append(_line("build after 1 % more logs in a new file", _measured("build", project), rows, build))
    said.append(_line("release after it", _measured("release", project), rows, release))
    grown = project / "logs" / "logs.jsonl"
    write_logs(project / "appended", rows=rows // 100, seed=3, start=2 * rows)
    lines = grown.read_bytes() + (project / "appended").read_bytes()  # the file is shared
    grown.unlink()
    grown.write_bytes(lines)
    said.append(_line("build after 1 % appended to the old file", _measured("build", project), rows, build))
    spec = project / "tuneset.yaml"
    spec.write_text(f"{spec.read_text()}split: {{validation: 0.05}}\n")
    said.append(_line("build after another split", _measured("build", project), rows, build))
    return said


def _line(name: str, took: dict, rows: int, whole: dict | None = None) -> str:
    share = f" ({took['cpu'] / whole['cpu']:.0%} of the first)" if whole else ""
    return f"| {name} | {took['cpu']:.1f}{share} | {rows / took['cpu']:,.0f} | {took['peak_mb']:.0f} |"


def _project(name: str, *, rows: int, spec: str) -> Path:
    """A fresh project whose logs are made once for all projects of that size."""
    logs = WORK / f"logs-{rows}.jsonl"
    if not logs.exists():
        WORK.mkdir(exist_ok=True)
        write_logs(logs.with_suffix(".new"), rows=rows)
        logs.with_suffix(".new").rename(logs)
    project = WORK / name
    shutil.rmtree(project, ignore_errors=True)
    (project / "logs").mkdir(parents=True)
    os.link(logs, project / "logs" / "logs.jsonl")
    (project / "tuneset.yaml").write_text(
        f"name: bench\nsources: [{{path: logs/*.jsonl, name: logs}}]\n{spec}\n"
    )
    return project


def _measured(what: str, project: Path) -> dict:
    """Runs one task in a process of its own; modules are compiled, as they are where pip installed them."""
    command = [sys.executable, Path(__file__), "--child", what, project]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    result = subprocess.run(command, check=True, capture_output=True, text=True, cwd=HERE, env=environment)
    return json.loads(result.stdout.splitlines()[-1])


class _NoPandas:
    """Arrow imports pandas where it finds it; tuneset does not need it nor install it, only its tests
    do.
    """

    def find_spec(self, name: str, *_: object) -> None:
        if name == "pandas":
            raise ImportError(name)


def _child(what: str, project: Path) -> None:
    sys.meta_path.insert(0, _NoPandas())
    WORK.mkdir(exist_ok=True)
    peak = _Peak()
    with peak:
        start = time.process_time()
        match what:
            case "stages":
                _stages(project)  # loads the kernels, which costs as much for one row as for a million
                seconds = _stages(project)
            case "peer-input":
                seconds = _peer_input(project)
            case "ours-beside":
                seconds = _ours_beside(project)
            case _:
                _command(what, project)
                seconds = {}
        cpu = time.process_time() - start
    print(json.dumps({"cpu": cpu, "peak_mb": peak.megabytes, "seconds": seconds}))


def _command(what: str, project: Path) -> None:
    """What a user types, in this process, so that its memory can be watched."""
    os.chdir(project)
    sys.argv = ["tuneset", what, "--workers", "1"]
    from tuneset.cli import main as command

    try:
        command()
    except SystemExit as end:
        if end.code:
            raise RuntimeError(f"`tuneset {what}` failed") from None


class _Peak:
    """High-water mark of this process's anonymous memory."""

    megabytes = 0.0

    def __enter__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def __exit__(self, *problem: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            status = Path("/proc/self/status").read_text()
            anonymous = int(status.split("RssAnon:")[1].split()[0])
            self.megabytes = max(self.megabytes, anonymous / 1024)


def _said(lines: list[str]) -> list[str]:
    print("\n".join(lines), flush=True)
    return lines


if __name__ == "__main__":
    main()
