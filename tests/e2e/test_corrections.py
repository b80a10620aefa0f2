"""A person's correction, from the log of an observability tool to the pair that a trainer reads."""

from pathlib import Path

import orjson
import pytest

import tuneset
from tuneset.build.explain import explain, redacted_text

QUESTION = "Which pier does the ferry to Borkum leave from?"
LANGFUSE = {
    "id": "o1",
    "traceId": "t1",
    "type": "GENERATION",
    "input": {"messages": [{"role": "user", "content": QUESTION}]},
    "output": {"role": "assistant", "content": "From pier 4, ask mia@ferry.example."},
    "scores": [
        {"dataType": "CORRECTION", "name": "output", "stringValue": "From pier 7."},
        {"dataType": "BOOLEAN", "name": "thumbs", "value": 0},
    ],
}
LANGSMITH = {
    "id": "r1",
    "run_type": "llm",
    "trace_id": "t1",
    "inputs": {"messages": [{"role": "user", "content": QUESTION}]},
    "outputs": {"role": "assistant", "content": "From pier 4, ask mia@ferry.example."},
    "feedback": [{"key": "thumbs", "score": 0, "correction": {"output": "From pier 7."}}],
}
PHOENIX = {
    "name": "llm",
    "span_kind": "LLM",
    "context": {"trace_id": "a1", "span_id": "b1"},
    "attributes": {
        "openinference": {"span": {"kind": "LLM"}},
        "llm": {
            "input_messages": [{"message": {"role": "user", "content": QUESTION}}],
            "output_messages": [
                {"message": {"role": "assistant", "content": "From pier 4, ask mia@ferry.example."}}
            ],
        },
    },
    "annotations": [
        {"name": "correction", "annotator_kind": "HUMAN", "result": {"explanation": "From pier 7."}},
        {"name": "thumbs", "annotator_kind": "HUMAN", "result": {"score": 0}},
    ],
}


def _project(directory: Path, record: dict) -> tuneset.Project:
    (directory / "log.jsonl").write_bytes(orjson.dumps(record) + b"\n")
    (directory / "tuneset.yaml").write_text(
        "name: ferry\nsources: [{path: log.jsonl}]\nsplit: {validation: 0, test: 0}\n"
        "export: [trl, trl-dpo, trl-kto]\n"
    )
    return tuneset.open(directory)


@pytest.mark.parametrize("record", [LANGFUSE, LANGSMITH, PHOENIX], ids=["langfuse", "langsmith", "phoenix"])
def test_a_correction_is_taught_and_its_original_is_the_worse_side(tmp_path: Path, record: dict) -> None:
    project = _project(tmp_path, record)
    build = project.build(workers=1)
    [row] = [row for table in build.kept() for row in table.to_pylist()]
    assert (row["kind"], row["output"]) == ("corrected", "From pier 7.")
    targets = project.release().dir / "targets"
    pair = orjson.loads((targets / "trl-dpo" / "train.jsonl").read_bytes())
    assert pair["chosen"] == [{"role": "assistant", "content": "From pier 7."}]
    assert pair["rejected"] == [{"role": "assistant", "content": "From pier 4, ask [EMAIL_1]."}]
    assert b"pier 4" not in (targets / "trl" / "train.jsonl").read_bytes()


def test_the_original_is_the_parent_that_explain_tells_and_shows(tmp_path: Path) -> None:
    build = _project(tmp_path, LANGFUSE).build(workers=1)
    [life] = explain(build, "log.jsonl:1")
    said = [step.words for step in life.steps if step.stage == "ingest"]
    assert said == ["corrected by a person; the original answer is kept as the rejected side"]
    assert redacted_text(build, life)[-1] == "  rejected: From pier 4, ask [EMAIL_1]."
    assert build.summary["edited_by_reason"]["ingest/corrected"] == 1


@pytest.mark.parametrize("record", [LANGFUSE, LANGSMITH, PHOENIX], ids=["langfuse", "langsmith", "phoenix"])
def test_a_thumb_on_the_original_is_none_on_its_correction(tmp_path: Path, record: dict) -> None:
    project = _project(tmp_path, record)
    project.build(workers=1)
    kto = project.release().dir / "targets" / "trl-kto"
    assert b"thumb.absent" in (kto / "left_out.jsonl").read_bytes()
    assert not (kto / "train.jsonl").exists() or not (kto / "train.jsonl").read_bytes()


def _kto(*rows: tuple[str, str, bool]) -> list[dict]:
    return [
        {
            "prompt": [{"role": "user", "content": asked}],
            "completion": [{"role": "assistant", "content": said}],
            "label": label,
        }
        for asked, said, label in rows
    ]


def test_rows_for_kto_come_out_as_they_went_in_and_only_the_good_ones_are_taught(tmp_path: Path) -> None:
    rows = _kto(
        (QUESTION, "From pier 7.", True),
        (QUESTION, "From pier 4.", False),
        (QUESTION, "From pier 5.", False),
        ("Is there a kiosk on the ferry?", "No idea.", False),
    )
    (tmp_path / "kto.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    (tmp_path / "tuneset.yaml").write_text(
        "name: ferry\nsources: [{path: kto.jsonl}]\nsplit: {validation: 0, test: 0}\n"
        "export: [trl-kto, trl, openai, llama-factory, mlx-lm, trl-prompt-completion, trl-dpo]\n"
    )
    project = tuneset.open(tmp_path)
    build = project.build(workers=1)
    assert (build.summary["kept"], build.summary["hard_conflicts"]) == (4, 0)
    assert build.summary["edited_by_reason"]["clean/disliked"] == 3
    targets = project.release().dir / "targets"
    written = [orjson.loads(line) for line in (targets / "trl-kto" / "train.jsonl").read_bytes().splitlines()]
    assert sorted(map(orjson.dumps, written)) == sorted(map(orjson.dumps, rows))
    for target in ("trl", "openai", "llama-factory", "mlx-lm", "trl-prompt-completion"):
        (line,) = (targets / target / "train.jsonl").read_bytes().splitlines()
        assert b"From pier 7." in line
        assert len((targets / target / "left_out.jsonl").read_bytes().splitlines()) == 3


DOWN = [
    {**LANGFUSE, "scores": [{"name": "user-feedback", "value": 0, "dataType": "BOOLEAN"}]},
    {**LANGSMITH, "feedback": [{"key": "user_feedback", "score": 0}]},
    {
        **PHOENIX,
        "annotations": [{"name": "thumbs", "annotator_kind": "HUMAN", "result": {"label": "thumbs-down"}}],
    },
    {
        "messages": [
            {"role": "user", "content": QUESTION},
            {"role": "assistant", "content": "From pier 4, ask mia@ferry.example."},
        ],
        "feedback": {"rating": "bad"},
    },
]


@pytest.mark.parametrize("record", DOWN, ids=["langfuse", "langsmith", "phoenix", "openai-chat"])
def test_a_thumb_down_in_a_log_means_what_it_means_in_rows_for_kto(tmp_path: Path, record: dict) -> None:
    project = _project(tmp_path, record)
    project.build(workers=1)
    targets = project.release().dir / "targets"
    (line,) = (targets / "trl-kto" / "train.jsonl").read_bytes().splitlines()
    assert orjson.loads(line)["label"] is False
    assert b"mask.not-honoured" in (targets / "trl" / "left_out.jsonl").read_bytes()
