"""What a build promises whatever happens around it: order, place, number of workers, time and accidents do
not matter."""

import gzip
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random

import orjson
import pyarrow.compute as pc
import pytest

import tuneset
from tuneset.release.verify import verify

KILLS = 20
KILLS_PER_PROJECT = 4

SPEC = """
name: promises
sources:
  - {path: logs/chat, name: chat}
coverage:
  factors:
    intent: {from: "field:metadata.intent"}
split: {validation: 0.1, test: 0.15}
"""

_NOUNS = ["parcel", "router", "invoice", "lamp", "ticket", "refund", "phone", "bike", "coat", "scale"]
_VERBS = ["arrived", "broke", "vanished", "was charged", "was delayed", "got wet", "was swapped", "expired"]
_WHEN = [
    "yesterday",
    "last week",
    "on Monday",
    "before lunch",
    "at the depot",
    "during the night",
    "in the shop",
]


def _records(count: int, *, seed: int = 3) -> list[bytes]:
    """Chats with exact and near twins, contrasts, identifiers, bad lines, byte-identical records, and calls
    that go on from earlier ones.
    """
    rng = Random(seed)
    lines: list[bytes] = []
    for number in range(count):
        if lines and rng.random() < 0.03:
            lines.append(rng.choice(lines))
            continue
        if rng.random() < 0.02:
            lines.append(rng.choice([b"{", b'{"a": 1}', b"[]", b"\xff\xfe", b'{"messages": 3}']))
            continue
        if lines and rng.random() < 0.05 and (longer := _continued(rng.choice(lines))):
            lines.append(longer)
            continue
        text = (
            f"The {rng.choice(_NOUNS)} {rng.choice(_VERBS)} {rng.choice(_WHEN)}, and the "
            f"{rng.choice(_NOUNS)} of my neighbour {rng.choice(_VERBS)} {rng.choice(_WHEN)}; "
            f"order {rng.randint(1, 60)}."
        )
        if rng.random() < 0.1:
            text += f" Write to me{number}@example.org"
        answer = f"We are looking into it, case {len(text) % 7}."
        lines.append(
            orjson.dumps(
                {
                    "id": f"x{number}",
                    "created": 1_790_000_000 + number,
                    "conversation_id": f"c{number}",
                    "user_id": f"u{rng.randint(1, count)}",
                    "metadata": {"intent": rng.choice(["lost", "broken", "money"])},
                    "messages": [
                        {"role": "system", "content": "You help the customers of a shop."},
                        {"role": "user", "content": text},
                        {"role": "assistant", "content": answer},
                    ],
                }
            )
        )
    return lines


def _continued(line: bytes) -> bytes | None:
    """The next call of the same conversation, which repeats what was said; None for a bad line."""
    with suppress(orjson.JSONDecodeError, KeyError, TypeError):
        record = orjson.loads(line)
        more = [
            {"role": "user", "content": "And when will I hear from you?"},
            {"role": "assistant", "content": "Within two days."},
        ]
        return orjson.dumps({**record, "messages": [*record["messages"], *more]})
    return None


def _project(directory: Path, files: dict[str, list[bytes]], *, compress: bool = False) -> Path:
    logs = directory / "logs" / "chat"
    logs.mkdir(parents=True)
    (directory / "tuneset.yaml").write_text(SPEC)
    for name, lines in files.items():
        text = b"".join(line + b"\n" for line in lines)
        (logs / name).write_bytes(gzip.compress(text, mtime=0) if compress else text)
    return directory


def _contents(project: Path, **options: object) -> dict[str, object]:
    """Everything about a build that must not depend on files, order or workers: who is there and what
    became of it."""
    build = tuneset.open(project).build(**options)
    verdicts = build.verdicts().drop_columns(["part", "row", "file", "line"])
    return {
        "verdicts": verdicts.to_pylist(),
        "links": build.links().to_pylist(),
        "events": build.events().to_pylist(),
        "matrix": build.matrix,
        "kept": [
            row
            for t in build.kept()
            for row in t.drop_columns(["file", "line", "user", "conversation", "redacted"]).to_pylist()
        ],
        "rejects": sorted((r["reason"], r["detail"]) for r in build.rejects()),
    }


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return _records(700)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> dict[str, object]:
    return _contents(_project(tmp_path_factory.mktemp("reference"), {"all.jsonl": lines}), workers=1)


def test_the_reference_has_something_of_everything(reference: dict) -> None:
    outcomes = {row["outcome"] for row in reference["verdicts"]}
    splits = {row["split"] for row in reference["verdicts"]}

    assert {"kept", "dropped"} <= outcomes
    assert {"train", "validation", "test"} <= splits
    assert {link["kind"] for link in reference["links"]} >= {"exact", "contrast"}
    assert {row["reason"] for row in reference["verdicts"]} >= {"prefix-of", "exact-twin"}
    assert reference["rejects"]


def test_how_logs_are_cut_into_files_does_not_matter(
    tmp_path: Path, lines: list[bytes], reference: dict
) -> None:
    files = {f"{i}.jsonl": lines[i * 100 : (i + 1) * 100] for i in range(7)}

    assert _contents(_project(tmp_path, files), workers=1) == reference


def test_arrival_order_does_not_matter(tmp_path: Path, lines: list[bytes], reference: dict) -> None:
    shuffled = Random(9).sample(lines, len(lines))

    assert (
        _contents(_project(tmp_path, {"z.jsonl": shuffled[:300], "a.jsonl": shuffled[300:]}), workers=1)
        == reference
    )


def test_compression_does_not_matter(tmp_path: Path, lines: list[bytes], reference: dict) -> None:
    assert _contents(_project(tmp_path, {"all.jsonl.gz": lines}, compress=True), workers=1) == reference


@pytest.mark.parametrize("part_bytes", [3_000, 40_000])
def test_the_size_of_parts_does_not_matter(
    tmp_path: Path, lines: list[bytes], reference: dict, part_bytes: int
) -> None:
    assert _contents(_project(tmp_path, {"all.jsonl": lines}), workers=1, part_bytes=part_bytes) == reference


def test_executors_agree(tmp_path: Path, lines: list[bytes], reference: dict) -> None:
    assert _contents(_project(tmp_path, {"all.jsonl": lines}), workers=2, part_bytes=40_000) == reference


def test_nothing_vanishes(tmp_path: Path, lines: list[bytes]) -> None:
    build = tuneset.open(_project(tmp_path, {"all.jsonl": lines})).build(workers=1)
    outcomes = build.verdicts(["outcome"]).column("outcome")
    kept = pc.sum(pc.not_equal(outcomes, "dropped")).as_py()

    assert build.summary["read"] == len(lines)
    assert build.summary["read"] == kept + (len(outcomes) - kept) + sum(1 for _ in build.rejects())
    assert build.summary["kept"] == kept
    assert sum(len(table) for table in build.kept()) == kept


def test_locators_point_at_the_record(tmp_path: Path, lines: list[bytes]) -> None:
    project = _project(tmp_path, {"a.jsonl": lines[:350], "b.jsonl": lines[350:]})
    build = tuneset.open(project).build(workers=1, part_bytes=5_000)

    for row in build.verdicts().to_pylist()[::37]:
        raw = (project / row["file"]).read_bytes().split(b"\n")[row["line"] - 1]
        assert tuneset.core.ids.record_hash(raw, source="chat") == row["origin_id"] or lines.count(raw) > 1
    for reject in build.rejects():
        raw = (project / reject["file"]).read_bytes().split(b"\n")[reject["line"] - 1]
        assert len(raw) < 20


def test_the_same_input_and_spec_give_the_same_bytes(tmp_path: Path, lines: list[bytes]) -> None:
    """Two projects with different keys, workers and part sizes release the same directory."""
    first = tuneset.open(_project(tmp_path / "one", {"all.jsonl": lines})).release(workers=1)
    second_project = tuneset.open(_project(tmp_path / "two", {"all.jsonl": lines}))
    second_project.build(workers=2, part_bytes=20_000)
    second = second_project.release(workers=1)

    assert first.digest == second.digest
    assert verify(first.dir).ok
    for file in sorted(first.dir.rglob("*")):
        if file.is_file():
            assert file.read_bytes() == (second.dir / file.relative_to(first.dir)).read_bytes(), file.name


def test_running_twice_changes_nothing(tmp_path: Path, lines: list[bytes]) -> None:
    project = tuneset.open(_project(tmp_path, {"all.jsonl": lines}))
    first = project.release(workers=1)
    again = project.release(workers=1)
    shutil.rmtree(project.root / ".tuneset" / "builds")
    from_cache = project.release(workers=1)
    shutil.rmtree(project.root / ".tuneset" / "cache")
    shutil.rmtree(project.root / ".tuneset" / "builds")
    from_nothing = project.release(workers=1)

    assert {first.digest} == {again.digest, from_cache.digest, from_nothing.digest}


def test_more_logs_never_move_a_test_example_into_training(tmp_path: Path) -> None:
    lines = _records(900, seed=5)
    project = tuneset.open(_project(tmp_path, {"a.jsonl": lines[:300]}))
    before = _splits(project.build(workers=1))
    seen = {origin for origin, split in before.items() if split == "test"}
    assert seen
    for name, more in (("b.jsonl", lines[300:600]), ("c.jsonl", lines[600:] + lines[:50])):
        (tmp_path / "logs" / "chat" / name).write_bytes(b"".join(line + b"\n" for line in more))
        after = _splits(project.build(workers=1))
        assert seen <= after.keys()
        assert {after[origin] for origin in seen} == {"test"}
        seen |= {origin for origin, split in after.items() if split == "test"}


SAMPLED = SPEC.replace("name: chat}", "name: chat, sample: %s}")


def test_sampling_never_takes_away_a_sealed_test_example(tmp_path: Path) -> None:
    lines = _records(200, seed=7)
    files = [lines + lines[::3], lines[:70], lines[:40]]  # copies within a part, and in several
    more = {"part_bytes": 40_000, "workers": 1}
    directory = _project(tmp_path, {f"{number}.jsonl": some for number, some in enumerate(files)})
    seen = set[bytes]()
    for draw in ("{rate: 0.9}", "{rate: 0.1}", "{rate: 0.1, salt: b}", "{per_day: 20}", "{}"):
        (directory / "tuneset.yaml").write_text(SAMPLED % draw)
        build = tuneset.open(directory).build(**more)
        splits = _splits(build)
        assert {splits.get(origin) for origin in seen} <= {"test"}
        spared = {e["origin_id"] for e in build.events().to_pylist() if e["reason"] == "sealed"}
        assert bool(spared) == (draw not in ("{rate: 0.9}", "{}"))
        kept = [row for table in build.kept() for row in table.select(["origin_id", "inclusion"]).to_pylist()]
        assert {row["inclusion"] for row in kept if row["origin_id"] in spared} <= {1.0}
        if draw == "{rate: 0.1}":
            assert len(kept) < len(lines)
            again = tuneset.open(directory).build(**more)
            assert again.events().to_pylist() == build.events().to_pylist()
        seen |= {origin for origin, split in splits.items() if split == "test"}


def _splits(build: "tuneset.Build") -> dict[bytes, str]:
    verdicts = build.verdicts(["origin_id", "split", "outcome"])
    rows = verdicts.filter(pc.not_equal(verdicts.column("outcome"), "dropped")).to_pylist()
    return {row["origin_id"]: row["split"] for row in rows}


def test_a_damaged_cache_is_noticed_and_made_again(tmp_path: Path, lines: list[bytes]) -> None:
    project = tuneset.open(_project(tmp_path, {"all.jsonl": lines}))
    good = project.release(workers=1)
    rng = Random(1)
    for file in sorted((tmp_path / ".tuneset" / "cache").glob("*/*")):
        data = bytearray(file.read_bytes())
        if data:
            data[rng.randrange(len(data))] ^= 0x55
            file.write_bytes(data)
    shutil.rmtree(tmp_path / ".tuneset" / "builds")

    assert project.release(workers=1).digest == good.digest


@pytest.mark.slow
def test_killed_and_resumed_is_the_same(tmp_path: Path, lines: list[bytes]) -> None:
    """A real process is killed (SIGKILL, workers included) at random points, then run to its end."""
    files = {f"{i}.jsonl": lines[i * 140 : (i + 1) * 140] for i in range(5)}
    whole = _project(tmp_path / "whole", files)
    assert _release(whole).wait() == 0  # compiles the kernels, if they are not cached
    digest = _digest(whole)
    started = time.monotonic()
    assert _release(_project(tmp_path / "timed", files)).wait() == 0
    took_s = time.monotonic() - started
    rng = Random(4)
    kills = turn = 0
    while kills < KILLS:
        turn += 1
        project = _project(tmp_path / f"killed{turn}", files)
        for _ in range(KILLS_PER_PROJECT):
            kills += _killed(_release(project), after_s=rng.uniform(0.2, 0.95) * took_s)
        assert _release(project).wait() == 0
        assert _digest(project) == digest


def _killed(process: subprocess.Popen[bytes], *, after_s: float) -> bool:
    """Kills a process and its workers after a while; False if it was done before."""
    try:
        process.wait(timeout=after_s)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def _release(project: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tuneset", "-C", str(project), "release", "--workers", "2"],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _digest(project: Path) -> list[str]:
    return sorted(path.name for path in (project / ".tuneset" / "releases").iterdir())
