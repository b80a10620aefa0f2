"""More logs cost what is new in them, and give what a build from scratch gives, byte for byte."""

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import orjson
import pytest

import tuneset
from tuneset.build import link, remembered
from tuneset.engine.executor import SerialExecutor
from tuneset.kernels import alike
from tuneset.stages.suspicion import neighbours

SPEC = """
name: increments
sources: [{path: logs/*.jsonl, name: logs}]
split: {validation: 0.1, test: 0.15}
"""
_THINGS = ["parcel", "router", "invoice", "lamp", "ticket", "refund", "phone", "bike", "coat", "scale"]
_PLACES = ["at the depot", "in the shop", "on Mill Lane", "at my door", "in the garage", "on the train"]


def _lines(count: int, *, seed: int) -> list[bytes]:
    """Long and short questions of few words, so that buckets are full; twins, and the same record again."""
    rng = Random(seed)
    lines: list[bytes] = []
    for number in range(count):
        if lines and rng.random() < 0.05:
            lines.append(rng.choice(lines))
            continue
        said = [f"my {rng.choice(_THINGS)} was left {rng.choice(_PLACES)} number {rng.randint(1, 9)}"]
        said *= 1 if rng.random() < 0.3 else 2
        said.append(f"and the {rng.choice(_THINGS)} of my {rng.choice(['sister', 'boss'])} is broken. Help!")
        messages = [
            {"role": "user", "content": ", ".join(said)},
            {"role": "assistant", "content": f"We look for the {rng.choice(_THINGS)}."},
        ]
        lines.append(orjson.dumps({"created": 1_790_000_000 + number + seed, "messages": messages}))
    return lines


def _write(project: Path, name: str, lines: list[bytes], *, append: bool = False) -> None:
    (project / "logs").mkdir(exist_ok=True)
    with (project / "logs" / name).open("ab" if append else "wb") as file:
        file.write(b"".join(line + b"\n" for line in lines))


def _build(project: Path) -> dict[str, bytes]:
    """Every byte of a build, in parts of a few dozen records."""
    build = tuneset.open(project).build(workers=1, part_bytes=1 << 14)
    return {path.name: path.read_bytes() for path in sorted(build.dir.iterdir())}


def _more_in_a_new_file(project: Path) -> None:
    _write(project, "a-more.jsonl", [*_lines(20, seed=9), *_lines(400, seed=1)[:3]])


def _more_at_the_end(project: Path) -> None:
    _write(project, "logs.jsonl", _lines(20, seed=9), append=True)


def _another_split(project: Path) -> None:
    (project / "tuneset.yaml").write_text(SPEC.replace("validation: 0.1", "validation: 0.2"))


def _less(project: Path) -> None:
    (project / "logs" / "old.jsonl").unlink()


@pytest.mark.parametrize("search", ["all with all", "bands"])
@pytest.mark.parametrize("change", [_more_in_a_new_file, _more_at_the_end, _another_split, _less])
def test_a_build_on_top_of_another_is_the_build_from_scratch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], search: str
) -> None:
    if search == "bands":
        monkeypatch.setattr(link, "EXACT_UP_TO", 0)
        monkeypatch.setattr(alike, "EXACT_UP_TO", 0)
        monkeypatch.setattr(neighbours, "MOST_AMONG", 100)
    (tmp_path / "tuneset.yaml").write_text(SPEC)
    _write(tmp_path, "logs.jsonl", _lines(400, seed=1))
    _write(tmp_path, "old.jsonl", _lines(20, seed=5))
    _build(tmp_path)
    change(tmp_path)
    scratch = tmp_path / "scratch"
    shutil.copytree(tmp_path, scratch, ignore=shutil.ignore_patterns("cache", "builds", "scratch"))

    assert _build(tmp_path) == _build(scratch)


def test_only_pairs_of_new_examples_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[np.ndarray] = []
    judge = SerialExecutor.map

    def watched(self: SerialExecutor, fn: Callable, items: list, **options: object) -> list:
        if fn.__name__ == "_related":
            read.extend(np.load(chunk.scratch / "pairs.npy")[chunk.start : chunk.stop] for chunk in items)
        return judge(self, fn, items, **options)

    monkeypatch.setattr(SerialExecutor, "map", watched)
    (tmp_path / "tuneset.yaml").write_text(SPEC)
    _write(tmp_path, "logs.jsonl", _lines(400, seed=1))
    _build(tmp_path)
    first = sum(map(len, read))
    read.clear()
    _more_at_the_end(tmp_path)
    _build(tmp_path)

    again = sum(map(len, read))
    assert 0 < again < first / 2


def test_a_damaged_memory_is_noticed_and_made_again(tmp_path: Path) -> None:
    (tmp_path / "tuneset.yaml").write_text(SPEC)
    _write(tmp_path, "logs.jsonl", _lines(300, seed=1))
    _build(tmp_path)
    (memory,) = (tmp_path / ".tuneset" / "cache").glob("*/pairs.npy")
    memory.write_bytes(memory.read_bytes()[:-8] + bytes(8))
    _more_at_the_end(tmp_path)
    scratch = tmp_path / "scratch"
    shutil.copytree(tmp_path, scratch, ignore=shutil.ignore_patterns("cache", "builds", "scratch"))

    assert _build(tmp_path) == _build(scratch)
    assert len(list((tmp_path / ".tuneset" / "cache").glob("*/pairs.npy"))) == 1


def test_a_build_forgets_what_earlier_ones_remembered(tmp_path: Path) -> None:
    (tmp_path / "tuneset.yaml").write_text(SPEC)
    _write(tmp_path, "logs.jsonl", _lines(60, seed=1))
    for seed in (2, 3):
        _build(tmp_path)
        _write(tmp_path, "logs.jsonl", _lines(5, seed=seed), append=True)
    workspace = tuneset.open(tmp_path).workspace
    for kind in (remembered.LINKED, remembered.NEIGHBOURS, remembered.COMPARED):
        assert sum(kind in entry.values for entry in workspace.entries()) == 1
