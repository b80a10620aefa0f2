"""What each log format says, and what becomes of it in an example."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from connectors.reading import KEY, Reading, chat, read_file, read_records
from tuneset.connectors.envelope import moment
from tuneset.core.ids import keyed
from tuneset.core.spec import Fields

FIXTURES = Path(__file__).parent / "fixtures"
CALL = {"id": "c1", "type": "function", "function": {"name": "track", "arguments": '{"n": 17}'}}


def user(text: object = "Where is it?", **more: object) -> dict[str, object]:
    return {"role": "user", "content": text, **more}


def assistant(text: object = "Here.", **more: object) -> dict[str, object]:
    return {"role": "assistant", "content": text, **more}


def one(
    folder: Path, record: dict[str, object], *, fields: Fields | None = None, connector: str | None = None
) -> Reading:
    reading = read_records([record], folder, fields=fields, connector=connector)
    assert not reading.rejects, reading.rejects
    return reading


def test_messages_of_a_plain_record_come_out_as_they_went_in(tmp_path: Path) -> None:
    messages = [
        {"role": "system", "content": ""},
        user(),
        assistant(),
        user("\u0000ü"),
        assistant(""),
        user("ends here"),
    ]
    assert one(tmp_path, {"messages": messages}).messages == [messages]


def test_role_aliases_become_the_four_roles(tmp_path: Path) -> None:
    said = ["developer", "Human", "gpt", "function", "prompter", "model", "ipython", "ai"]
    reading = one(tmp_path, {"messages": [{"role": role, "content": "x"} for role in said]})
    assert [message["role"] for message in reading.messages[0]] == [
        *("system", "user", "assistant", "tool", "user", "assistant", "tool", "assistant")
    ]


def test_tool_calls_keep_their_arguments_to_the_letter(tmp_path: Path) -> None:
    answer = {"role": "tool", "tool_call_id": "c1", "content": "on its way"}
    messages = [user(), assistant(None, tool_calls=[CALL]), answer, assistant()]
    tools = [{"type": "function", "function": {"name": "track"}}]
    reading = one(tmp_path, {"messages": messages, "tools": tools})
    assert reading.messages == [messages]
    assert orjson.loads(reading.column("tools")[0]) == tools


def test_the_old_function_form_becomes_tools_and_calls_that_know_each_other(tmp_path: Path) -> None:
    called = {
        "role": "assistant",
        "content": None,
        "function_call": {"name": "track", "arguments": {"n": 17}},
    }
    messages = [user(), called, {"role": "function", "name": "track", "content": "depot"}, assistant()]
    reading = one(tmp_path, {"messages": messages, "functions": [{"name": "track"}]})
    [_, call, answer, _] = reading.messages[0]
    assert call["tool_calls"][0]["function"] == {"name": "track", "arguments": '{"n":17}'}
    assert answer["tool_call_id"] == call["tool_calls"][0]["id"]
    assert orjson.loads(reading.column("tools")[0]) == [{"type": "function", "function": {"name": "track"}}]


def test_answers_without_ids_go_to_parallel_calls_in_order(tmp_path: Path) -> None:
    calls = [{"function": {"name": name}} for name in ("a", "b")]
    answers = [{"role": "tool", "content": {"of": name}} for name in ("a", "b")]
    [_, call, first, second, _] = one(
        tmp_path, {"messages": [user(), assistant(None, tool_calls=calls), *answers, assistant()]}
    ).messages[0]
    assert [first["tool_call_id"], second["tool_call_id"]] == [entry["id"] for entry in call["tool_calls"]]
    assert (first["content"], call["tool_calls"][0]["function"]["arguments"]) == ('{"of":"a"}', "{}")


@pytest.mark.parametrize(
    "part",
    [
        {"type": "text", "text": "hi"},
        {"type": "text", "value": "hi"},
        {"text": "hi"},
        {"type": "input_text", "text": "hi"},
        {"type": "text", "text": {"value": "hi"}},
        "hi",
    ],
)
def test_a_single_text_part_is_plain_content(tmp_path: Path, part: object) -> None:
    assert one(tmp_path, {"messages": [user([part]), assistant()]}).messages == [[user("hi"), assistant()]]


def test_several_parts_stay_parts_and_their_text_is_the_content(tmp_path: Path) -> None:
    image = {"type": "image_url", "image_url": {"url": "x"}}
    parts = [{"type": "text", "text": "look"}, image, {"type": "text", "text": "here"}]
    reading = one(tmp_path, {"messages": [user(parts), assistant()]})
    assert reading.messages[0][0]["content"] == parts
    assert reading.column("messages")[0][0]["content"] == "look\nhere"


def test_calls_inside_parts_are_calls_and_reasoning_stays_a_part(tmp_path: Path) -> None:
    call = {"type": "tool_call", "value": '{"name": "track", "arguments": {"n": 1}}'}
    thought = {"type": "reasoning", "value": "hm"}
    reading = one(tmp_path, {"messages": [user(), assistant([thought, call])]})
    assert reading.messages[0][1]["tool_calls"][0]["function"]["name"] == "track"
    assert orjson.loads(reading.column("messages")[0][1]["parts"]) == [thought]


@pytest.mark.parametrize(
    ("mask", "train"),
    [({"weight": 0}, False), ({"train": False}, False), ({"loss_weight": 0.0}, False), ({"weight": 1}, True)],
)
def test_masks_say_which_turns_are_learned(tmp_path: Path, mask: dict, train: bool) -> None:
    reading = one(tmp_path, {"messages": [user(), assistant(**mask), user(), assistant()]})
    assert [message["train"] for message in reading.column("messages")[0]] == [True, train, True, True]
    assert reading.extra() == {}


def test_the_envelope_fills_its_columns_and_ids_live_on_only_as_hashes(tmp_path: Path) -> None:
    record = chat(
        id="chatcmpl-1", created=1_790_000_000, model="house-4", session_id="s-77", user="ann@example.org",
        finish_reason="stop", feedback={"thumb": "up"}, usage={"total": 3}, metadata={"intent": "refund"},
    )  # fmt: skip
    reading = one(tmp_path, record)
    assert reading.column("conversation") == [keyed("s-77", key=KEY)]
    assert reading.column("user") == [keyed("ann@example.org", key=KEY)]
    assert reading.column("captured_at") == [datetime.fromtimestamp(1_790_000_000, UTC)]
    assert (reading.column("model"), reading.column("finish_reason")) == (["house-4"], ["stop"])
    assert reading.column("feedback") == ['{"thumb":"up"}']
    assert reading.extra() == {"id": "chatcmpl-1", "usage": {"total": 3}, "metadata": {"intent": "refund"}}


def test_ids_in_metadata_are_found_and_taken_out(tmp_path: Path) -> None:
    reading = one(tmp_path, chat(metadata={"user_id": 5, "thread_id": "t", "intent": "x"}))
    assert reading.column("user") == [keyed("5", key=KEY)]
    assert reading.column("conversation") == [keyed("t", key=KEY)]
    assert reading.extra() == {"metadata": {"intent": "x"}}


def test_paths_of_the_spec_rule_out_all_guesses(tmp_path: Path) -> None:
    record = {
        "log": {"turns": [user(), assistant()], "who": "w"},
        "user": "not this one",
        "at": "2026-01-02T03:04:05",
    }
    fields = Fields(messages="log.turns", user="log.who", captured_at="at")
    reading = one(tmp_path, record, fields=fields, connector="openai-chat")
    assert reading.column("user") == [keyed("w", key=KEY)]
    assert reading.column("captured_at") == [datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)]
    assert reading.extra() == {"user": "not this one"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1_790_000_000, "2026-09-21T14:13:20+00:00"),
        (1_790_000_000_500, "2026-09-21T14:13:20.500000+00:00"),
        (1_790_000_000_500_000, "2026-09-21T14:13:20.500000+00:00"),
        (1_790_000_000_500_000_000, "2026-09-21T14:13:20.500000+00:00"),
        ("1790000000", "2026-09-21T14:13:20+00:00"),
        ("2026-09-21T16:13:20+02:00", "2026-09-21T14:13:20+00:00"),
        ("2026-09-21T14:13:20Z", "2026-09-21T14:13:20+00:00"),
        ("2026-09-21 14:13:20", "2026-09-21T14:13:20+00:00"),
        ("2026-09-21", "2026-09-21T00:00:00+00:00"),
        *(
            (absurd, None)
            for absurd in (0, -5, 10**30, 1e300, float("inf"), True, "yesterday", "9999-12-31", "", [], {})
        ),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_times_are_utc_or_nothing(value: object, expected: str | None) -> None:
    found = moment(value)
    assert (found.isoformat() if found else None) == expected


def test_a_time_that_is_none_stays_in_extra(tmp_path: Path) -> None:
    reading = one(tmp_path, chat(created="soon", user={"name": "x"}))
    assert reading.column("captured_at") == [None]
    assert reading.extra() == {"created": "soon", "user": {"name": "x"}}


def test_unknown_fields_of_messages_are_kept_by_their_number(tmp_path: Path) -> None:
    reading = one(tmp_path, {"messages": [user(), assistant(reasoning_content="because", refusal=None)]})
    assert reading.extra() == {"messages": {"1": {"reasoning_content": "because"}}}


@pytest.mark.parametrize("beside", ["choices", "response", "text"])
def test_an_answer_beside_its_request_is_the_last_turn(tmp_path: Path, beside: str) -> None:
    choices = [{"index": 0, "message": assistant(), "finish_reason": "length"}]
    answer = {"choices": choices, "response": {"choices": choices, "model": "m", "id": "r"}, "text": "Here."}[
        beside
    ]
    reading = one(tmp_path, {"messages": [user()], ("response" if beside == "text" else beside): answer})
    assert reading.messages == [[user(), assistant()]]
    assert reading.column("finish_reason") == [None if beside == "text" else "length"]
    assert reading.column("model") == ["m" if beside == "response" else None]


def test_an_answer_that_the_messages_already_end_with_is_not_doubled(tmp_path: Path) -> None:
    record = {
        "messages": [user(), assistant()],
        "choices": [{"message": assistant()}, {"message": assistant("B")}],
    }
    reading = one(tmp_path, record)
    assert reading.messages == [[user(), assistant()]]
    assert reading.extra() == {"choices": [{"message": assistant("B")}]}


def test_a_system_prompt_beside_the_messages_comes_first(tmp_path: Path) -> None:
    prompt = {"role": "system", "content": "Be brief."}
    reading = one(
        tmp_path, {"system": [{"type": "text", "text": "Be brief."}], "messages": [user(), assistant()]}
    )
    assert reading.messages == [[prompt, user(), assistant()]]


@pytest.mark.parametrize(
    "record",
    [
        {"messages": [user()], "chosen": assistant(), "rejected": assistant("no")},
        {"chosen": [user(), assistant()], "rejected": [user(), assistant("no")]},
        {"chosen_messages": [user(), assistant()], "rejected": [assistant("no")]},
        {"input": {"messages": [user()]}, "preferred_output": [assistant()], "rejected": 1},
        {"prompt": [user()], "chosen": [assistant()], "rejected": [assistant("no")]},
        {"prompt": "Where is it?", "chosen": "Here.", "rejected": "no"},
        {"instruction": "Where is it?", "input": "", "chosen": "Here.", "rejected": "no"},
        {
            "conversations": [{"from": "human", "value": "Where is it?"}],
            "chosen": {"from": "gpt", "value": "Here."},
            "rejected": {"from": "gpt", "value": "no"},
        },
    ],
)
def test_of_a_preference_pair_the_better_side_is_the_example(tmp_path: Path, record: dict) -> None:
    reading = one(tmp_path, record)
    assert reading.messages == [[user(), assistant()]]
    assert reading.extra()["rejected"] == (1 if record["rejected"] == 1 else assistant("no"))


@pytest.mark.parametrize(
    "other",
    [
        [user("another question"), assistant("no")],
        [assistant("no"), user(), assistant("no")],
        assistant(None, tool_calls=[CALL]),
        assistant("no", weight=0),
        user("no"),
        [],
        [1],
        1,
    ],
)
def test_a_worse_side_that_is_no_single_answer_stays_as_it_is(tmp_path: Path, other: object) -> None:
    reading = one(tmp_path, {"chosen": [user(), assistant()], "rejected": other})
    assert reading.messages == [[user(), assistant()]]
    assert reading.extra()["rejected"] == other


def test_the_worse_answers_of_all_pair_formats_are_one_message(tmp_path: Path) -> None:
    for name in ("openai_dpo", "llamafactory_dpo", "trl_preference"):
        reading = read_file(FIXTURES / f"{name}.jsonl")
        [rejected] = [reading.extra(row)["rejected"] for row in range(reading.read)]
        assert rejected.keys() == {"role", "content"}
        assert rejected["role"] == "assistant"


@pytest.mark.parametrize(
    "record", [chat(), {"prompt": "a", "completion": "b"}, {"instruction": "a", "output": "b"}]
)
def test_the_label_of_a_row_for_kto_is_a_thumb(tmp_path: Path, record: dict) -> None:
    reading = read_records([{**record, "label": False}, {**record, "label": True}], tmp_path)
    assert (reading.reasons, reading.extra(0), reading.extra(1)) == ([], {}, {})
    assert reading.column("feedback") == ['{"label":false}', '{"label":true}']


def test_the_tag_of_llama_factory_is_a_thumb_too(tmp_path: Path) -> None:
    reading = read_records([{**chat(), "kto_tag": False}, {**chat(), "kto_tag": True}], tmp_path)
    assert (reading.reasons, reading.column("feedback")) == ([], ['{"label":false}', '{"label":true}'])


def test_feedback_of_its_own_stays_beside_a_label(tmp_path: Path) -> None:
    reading = read_records([{**chat(), "label": True, "feedback": {"thumb": "down"}}], tmp_path)
    assert (reading.column("feedback"), reading.extra()) == (['{"thumb":"down"}'], {"label": True})


RFT = {"messages": [{"role": "user", "content": "Reverse the word listen."}]}


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("netsil", "netsil"),
        ({"word": "netsil"}, '{"word":"netsil"}'),
        (7, "7"),
        ({"role": "assistant", "content": "netsil"}, "netsil"),
    ],
)
def test_a_reference_is_the_answer_if_the_spec_says_so(tmp_path: Path, reference: object, said: str) -> None:
    fields = Fields(completion="item.reference")
    reading = read_records([{**RFT, "item": {"reference": reference, "level": 1}}], tmp_path, fields=fields)
    assert reading.messages[0][-1] == {"role": "assistant", "content": said}
    assert reading.extra() == {"item": {"level": 1}}


def test_messages_that_end_with_an_answer_keep_it(tmp_path: Path) -> None:
    record = {**chat(), "reference_answer": "something else"}
    reading = read_records([record], tmp_path, fields=Fields(completion="reference_answer"))
    assert reading.messages == read_records([chat()], tmp_path).messages
    assert reading.extra() == {"reference_answer": "something else"}


def test_a_reference_for_a_grader_is_told_from_a_missing_answer(tmp_path: Path) -> None:
    reading = read_records([{**RFT, "reference_answer": "netsil"}, RFT], tmp_path)
    assert reading.reasons == ["no-answer"] * 2
    first, second = reading.details
    assert "`fields.completion`" in first
    assert "`fields.completion`" not in second


def test_sharegpt_turns_calls_and_columns(tmp_path: Path) -> None:
    turns = [("human", "Where is it?"), ("function_call", '{"name": "track", "arguments": {"n": 17}}'),
             ("observation", "depot"), ("gpt", "Here.")]  # fmt: skip
    record = {
        "conversations": [{"from": who, "value": what} for who, what in turns],
        "system": "Be brief.",
        "tools": '[{"name": "track", "parameters": {"type": "object"}}]',
    }
    reading = one(tmp_path, record)
    [system, question, call, result, answer] = reading.messages[0]
    assert (system["content"], question, answer) == ("Be brief.", user(), assistant())
    assert call["tool_calls"][0]["function"] == {"name": "track", "arguments": '{"n":17}'}
    assert result == {"role": "tool", "content": "depot", "tool_call_id": call["tool_calls"][0]["id"]}
    assert orjson.loads(reading.column("tools")[0])[0]["function"]["name"] == "track"
    assert reading.extra() == {}


def test_a_call_that_is_no_json_is_rejected(tmp_path: Path) -> None:
    turns = [{"from": "human", "value": "x"}, {"from": "function_call", "value": "track(17)"}]
    assert read_records([{"conversations": turns}], tmp_path).reasons == ["bad-tool-call"]


def test_alpaca_history_system_and_input(tmp_path: Path) -> None:
    record = {
        "instruction": "Translate",
        "input": "Hello",
        "output": "Hallo",
        "system": "s",
        "history": [["a", "b"]],
    }
    reading = one(tmp_path, {**record, "text": "template"})
    assert [message["content"] for message in reading.messages[0]] == [
        "s",
        "a",
        "b",
        "Translate\n\nHello",
        "Hallo",
    ]
    assert reading.extra() == {"text": "template"}


def test_questions_and_answers_are_named_in_the_spec(tmp_path: Path) -> None:
    fields = Fields(prompt="q", completion="best.a", system="persona")
    reading = one(
        tmp_path, {"q": "Where is it?", "best": {"a": "Here.", "n": 1}, "persona": "p"}, fields=fields
    )
    assert reading.messages == [[{"role": "system", "content": "p"}, user(), assistant()]]
    assert reading.extra() == {"best": {"n": 1}}


def test_a_prompt_that_is_json_text_stays_text(tmp_path: Path) -> None:
    reading = one(tmp_path, {"prompt": '[{"city": "Ulm"}]', "completion": '{"ok": true}'})
    assert [message["content"] for message in reading.messages[0]] == ['[{"city": "Ulm"}]', '{"ok": true}']


@pytest.mark.parametrize(
    ("label", "expected"),
    [("refund", "refund"), (3, "3"), ([7], "7"), (None, "no-answer"), ({}, "bad-label")],
)
def test_labels_become_text(tmp_path: Path, label: object, expected: str) -> None:
    reading = read_records([{"text": "x", "label": label}], tmp_path, connector="classification")
    assert [*reading.column("output"), *reading.reasons] == [expected]


@pytest.mark.parametrize(
    ("name", "turns"),
    [
        ("alpaca.json", ["user", "assistant", "user", "assistant"]),
        ("axolotl_masked.jsonl", ["user", "assistant"]),
        ("hf_prompt_completion.jsonl", ["user", "assistant"]),
        ("litellm_payload.jsonl", ["user", "assistant"]),
        ("llamafactory_dpo.jsonl", ["user", "assistant"]),
        ("mistral_sft.jsonl", ["user", "assistant", "tool", "assistant"]),
        ("openai_dpo.jsonl", ["user", "assistant"]),
        ("openai_sft.jsonl", ["system", "user", "assistant", "tool", "assistant"]),
        ("sharegpt.jsonl", ["system", "user", "assistant"]),
        ("together_pc.jsonl", ["user", "assistant"]),
        ("trl_preference.jsonl", ["user", "assistant"]),
    ],
)
def test_sample_files_are_recognised_and_read(name: str, turns: list[str]) -> None:
    reading = read_file(FIXTURES / name)
    assert [[message["role"] for message in messages] for messages in reading.messages] == [turns]


def test_a_sample_without_an_answer_to_learn_says_so() -> None:
    assert read_file(FIXTURES / "openai_rft.jsonl").reasons == ["no-answer"]
