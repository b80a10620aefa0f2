"""Calls recorded by other projects: every record is read, and kept or rejected with a reason."""

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.reading import read_file

pytestmark = pytest.mark.real

FILES = {
    "derived/api_pairs_openllmetry_cassettes.jsonl": (
        560,
        # Azure's content filter; a deployment that does not exist; an image that could not be loaded
        {("provider-error", "content_filter"): 6, ("provider-error", "DeploymentNotFound"): 3,
         ("provider-error", "invalid_image_url"): 3},
    ),
    "derived/api_pairs_simonw_llm.jsonl": (26, {}),
}  # fmt: skip
"""File: records, rejects by reason and detail."""


@pytest.mark.parametrize("name", FILES)
def test_every_record_is_an_example_or_rejected_with_its_reason(shared_data: Path, name: str) -> None:
    records, rejects = FILES[name]
    for connector in (None, "recorded-pairs"):  # sniffed by its first records, a file may be called otherwise
        reading = read_file(shared_data / name, connector=connector)
        found = Counter(zip(reading.reasons, reading.details, strict=True))
        print(f"{name:48} read {reading.read} examples {reading.table.num_rows} rejected {dict(found)}")
        assert (reading.read, found) == (records, rejects)
        lines = [*reading.lines, *(line for line, _ in reading.rejects)]
        assert sorted(lines) == list(range(1, records + 1))


@pytest.mark.parametrize("name", FILES)
def test_what_was_asked_and_answered_is_there_word_by_word(shared_data: Path, name: str) -> None:
    """Beside a slow reading of plain texts that knows nothing of the connector."""
    path = shared_data / name
    reading = read_file(path, connector="recorded-pairs")
    lines = path.read_bytes().splitlines()
    compared = 0
    for line, messages in zip(reading.lines, reading.messages, strict=True):
        record = orjson.loads(lines[line - 1])
        asked, answered = _last_asked(record["request"]), _answered(record["response"])
        if asked is not None:
            assert asked in _texts(messages[:-1])
        if answered is not None:
            compared += 1
            assert answered == "".join(_texts(messages[-1:]))
    assert compared > 0.4 * len(reading.lines)  # the others call tools


def _last_asked(request: dict[str, Any]) -> str | None:
    asked = request.get("messages") or request.get("input") or request.get("prompt")
    last = asked[-1] if isinstance(asked, list) else asked
    content = last.get("content") if isinstance(last, dict) else last
    return content if isinstance(content, str) else None


def _answered(response: Any) -> str | None:
    """The text of an answer that calls no tool."""
    if isinstance(response, dict):
        events = [response]
    else:
        data = [line.strip().removeprefix("data:").strip() for line in response.split("\n")]
        events = [orjson.loads(line) for line in data if line.startswith("{")]
    said = "".join(_piece(event, streamed=len(events) > 1) for event in events)
    return said or None


def _piece(event: dict[str, Any], *, streamed: bool) -> str:
    for choice in (event.get("choices") or [])[:1]:
        if choice.get("index", 0):
            return ""
        message = choice.get("delta" if streamed else "message") or {}
        return choice.get("text") or message.get("content") or ""
    if event.get("type") == "content_block_delta":
        return event["delta"].get("text", "")
    if event.get("type") == "response.output_text.delta":
        return event["delta"]
    if event.get("object") == "response":
        outputs = [item for item in event["output"] if item["type"] == "message"]
        return "".join(part.get("text", "") for item in outputs for part in item["content"])
    if event.get("type") == "message":
        return "".join(block.get("text", "") for block in event["content"])
    return ""


def _texts(messages: list[dict]) -> list[str]:
    texts = []
    for message in messages:
        content = message["content"]
        parts = content if isinstance(content, list) else [{"text": content}]
        texts += [part["text"] for part in parts if isinstance(part.get("text"), str)]
    return texts


def test_calls_of_tools_are_those_of_the_response(shared_data: Path) -> None:
    path = shared_data / "derived/api_pairs_simonw_llm.jsonl"
    reading = read_file(path, connector="recorded-pairs")
    lines = path.read_bytes().splitlines()
    for line, messages in zip(reading.lines, reading.messages, strict=True):
        response = orjson.loads(lines[line - 1])["response"]
        if isinstance(response, dict) and response.get("object") == "response":
            calls = [item for item in response["output"] if item["type"] == "function_call"]
            found = [call["function"] for call in messages[-1].get("tool_calls", [])]
            assert found == [{"name": call["name"], "arguments": call["arguments"]} for call in calls]
