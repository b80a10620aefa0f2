"""What new logs do to examples beside the sealed test set."""

from pathlib import Path

import numpy as np
import orjson
import pytest

import tuneset
from tuneset.build.explain import explain

_PIECE = 5
_COUNT = 100
_SPEC = """
name: orders
sources: [{path: logs/*.jsonl}]
dedupe: {semantic: false}
split: {validation: 0.1, test: 0.15, leak_cosine: 1.0}
"""


def _texts() -> list[bytes]:
    """Each shares most of its words with the next ones, none with those far away, and has a number of its
    own: a chain of contrasts.
    """
    syllables = ["ka", "lo", "mi", "ru", "te", "vo", "ze", "pa"]
    drawn = np.random.default_rng(3).choice(syllables, (5 * _COUNT + 60, 4)).tolist()
    words = ["".join(word) for word in drawn]
    asked = [f"order {1000 + k} {' '.join(words[5 * k : 5 * k + 60])}" for k in range(_COUNT)]
    rows = [{"prompt": text, "completion": f"Done, {k}."} for k, text in enumerate(asked)]
    return [orjson.dumps(row) + b"\n" for row in rows]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two builds: of every other piece of the chain, then of all."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "tuneset.yaml").write_text(_SPEC)
    lines = _texts()
    for name, wanted in (("a-old", 0), ("b-new", 1)):
        some = [line for k, line in enumerate(lines) if k // _PIECE % 2 == wanted]
        (tmp_path / "logs" / f"{name}.jsonl").write_bytes(b"".join(some))
        tuneset.open(tmp_path).build(workers=1)
    return tmp_path


def test_only_direct_contrasts_of_the_sealed_test_set_leave(project: Path) -> None:
    build = tuneset.open(project).latest_build()
    rows = {row["origin_id"]: row for row in build.verdicts().to_pylist()}
    links = [(link["a"], link["b"]) for link in build.links().to_pylist()]
    beside: dict[bytes, set[bytes]] = {row: set() for row in rows}
    for a, b in links:
        beside[a].add(b)
        beside[b].add(a)
    test = {row for row in rows if rows[row]["split"] == "test"}
    gone = {row for row in rows if rows[row]["reason"] == "contrast-of-sealed-test"}

    assert test
    assert gone == {row for row in rows if beside[row] & test} - test
    assert len(gone) + len(test) < len(rows) / 2, "the rest of the chain is still learned from"
    assert build.summary["dropped_by_reason"] == {"split/contrast-of-sealed-test": len(gone)}
    for a, b in links:
        assert {rows[a]["split"], rows[b]["split"]} - {None} in ({"test"}, {"train"}, {"validation"}, set())


def test_explain_names_the_test_example(project: Path) -> None:
    build = tuneset.open(project).latest_build()
    rows = build.verdicts().to_pylist()
    gone = next(row["origin_id"].hex() for row in rows if row["reason"] == "contrast-of-sealed-test")
    (life,) = explain(build, gone)
    last = life.steps[-1]
    test = {row["origin_id"].hex() for row in rows if row["split"] == "test"}
    assert last.words.startswith("dropped by split, contrast-of-sealed-test: it is close to")
    assert set(last.others) <= test
    assert len(last.others) == 1
