"""Suspicion of a whole build: what was planted is found, told in words, and the same on any machine."""

import json
from pathlib import Path

import pytest

import tuneset
from tuneset.build.explain import explain
from tuneset.build.findings.suspects import could_not_run, suspects
from tuneset.build.report import write_report
from tuneset.core.errors import InputError, SpecError, UsageError

PLACES = ["Oslo", "Bergen", "Voss", "Narvik", "Molde", "Bodo", "Hamar", "Skien", "Tromso", "Floro"]
TOPICS = {
    "parcel": [
        "my parcel is late",
        "the courier never came",
        "track a delivery for me",
        "nothing was delivered",
    ],
    "invoice": ["the invoice is wrong", "I was charged twice", "refund my payment", "the price on my bill"],
    "login": ["my password fails", "reset the login", "the account is locked", "I cannot sign in"],
}
CALM = ["today", "since Monday", "again", "as before", "this week", "for my sister"]
WRONG = ("my parcel is late in Voss today", "reset the login in Molde again")


def labelled(root: Path, *, extra: str = "") -> tuneset.Project:
    """Short texts with labels, of which those in `WRONG` are false."""
    rows = []
    for label, starts in TOPICS.items():
        for n, start in enumerate(starts):
            for k, place in enumerate(PLACES):
                text = f"{start} in {place} {CALM[(n + k) % len(CALM)]}"
                rows.append({"text": text, "label": "invoice" if text in WRONG else label})
    rows += [{"text": text, "label": "invoice"} for text in WRONG]
    (root / "logs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    spec = "name: desk\ntask: classification\nsources:\n  - path: logs.jsonl\n"
    spec += "dedupe: {semantic_cosine: 1.0, near: false}\n"
    (root / "tuneset.yaml").write_text(spec + extra)
    return tuneset.open(root)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuneset.Project:
    project = labelled(tmp_path_factory.mktemp("desk"))
    project.build(workers=1)
    return project


def text_of(project: tuneset.Project, origin_id: str) -> str:
    messages = project.latest_build().example(bytes.fromhex(origin_id)).column("messages")[0].as_py()
    return next(message["content"] for message in messages if message["role"] == "user")


def test_wrong_labels_come_first_with_the_label_that_was_expected(project: tuneset.Project) -> None:
    found = suspects(project.latest_build(), top=2)
    assert {text_of(project, entry.origin_id) for entry in found} == set(WRONG)
    assert all("expects `" in entry.reasons[0] for entry in found)
    assert all("voss" not in line.lower() for entry in found for line in entry.lines())
    shown = suspects(project.latest_build(), top=2, show=True)
    assert any("parcel" in line for entry in shown for line in entry.text or ())


def test_explain_and_the_report_say_the_same(project: tuneset.Project, tmp_path: Path) -> None:
    build = project.latest_build()
    (worst,) = suspects(build, top=1)
    (life,) = explain(build, worst.origin_id)
    said = [step.words for step in life.steps if step.stage == "suspicion"]
    assert len(said) == len(worst.reasons)
    assert all(reason in words for reason, words in zip(worst.reasons, said, strict=True))
    write_report(build, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert worst.origin_id[:12] in page
    assert "What could not run, and what would unlock it" in page


def test_every_signal_either_ran_or_is_listed_with_what_unlocks_it(project: tuneset.Project) -> None:
    build = project.latest_build()
    ran = {entry["signal"] for entry in build.summary["suspicion"]["signals"]}
    silent = {entry["signal"] for entry in could_not_run(build)}
    assert {"confidence", "neighbours"} <= ran
    assert {"tool_arguments", "dissimilar", "p_wrong"} <= silent
    assert not ran & silent
    assert all(entry["reason"] and entry["unlock"] for entry in could_not_run(build))


def test_one_row_for_each_kept_example(project: tuneset.Project) -> None:
    build = project.latest_build()
    table = build.suspicion()
    assert table is not None
    assert len(table) == build.summary["kept"]
    assert table.column("origin_id").to_pylist() == sorted(table.column("origin_id").to_pylist())
    assert 0 < min(table.column("suspicion").to_pylist()) < max(table.column("suspicion").to_pylist()) < 1


def test_neither_workers_nor_parts_nor_a_second_run_change_a_byte(
    project: tuneset.Project, tmp_path: Path
) -> None:
    other = labelled(tmp_path)
    build = other.build(workers=2, part_bytes=4_000)
    whole = (project.latest_build().dir / "suspicion.parquet").read_bytes()
    assert (build.dir / "suspicion.parquet").read_bytes() == whole


def test_reviews_of_a_random_sample_turn_suspicion_into_a_probability(tmp_path: Path) -> None:
    project = labelled(tmp_path, extra="suspicion: {reviews: reviews.jsonl}\n")
    (tmp_path / "reviews.jsonl").write_text("")
    before = project.build(workers=1)
    assert "p_wrong" in {entry["signal"] for entry in could_not_run(before)}
    verdicts = before.verdicts(["origin_id", "content_id", "outcome"]).to_pylist()
    worst = {entry.origin_id for entry in suspects(before, top=2)}
    decisions = [
        {
            "origin_id": row["origin_id"].hex(),
            "content_id": row["content_id"].hex(),
            "wrong": row["origin_id"].hex() in worst,
            "stratum": "uniform",
        }
        for row in verdicts
        if row["outcome"] != "dropped"
    ]
    stale = [{**decision, "content_id": "0" * 32, "wrong": True} for decision in decisions]
    (tmp_path / "reviews.jsonl").write_text("\n".join(json.dumps(d) for d in [*stale, *decisions]))
    after = project.build(workers=1)
    assert after.fingerprint != before.fingerprint
    top = suspects(after, top=3)
    assert [entry.p_wrong for entry in top[:2]] == [1.0, 1.0]
    assert after.summary["suspicion"]["expected_wrong"] == pytest.approx(2, abs=0.1)
    (tmp_path / "reviews.jsonl").write_text("\n".join(json.dumps(d) for d in stale))
    assert (
        "stale"
        in next(e for e in could_not_run(project.build(workers=1)) if e["signal"] == "p_wrong")["reason"]
    )


@pytest.mark.parametrize(
    "line", ['{"origin_id": "ab"}', "no json", '{"origin_id": 3, "content_id": 4, "wrong": 1}']
)
def test_a_line_that_is_no_decision_is_named_by_its_place(tmp_path: Path, line: str) -> None:
    project = labelled(tmp_path, extra="suspicion: {reviews: reviews.jsonl}\n")
    with pytest.raises(SpecError, match="cannot read the file"):
        project.build(workers=1)
    (tmp_path / "reviews.jsonl").write_text(f"\n{line}\n")
    with pytest.raises(InputError) as caught:
        project.build(workers=1)
    assert caught.value.where == f"{tmp_path / 'reviews.jsonl'}:2"


def test_suspicion_can_be_left_off(tmp_path: Path) -> None:
    project = labelled(tmp_path, extra="suspicion: {enabled: false}\n")
    build = project.build(workers=1)
    assert build.suspicion() is None
    assert [entry["status"] for entry in could_not_run(build)] == ["off"]
    with pytest.raises(UsageError, match="did not look"):
        suspects(build, top=3)


def test_an_unknown_signal_is_refused_with_those_that_exist(project: tuneset.Project) -> None:
    with pytest.raises(UsageError) as caught:
        suspects(project.latest_build(), top=3, signal="lengths")
    assert "length" in (caught.value.fix or "")
    assert suspects(project.latest_build(), top=3, signal="tool_arguments") == []
    assert suspects(project.latest_build(), top=3, signal="confidence")
