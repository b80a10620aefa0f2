"""The example table and the flat view of its messages."""

import orjson
import pyarrow as pa

from tuneset.core.canonical import canonical_messages
from tuneset.core.example import EXAMPLES, ExampleBuilder, Messages, concat, no_examples

CALL = '[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\\"b\\":1, \\"a\\":2}"}}]'


def _three() -> pa.Table:
    builder = ExampleBuilder()
    builder.message("system", "be brief")
    builder.message("user", "where is it?")
    builder.message("assistant", None, tool_calls=CALL)
    builder.finish(b"a" * 16, line=1, source="s", file="f", tools='[{"type":"function"}]')
    builder.message("user", "abandoned")
    builder.abandon()
    builder.message("user", "ünï")
    builder.message("assistant", "first", train=False)
    builder.message("user", "and?", parts='[{"type":"text","text":"and?"},{"type":"image_url"}]')
    builder.message("assistant", "second")
    builder.finish(b"b" * 16, line=3, source="s", file="f", tags=[("intent", "x")])
    builder.message("user", "nobody answered")
    builder.finish(b"c" * 16, line=4, source="s", file="f")
    return builder.table()


def test_what_the_builder_was_told_stands_in_the_table() -> None:
    table = _three()

    assert table.schema.equals(EXAMPLES)
    assert table.column("output").to_pylist() == [CALL, "second", None]
    assert Messages.of(table).taught.tolist() == [2, 6, -1]
    assert table.column("messages").to_pylist()[1][0] == {
        "role": "user",
        "content": "ünï",
        "parts": None,
        "name": None,
        "tool_calls": None,
        "tool_call_id": None,
        "train": True,
    }


def test_a_slice_shows_the_messages_of_its_own_rows() -> None:
    table = _three()
    for start in range(3):
        part = table.slice(start)
        assert Messages.of(part).content.to_pylist() == [
            m["content"] for row in part.column("messages").to_pylist() for m in row
        ]
        assert Messages.of(part).into(part).equals(part)


def test_opening_and_closing_the_messages_changes_nothing() -> None:
    table = concat([_three().slice(0, 2), _three().slice(1)])

    assert Messages.of(table).into(table).equals(table)
    assert Messages.of(no_examples()).into(no_examples()).equals(no_examples())


def test_the_canonical_form_keeps_arguments_as_seen_and_leaves_out_what_says_nothing() -> None:
    first, second, _ = canonical_messages(_three())

    assert b'"arguments":"{\\"b\\":1, \\"a\\":2}"' in first
    assert orjson.loads(first)["messages"][2]["content"] is None
    assert orjson.loads(second) == {
        "messages": [
            {"content": "ünï", "role": "user"},
            {"content": "first", "role": "assistant", "train": False},
            {"content": [{"type": "text", "text": "and?"}, {"type": "image_url"}], "role": "user"},
            {"content": "second", "role": "assistant"},
        ]
    }
