"""What people said of tags is read from a file, changes what targets count, and is refused if malformed."""

from pathlib import Path

import orjson
import pytest

import tuneset
from tuneset.build.explain import explain
from tuneset.build.report.page import render
from tuneset.core.errors import SpecError
from tuneset.release.gates import evaluate

THINGS = ("lamps", "boats", "trains", "shoes", "clocks", "tables", "rivers", "engines", "songs", "gardens")
REFUSED = "I'm sorry, but I can't share {thing} of other people with anybody."
HEAD = "origin_id,factor,value_correct\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [
        {"messages": [{"role": "user", "content": f"Tell me about the {thing} of my neighbour."}, answer]}
        for thing in THINGS
        for answer in [{"role": "assistant", "content": REFUSED.format(thing=thing)}]
    ]
    (tmp_path / "chats.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    spec = {
        "name": "chats",
        "sources": [{"path": "chats.jsonl", "name": "s"}],
        "coverage": {
            "factors": {"case": {"from": "case", "default": "typical"}},
            "cells": [{"where": {"case": "refusal"}, "train": 4, "critical": True}],
            "spot_checks": "checks.csv",
        },
        "split": {"validation": 0, "test": 0},
        "dedupe": {"near": False, "semantic": False},
        "gates": {"critical_cells": True},
        "export": [],
    }
    (tmp_path / "tuneset.yaml").write_bytes(orjson.dumps(spec))
    (tmp_path / "checks.csv").write_text(HEAD)
    return tmp_path


def test_checks_change_what_a_target_counts_and_nothing_else(folder: Path) -> None:
    project = tuneset.open(folder)
    before = project.build(workers=1)
    assert before.matrix["factors"]["case"]["refusal"]["examples"] == len(THINGS)
    assert before.matrix["targets"][0]["verdict"] == "full"
    ids = [row["origin_id"].hex() for row in before.verdicts(["origin_id"]).to_pylist()]
    lines = [f"{origin},case,{'refusal' if i else 'fallback'}\n" for i, origin in enumerate(ids[:6])]
    (folder / "checks.csv").write_text(HEAD + "".join(lines))
    after = project.build(workers=1)
    assert after.fingerprint != before.fingerprint
    assert [(c["checked"], c["right"]) for c in after.matrix["spot_checks"]] == [(6, 5)]
    target = after.matrix["targets"][0]
    assert (target["train"], target["sure"]["train"], target["verdict"]) == (10, 4, "full")  # bound .418
    assert after.test_ids() == before.test_ids()
    (folder / "checks.csv").write_text(HEAD + "".join(reversed(lines)) + lines[1])
    assert project.build(workers=1).fingerprint == after.fingerprint  # order and repetition say nothing
    assert "What people said of the tags" in render(after, gates=evaluate(after))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("id,factor,value\n", "checks.csv:1"),
        (HEAD + "12,case,refusal\n", "checks.csv:2"),
        (HEAD + f"{'0' * 32},case,refusal\n{'0' * 32},mood,refusal\n", "checks.csv:3"),
    ],
)
def test_a_line_that_is_no_check_is_named(folder: Path, text: str, place: str) -> None:
    (folder / "checks.csv").write_text(text)
    with pytest.raises(SpecError) as problem:
        tuneset.open(folder).build(workers=1)
    assert problem.value.where == place


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "checks.csv").unlink()
    with pytest.raises(SpecError) as problem:
        tuneset.open(folder).build(workers=1)
    assert problem.value.code == "TS106"


def test_explain_says_by_which_rule_a_case_was_found(folder: Path) -> None:
    (life,) = explain(tuneset.open(folder).build(workers=1), "chats.jsonl:1")
    assert "tagged case=refusal: by-rule (rule cannot-do, strength strong)" in [s.words for s in life.steps]
