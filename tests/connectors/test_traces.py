"""Logs of observability tools: each sample is sniffed as its own format and read to the last record."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

import tuneset
from connectors.reading import Reading, only_file, read_file, read_text
from tuneset.connectors.sniff import sniff
from tuneset.core.errors import InputError
from tuneset.core.registry import CONNECTORS, load

TRACES = Path(__file__).parent / "traces"
GOLDEN = Path(__file__).parents[1] / "golden"
FORMATS = {
    "langfuse": "langfuse.jsonl",
    "langsmith": "langsmith.jsonl",
    "phoenix": "phoenix.jsonl",
    "otlp": "otlp.jsonl",
    "helicone": "helicone.jsonl",
    "litellm": "litellm.jsonl",
    "vercel-ai": "vercel_ai.jsonl",
}


def _records(name: str) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (TRACES / FORMATS[name]).read_bytes().splitlines()]


def _written(reading: Reading) -> bytes:
    """Every example and every reject, a line each."""
    columns = ("line", "conversation", "user", "captured_at", "model", "finish_reason", "kind")
    rows = reading.table.to_pylist()
    said = [
        {
            **{name: row[name] for name in columns},
            "messages": messages,
            **{name: orjson.loads(row[name] or "null") for name in ("tools", "feedback", "extra")},
        }
        for row, messages in zip(rows, reading.messages, strict=True)
    ]
    rejects = [
        {"line": line, "reason": reason, "detail": detail}
        for (line, reason), detail in zip(reading.rejects, reading.details, strict=True)
    ]
    return b"".join(orjson.dumps(entry) + b"\n" for entry in [*said, *rejects])


@pytest.mark.parametrize("name", FORMATS)
def test_every_sample_is_read_as_it_was_written_down_once(name: str) -> None:
    connector = load(CONNECTORS, name)()
    golden = GOLDEN / f"{name}.v{connector.version}.jsonl"
    written = _written(read_file(TRACES / FORMATS[name], connector=name))
    if os.environ.get("TUNESET_WRITE_GOLDEN"):
        golden.write_bytes(written)
    assert written == golden.read_bytes()


@pytest.mark.parametrize("name", FORMATS)
def test_every_sample_is_sniffed_as_its_own_format(name: str, tmp_path: Path) -> None:
    for i, record in enumerate(_records(name)):
        path = tmp_path / f"{i}.jsonl"
        path.write_bytes(orjson.dumps(record) + b"\n")
        if name == "langfuse" or load(CONNECTORS, name)().recognises(record):
            assert sniff(only_file(path)).connector == name
    assert sniff(only_file(TRACES / FORMATS[name])).connector == name


@pytest.mark.parametrize("path", sorted((Path(__file__).parent / "fixtures").iterdir()), ids=lambda p: p.name)
def test_no_other_sample_is_taken_for_a_trace(path: Path) -> None:
    mine = path.stem.startswith("litellm")
    try:
        found = sniff(only_file(path)).connector
    except InputError:  # a file that holds no logs, such as the requests of a batch
        found = None
    assert (found in FORMATS) == mine


def test_files_of_all_formats_build_together(tmp_path: Path) -> None:
    sources, read = [], 0
    for name, file in FORMATS.items():
        (tmp_path / file).write_bytes((TRACES / file).read_bytes())
        sources.append(f"  - path: {file}\n    name: {name}\n    format: {name}\n")
        read += read_file(TRACES / file, connector=name).read
    spec = "name: depot\ntask: instruction\nsources:\n" + "".join(sources)
    (tmp_path / "tuneset.yaml").write_text(spec)
    build = tuneset.open(tmp_path).build(workers=1)
    kept = [row for table in build.kept() for row in table.select(["source", "kind"]).to_pylist()]
    assert {row["source"] for row in kept} == set(FORMATS)
    assert "corrected" in {row["kind"] for row in kept}
    assert build.summary["read"] == read


# --- Langfuse ---------------------------------------------------------------------------------------------


def test_a_trace_lends_its_session_user_and_tags_to_its_calls() -> None:
    reading = read_file(TRACES / "langfuse_trace.json")
    assert (reading.read, reading.table.num_rows) == (5, 2)
    assert len(set(reading.column("conversation"))) == 1
    assert None not in reading.column("user")
    assert all(reading.extra(row)["tags"] == ["agent"] for row in range(2))


def test_a_call_that_two_instrumentations_recorded_is_one_example() -> None:
    reading = read_file(TRACES / "langfuse_trace.json")
    assert Counter(reading.reasons) == {"not-a-model-call": 2, "repeated-call": 1}
    assert reading.messages[0][0] == {"role": "user", "content": "Is gate 2 free?"}


def test_a_correction_of_a_trace_is_the_answer_of_its_last_call() -> None:
    reading = read_file(TRACES / "langfuse_trace.json")
    assert reading.column("kind") == ["production", "corrected"]
    assert reading.messages[1][-1]["content"] == "Gate 2 is free until nine."
    assert reading.extra(1)["rejected"] == {"role": "assistant", "content": "Gate 2 is free."}


def test_ids_of_reviewers_are_not_in_the_feedback() -> None:
    for path in (TRACES / "langfuse_trace.json", *(TRACES / name for name in FORMATS.values())):
        assert b"reviewer-" not in _written(read_file(path))


def test_tools_that_stand_among_the_messages_are_offered_tools() -> None:
    reading = read_file(TRACES / "langfuse_trace.json")
    assert [message["role"] for message in reading.messages[1]] == ["user", "assistant", "tool", "assistant"]
    assert orjson.loads(reading.column("tools")[1])[0]["function"]["name"] == "gate"


def test_the_state_of_a_framework_does_not_repeat_the_question_in_the_answer(tmp_path: Path) -> None:
    said = [{"type": "human", "content": "Where?", "id": None}, {"type": "ai", "content": "Here."}]
    record = {
        "id": "o",
        "traceId": "t",
        "type": "GENERATION",
        "input": {"messages": said[:1]},
        "output": {"messages": [{**said[0], "id": "x1"}, said[1]]},
    }
    reading = read_text(orjson.dumps(record), tmp_path, connector="langfuse")
    assert [message["content"] for message in reading.messages[0]] == ["Where?", "Here."]


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("system: Be brief.\nuser: Hello", ["system", "user"]),
        ("user: Hello", ["user"]),
        ("system: a\nuser: b\nsystem: c", ["user"]),
        ("Dear all,\nsystem: a\nuser: b", ["user"]),
    ],
)
def test_a_transcript_is_taken_apart_only_where_nothing_can_be_mistaken(
    text: str, roles: list[str], tmp_path: Path
) -> None:
    record = {"id": "o", "traceId": "t", "type": "GENERATION", "input": text, "output": "Yes."}
    reading = read_text(orjson.dumps(record), tmp_path, connector="langfuse")
    assert [message["role"] for message in reading.messages[0]] == [*roles, "assistant"]


@pytest.mark.parametrize(
    "output",
    ['{"gate": 2}', "[1, 2]", "17", "null and void", '{"role": "manager", "name": "x"}', '["a", "b"]'],
)
def test_an_answer_in_json_stays_the_text_that_it_was(output: str, tmp_path: Path) -> None:
    record = {"id": "o", "traceId": "t", "type": "GENERATION", "input": "Which?", "output": output}
    reading = read_text(orjson.dumps(record), tmp_path, connector="langfuse")
    assert reading.messages[0][-1] == {"role": "assistant", "content": output}


# --- spans ------------------------------------------------------------------------------------------------


def test_ids_of_otlp_are_hexadecimal_and_group_the_calls_of_a_trace() -> None:
    reading = read_file(TRACES / "otlp.jsonl")
    traces = Counter(reading.column("conversation"))
    assert max(traces.values()) >= 3
    assert all(len(key) == 32 for key in traces)


def test_otlp_lends_its_resource_and_scope_to_its_spans() -> None:
    reading = read_file(TRACES / "otlp.jsonl")
    assert reading.extra(0)["resource"] == {"service.name": "support-bot"}
    assert reading.extra(1)["scope"]["name"] == "depot.tracer"


def test_a_document_of_otlp_and_its_lines_give_the_same_examples(tmp_path: Path) -> None:
    record = _records("otlp")[1]
    (tmp_path / "a.json").write_bytes(orjson.dumps(record, option=orjson.OPT_INDENT_2))
    (tmp_path / "b.jsonl").write_bytes(orjson.dumps(record))
    document, lines = read_file(tmp_path / "a.json"), read_file(tmp_path / "b.jsonl")
    assert document.messages == lines.messages
    assert document.reasons == lines.reasons


def test_a_list_of_messages_with_a_gap_is_not_taken_for_the_whole() -> None:
    reading = read_file(TRACES / "phoenix.jsonl")
    assert "content-not-recorded" in reading.reasons
    assert not any(message.get("content") == "Gate?" for turns in reading.messages for message in turns)


def test_only_the_inner_spans_of_the_ai_sdk_are_calls() -> None:
    reading = read_file(TRACES / "vercel_ai.jsonl")
    assert Counter(reading.reasons) == {"not-a-model-call": 2, "content-not-recorded": 1}


# --- LangSmith --------------------------------------------------------------------------------------------


def test_the_project_of_a_run_is_no_conversation() -> None:
    reading = read_file(TRACES / "langsmith.jsonl")
    assert reading.extra(1)["session_id"] == "project-1"
    assert "thread-5" not in orjson.dumps(reading.extra(1)).decode()


def test_calls_keep_the_arguments_that_the_model_wrote() -> None:
    reading = read_file(TRACES / "langsmith.jsonl")
    [call] = reading.messages[1][2]["tool_calls"]
    assert call["function"]["arguments"] == '{"a": 3, "b": 4}'


def test_runs_inside_a_run_are_read() -> None:
    reading = read_file(TRACES / "langsmith.jsonl")
    assert reading.read == len(_records("langsmith")) + 1


# --- hostile input ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_no_reject_of_a_trace_repeats_a_word_of_it(name: str, tmp_path: Path) -> None:
    canary = "kanarienvogel"

    def planted(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: planted(entry, name) for name, entry in value.items()}
        if isinstance(value, list):
            return [planted(entry, key) for entry in value]
        return value if key in ("type", "run_type", "span_kind", "key", "call_type") else canary

    lines = [orjson.dumps(planted(record)) for record in _records(name)]
    reading = read_text(b"\n".join(lines), tmp_path, connector=name)
    assert reading.rejects
    assert canary not in repr(reading.details)
