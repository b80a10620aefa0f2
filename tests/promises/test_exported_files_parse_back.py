"""What we export says the same when our own connector reads it back: texts, masks, tools, names, calls."""

from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

from tuneset.core import registry
from tuneset.core.exporter import Exporter, Readable
from tuneset.core.feedback import thumb_of
from tuneset.exporters.conversation import Conversation, conversations
from tuneset.exporters.fixing import mended
from tuneset.exporters.pairs import rejected_of
from tuneset.release.check import read_back
from tuneset.testing.strategies import corpora

NAMES = registry.names(registry.EXPORTERS)
PREFERENCES = ("trl-dpo", "trl-kto")
NO_MASKS = ("trl-dpo", "trl-kto", "inspect-ai", "lm-eval", "promptfoo")
"""Targets in which nothing but the answer is judged: a mask on what came before says nothing."""
UNNAMED_RESULTS = ("gemini", "llama-factory", "inspect-ai")
"""Formats whose results of tools are named by their call."""


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(table=corpora(max_rows=8, drawn=False))
def test_a_file_says_the_same_when_it_is_read_back(name: str, table: pa.Table) -> None:
    exporter = registry.load(registry.EXPORTERS, name)()
    table = with_preferences(table) if name in PREFERENCES else table
    for examples in (table, mended(table, exporter).examples):
        written = good(exporter, examples)
        assert_same(exporter, written)


def assert_same(exporter: Exporter, written: pa.Table) -> None:
    assert isinstance(exporter, Readable)
    lines = [orjson.loads(line) for line in exporter.lines(written)]
    assert [exporter.faults(line) for line in lines] == [[]] * len(lines)
    back = read_back(exporter, lines)
    assert back.num_rows == written.num_rows
    pairs = zip(conversations(written), conversations(back), strict=True)
    for given_talk, read_talk in pairs:
        assert said(read_talk, exporter.name) == said(given_talk, exporter.name)
        assert plain(read_talk.tools) == plain(given_talk.tools) or exporter.name == "lm-eval"
        if exporter.name == "trl-dpo":
            assert [plain(m) for m in rejected_of(read_talk) or ()] == [
                plain(m) for m in rejected_of(given_talk) or ()
            ]
        if exporter.name == "trl-kto":
            assert thumb_of(read_talk.feedback) == thumb_of(given_talk.feedback)


def said(talk: Conversation, target: str) -> list[dict[str, Any]]:
    """The messages as far as a target has a place for them: calls by their place instead of their id."""
    places: dict[str, str] = {}
    shown = []
    messages = talk.messages
    if target in ("gemini", "bedrock-nova"):  # a system prompt of nothing is no system prompt
        messages = [m for m in messages if m["role"] != "system" or m["content"]]
    for at, message in enumerate(messages):
        one: dict[str, Any] = {"role": message["role"], "content": message["content"] or ""}
        if "parts" in message and not all(p.keys() == {"type", "text"} for p in message["parts"]):
            one["parts"] = message["parts"]
        if "name" in message and (message["role"] != "tool" or target not in UNNAMED_RESULTS):
            one["name"] = message["name"]
        if message["role"] == "assistant" and target not in NO_MASKS:
            one["train"] = message["train"]
        if "tool_calls" in message:
            places |= {call["id"]: f"{at}.{n}" for n, call in enumerate(message["tool_calls"])}
            one["tool_calls"] = [plain(call["function"]) for call in message["tool_calls"]]
        if message["role"] == "tool":
            one["answers"] = places.get(message.get("tool_call_id", ""))
            one["content"] = plain(one["content"])
        shown.append(one)
    return shown


def plain(value: object) -> object:
    """JSON whose inner texts of JSON are opened, and whose white space says nothing."""
    if isinstance(value, str):
        try:
            return plain(orjson.loads(value)) if value[:1] in "{[" and value else value
        except orjson.JSONDecodeError:
            return value
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if key != "id"}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def with_preferences(table: pa.Table) -> pa.Table:
    count = table.num_rows
    extra = [
        orjson.dumps({"rejected": {"role": "assistant", "content": f"worse {i}"}}).decode()
        for i in range(count)
    ]
    thumbs = [orjson.dumps({"thumb": ("up", "down")[i % 2]}).decode() for i in range(count)]
    for name, values in (("extra", extra), ("feedback", thumbs)):
        at = table.schema.get_field_index(name)
        table = table.set_column(at, table.schema.field(at), pa.array(values, pa.string()))
    return table


def good(exporter: Exporter, examples: pa.Table) -> pa.Table:
    bad = {row for row, _ in exporter.breaks(examples)}
    return examples.filter(pa.array([row not in bad for row in range(len(examples))], pa.bool_()))
