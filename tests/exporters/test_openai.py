"""The OpenAI exporter: its bytes, its rules, and that our own connector reads them back."""

import orjson
import pyarrow as pa
import pytest

from tuneset.core import registry
from tuneset.core.canonical import canonical_messages
from tuneset.core.example import ExampleBuilder
from tuneset.core.exporter import Exporter
from tuneset.core.spec import Fields
from tuneset.exporters.openai import OpenAI

Said = tuple[object, ...]
"""Role, content and perhaps further columns of a message."""

CALL = '[{"id":"c1","type":"function","function":{"name":"find","arguments":"{\\"a\\": 1}"}}]'


def table(*conversations: list[Said], tools: str | None = None) -> pa.Table:
    builder = ExampleBuilder()
    for line, messages in enumerate(conversations, start=1):
        for role, content, *rest in messages:
            builder.message(role, content, **(rest[0] if rest else {}))
        builder.finish(line.to_bytes(16, "big"), line=line, source="s", file="f", tools=tools)
    return builder.table()


GOOD = [("user", "Where is it?"), ("assistant", "On its way.")]
CALLED = [
    ("user", "Where is it?"),
    ("assistant", None, {"tool_calls": CALL}),
    ("tool", "", {"tool_call_id": "c1"}),
    ("assistant", "On its way."),
]


def broken(*conversations: list[Said]) -> list[tuple[int, str]]:
    return OpenAI().breaks(table(*conversations))


def test_it_is_an_exporter_and_is_found_by_name() -> None:
    assert registry.load(registry.EXPORTERS, "openai") is OpenAI
    assert isinstance(OpenAI(), Exporter)


def test_every_rule_it_names_is_documented_once() -> None:
    ids = [rule.id for rule in OpenAI.rules]
    assert len(set(ids)) == len(ids)
    assert all(rule.why and rule.link.startswith("https://") for rule in OpenAI.rules)


def test_good_conversations_break_nothing() -> None:
    assert broken(GOOD, CALLED, [("system", ""), *GOOD]) == []


@pytest.mark.parametrize(
    ("rule", "messages"),
    [
        ("order.last-assistant", [*GOOD, ("user", "Thanks.")]),
        ("order.last-assistant", []),
        ("assistant.present", [("user", "Where is it?")]),
        ("assistant.trained", [("user", "Where is it?"), ("assistant", "On its way.", {"train": False})]),
        ("content.present", [("user", ""), ("assistant", "On its way.")]),
        ("content.present", [("user", "Where is it?"), ("assistant", None)]),
        ("content.present", [("system", None), *GOOD]),
        ("tools.call-answered", [*CALLED[:2], ("user", "Hello?"), ("assistant", "On its way.")]),
        (
            "tools.result-asked",
            [("user", "Hm"), ("tool", "x", {"tool_call_id": "c1"}), ("assistant", "Yes.")],
        ),
        ("tools.result-asked", [*CALLED[:2], ("tool", "x", {"tool_call_id": "c2"}), ("assistant", "Yes.")]),
        ("tools.call-shape", [("user", "Hm"), ("assistant", None, {"tool_calls": '[{"id":"c1"}]'})]),
        (
            "tools.call-shape",
            [("user", "Hm"), ("assistant", None, {"tool_calls": CALL.replace('"{\\"a\\": 1}"', '{"a":1}')})],
        ),
    ],
)
def test_a_row_that_would_be_refused_is_named_with_its_rule(rule: str, messages: list[Said]) -> None:
    found = broken(GOOD, messages, GOOD)
    assert (1, rule) in found
    assert {row for row, _ in found} == {1}
    assert {name for _, name in found} <= {known.id for known in OpenAI.rules}


def test_a_call_in_the_last_message_may_stay_open() -> None:
    assert broken(CALLED[:2]) == []


def test_two_calls_at_once_need_two_answers() -> None:
    both = CALL[:-1] + "," + CALL[1:].replace("c1", "c2")
    asked = [("user", "Hm"), ("assistant", None, {"tool_calls": both}), ("tool", "1", {"tool_call_id": "c2"})]
    assert (0, "tools.call-answered") in broken([*asked, ("assistant", "Yes.")])
    assert broken([*asked, ("tool", "2", {"tool_call_id": "c1"}), ("assistant", "Yes.")]) == []


def test_only_an_assistant_turn_that_is_not_learned_carries_a_weight() -> None:
    masked = [("user", "a", {"train": False}), ("assistant", "b", {"train": False}), ("assistant", "c")]
    (line,) = OpenAI().lines(table(masked))
    assert line == (
        b'{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","weight":0},'
        b'{"role":"assistant","content":"c"}]}'
    )


def test_what_was_not_logged_is_not_invented() -> None:
    (line,) = OpenAI().lines(table(CALLED, tools='[{"type":"function","function":{"name":"find"}}]'))
    value = orjson.loads(line)
    assert set(value) == {"messages", "tools"}
    assert value["messages"][1]["content"] is None
    assert value["messages"][1]["tool_calls"][0]["function"]["arguments"] == '{"a": 1}'


def test_a_slice_of_a_table_gives_the_same_lines_as_the_table() -> None:
    whole = table(
        GOOD, CALLED, [("user", "z", {"parts": '[{"type":"text","text":"z"}]'}), ("assistant", "y")]
    )
    lines = list(OpenAI().lines(whole))
    assert [next(OpenAI().lines(whole.slice(i, 1))) for i in range(3)] == lines
    assert list(OpenAI().lines(whole.slice(0, 0))) == []
    assert OpenAI().breaks(whole.slice(0, 0)) == []


def test_exported_lines_parse_back_to_the_same_content() -> None:
    connector = registry.load(registry.CONNECTORS, "openai-chat")()
    parts = (
        '[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]'
    )
    given = table(
        GOOD, CALLED,
        [("system", "Be brief."), ("user", "a", {"parts": parts}), ("assistant", "b", {"name": "kim"})],
        [("user", "a"), ("assistant", "b", {"train": False}), ("user", "c"), ("assistant", "d")],
        tools='[{"function":{"name":"find"},"type":"function"}]',
    )  # fmt: skip
    back = ExampleBuilder()
    for number, line in enumerate(OpenAI().lines(given), start=1):
        parsed = connector.parse(orjson.loads(line), back, fields=Fields())
        tools = orjson.dumps(parsed.tools, option=orjson.OPT_SORT_KEYS).decode()
        back.finish(number.to_bytes(16, "big"), line=number, source="s", file="f", tools=tools)
    assert [orjson.loads(line) for line in canonical_messages(back.table())] == [
        orjson.loads(line) for line in canonical_messages(given)
    ]
