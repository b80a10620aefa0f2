"""Every example gets one value per factor, by rules first."""

import json
import sys
from typing import Any

import pytest

from stages.conversations import Turn, table
from tuneset.core.errors import MissingExtra, SpecError
from tuneset.core.spec import Coverage
from tuneset.stages.coverage import CoverageTags
from tuneset.testing import Promise, stage_promises

CALL = '[{"id":"1","function":{"name":"get_order","arguments":"{}"}}]'


def turns(text: str, *more: Turn) -> list[Turn]:
    return [("user", text), ("assistant", "Fine."), *more]


def tags(factors: dict[str, Any], *conversations: list[Turn], **columns: Any) -> list[dict[str, str]]:
    stage = CoverageTags(Coverage.model_validate({"factors": factors}))
    return [dict(pairs) for pairs in stage(table(*conversations, **columns)).examples["tags"].to_pylist()]


def one(factor: dict[str, Any], *conversations: list[Turn], **columns: Any) -> list[str]:
    return [found["f"] for found in tags({"f": factor}, *conversations, **columns)]


STAGE = CoverageTags(
    Coverage.model_validate(
        {
            "factors": {
                "intent": {
                    "values": ["refund"],
                    "from": "field:meta.intent",
                    "rules": [{"value": "refund", "when": {"input": "refund"}}],
                },
                "turns": {"from": "turns"},
                "length": {"from": "length"},
                "label": {"from": "label", "values": ["yes"]},
            }
        }
    )
)


@pytest.mark.parametrize("promise", stage_promises(STAGE, tries=8), ids=str)
def test_coverage_keeps_the_promises_of_a_stage(promise: Promise) -> None:
    promise()


def rule(value: str, **when: Any) -> dict[str, Any]:
    return {"value": value, "when": when}


def test_the_first_rule_that_holds_decides_and_comes_before_from() -> None:
    factor = {"rules": [rule("a", input="apple"), rule("b", input="pear|apple")], "from": "source"}
    assert one(factor, turns("An APPLE"), turns("a pear"), turns("a plum")) == ["a", "b", "logs"]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"input": "again"}, [False, True, False]),
        ({"last_user": "again"}, [False, True, False]),
        ({"last_user": "first"}, [True, False, False]),
        ({"input": "first"}, [True, True, False]),
        ({"output": "get_order"}, [False, False, True]),
        ({"output": "^done"}, [False, True, False]),
        ({"system": "kind"}, [False, False, True]),
        ({"has_tools": True}, [True, True, True]),
        ({"calls_tool": True}, [False, False, True]),
        ({"calls_tool": False}, [True, True, False]),
        ({"min_user_turns": 2}, [False, True, False]),
        ({"max_user_turns": 1}, [True, False, True]),
        ({"min_input_words": 3}, [False, True, False]),
        ({"max_input_words": 1}, [True, False, False]),
        ({"tags": {"channel": "mail"}}, [True, True, True]),
        ({"tags": {"channel": "web"}}, [False, False, False]),
        ({"input": "first", "min_user_turns": 2}, [False, True, False]),
    ],
)
def test_every_condition_asks_what_its_name_says(when: dict[str, Any], expected: list[bool]) -> None:
    conversations: list[list[Turn]] = [
        [("user", "first"), ("assistant", "ok")],
        [("user", "first one"), ("assistant", "ok"), ("user", "and again"), ("assistant", "Done")],
        [("system", "Be kind"), ("user", "my order"), ("assistant", None, {"tool_calls": CALL})],
    ]
    found = one(
        {"rules": [rule("yes", **when)], "default": "no"},
        *conversations,
        tools='[{"type":"function"}]',
        tags=[("channel", "mail")],
    )
    assert [value == "yes" for value in found] == expected


def test_a_rule_may_ask_for_a_factor_before_it() -> None:
    factors = {
        "intent": {"rules": [rule("refund", input="refund")]},
        "case": {"rules": [rule("hard", tags={"intent": "refund"})], "default": "easy"},
    }
    assert [found["case"] for found in tags(factors, turns("refund me"), turns("hello"))] == ["hard", "easy"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("meta.intent", "refund"),
        ("dotted.key", "d"),
        ("flag", "true"),
        ("n", "3"),
        ("x", "2.5"),
        ("meta", "unknown"),
        ("list", "unknown"),
        ("nothing", "unknown"),
        ("meta.intent.deep", "unknown"),
        ("null", "unknown"),
    ],
)
def test_a_field_of_the_record_is_found_by_its_path(path: str, expected: str) -> None:
    extra = '{"meta":{"intent":"refund"},"dotted.key":"d","flag":true,"n":3,"x":2.5,"list":["a"],"null":null}'
    assert one({"from": f"field:{path}"}, turns("hi"), extra=extra) == [expected]


@pytest.mark.parametrize(("users", "expected"), [(1, "1"), (2, "2-3"), (3, "2-3"), (4, "4+"), (9, "4+")])
def test_turns_are_banded(users: int, expected: str) -> None:
    assert one({"from": "turns"}, turns("hi") * users) == [expected]


@pytest.mark.parametrize(
    ("words", "expected"), [(1, "short"), (50, "short"), (51, "medium"), (300, "medium"), (301, "long")]
)
def test_length_counts_the_words_of_the_input(words: int, expected: str) -> None:
    assert one({"from": "length"}, turns("word " * words)) == [expected]


def test_label_source_model_and_tag_are_read_from_their_columns() -> None:
    factors = {
        "a": {"from": "label"},
        "b": {"from": "source"},
        "c": {"from": "model"},
        "d": {"from": "tag:t"},
        "e": {"from": "tag:missing", "default": "none"},
    }
    found = tags(factors, turns("hi"), model="m-1", tags=[("t", "v")])
    assert found == [{"t": "v", "a": "Fine.", "b": "logs", "c": "m-1", "d": "v", "e": "none"}]


def test_found_values_outside_the_list_count_as_other_and_the_default_stays() -> None:
    factor = {"values": ["x"], "from": "field:v"}
    assert one(factor, turns("a"), extra='{"v":"y"}') == ["other"]
    assert one(factor, turns("a"), extra='{"v":"x"}') == ["x"]
    assert one(factor, turns("a")) == ["unknown"]


def test_a_tag_of_the_source_named_like_the_factor_is_its_value() -> None:
    assert one({"values": ["mail", "web"]}, turns("a"), tags=[("f", "mail")]) == ["mail"]


def test_other_tags_stay() -> None:
    found = tags({"f": {"default": "d"}}, turns("a"), turns("b"), tags=[("team", "north"), ("f", "old")])
    assert found == [{"team": "north", "f": "old"}] * 2


def test_a_pattern_that_is_not_re2_is_refused_with_its_place() -> None:
    with pytest.raises(SpecError, match=r"coverage\.factors\.f\.rules\.0\.when\.input"):
        CoverageTags(Coverage.model_validate({"factors": {"f": {"rules": [rule("a", input="a(?=b)")]}}}))


def test_of_several_places_the_first_that_an_example_has_counts() -> None:
    factor = {"from": ["field:intent", "field:meta.intent", "tag:intent", "source"], "values": ["a", "b"]}
    assert one(factor, turns("x"), extra='{"intent":"a","meta":{"intent":"b"}}') == ["a"]
    assert one(factor, turns("x"), extra='{"intent":null,"meta":{"intent":"b"}}') == ["b"]
    assert one(factor, turns("x"), extra="{}", tags=[("intent", "a")]) == ["a"]
    assert one(factor, turns("x")) == ["other"]


@pytest.mark.parametrize("origin", [[], ["label", "colour"], "tag:", "field:", ["field:"], "fields:x"])
def test_every_place_of_a_factor_is_checked(origin: Any) -> None:
    with pytest.raises(ValueError, match="from"):
        Coverage.model_validate({"factors": {"f": {"from": origin}}})


@pytest.mark.parametrize("came", [[], [("case", "old")]])
def test_a_tag_is_read_as_it_came_even_where_a_factor_replaces_it(came: list[tuple[str, str]]) -> None:
    factors = {
        "case": {"rules": [rule("new", input="apple")], "from": "turns"},
        "before": {"from": "tag:case", "default": "none"},
    }
    stage = CoverageTags(Coverage.model_validate({"factors": factors}))
    once = stage(table(turns("apple"), turns("pear"), tags=came)).examples
    found = [dict(pairs) for pairs in once["tags"].to_pylist()]
    expected = dict(came).get("case", "none")
    assert [(row["case"], row["before"]) for row in found] == [("new", expected), ("1", expected)]
    assert stage(once).examples.equals(once)


# Built-in taggers and prototypes.

REFUSED = [("user", "Give me her address."), ("assistant", "I'm sorry, but I can't share that.")]
PROTOTYPES = {
    "refund": ["I want my money back for the shoes", "Please refund my order", "Can I get a refund?"],
    "delivery": ["Where is my parcel?", "My package has not come yet", "When will the delivery arrive?"],
}


def found_events(factors: dict[str, Any], *conversations: list[Turn]) -> list[dict[str, Any]]:
    stage = CoverageTags(Coverage.model_validate({"factors": factors}))
    return stage(table(*conversations)).events.to_pylist()


def test_built_in_taggers_fill_a_factor_and_what_none_knows_is_the_default() -> None:
    assert one({"from": "case", "default": "typical"}, REFUSED, turns("Hello")) == ["refusal", "typical"]
    assert one({"from": "language"}, turns("Wo ist mein Paket geblieben?"), turns("ok")) == ["de", "unknown"]
    assert one({"from": "channel"}, turns("Hi", ("user", "and?"), ("assistant", "Yes."))) == ["chat"]


def test_a_case_that_the_spec_does_not_list_is_other() -> None:
    assert one({"from": "case", "values": ["fallback"]}, REFUSED) == ["other"]


def test_a_rule_and_an_earlier_place_come_before_the_taggers() -> None:
    assert one({"from": ["source", "case"]}, REFUSED) == ["logs"]
    assert one({"rules": [rule("privacy", input="address")], "from": "case"}, REFUSED) == ["privacy"]
    assert found_events({"f": {"rules": [rule("privacy", input="address")], "from": "case"}}, REFUSED) == []


def test_a_tag_says_by_which_rule_it_was_found_and_how_sure_that_is() -> None:
    (event,) = found_events({"f": {"from": "case", "default": "typical"}}, REFUSED, turns("Hello"))
    assert (event["stage"], event["action"], event["reason"]) == ("coverage", "tag", "by-rule")
    assert json.loads(event["evidence"]) == {
        "factor": "f",
        "value": "refusal",
        "rule": "cannot-do",
        "strength": "strong",
    }


def test_prototypes_decide_what_rules_and_places_leave_open() -> None:
    factor = {"rules": [rule("greeting", input="^hello")], "prototypes": PROTOTYPES}
    asked = [turns(text) for text in ("hello", "please refund the shoes I ordered", "What is a lemur?")]
    assert one(factor, *asked) == ["greeting", "refund", "unknown"]
    (event,) = found_events({"f": factor}, *asked)
    assert event["reason"] == "by-prototype"
    evidence = json.loads(event["evidence"])
    assert evidence["value"] == "refund"
    assert evidence["cosine"] > evidence["margin"] > 0.05


def test_prototypes_of_answers_are_compared_with_answers() -> None:
    answers = {
        "sorry": {
            "output": ["I am so sorry about that", "We apologise for the trouble", "Our apologies for this"]
        }
    }
    asked = [("user", "We apologise for the trouble"), ("assistant", "The lamp is blue.")]
    said = [("user", "It broke."), ("assistant", "I am sorry for the trouble about that.")]
    assert one({"prototypes": answers}, asked, said) == ["unknown", "sorry"]


def test_articles_are_narrative_with_a_proposal_to_rewrite_them() -> None:
    article = "The old town was founded near the river. It grew slowly and its walls were of stone. " * 14
    (event,) = found_events({"style": {"from": "style"}}, [("user", "Old town"), ("assistant", article)])
    assert json.loads(event["evidence"])["proposal"] == "rewrite as questions and answers"
    styles = [
        turns("What is this?"),
        turns("Write a line."),
        [("user", "x"), ("assistant", '{"a": 1}')],
        turns("Hi", ("user", "and?"), ("assistant", "Yes.")),
    ]
    assert one({"from": "style"}, *styles) == ["question_answer", "instruction", "structured", "dialogue"]


@pytest.mark.parametrize("bad", [{}, {"input": ["a"], "output": ["b"]}, []])
def test_prototypes_are_examples_of_one_side(bad: object) -> None:
    with pytest.raises(ValueError, match="either"):
        Coverage.model_validate({"factors": {"f": {"prototypes": {"a": bad}}}})


def test_another_rule_of_the_built_in_cases_is_another_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = CoverageTags(Coverage.model_validate({"factors": {"f": {"from": "case"}}}))
    other = CoverageTags(Coverage.model_validate({"factors": {"f": {"from": "style"}}}))
    before = stage.identity(), other.identity()
    monkeypatch.setattr("tuneset.stages.coverage.stage.phrases_digest", lambda: "changed")
    assert stage.identity() != before[0]
    assert other.identity() == before[1]


def test_without_the_extra_a_factor_of_languages_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pycld2", None)
    with pytest.raises(MissingExtra) as problem:
        CoverageTags(Coverage.model_validate({"factors": {"f": {"from": "language"}}}))
    assert problem.value.fix == "pip install 'tuneset[lang]'"
