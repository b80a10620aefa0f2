"""Rules of the targets: who breaks them, and what mends them without changing what is said."""

from typing import Any

import orjson
import pyarrow as pa
import pytest

from tuneset.core import registry
from tuneset.core.example import ExampleBuilder
from tuneset.core.exporter import Exporter, Readable, files_of
from tuneset.core.feedback import thumb_of
from tuneset.exporters.conversation import conversations
from tuneset.exporters.fixing import FIXERS, PAD, mended
from tuneset.exporters.pairs import rejected_of

NAMES = registry.names(registry.EXPORTERS)
U, A = ("user", "Where is it?"), ("assistant", "On its way.")
MASKED = ("assistant", "One moment.", {"train": False})
CALL = '[{"id":"call_1","type":"function","function":{"name":"find","arguments":"{\\"a\\":1}"}}]'
CALLED = [U, ("assistant", None, {"tool_calls": CALL}), ("tool", "{}", {"tool_call_id": "call_1"}), A]
TOOLS = '[{"type":"function","function":{"name":"find","parameters":{"type":"object"}}}]'


def exporter(name: str) -> Exporter:
    return registry.load(registry.EXPORTERS, name)()


def table(*messages: tuple[Any, ...], tools: str | None = None, **columns: object) -> pa.Table:
    builder = ExampleBuilder()
    for role, content, *rest in messages:
        builder.message(role, content, **(rest[0] if rest else {}))
    builder.finish(bytes(16), line=1, source="s", file="f", tools=tools, **columns)
    return builder.table()


def rules(name: str, *messages: tuple[Any, ...], **columns: Any) -> list[str]:
    return [rule for _, rule in exporter(name).breaks(table(*messages, **columns))]


def after_fix(name: str, *messages: tuple[Any, ...], **columns: Any) -> tuple[list[list[Any]], list[str]]:
    made = mended(table(*messages, **columns), exporter(name))
    assert exporter(name).breaks(made.examples) == []
    talks = [[(m["role"], m["content"]) for m in talk.messages] for talk in conversations(made.examples)]
    return talks, [fix.fixer for fix in made.fixes]


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_says_why_what_to_do_and_where_it_stands(name: str) -> None:
    for rule in exporter(name).rules:
        assert rule.why
        assert rule.advice
        assert rule.link.startswith("https://")
        assert rule.fixer is None or rule.fixer in FIXERS
    assert isinstance(exporter(name), Readable)


@pytest.mark.parametrize(
    ("name", "rule", "messages"),
    [
        ("together", "order.alternate", [U, U, A]),
        ("together", "system.first", [U, ("system", "Be brief."), A]),
        ("together", "order.first-user", [A, U, A]),
        ("gemini", "mask.not-honoured", [U, MASKED, U, A]),
        ("gemini", "name.no-place", [("user", "Hi", {"name": "kim"}), A]),
        ("bedrock-nova", "text.reserved", [("user", "He wrote User: hello"), A]),
        ("bedrock-nova", "content.blank", [("user", " \n"), A]),
        ("bedrock-nova", "tools.none", CALLED),
        ("mistral", "id.mistral-9", CALLED),
        ("mistral", "tools.declared", CALLED),
        ("mistral", "content.or-calls", [U, ("assistant", "Let me see.", {"tool_calls": CALL})]),
        ("llama-factory", "order.alternate", [U, A, A]),
        ("llama-factory", "order.last-assistant", [U, A, U]),
        ("llama-factory", "content.beside-calls", [U, ("assistant", "Hm.", {"tool_calls": CALL})]),
        ("llama-factory", "text.reserved", [("user", "what is {{idx}}?"), A]),
        ("mlx-lm", "mask.last-only", [U, A, U, A]),
        ("trl", "text.special-token", [("user", "what is <|im_end|>?"), A]),
        ("axolotl", "text.special-token", [("user", "[INST] hello"), A]),
        ("nemo", "tools.result-asked", [U, ("tool", "{}", {}), A]),
        ("trl-dpo", "pair.absent", [U, A]),
        ("trl-kto", "thumb.absent", [U, A]),
        ("lm-eval", "turns.single", [U, A, U, A]),
        ("inspect-ai", "target.text", CALLED[:2]),
        ("openai", "tools.name", [U, ("assistant", None, {"tool_calls": CALL.replace("find", "find it")})]),
    ],
)
def test_a_row_that_the_target_would_not_take_as_it_is_breaks_its_rule(
    name: str, rule: str, messages: list[tuple[Any, ...]]
) -> None:
    assert rule in rules(name, *messages)


def test_pictures_are_shown_by_users_and_not_too_many() -> None:
    def seen(role: str, count: int) -> list[tuple[Any, ...]]:
        parts = [{"type": "image_url", "image_url": {"url": "https://images.example/1.png"}}] * count
        shown = (role, None, {"parts": orjson.dumps(parts).decode()})
        return [shown, A] if role == "user" else [U, shown]

    for name, most in (("openai", 10), ("azure", 64), ("together", 10)):
        assert rules(name, *seen("user", most)) == []
        assert rules(name, *seen("user", most + 1)) == ["images.most"]
        assert rules(name, *seen("assistant", 1)) == ["images.user-only"]


@pytest.mark.parametrize(
    ("name", "fixer", "messages", "said"),
    [
        ("openai", "trim-end", [U, A, U], [[U, A]]),
        ("together", "merge-turns", [U, ("user", "Hello?"), A], [[("user", "Where is it?\n\nHello?"), A]]),
        ("llama-factory", "merge-turns", [U, A, A], [[U, ("assistant", "On its way.\n\nOn its way.")]]),
        ("together", "merge-turns", [("system", "a"), ("system", "b"), U, A], [[("system", "a\n\nb"), U, A]]),
        ("together", "pad-start", [A, U, A], [[("user", PAD), A, U, A]]),
        ("mlx-lm", "split-turns", [U, A, U, A], [[U, A], [U, A, U, A]]),
        ("fireworks", "drop-names", [("user", "Hi", {"name": "kim"}), A], [[("user", "Hi"), A]]),
        ("bedrock-nova", "space-words", [("user", "User: hi [EOS]"), A], [[("user", "User : hi [EOS ]"), A]]),
        ("llama-factory", "space-slots", [("user", "say {{idx}}"), A], [[("user", "say {{idx} }"), A]]),
        ("trl", "space-tokens", [("user", "<|im_end|>"), A], [[("user", "<| im_end|>"), A]]),
    ],
)
def test_what_can_be_mended_is_and_then_breaks_nothing(
    name: str, fixer: str, messages: list[tuple[Any, ...]], said: list[list[Any]]
) -> None:
    assert after_fix(name, *messages) == (said, [fixer])


def test_a_split_example_teaches_each_turn_once() -> None:
    made = mended(table(U, A, U, A), exporter("trl-prompt-completion")).examples
    masks = [[m["train"] for m in talk.messages if m["role"] == "assistant"] for talk in conversations(made)]
    assert masks == [[True], [False, True]]


def test_ids_for_mistral_stay_together_and_are_always_the_same() -> None:
    made = mended(table(*CALLED, tools=TOOLS), exporter("mistral")).examples
    (talk,) = conversations(made)
    (call,) = talk.messages[1]["tool_calls"]
    assert call["id"] == talk.messages[2]["tool_call_id"]
    assert len(call["id"]) == 9
    assert call["id"].isalnum()
    again = mended(table(*CALLED, tools=TOOLS), exporter("mistral")).examples
    assert made.equals(again)


def test_what_is_said_beside_a_call_is_not_split_for_mistral() -> None:
    """mistral-common joins two messages of the assistant again, and then refuses the one."""
    beside = (U, ("assistant", "Let me see.", {"tool_calls": CALL}), *CALLED[2:])
    assert mended(table(*beside, tools=TOOLS), exporter("mistral")).fixes == ()


def test_empty_arguments_become_an_empty_object() -> None:
    call = CALL.replace('"{\\"a\\":1}"', '""')
    made = mended(table(U, ("assistant", None, {"tool_calls": call})), exporter("axolotl"))
    (talk,) = conversations(made.examples)
    assert talk.messages[1]["tool_calls"][0]["function"]["arguments"] == "{}"


def test_what_nothing_mends_stays_as_it_was() -> None:
    given = table(U, MASKED, U, A)
    made = mended(given, exporter("gemini"))
    assert made.fixes == ()
    assert made.examples.equals(given)


def test_turns_that_are_learned_from_differently_are_not_joined() -> None:
    assert mended(table(U, MASKED, A), exporter("together")).fixes == ()


def test_a_fix_names_its_row_among_others() -> None:
    rows = pa.concat_tables([table(U, A), table(U, A, U), table(U, A)])
    made = mended(rows, exporter("openai"))
    assert [(fix.row, fix.rule, fix.fixer, fix.rows) for fix in made.fixes] == [
        (1, "order.last-assistant", "trim-end", 1)
    ]
    assert made.row.tolist() == [0, 1, 2]


def test_sets_for_evaluation_take_the_sealed_split_and_no_other() -> None:
    for name in ("inspect-ai", "lm-eval", "promptfoo"):
        assert files_of(exporter(name)).splits == ("test",)
    assert files_of(exporter("mlx-lm")).name("validation") == "valid.jsonl"
    assert files_of(exporter("azure")).head == b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("feedback", "thumb"),
    [
        ({"thumb": "up"}, True),
        ({"rating": -1}, False),
        ({"name": "user-feedback", "value": 1}, True),
        ([{"key": "thumbs", "score": 0}], False),
        ({"name": "toxicity", "value": 1}, None),
        ({"score": 0.7}, None),
        ([{"thumb": "up"}, {"thumb": "down"}], None),
        ({"comment": "up"}, None),
        (True, True),
        (None, None),
        ("thumbs_down", False),
    ],
)
def test_a_thumb_is_what_cannot_be_meant_otherwise(feedback: object, thumb: bool | None) -> None:
    assert thumb_of(feedback) is thumb


def test_a_worse_answer_is_read_in_every_form_that_logs_have() -> None:
    answer = {"role": "assistant", "content": "worse"}
    for kept in (answer, [answer], "worse", {"from": "gpt", "value": "worse"}):
        extra = orjson.dumps({"rejected": kept}).decode()
        (talk,) = conversations(table(U, A, extra=extra))
        assert rejected_of(talk) == [answer]
    for kept in (None, {}, {"role": "user", "content": "x"}, [answer, {"role": "user", "content": "x"}], []):
        (talk,) = conversations(table(U, A, extra=orjson.dumps({"rejected": kept}).decode()))
        assert rejected_of(talk) is None


def test_gemini_takes_results_as_the_turn_of_the_user() -> None:
    (line,) = exporter("gemini").lines(table(*CALLED, tools=TOOLS))
    value = orjson.loads(line)
    roles = [content["role"] for content in value["contents"]]
    assert roles == ["user", "model", "user", "model"]
    assert value["tools"][0]["functionDeclarations"][0]["parameters"] == {"type": "OBJECT"}


def test_separators_of_lines_are_escaped_for_nemo() -> None:
    given = table(("user", "a\u2028b\x85c\u2029d"), A)
    (line,) = exporter("nemo").lines(given)
    assert len(line.decode().splitlines()) == 1
    assert orjson.loads(line)["messages"][0]["content"] == "a\u2028b\x85c\u2029d"
