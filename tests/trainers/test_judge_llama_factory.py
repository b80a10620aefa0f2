"""LLaMA-Factory's own converter and template encode every row of an export and empty none."""

import json
from pathlib import Path
from typing import Any

import pytest

from trainers.conftest import Ask, Exports
from trainers.environments import needed
from tuneset.exporters.conversation import Conversation, Message, arguments_of, calls_of, spoken

pytestmark = needed

NAMES = {"user": "user", "assistant": "assistant", "tool": "observation"}
CLOSE = "<|im_end|>\n"
OPEN = "<|im_start|>assistant\n"


@pytest.mark.parametrize("fix", [False, True])
def test_every_row_is_converted_encoded_and_learned(
    fix: bool, exports: Exports, ask: Ask, tokenizer: Path
) -> None:
    written = exports("llama-factory", fix=fix)
    told = ask("llama-factory", written.folder, written.name, "qwen", tokenizer)
    assert told.keys() == written.talks.keys()
    for split, talks in written.talks.items():
        assert [_read(row) for row in told[split]["aligned"]] == [_wanted(talk) for talk in talks]
        rows = told[split]["encoded"]
        assert [row["learned"] for row in rows] == [list(map(_closed, _answers(talk))) for talk in talks]
        for row, talk in zip(rows, talks, strict=True):
            assert row["shown"].endswith("".join(map(_shown, _rest(talk))))


def _read(row: dict[str, Any]) -> tuple[str, Any, list[tuple[str, Any]]]:
    tools = json.loads(row["tools"]) if row["tools"] else None
    return row["system"], tools, [(turn["role"], _content(turn)) for turn in row["turns"]]


def _content(turn: dict[str, str]) -> Any:
    return json.loads(turn["content"]) if turn["role"] == "function" else turn["content"]


def _wanted(talk: Conversation) -> tuple[str, Any, list[tuple[str, Any]]]:
    system = spoken(talk.messages[0]) if talk.messages[0]["role"] == "system" else ""
    return system, talk.tools, [_turn(message) for message in _rest(talk)]


def _turn(message: Message) -> tuple[str, Any]:
    calls = [{"name": c["function"]["name"], "arguments": arguments_of(c)} for c in calls_of(message)]
    if calls:
        return "function", calls[0] if len(calls) == 1 else calls
    return NAMES[message["role"]], spoken(message)


def _rest(talk: Conversation) -> list[Message]:
    return [message for message in talk.messages if message["role"] != "system"]


def _answers(talk: Conversation) -> list[Message]:
    return [message for message in talk.messages if message["role"] == "assistant"]


def _closed(message: Message) -> str:
    """An answer as the template `qwen` of LLaMA-Factory writes it."""
    calls = [{"name": c["function"]["name"], "arguments": arguments_of(c)} for c in calls_of(message)]
    told = [f"<tool_call>\n{json.dumps(call, ensure_ascii=False)}\n</tool_call>" for call in calls]
    return ("\n".join(told) or spoken(message)) + CLOSE


def _shown(message: Message) -> str:
    if message["role"] == "assistant":
        return _closed(message)
    text = spoken(message)
    said = f"<tool_response>\n{text}\n</tool_response>" if message["role"] == "tool" else text
    return f"<|im_start|>user\n{said}{CLOSE}{OPEN}"
