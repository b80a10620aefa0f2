"""Answers are checked against labels, a pattern or a JSON Schema."""

import json

import pytest

from stages.conversations import answers, dropped_for, happened, table
from tuneset.core.errors import SpecError
from tuneset.core.spec import Output
from tuneset.stages.labels import Labels
from tuneset.testing import Promise, stage_promises

SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"intent": {"enum": ["refund", "other"]}, "amount": {"$ref": "#/$defs/money"}},
    "required": ["intent"],
    "additionalProperties": False,
    "$defs": {"money": {"type": "number", "minimum": 0}},
}
by_label = Labels(Output(labels=("refund", "lost_card")))
by_pattern = Labels(Output(pattern=r"[A-Z]{2}-\d+"))
by_schema = Labels(Output(schema="answer.json"), schema=SCHEMA)
CALL = [("user", "Hi"), ("assistant", None, {"tool_calls": '[{"id":"1"}]'})]


@pytest.mark.parametrize(
    "promise", [*stage_promises(by_label, tries=5), *stage_promises(by_schema, tries=5)], ids=str
)
def test_labels_keeps_the_promises_of_a_stage(promise: Promise) -> None:
    promise()


def test_labels_outside_the_set_are_dropped_and_the_event_says_what_differs() -> None:
    result = by_label(answers("refund", "Refund", "lost_card ", "other", "refund"))
    assert result.examples["output"].to_pylist() == ["refund", "refund"]
    assert dropped_for(result) == ["output-not-a-label"] * 3
    evidence = [e and json.loads(e) for e in result.events["evidence"].to_pylist()]
    assert evidence == [{"differs_in": "case"}, {"differs_in": "white-space"}, None]


@pytest.mark.parametrize("text", ["AB-1", "ZZ-123456"])
def test_a_pattern_that_matches_the_whole_answer_holds(text: str) -> None:
    assert happened(by_pattern(answers(text))) == []


@pytest.mark.parametrize("text", ["xAB-1", "AB-1 ", "AB-1\n", "AB-", ""])
def test_a_pattern_must_match_from_first_to_last_character(text: str) -> None:
    assert dropped_for(by_pattern(answers(text))) == ["output-breaks-pattern"]


@pytest.mark.parametrize("text", ['{"intent": "refund"}', '{"intent":"other","amount":3.5}'])
def test_json_that_satisfies_the_schema_stays(text: str) -> None:
    assert happened(by_schema(answers(text))) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('{"intent": "secret-word"}', "/properties/intent/enum"),
        ('{"intent": "refund", "amount": -1}', "/properties/amount/minimum"),
        ('{"intent": "refund", "secret-word": 1}', "/additionalProperties"),
        ("{}", "/required"),
        ("[]", "/type"),
        ("null", "/type"),
    ],
)
def test_evidence_is_the_broken_rule_of_the_schema_and_no_value(text: str, rule: str) -> None:
    result = by_schema(answers(text))
    assert dropped_for(result) == ["output-breaks-schema"]
    assert json.loads(result.events["evidence"][0].as_py()) == {"rule": rule}


@pytest.mark.parametrize(
    "text", ["refund", "", '{"intent": "refund"', '```json\n{"intent": "refund"}\n```', "NaN"]
)
def test_what_is_not_json_is_named_so(text: str) -> None:
    assert dropped_for(by_schema(answers(text))) == ["output-not-json"]


@pytest.mark.parametrize("stage", [by_label, by_pattern, by_schema])
def test_a_taught_turn_that_calls_a_tool_has_no_answer_to_check(stage: Labels) -> None:
    assert happened(stage(table(CALL))) == []


def test_only_the_taught_turn_is_checked() -> None:
    turns = [("user", "a"), ("assistant", "nonsense"), ("user", "b"), ("assistant", "refund")]
    assert happened(by_label(table(turns))) == []


def test_invalid_answers_may_be_flagged_instead() -> None:
    stage = Labels(Output(labels=("refund",), invalid="flag"))
    result = stage(answers("refund", "else"))
    assert happened(result) == [("flag", "output-not-a-label")]
    assert len(result.examples) == 2


def test_without_a_rule_nothing_is_checked() -> None:
    assert happened(Labels(Output())(answers("anything", ""))) == []


@pytest.mark.parametrize(
    ("output", "schema"),
    [
        (Output(pattern="a(?=b)"), None),
        (Output(schema="s.json"), {"type": "no-such-type"}),
        (Output(schema="s.json"), {"$ref": "#/$defs/missing"}),
        (Output(schema="s.json"), {"properties": {"a": {"$ref": "https://schemas.example/a.json"}}}),
    ],
)
def test_a_rule_that_cannot_work_is_refused_before_any_example_is_read(output: Output, schema: dict) -> None:
    with pytest.raises(SpecError):
        Labels(output, schema=schema)


def test_the_schema_is_part_of_the_identity_and_its_file_name_is_not() -> None:
    other = Labels(Output(schema="renamed.json"), schema=SCHEMA)
    assert other.identity() == by_schema.identity()
    assert Labels(Output(schema="answer.json"), schema={"type": "array"}).identity() != by_schema.identity()
