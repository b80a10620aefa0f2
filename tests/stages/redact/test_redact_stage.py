"""The redact stage: placeholders, JSON, columns, lineage. All identifiers are invented."""

import json
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.conversations import table
from tuneset.core.errors import SpecError
from tuneset.core.example import ExampleBuilder, concat
from tuneset.core.spec import CustomPattern, RedactSpec
from tuneset.core.stage import Stage, Staged
from tuneset.stages.redact import Redact

KEY = b"k" * 32
EMAIL, OTHER_EMAIL, CARD, PHONE = (
    "jo.doe@mail.example.org",
    "ana@example.net",
    "4539148803436467",
    "+49 151 2345 6789",
)


def redact(examples: pa.Table, **spec: Any) -> Staged:
    return Redact(RedactSpec(**spec), key=KEY)(examples)


def turns(staged: Staged, row: int = 0) -> list[dict[str, Any]]:
    return staged.examples.column("messages")[row].as_py()


def call(arguments: str) -> str:
    return json.dumps(
        [
            {
                "id": "call_4539148803436467",
                "type": "function",
                "function": {"name": "pay", "arguments": arguments},
            }
        ]
    )


def arguments(staged: Staged, turn: int = -1) -> str:
    return json.loads(turns(staged)[turn]["tool_calls"])[0]["function"]["arguments"]


def test_it_is_a_stage() -> None:
    stage = Redact(RedactSpec(), key=KEY)
    assert isinstance(stage, Stage)
    orjson.dumps(stage.identity())


def test_the_key_is_part_of_the_identity_but_not_shown() -> None:
    one, two = Redact(RedactSpec(), key=KEY).identity(), Redact(RedactSpec(), key=b"other").identity()
    assert one != two
    assert KEY.decode() not in str(one)


def test_the_same_value_has_the_same_number_in_all_turns() -> None:
    staged = redact(
        table(
            [
                ("user", f"I am {EMAIL}, cc {OTHER_EMAIL}"),
                ("assistant", None, {"tool_calls": call(json.dumps({"to": EMAIL.upper(), "card": CARD}))}),
                (
                    "tool",
                    json.dumps({"sent_to": [OTHER_EMAIL, EMAIL]}),
                    {"tool_call_id": "call_4539148803436467"},
                ),
                ("assistant", f"Sent to {EMAIL}."),
            ]
        )
    )
    user, called, result, answer = turns(staged)
    assert user["content"] == "I am [EMAIL_1], cc [EMAIL_2]"
    assert json.loads(json.loads(called["tool_calls"])[0]["function"]["arguments"]) == {
        "to": "[EMAIL_1]",
        "card": "[CARD_1]",
    }
    assert json.loads(result["content"]) == {"sent_to": ["[EMAIL_2]", "[EMAIL_1]"]}
    assert answer["content"] == "Sent to [EMAIL_1]."


def test_numbers_begin_anew_in_every_example() -> None:
    staged = redact(table([("user", EMAIL)], [("user", OTHER_EMAIL)]))
    assert [turns(staged, row)[0]["content"] for row in (0, 1)] == ["[EMAIL_1]", "[EMAIL_1]"]


def test_two_peoples_examples_differ_in_their_redacted_mark_and_one_persons_agree() -> None:
    texts = [f"{EMAIL} and {CARD}", f"{CARD}, {EMAIL}", f"{OTHER_EMAIL} and {CARD}", "nothing"]
    marks = redact(table(*([("user", text)] for text in texts))).examples.column("redacted").to_pylist()
    assert marks[0] == marks[1] != marks[2]
    assert marks[3] == 0
    assert 0 not in marks[:3]


def test_the_redacted_mark_depends_on_the_key() -> None:
    examples = table([("user", EMAIL)])
    marks = [
        Redact(RedactSpec(), key=key)(examples).examples.column("redacted")[0].as_py() for key in (b"a", b"b")
    ]
    assert marks[0] != marks[1]


def test_placeholders_of_the_log_keep_their_numbers() -> None:
    staged = redact(table([("system", "Say [EMAIL_3] politely"), ("user", f"{EMAIL} not [EMAIL_1]")]))
    assert turns(staged)[1]["content"] == "[EMAIL_4] not [EMAIL_1]"


@pytest.mark.parametrize(
    "arguments_",
    ['{"n": 1.50, "a":"\\u00e9" ,"b" :[1e3]}', '{"order_id": 12345678}', "{broken", "", "null", "[]"],
)
def test_arguments_without_identifiers_stay_byte_for_byte(arguments_: str) -> None:
    staged = redact(table([("user", EMAIL), ("assistant", None, {"tool_calls": call(arguments_)})]))
    assert turns(staged)[1]["tool_calls"] == call(arguments_)


def test_only_the_touched_value_of_arguments_changes() -> None:
    before = (
        '{ "card_number" : 4539148803436467,"n":1.50, "note" : "caf\\u00e9 jo.doe\\u0040mail.example.org" }'
    )
    staged = redact(table([("user", "pay"), ("assistant", None, {"tool_calls": call(before)})]))
    assert arguments(staged) == '{ "card_number" : "[CARD_1]","n":1.50, "note" : "caf\\u00e9 [EMAIL_1]" }'


def test_keys_and_ids_and_names_of_functions_are_not_touched() -> None:
    before = json.dumps({EMAIL: 1, "x": {CARD: "y"}})
    staged = redact(table([("assistant", None, {"tool_calls": call(before)})]))
    assert turns(staged)[0]["tool_calls"] == call(before)


def test_arguments_that_are_not_json_are_redacted_as_text() -> None:
    staged = redact(table([("assistant", None, {"tool_calls": call('{"to": "' + EMAIL)})]))
    assert arguments(staged) == '{"to": "[EMAIL_1]'


@pytest.mark.parametrize(
    ("value", "redacted"),
    [
        ({"phone": 2813882583}, {"phone": "[PHONE_1]"}),
        ({"order_id": 2813882583}, {"order_id": 2813882583}),
        ({"user": {"ssn": "536904399"}}, {"user": {"ssn": "[GOVERNMENT_ID_1]"}}),
        ({"password": "letmein"}, {"password": "[CREDENTIAL_1]"}),
        ({"phones": ["785 8949", "96 228011"]}, {"phones": ["[PHONE_1]", "[PHONE_2]"]}),
        ({"created": 1700000000, "amount": 4539.14}, {"created": 1700000000, "amount": 4539.14}),
        ({"nested": json.dumps({"to": EMAIL})}, {"nested": '{"to": "[EMAIL_1]"}'}),
    ],
)
def test_keys_above_a_value_say_what_it_is(value: object, redacted: object) -> None:
    staged = redact(
        table([("assistant", None, {"tool_calls": call(json.dumps(value))}), ("tool", json.dumps(value))])
    )
    assert json.loads(arguments(staged, 0)) == redacted
    assert json.loads(turns(staged)[1]["content"]) == redacted


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
    | st.sampled_from([EMAIL, f"pay {CARD} now",
    int(CARD), PHONE, 'quote " and \\ ' + EMAIL, "\n" + EMAIL, "é" + PHONE]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "note",
    EMAIL, CARD, "ünï"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def shape(value: object) -> object:
    """Keys and nesting."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else None


def leaves(value: object) -> list[object]:
    if isinstance(value, dict | list):
        return [
            leaf for inner in (value.values() if isinstance(value, dict) else value) for leaf in leaves(inner)
        ]
    return [value]


@settings(deadline=None, max_examples=60)
@given(
    json_values.filter(lambda value: isinstance(value, dict | list)),
    st.booleans(),
    st.sampled_from([None, 2]),
)
def test_json_stays_valid_and_keeps_its_keys(value: Any, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    staged = redact(table([("assistant", None, {"tool_calls": call(text)}), ("tool", text)]))
    for redacted in (arguments(staged, 0), turns(staged)[1]["content"]):
        assert shape(json.loads(redacted)) == shape(value)
        left = [str(leaf) for leaf in leaves(json.loads(redacted))]
        assert not any(secret in leaf for leaf in left for secret in (EMAIL, CARD, PHONE))


def test_parts_and_the_content_made_of_them_change_together() -> None:
    parts = [{"type": "text", "text": f"I am {EMAIL}"}, {"type": "image_url",
    "image_url": {"url": f"https://x.example/{CARD}"}},
             {"type": "text", "text": PHONE}]  # fmt: skip
    staged = redact(table([("user", f"I am {EMAIL}\n{PHONE}", {"parts": json.dumps(parts)})]))
    (message,) = turns(staged)
    assert message["content"] == "I am [EMAIL_1]\n[PHONE_1]"
    after = json.loads(message["parts"])
    assert [part.get("text") for part in after] == ["I am [EMAIL_1]", None, "[PHONE_1]"]
    assert after[1] == parts[1]
    assert [event["n"] for event in evidence(staged)] == [1, 1]


def evidence(staged: Staged) -> list[dict[str, Any]]:
    return [json.loads(text) for text in staged.events.column("evidence").to_pylist()]


def test_output_stays_the_taught_turn() -> None:
    spoken = redact(table([("user", "who?"), ("assistant", EMAIL)]))
    called = redact(
        table([("user", "pay"), ("assistant", None, {"tool_calls": call(json.dumps({"to": EMAIL}))})])
    )
    assert spoken.examples.column("output").to_pylist() == ["[EMAIL_1]"]
    assert called.examples.column("output").to_pylist() == [turns(called)[1]["tool_calls"]]


def built(**columns: Any) -> pa.Table:
    builder = ExampleBuilder()
    builder.message("user", f"I am {EMAIL}", name="jo.doe")
    builder.message("assistant", "Hello")
    builder.finish(bytes(16), line=1, source="logs", file="a.jsonl", **columns)
    return builder.table()


def test_extra_feedback_and_tags_are_redacted_with_the_same_numbers() -> None:
    staged = redact(
        built(
            extra=json.dumps({"account": {"email": EMAIL, "card": int(CARD)}, "id": "chatcmpl-1"}),
            feedback=json.dumps({"comment": f"{OTHER_EMAIL} says bad"}),
            tags=[("channel", "mail"), ("from", EMAIL)],
        )
    )
    row = staged.examples.to_pylist()[0]
    assert json.loads(row["extra"]) == {
        "account": {"email": "[EMAIL_1]", "card": "[CARD_1]"},
        "id": "chatcmpl-1",
    }
    assert json.loads(row["feedback"]) == {"comment": "[EMAIL_2] says bad"}
    assert row["tags"] == [("channel", "mail"), ("from", "[EMAIL_1]")]
    assert {event.get("field") for event in evidence(staged)} == {None, "extra", "feedback", "tags"}


def test_an_output_of_its_own_is_redacted_too() -> None:
    from tuneset.core.example import set_column

    examples = set_column(built(), "output", pa.array([f"label {EMAIL}"]))
    assert redact(examples).examples.column("output").to_pylist() == ["label [EMAIL_1]"]


def test_tool_definitions_are_not_touched() -> None:
    tools = json.dumps([{"type": "function", "function": {"name": "f", "description": f"mail {EMAIL}"}}])
    assert redact(built(tools=tools)).examples.column("tools").to_pylist() == [tools]


def test_events_say_type_count_and_message_and_no_text() -> None:
    staged = redact(
        table([("user", "hello")], [("user", f"{EMAIL} {OTHER_EMAIL} {CARD}"), ("assistant", f"ok {EMAIL}")])
    )
    assert set(
        zip(*(staged.events.column(name).to_pylist() for name in ("stage", "action", "reason")), strict=True)
    ) == {("redact", "edit", "redacted")}
    assert set(staged.events.column("origin_id").to_pylist()) == {(1).to_bytes(16, "big")}
    assert evidence(staged) == [
        {"type": "card", "n": 1, "message": 0}, {"type": "email", "n": 2, "message": 0}, {"type": "email",
        "n": 1, "message": 1},
    ]  # fmt: skip


def test_an_example_without_identifiers_is_not_touched() -> None:
    examples = table(
        [
            ("user", "hello"),
            ("assistant", None, {"tool_calls": call("{}")}),
            ("tool", None),
            ("assistant", "bye"),
        ]
    )
    staged = redact(examples)
    assert staged.examples.equals(examples)
    assert staged.events.num_rows == 0


def test_an_empty_table_stays_empty() -> None:
    assert redact(table().slice(0, 0)).examples.num_rows == 0


sentences = st.lists(
    st.sampled_from([EMAIL, OTHER_EMAIL, CARD, PHONE, "password: Tr0ub4dor&3", "order 12345678",
    "[EMAIL_1]", "hello", "{", '"', "@", "é",
                     "DE75 5121 0800 1245 1261 99", "536-90-4399", "https://a:b1@c.example/",
                     "203.0.113.42", "token="]),
    max_size=6,
).flatmap(lambda words: st.sampled_from(["", " ", "\n",
"-"]).map(lambda joint: joint.join(words)))  # fmt: skip
conversations = st.lists(
    st.tuples(st.sampled_from(["system", "user", "assistant", "tool"]), sentences | st.none()),
    min_size=1,
    max_size=4,
)


@settings(deadline=None, max_examples=60)
@given(st.lists(conversations, max_size=5))
def test_running_twice_changes_nothing(batch: list[Any]) -> None:
    once = redact(table(*batch))
    again = redact(once.examples)
    assert again.examples.equals(once.examples)
    assert again.events.num_rows == 0


@settings(deadline=None, max_examples=40)
@given(st.lists(conversations, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_an_example_is_redacted_the_same_in_any_company(batch: list[Any], chance: Any) -> None:
    together = redact(table(*batch))
    examples = table(*batch)
    order = list(range(len(batch)))
    chance.shuffle(order)
    apart = concat([redact(examples.slice(place, 1)).examples for place in order])
    assert apart.equals(together.examples.take(pa.array(order)).combine_chunks())


def test_slices_and_chunks_are_redacted_as_whole_tables_are() -> None:
    examples = table(*([("user", f"{n} {EMAIL}"), ("assistant", f"{CARD}")] for n in range(6)))
    whole = redact(examples).examples
    assert redact(examples.slice(2, 3)).examples.to_pylist() == whole.slice(2, 3).to_pylist()
    chunked = pa.concat_tables([examples.slice(0, 2), examples.slice(2, 4)])
    assert redact(chunked).examples.to_pylist() == whole.to_pylist()


def test_types_that_the_spec_leaves_out_stay() -> None:
    staged = redact(table([("user", f"{EMAIL} {CARD}")]), soft=())
    assert turns(staged)[0]["content"] == f"{EMAIL} [CARD_1]"


def test_a_spec_without_types_finds_nothing() -> None:
    examples = table([("user", f"{EMAIL} {CARD}")])
    assert redact(examples, hard=(), soft=()).examples.equals(examples)


def test_custom_patterns_are_found_everywhere_and_numbered() -> None:
    pattern = CustomPattern(name="booking-no", pattern="BK-[0-9]{6}")
    staged = redact(
        table(
            [
                ("user", f"é BK-123456, BK-654321 {EMAIL}"),
                ("assistant", None, {"tool_calls": call('{"b": "BK-123456"}')}),
            ]
        ),
        custom=(pattern,),
    )
    assert turns(staged)[0]["content"] == "é [BOOKING_NO_1], [BOOKING_NO_2] [EMAIL_1]"
    assert arguments(staged) == '{"b": "[BOOKING_NO_1]"}'


def test_a_custom_pattern_that_matches_placeholders_changes_nothing_the_second_time() -> None:
    spec = RedactSpec(custom=(CustomPattern(name="code", pattern="[A-Z]+_[0-9]+"),))
    once = Redact(spec, key=KEY)(table([("user", f"AB_12 {EMAIL}")]))
    assert turns(once)[0]["content"] == "[CODE_1] [EMAIL_1]"
    assert Redact(spec, key=KEY)(once.examples).examples.equals(once.examples)


def test_a_custom_pattern_that_would_explode_in_another_engine_is_linear() -> None:
    spec = RedactSpec(custom=(CustomPattern(name="bad", pattern="(a+)+$"),))
    examples = table([("user", "a" * 5000 + "b")])
    assert Redact(spec, key=KEY)(examples).examples.equals(examples)


def test_a_pattern_that_is_not_re2_is_refused_by_name() -> None:
    with pytest.raises(SpecError, match="booking"):
        Redact(RedactSpec(custom=(CustomPattern(name="booking", pattern=r"(?<=x)BK"),)), key=KEY)


BSN, TAX_ID = "204045241", "29 049 583 163"


def test_a_value_known_from_one_turn_is_replaced_in_the_whole_example() -> None:
    conversation = [
        ("user", f"My BSN: {BSN}"),
        ("assistant", None, {"tool_calls": call(json.dumps({"number": BSN, "ref": f"a\n{BSN}", "n": 5}))}),
        ("tool", json.dumps({"customer": {"number": int(BSN)}, "text": f'{{"x": "{BSN[:4]} {BSN[4:]}"}}'})),
        ("assistant", f"Noted, {BSN}; not {BSN}7 and not X{BSN}."),
    ]
    columns = {"extra": f'{{"n":"{BSN}"}}', "feedback": f'{{"comment":"was {BSN}"}}', "tags": [("who", BSN)]}
    staged = redact(table(conversation, **columns))
    row = staged.examples.to_pylist()[0]
    assert json.loads(arguments(staged, 1)) == {
        "number": "[GOVERNMENT_ID_1]",
        "ref": "a\n[GOVERNMENT_ID_1]",
        "n": 5,
    }
    assert json.loads(turns(staged)[2]["content"]) == {
        "customer": {"number": "[GOVERNMENT_ID_1]"},
        "text": '{"x": "[GOVERNMENT_ID_1]"}',
    }
    assert turns(staged)[3]["content"] == f"Noted, [GOVERNMENT_ID_1]; not {BSN}7 and not X{BSN}."
    assert (row["extra"], row["feedback"]) == (
        '{"n":"[GOVERNMENT_ID_1]"}',
        '{"comment":"was [GOVERNMENT_ID_1]"}',
    )
    assert row["tags"] == [("who", "[GOVERNMENT_ID_1]")]
    assert redact(staged.examples).examples.equals(staged.examples)


def test_a_known_value_of_one_example_says_nothing_about_another() -> None:
    staged = redact(table([("user", f"BSN {BSN}")], [("user", f"order {BSN}")]))
    assert turns(staged, 1)[0]["content"] == f"order {BSN}"


def test_a_known_password_is_replaced_as_it_is_written_and_only_so() -> None:
    staged = redact(table([("user", "password: Tr0ub4dor&3"), ("assistant", "Tr0ub4dor&3! tr0ub4dor 3")]))
    assert turns(staged)[1]["content"] == "[CREDENTIAL_1]! tr0ub4dor 3"


def test_short_values_are_replaced_only_where_they_were_recognised() -> None:
    staged = redact(table([("user", '{password: "open"}'), ("assistant", "open the door")]))
    assert turns(staged)[1]["content"] == "open the door"


@pytest.mark.parametrize("key", ["tax_id", "taxId", "tax_number", "steuer_id", "national_id"])
def test_names_of_keys_announce_a_number(key: str) -> None:
    staged = redact(table([("tool", json.dumps({key: TAX_ID}))]))
    assert json.loads(turns(staged)[0]["content"]) == {key: "[GOVERNMENT_ID_1]"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("bsn", BSN), ("citizen_service_number", BSN), ("nino", "AB123456C"), ("dni", "12345678 Z"),
        ("national_insurance_number", "AB123456C"), ("passport_number", "C01X00T47"),
        ("social_security_number", "536904399"), ("driving_licence", "A5631933"),
        ("nhs_number", "9434765919"),
    ],
)  # fmt: skip
def test_keys_of_state_numbers_announce_them(key: str, value: str) -> None:
    staged = redact(table([("tool", json.dumps({key: value}))]))
    assert json.loads(turns(staged)[0]["content"]) == {key: "[GOVERNMENT_ID_1]"}
