"""Recorded calls of providers: what becomes of each body, and of the files around them."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.provider_samples import (
    ANTHROPIC_STREAM,
    BAD,
    CHAT_STREAM,
    CHATML,
    LLAMA3,
    SAMPLES,
    ask,
    batch_line,
    chunk,
    completion,
    delta,
    message,
    piece,
    response,
    sse,
)
from connectors.reading import KEY, Reading, only_file, read_file, read_records
from tuneset.connectors.calls.stream import reassembled, stream
from tuneset.connectors.calls.text import prompted
from tuneset.connectors.sniff import sniff
from tuneset.core.errors import Rejected
from tuneset.core.ids import keyed

GOLDEN = Path(__file__).parents[1] / "golden"
FIXTURES = Path(__file__).parent / "fixtures"
CALL = {"id": "toolu_1", "type": "function", "function": {"name": "track", "arguments": '{"n":17}'}}


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_read_is_what_was_read_once(name: str, tmp_path: Path) -> None:
    """Run with `TUNESET_WRITE_GOLDEN=1` to write the files anew; other bytes need another version."""
    from tuneset.core import registry

    records = [*SAMPLES[name], *(record for record, _, _ in BAD[name])]
    lines = b"".join(_golden_lines(read_records(records, tmp_path, connector=name)))
    path = GOLDEN / f"{name}.v{registry.load(registry.CONNECTORS, name)().version}.jsonl"
    if os.environ.get("TUNESET_WRITE_GOLDEN"):
        path.write_bytes(lines)
    assert lines == path.read_bytes()


def _golden_lines(reading: Reading) -> Iterator[bytes]:
    masks = [[turn["train"] for turn in messages] for messages in reading.column("messages")]
    rows = reading.table.drop_columns(["origin_id", "content_id", "messages", "tags", "output"]).to_pylist()
    for row, messages, mask in zip(rows, reading.messages, masks, strict=True):
        said = {key: value for key, value in row.items() if value is not None}
        for key in ("tools", "extra", "feedback"):
            if key in said:
                said[key] = orjson.loads(said[key])
        yield orjson.dumps({"messages": messages, "train": all(mask), **said}) + b"\n"
    for (line, reason), detail in zip(reading.rejects, reading.details, strict=True):
        yield orjson.dumps({"line": line, "reason": reason, "detail": detail}) + b"\n"


@pytest.mark.parametrize(
    ("name", "record", "reason", "detail"),
    [
        pytest.param(name, *bad, id=f"{name}-{number}-{bad[1]}")
        for name, some in BAD.items()
        for number, bad in enumerate(some)
    ],
)
def test_what_is_no_example_is_rejected_with_its_reason(
    name: str, record: dict, reason: str, detail: str, tmp_path: Path
) -> None:
    reading = read_records([record], tmp_path, connector=name)
    assert (reading.reasons, reading.details) == ([reason], [detail])


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_sniffed_as_its_own_format(name: str, tmp_path: Path) -> None:
    for number, record in enumerate(SAMPLES[name]):
        path = tmp_path / f"{number}.jsonl"
        path.write_bytes(orjson.dumps(record) + b"\n")
        assert sniff(only_file(path)).connector == name


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("anthropic_batch_output.jsonl", "anthropic-batch"),
        ("anthropic_log.jsonl", "anthropic-messages"),
        ("bedrock_invocation_log.jsonl", "bedrock-invocation"),
        ("bedrock_nova.jsonl", "bedrock-converse"),
        ("gemini_sft.jsonl", "gemini-contents"),
        ("openai_batch_output.jsonl", "openai-batch"),
        ("openai_responses_pair.jsonl", "openai-responses"),
        ("openai_stored_completion.jsonl", "openai-stored"),
        ("mistral_sft.jsonl", "openai-chat"),  # Mistral's rows are OpenAI's
        ("openai_sft.jsonl", "openai-chat"),
        ("litellm_payload.jsonl", None),
    ],
)
def test_files_of_providers_are_sniffed_as_their_own_format(file: str, name: str | None) -> None:
    found = sniff(only_file(FIXTURES / file)).connector
    assert found == name or (name is None and found not in SAMPLES)


# Anthropic


def test_blocks_become_messages_calls_and_results_in_their_order(tmp_path: Path) -> None:
    [messages] = read_records(SAMPLES["anthropic-messages"][:1], tmp_path).messages
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
    today = {"id": "toolu_2", "type": "function", "function": {"name": "today", "arguments": "{}"}}
    assert messages == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Parcel 17?"}, image]},
        {"role": "assistant", "content": "One moment.", "tool_calls": [CALL, today]},
        {"role": "tool", "tool_call_id": "toolu_1", "content": "Lyon"},
        {"role": "tool", "tool_call_id": "toolu_2", "content": "late"},
        {"role": "user", "content": "And?"},
        {"role": "assistant", "content": "In Lyon."},
    ]


def test_thoughts_are_kept_apart_and_what_is_sealed_is_dropped(tmp_path: Path) -> None:
    reading = read_records(SAMPLES["anthropic-messages"][:1], tmp_path)
    assert reading.extra()["messages"] == {
        "2": {"reasoning_content": "Look it up."},
        "4": {"is_error": True},
    }
    text = orjson.dumps(reading.messages).decode() + reading.column("extra")[0]
    assert "c2ln" not in text
    assert "b3BhcXVl" not in text


def test_an_answer_begun_in_the_request_is_one_turn(tmp_path: Path) -> None:
    [messages] = read_records(SAMPLES["anthropic-messages"][1:2], tmp_path).messages
    assert messages == [ask(), {"role": "assistant", "content": "It is in Lyon."}]


def test_ids_times_and_parameters_find_their_places(tmp_path: Path) -> None:
    reading = read_records(SAMPLES["anthropic-messages"][:1], tmp_path)
    assert reading.column("user") == [keyed("u-7", key=KEY)]
    assert (reading.column("model"), reading.column("finish_reason")) == (["c-2026"], ["end_turn"])
    extra = reading.extra()
    assert extra["request"] == {"max_tokens": 99, "model": "c"}
    assert extra["response"]["usage"] == {"input_tokens": 9, "output_tokens": 4}
    [function, search] = orjson.loads(reading.column("tools")[0])
    assert function["function"] == {
        "name": "track", "description": "Where a parcel is", "parameters": {"type": "object"},
    }  # fmt: skip
    assert search == {"type": "web_search_20250305", "name": "web_search"}


# Responses


def test_items_become_messages_calls_and_results_in_their_order(tmp_path: Path) -> None:
    reading = read_records(SAMPLES["openai-responses"][:1], tmp_path)
    calls = [
        {"id": "c1", "type": "function", "function": {"name": "track", "arguments": '{ "n": 17 }'}},
        {"id": "c2", "type": "function", "function": {"name": "today", "arguments": "{}"}},
    ]
    image = {"type": "image_url", "image_url": {"url": "https://x.example/p.png"}}
    assert reading.messages == [
        [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Parcel 17?"}, image]},
            {"role": "assistant", "content": None, "tool_calls": calls},
            {"role": "tool", "tool_call_id": "c1", "content": "Lyon"},
            {"role": "tool", "tool_call_id": "c2", "content": "Monday"},
            {"role": "assistant", "content": "In Lyon."},
        ]
    ]
    assert reading.extra()["messages"] == {"2": {"reasoning_content": "Look it up."}}
    assert reading.column("conversation") == [keyed("resp_1", key=KEY)]
    assert reading.column("user") == [keyed("u-7", key=KEY)]
    function = orjson.loads(reading.column("tools")[0])[0]["function"]
    assert (function["name"], function["strict"]) == ("track", True)


def test_a_response_and_the_next_one_have_the_same_conversation(tmp_path: Path) -> None:
    first = response(id="resp_1", input="Parcel 17?")
    second = response(id="resp_2", input="And 18?", previous_response_id="resp_1")
    reading = read_records([first, second], tmp_path)
    assert len(set(reading.column("conversation"))) == 1


def test_an_incomplete_response_keeps_why_it_stopped(tmp_path: Path) -> None:
    reading = read_records(SAMPLES["openai-responses"][1:2], tmp_path)
    assert reading.column("finish_reason") == ["max_output_tokens"]


def test_a_referred_thought_is_no_gap_in_the_conversation(tmp_path: Path) -> None:
    asked = [{"type": "item_reference", "id": "rs_1"}, {"role": "user", "content": "Parcel 17?"}]
    reading = read_records([{"request": {"input": asked}, "response": response()}], tmp_path)
    assert [turn["role"] for turn in reading.messages[0]] == ["user", "assistant"]


# Streams


def _whole(events: Any) -> Any:
    found = stream(events)
    assert found is not None
    return reassembled(found)


@pytest.mark.parametrize("recorded", [sse(*CHAT_STREAM), sse(*CHAT_STREAM, done=True), CHAT_STREAM,
    [orjson.dumps(event).decode() for event in CHAT_STREAM], [sse(event) for event in CHAT_STREAM],
    sse(*CHAT_STREAM).replace("\n", "\r\n"), ": keep-alive\n\n" + sse(*CHAT_STREAM)])  # fmt: skip
def test_chunks_of_several_choices_and_calls_add_up(recorded: object) -> None:
    body = _whole(recorded)
    assert (body["id"], body["model"], body["usage"]["total_tokens"]) == ("chatcmpl-1", "m-2026", 13)
    first, second = body["choices"]
    assert [call["function"] for call in first["message"]["tool_calls"]] == [
        {"name": "track", "arguments": '{"n": 17}'},
        {"name": "today", "arguments": "{}"},
    ]
    assert [call["id"] for call in first["message"]["tool_calls"]] == ["c1", "c2"]
    assert (first["finish_reason"], second["finish_reason"]) == ("tool_calls", "stop")
    assert second["message"]["content"] == "In Lyon."


def test_the_letters_of_a_stream_are_those_of_its_pieces() -> None:
    """U+2028 is a line end to Python and none to a stream."""
    text = "a\u2028b\u0085c\r\n d "
    body = _whole(sse(*(chunk(delta(content=letter)) for letter in text), chunk(delta(stop="stop"))))
    assert body["choices"][0]["message"]["content"] == text


def test_a_name_that_a_server_repeats_is_said_once_and_one_in_pieces_is_whole() -> None:
    repeated = [piece('{"n"', name="track", id="c1"), piece(":1}", name="track", id="c1")]
    pieces = [piece("", name="tra", id="c1"), piece("", name="ck", id="")]
    for some in (repeated, pieces):
        body = _whole(
            [*(chunk(delta(tool_calls=[entry])) for entry in some), chunk(delta(stop="tool_calls"))]
        )
        [call] = body["choices"][0]["message"]["tool_calls"]
        assert (call["function"]["name"], call["id"]) == ("track", "c1")


def test_events_of_anthropic_add_up_and_arguments_stay_as_written(tmp_path: Path) -> None:
    reading = read_records(SAMPLES["anthropic-messages"][-1:], tmp_path)
    called = {**CALL, "function": {"name": "track", "arguments": '{"n": 17}'}}
    assert reading.messages[0][-1] == {
        "role": "assistant",
        "content": "I look it up.",
        "tool_calls": [called],
    }
    assert reading.extra()["messages"] == {"1": {"reasoning_content": "Parcels have numbers."}}
    assert reading.extra()["response"]["usage"] == {"input_tokens": 9, "output_tokens": 21}
    assert reading.column("finish_reason") == ["tool_use"]


@pytest.mark.parametrize(
    "events", [CHAT_STREAM[:-2], ANTHROPIC_STREAM[:-2], CHAT_STREAM[:1] + CHAT_STREAM[5:6]]
)
def test_a_stream_that_is_cut_off_is_unfinished(events: list) -> None:
    with pytest.raises(Rejected) as outcome:
        _whole(events)
    assert outcome.value.reason == "unfinished"


def test_a_stream_with_its_end_and_no_reason_is_kept_without_one(tmp_path: Path) -> None:
    recorded = {
        "request": {"messages": [ask()]},
        "response": sse(chunk(delta(content="In Lyon.")), done=True),
    }
    reading = read_records([recorded], tmp_path)
    assert (reading.messages[0][-1]["content"], reading.column("finish_reason")) == ("In Lyon.", [None])


def test_records_with_streams_are_not_changed_by_reading() -> None:
    before = orjson.dumps([CHAT_STREAM, ANTHROPIC_STREAM])
    _whole(CHAT_STREAM)
    _whole(ANTHROPIC_STREAM)
    assert orjson.dumps([CHAT_STREAM, ANTHROPIC_STREAM]) == before


@pytest.mark.parametrize("pieces", [
    [chunk(delta(tool_calls=[piece("x", index)])) for index in range(30_000)],
    [chunk(delta(tool_calls=[piece("x", name="a")])) for _ in range(30_000)],
    [chunk(delta(reasoning_details=[{"text": "a"}])) for _ in range(30_000)],
    [chunk(delta(content="a" * 50)) for _ in range(30_000)],
])  # fmt: skip
def test_many_pieces_cost_no_more_than_their_number(pieces: list) -> None:
    """Counted by steps would be better; a square of 30,000 would take minutes and be noticed."""
    _whole([*pieces, chunk(delta(stop="stop"))])


# Cassettes


def test_headers_and_queries_are_not_kept(tmp_path: Path) -> None:
    for record in SAMPLES["recorded-pairs"][-2:]:
        reading = read_records([record], tmp_path)
        text = orjson.dumps(reading.table.drop_columns(["origin_id", "content_id"]).to_pylist(), default=str)
        assert b"hidden" not in text
        assert b"x-api-key" not in text
        assert reading.column("captured_at")[0] is not None
        assert reading.messages[0][-1] == {"role": "assistant", "content": "In Lyon."}


def test_what_the_record_says_goes_before_what_its_bodies_say(tmp_path: Path) -> None:
    record = {
        "request": {"messages": [ask()], "user": "asked", "model": "alias"},
        "response": completion(user="answered"), "user_id": "said", "thread_id": "t",
    }  # fmt: skip
    reading = read_records([record], tmp_path, connector="recorded-pairs")
    assert reading.column("user") == [keyed("said", key=KEY)]
    assert reading.column("conversation") == [keyed("t", key=KEY)]
    assert reading.column("model") == ["m-2026"]


# Prompts


def test_a_rendered_prompt_is_taken_apart_and_any_other_is_one_turn() -> None:
    assert prompted(CHATML) == [{"role": "system", "content": "Be brief."}, ask("Parcel 17?")]
    assert prompted(LLAMA3) == [ask("Parcel 17?")]
    for other in (
        "Parcel 17?",
        CHATML + "Well,",
        CHATML[:-12],
        "x" + CHATML,
        CHATML.replace("user", "owl"),
        "",
    ):
        assert prompted(other) == [ask(other)]


# Batches


def batch(folder: Path, *, lines: int = 3, **asked: Any) -> None:
    folder.mkdir(exist_ok=True)
    requests = [{"custom_id": f"r-{n}", "body": {"messages": [ask(f"Parcel {n}?")]}} for n in range(lines)]
    results = [batch_line(custom_id=f"r-{n}") for n in range(lines + 1)]
    for name, records in (("in", requests), ("out", results)):
        (folder / f"{name}.jsonl").write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in records))


def built(root: Path, source: str) -> Any:
    import tuneset

    (root / "tuneset.yaml").write_text(f"name: b\ntask: instruction\nsources:\n  - {source}\n")
    return tuneset.open(root).build(workers=1)


def first_questions(build: Any) -> list[str]:
    [examples] = build.kept()
    return sorted(messages[0]["content"] for messages in examples.column("messages").to_pylist())


@pytest.mark.parametrize(
    "source", ["{path: logs}", "{path: 'logs/*.jsonl'}", "{path: logs/out.jsonl, requests: logs/in.jsonl}",
               "{path: logs, requests: logs/in.jsonl, format: openai-batch}"]
)  # fmt: skip
def test_results_of_a_batch_are_joined_to_their_requests(tmp_path: Path, source: str) -> None:
    batch(tmp_path / "logs")
    build = built(tmp_path, source)
    assert first_questions(build) == ["Parcel 0?", "Parcel 1?", "Parcel 2?"]
    assert build.summary["sources"][0]["why"].endswith("requests from logs/in.jsonl")
    assert build.summary["rejects_by_reason"] == {"no-request": 1}


def test_results_without_their_requests_are_rejected_and_it_is_said(tmp_path: Path) -> None:
    batch(tmp_path / "logs")
    import tuneset

    (tmp_path / "tuneset.yaml").write_text(
        "name: b\ntask: instruction\nsources:\n  - {path: logs/out.jsonl}\n"
    )
    [file] = tuneset.open(tmp_path).plan().files
    assert file.why.endswith("their requests are not found: set `requests`")
    reading = read_file(tmp_path / "logs" / "out.jsonl")
    assert reading.reasons == ["no-request"] * 4


def test_other_requests_make_another_build_and_only_their_bytes_count(tmp_path: Path) -> None:
    batch(tmp_path / "logs")
    source = "{path: logs/out.jsonl, name: s, requests: 'logs/in*.jsonl'}"
    first = built(tmp_path, source)
    path = tmp_path / "logs" / "in.jsonl"
    path.touch()
    assert built(tmp_path, source).fingerprint == first.fingerprint
    path.write_bytes(path.read_bytes().replace(b"Parcel 1?", b"Parcel 9?"))
    again = built(tmp_path, source)
    assert again.fingerprint != first.fingerprint
    assert "Parcel 9?" in first_questions(again)


def test_an_id_with_two_different_requests_joins_nothing(tmp_path: Path) -> None:
    batch(tmp_path / "logs")
    lines = (tmp_path / "logs" / "in.jsonl").read_bytes()
    (tmp_path / "logs" / "same.jsonl").write_bytes(lines.splitlines(keepends=True)[0])
    (tmp_path / "logs" / "other.jsonl").write_bytes(
        lines.splitlines(keepends=True)[1].replace(b"Parcel", b"Letter")
    )
    assert first_questions(built(tmp_path, "{path: logs}")) == ["Parcel 0?", "Parcel 2?"]


def test_a_proposed_spec_names_the_requests_it_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tuneset.build.scaffold.look import look

    batch(tmp_path / "logs", lines=20)
    [seen] = look([str(tmp_path / "logs")], root=tmp_path).sources
    assert (seen.source.format, seen.source.requests) == ("openai-batch", "logs/in.jsonl")
    assert seen.examples.num_rows == 20


@pytest.mark.parametrize("name", SAMPLES)
def test_a_build_reads_the_format_from_end_to_end(tmp_path: Path, name: str) -> None:
    (tmp_path / "logs").mkdir()
    lines = [orjson.dumps(record) + b"\n" for record in SAMPLES[name]]
    (tmp_path / "logs" / "day.jsonl").write_bytes(b"".join(lines))
    build = built(tmp_path, "{path: logs}")
    assert build.summary["sources"][0]["connector"] == name
    assert build.summary["read"] >= len(lines)
    assert not build.summary["rejected"]


def test_an_anthropic_message_with_only_a_thought_is_no_crash(tmp_path: Path) -> None:
    thought = message({"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}, stop_reason="max_tokens")
    reading = read_records([{"request": {"messages": [ask()]}, "response": thought}], tmp_path)
    assert (reading.column("finish_reason"), reading.messages[0][-1]["content"]) == (["max_tokens"], None)
