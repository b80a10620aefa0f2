"""Langfuse's own traces of eight frameworks, beside what Langfuse itself reads in them, message by message.

The fixtures are Langfuse's tests of its normalisation (`*.chatml.json`: what it expects). Every message is
the same here, or differs in one of the ways in `WAYS`, which docs/formats/langfuse.md explains.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.reading import read_file
from tuneset.connectors.traces.dialects import offered_tools, openai_messages
from tuneset.connectors.traces.payloads import Asked, answered_in, asked_in
from tuneset.connectors.turns import ROLE_OF, Turns
from tuneset.core.canonical import message_dicts
from tuneset.core.example import ExampleBuilder

pytestmark = pytest.mark.real

FOLDER = "langfuse_traces/worker/src/__tests__/chatml/framework-traces"
PAGE = Path(__file__).parents[2] / "docs" / "formats" / "langfuse.md"

Message = tuple[str | None, str, list[tuple[str, str, str]]]

FIXTURES: dict[str, tuple[int, int, dict[str, int]]] = {
    "agno-2025-06-11": (6, 2, {"not-a-model-call": 2, "repeated-call": 2}),
    "autogen-2025-06-06": (2, 1, {"not-a-model-call": 1}),
    "beeai-2025-08-01": (29, 0, {"not-a-model-call": 24, "no-answer": 5}),
    "google-adk-2025-08-28": (5, 2, {"not-a-model-call": 3}),
    "google-gemini-2025-08-01": (1, 1, {}),
    "koog-2025-08-26": (11, 2, {"not-a-model-call": 9}),
    "langgraph-python-2025-08-22": (9, 2, {"not-a-model-call": 7}),
    "llamaindex-2025-06-05": (2, 1, {"not-a-model-call": 1}),
}
"""Fixture: observations, examples, rejects by reason."""

WAYS: dict[str, dict[str, int]] = {
    "agno-2025-06-11": {"same": 2, "read from a repr": 6},
    "autogen-2025-06-06": {},
    "beeai-2025-08-01": {"same": 10, "text under another key": 14},
    "google-adk-2025-08-28": {"same": 8, "call without an id": 2, "result of a tool": 1},
    "google-gemini-2025-08-01": {"same": 2},
    "koog-2025-08-26": {"same": 7, "calls as text": 4},
    "langgraph-python-2025-08-22": {"same": 28, "result in JSON": 1},
    "llamaindex-2025-06-05": {},
}
"""Fixture: messages by the way in which they differ from Langfuse's."""


@pytest.mark.parametrize("name", FIXTURES)
def test_every_observation_is_an_example_or_a_reject(shared_data: Path, name: str) -> None:
    reading = read_file(shared_data / FOLDER / f"{name}.trace.json")
    print(f"{name:30} read {reading.read:3} examples {reading.table.num_rows:3} {Counter(reading.reasons)}")
    assert (reading.read, reading.table.num_rows, dict(Counter(reading.reasons))) == FIXTURES[name]
    assert len(set(reading.column("conversation"))) <= 1


@pytest.mark.parametrize("name", FIXTURES)
def test_messages_are_those_that_langfuse_reads(shared_data: Path, name: str) -> None:
    ways = Counter[str]()
    for said, expected in _pairs(shared_data / FOLDER, name):
        messages = [_message(message) for message in _read(said.messages)]
        assert len(messages) == len(expected)
        ways.update(map(_way, messages, map(_expected, expected)))
        definitions = next((message["tools"] for message in expected if message.get("tools")), None)
        if definitions:
            assert [_tool(tool) for tool in offered_tools(said.tools) or []] == definitions
    print(f"{name:30} {dict(ways)}")
    assert dict(ways) == WAYS[name]


def test_every_way_to_differ_is_explained() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    table = {row.split("|")[1].strip().strip("`"): row for row in rows}
    for fixture, ways in WAYS.items():
        for way in ways.keys() - {"same"}:
            assert way in table[fixture]


def _pairs(folder: Path, name: str) -> list[tuple[Asked, list[dict[str, Any]]]]:
    """Each input and output in which Langfuse finds messages: as we read it, as Langfuse does."""
    trace = orjson.loads((folder / f"{name}.trace.json").read_bytes())
    expected = orjson.loads((folder / f"{name}.chatml.json").read_bytes())
    found = []
    for observation in trace["observations"]:
        for side in ("input", "output"):
            outcome = expected.get(observation["id"], {}).get(side, {})
            if not outcome.get("success") or not any(_is_message(entry) for entry in outcome["data"]):
                continue
            value = observation[side]
            read = asked_in(value) if side == "input" else Asked(answered_in(value).messages)
            found.append((read, outcome["data"]))
    return found


def _is_message(entry: dict[str, Any]) -> bool:
    """Objects that are results of tools are passed through by Langfuse; they have neither role nor tools."""
    return "role" in entry or "tools" in entry


def _read(messages: list[object]) -> list[dict[str, Any]]:
    """The messages as an example holds them."""
    builder = ExampleBuilder()
    Turns(builder).extend(openai_messages(messages), where="input")
    builder.finish(bytes(16), line=1, source="s", file="f")
    [said] = message_dicts(builder.table())
    return orjson.loads(orjson.dumps(said))


def _message(message: dict[str, Any]) -> Message:
    calls = [
        (call["id"], call["function"]["name"], call["function"]["arguments"])
        for call in message.get("tool_calls", [])
    ]
    return message["role"], message["content"] or "", calls


def _expected(message: dict[str, Any]) -> Message:
    """A content of text parts is their text, as it is here."""
    content = message.get("content")
    if isinstance(content, list):
        texts = [part.get("text") for part in content]
        content = "\n".join(texts) if all(texts) else orjson.dumps(content).decode()
    calls = [(call["id"], call["name"], call["arguments"]) for call in message.get("tool_calls", [])]
    return ROLE_OF.get(message.get("role", "")), content or "", calls


def _tool(tool: Any) -> dict[str, Any]:
    """A definition as Langfuse keeps it."""
    return {name: value for name, value in tool["function"].items() if name in _DEFINITION}


_DEFINITION = ("name", "description", "parameters")


def _way(ours: Message, theirs: Message) -> str:
    """The one way in which two messages differ; anything else fails the test."""
    (role, content, calls), (their_role, their_content, their_calls) = ours, theirs
    if ours == theirs:
        return "same"
    if their_role is None:
        return "read from a repr"
    if role == their_role and calls == their_calls and not their_content:
        return "text under another key"
    if role == "tool" and their_role == "user" and content == their_content:
        return "result of a tool"
    if calls and not content and orjson.loads(their_content or "[]") == _as_written(calls):
        return "calls as text"
    if (role, content) == (their_role, their_content) and [call[1:] for call in calls] == [
        call[1:] for call in their_calls if call[0] == ""
    ]:
        return "call without an id"
    if role == their_role == "tool" and orjson.loads(content) == orjson.loads(their_content):
        return "result in JSON"
    raise AssertionError(f"another difference between a message of {role} and one of {their_role}")


def _as_written(calls: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
    return [
        {"function": {"name": name, "arguments": arguments}, "id": call, "type": "function"}
        for call, name, arguments in calls
    ]
