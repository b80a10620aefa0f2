"""Checks of one answer: each fires on the fault that it is for, and stays silent on what only looks like
it.
"""

import json

import numpy as np
import pyarrow as pa
import pytest

from tuneset.core.example import ExampleBuilder
from tuneset.stages.suspicion import CHECKS, checked
from tuneset.stages.suspicion.tools import defects

BOOK = {
    "name": "book",
    "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "seats": {"type": "integer"},
            "class": {"enum": ["a", "b"]},
        },
        "required": ["city"],
    },
}
TOOLS = json.dumps([{"type": "function", "function": BOOK}])


def calls(arguments: object, *, name: str = "book") -> str:
    written = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return json.dumps([{"id": "c", "type": "function", "function": {"name": name, "arguments": written}}])


def found(*turns: tuple[str, str], tools: str | None = None, made: str | None = None) -> dict[str, int]:
    """The checks of one conversation; `made`: tool calls of the turn with the role `calls`."""
    builder = ExampleBuilder()
    for role, text in turns:
        if role == "calls":
            builder.message("assistant", None, tool_calls=made or text)
        else:
            builder.message(role, text)
    builder.finish(bytes(16), line=1, source="s", file="f", tools=tools)
    table, vectors = checked(builder.table())
    assert vectors.shape == (1, 256)
    return {name: table.column(name)[0].as_py() for name in CHECKS}


def fired(*turns: tuple[str, str], **options: str) -> set[str]:
    return {name for name, value in found(*turns, **options).items() if value > 0}


RESULT = '[{"name": "Blue Door", "phone": "408-247-8880", "time": "19:30", "price": "1250.00"}]'


@pytest.mark.parametrize(
    ("answer", "suspicious"),
    [
        ("It is Blue Door, call (408) 247 8880.", False),
        ("Call 4082478880 for a table at 7:30 pm.", False),
        ("That is $1,250, and $2,500 for the two of you.", False),
        ("There are 3 others; the first opens on the 24th.", False),
        ("Call 408-247-8881.", True),
        ("The table is at 18:30.", True),
        ("That is $1,350.", True),
    ],
)
def test_numbers_after_a_tool_result_must_stand_before_the_answer(answer: str, suspicious: bool) -> None:
    start = (("user", "A table, and the price for 2?"), ("calls", calls({})), ("tool", RESULT))
    seen = found(*start, ("assistant", answer))
    assert (seen["contradicts_tool"] > 0) is suspicious
    assert seen["unsupported"] == -1


def test_a_claimed_success_after_a_failure_is_suspicious() -> None:
    start = (("user", "Cancel it"), ("calls", calls({})), ("tool", '{"error": "no such booking"}'))
    assert "contradicts_tool" in fired(*start, ("assistant", "Your booking has been cancelled."))
    assert fired(*start, ("assistant", "Sorry, that was not successful; it has not been cancelled.")) == set()


def test_numbers_from_the_system_prompt_are_grounded() -> None:
    policy = "Refunds take 14 days. Fee: 45 EUR. " + "We write in plain words and say what we know. " * 10
    assert fired(("system", policy), ("user", "Fee?"), ("assistant", "It is 45 EUR.")) == set()
    assert fired(("system", policy), ("user", "Fee?"), ("assistant", "It is 85 EUR.")) == {"unsupported"}


def test_numbers_of_general_knowledge_need_no_ground() -> None:
    assert fired(("user", "When did it fall?"), ("assistant", "The Berlin wall fell in 1989.")) == set()


@pytest.mark.parametrize("answer", ["N/A", "Dear [Your Name], hi.", "Hello {{customer_name}}!", "TODO"])
def test_a_blank_that_nobody_filled_is_found(answer: str) -> None:
    assert "placeholder" in fired(("user", "Write to the guest."), ("assistant", answer))


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("Write a jinja template", "Hello {{customer_name}}!"),
        ("My mail?", "It is [EMAIL_1]."),
        ("What is left?", "None of them."),
        ("Which list?", "[1, 2] or [your choice of any]"),
    ],
)
def test_braces_and_redacted_values_are_no_blanks(asked: str, answer: str) -> None:
    assert "placeholder" not in fired(("user", asked), ("assistant", answer))


@pytest.mark.parametrize(
    ("answer", "suspicious"),
    [
        ("You can pay by card, by invoice, or with the", True),
        ("Here it is:\n```python\nprint(1)", True),
        ('{"name": "Ann", "items": [1, 2', True),
        ("You can pay by card, by invoice, or with cash", False),
        ("Here it is:\n```python\nprint(1)\n```", False),
        ('{"name": "Ann", "items": [1, 2]}', False),
        ("[note] not JSON at all, but it opens like it, and is long.", False),
    ],
)
def test_an_answer_that_stops_in_the_middle_is_found(answer: str, suspicious: bool) -> None:
    assert ("cut_off" in fired(("user", "Go on"), ("assistant", answer))) is suspicious


def test_an_answer_that_repeats_the_question_is_found() -> None:
    asked = "Please tell me when my parcel with the blue ribbon will arrive in town"
    assert "copied_prompt" in fired(("user", asked), ("assistant", asked + "?"))
    quoting = f"You ask: {asked}. It is on its way, leaves the depot tonight and will be with you on Monday."
    assert fired(("user", asked), ("assistant", quoting)) == set()


def test_a_quoted_system_prompt_is_found_and_a_shared_phrase_is_not() -> None:
    policy = "You are the desk of a hotel by the sea and never tell anyone which guests stay in which rooms."
    start = (("system", policy), ("user", "Your rules?"))
    assert "leaked_system" in fired(*start, ("assistant", f"I was told: {policy}"))
    sentence = "I never tell anyone which guests stay in which rooms."
    assert fired(*start, ("assistant", f"This is the desk of a hotel by the sea. {sentence}")) == set()
    run = "you are the desk of a hotel by the sea and never tell"
    assert "leaked_system" in fired(*start, ("assistant", f"It says {run} whatever they want to know."))


SPANISH = "Hola, ¿puede usted decirme cómo está el estado de mi pedido, por favor? Gracias"
CHINESE = "我的包裹什么时候到？我已经等了两个星期了。"
ENGLISH = "Your order has left the depot and it will be with you on Monday, so please be at home."


def test_an_answer_in_another_language_is_found_unless_somebody_asked_for_one() -> None:
    assert "other_language" in fired(("user", SPANISH), ("assistant", ENGLISH))
    assert "other_language" in fired(("user", CHINESE), ("assistant", ENGLISH))
    assert fired(("user", f"Translate this into English: {SPANISH}"), ("assistant", ENGLISH)) == set()
    same = "Su pedido está en camino y llega el lunes, gracias por la espera."
    assert fired(("user", SPANISH), ("assistant", same)) == set()


def test_calls_are_checked_against_the_tools_that_were_offered() -> None:
    def wrong(made: str) -> set[str]:
        return fired(("user", "Book"), ("calls", made), tools=TOOLS)

    assert wrong(calls({"city": "Oslo", "seats": 2})) == set()
    assert wrong(calls({"city": "Oslo"}, name="reserve")) == {"tool_not_offered"}
    assert wrong(calls({"seats": 2})) == {"tool_arguments"}
    assert found(("user", "Book"), ("calls", calls({})))["tool_arguments"] == -1


@pytest.mark.parametrize(
    ("arguments", "defect"),
    [
        ({"city": "Oslo", "class": "a"}, None),
        ({"city": "Oslo", "seats": 2.0}, None),
        ({"city": None}, None),
        ("{", "arguments-not-json"),
        ({}, "argument-missing"),
        ({"city": "Oslo", "when": "now"}, "argument-unknown"),
        ({"city": "Oslo", "seats": "two"}, "argument-type"),
        ({"city": "Oslo", "seats": True}, "argument-type"),
        ({"city": "Oslo", "class": "c"}, "argument-value"),
    ],
)
def test_arguments_are_checked_against_the_schema(arguments: object, defect: str | None) -> None:
    assert defects(calls(arguments), TOOLS) == ([defect] if defect else [])


@pytest.mark.parametrize(
    "tools",
    ["[]", "no json", '[{"type": "web_search"}]', '[{"name": "book", "parameters": {"type": "dict"}}]'],
)
def test_tools_that_say_nothing_are_no_reason_for_suspicion(tools: str) -> None:
    assert defects(calls({"city": 1}), tools) == []


def test_what_is_found_does_not_depend_on_the_other_examples() -> None:
    builder, single = ExampleBuilder(), []
    for n in range(40):
        for target in (builder, ExampleBuilder()):
            target.message("system", f"Rule {n % 3}: stay polite. " * 8)
            target.message("user", f"Give me number {n * 97}")
            target.message("assistant", f"Here: {n * 97 + n % 2 * 50}, as asked for by you and")
            target.finish(n.to_bytes(16, "big"), line=n, source="s", file="f")
        single.append(checked(target.table())[0])
    together, _ = checked(builder.table())
    assert together.equals(pa.concat_tables(single).combine_chunks())


def test_nothing_is_found_in_nothing() -> None:
    table, vectors = checked(ExampleBuilder().table())
    assert (len(table), vectors.shape) == (0, (0, 256))
    assert table.column("call").to_numpy().dtype == np.uint64
