"""Chats and evaluation logs as their programs export them: trees, ratings, corrections, attachments."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.reading import Reading, only_file, read_file, read_records
from tuneset.connectors.details import opened
from tuneset.connectors.formats.chatgpt import ChatGPT
from tuneset.connectors.sniff import sniff
from tuneset.core.example import ExampleBuilder
from tuneset.core.registry import CONNECTORS, load
from tuneset.core.spec import Fields

FIXTURES = Path(__file__).parent / "fixtures"
GOLDEN = Path(__file__).parents[1] / "golden"
SAMPLES = {
    "openwebui": "openwebui_chats.json",
    "chatgpt-export": "chatgpt_conversations.json",
    "inspect-ai": "inspect_log.jsonl",
}
COLUMNS = ("kind", "model", "finish_reason", "conversation", "user", "feedback", "extra", "captured_at")


def chat(messages: dict[str, dict], current: str | None, **more: object) -> dict[str, Any]:
    nodes = {key: {"id": key, "parentId": None, **node} for key, node in messages.items()}
    return {"chat": {"history": {"messages": nodes, "currentId": current}}, **more}


def said(role: str, content: object, parent: str | None = None, **more: object) -> dict[str, object]:
    return {"role": role, "content": content, "parentId": parent, **more}


def node(key: str, role: str, *parts: object, parent: str | None = None, **more: object) -> dict[str, Any]:
    message = {
        "id": key,
        "author": {"role": role},
        "content": {"content_type": "text", "parts": parts},
        **more,
    }
    return {"id": key, "message": message, "parent": parent, "children": []}


def conversation(*nodes: dict[str, Any], current: object = None, **more: object) -> dict[str, Any]:
    return {"mapping": {n["id"]: n for n in nodes}, "current_node": current, **more}


def texts(reading: Reading, row: int = 0) -> list[tuple[str, object]]:
    return [(message["role"], message["content"]) for message in reading.messages[row]]


@pytest.mark.parametrize(("name", "file"), SAMPLES.items())
def test_what_is_read_is_what_was_written_once(name: str, file: str) -> None:
    reading = read_file(FIXTURES / file)
    lines = b""
    for row, messages in enumerate(reading.messages):
        columns = {column: str(reading.column(column)[row] or "") for column in COLUMNS}
        lines += orjson.dumps({"messages": messages, **columns}) + b"\n"
    assert not reading.rejects
    assert lines == (GOLDEN / f"{name}.read.v{load(CONNECTORS, name)().version}.jsonl").read_bytes()


@pytest.mark.parametrize(("name", "file"), [*SAMPLES.items(), ("openwebui", "openwebui_export.json")])
def test_each_sample_is_sniffed_as_its_own_format(name: str, file: str) -> None:
    seen = sniff(only_file(FIXTURES / file))
    assert (seen.connector, seen.share) == (name, 1.0)


def test_no_other_sample_is_taken_for_one_of_these() -> None:
    ours = [load(CONNECTORS, name)() for name in SAMPLES]
    for path in FIXTURES.iterdir():
        if path.name not in (*SAMPLES.values(), "openwebui_export.json"):
            lines = [path.read_bytes()] if path.suffix == ".json" else path.read_bytes().splitlines()
            values = [orjson.loads(line) for line in lines]
            records = values[0] if isinstance(values[0], list) else values
            assert not [c.name for c in ours for record in records if c.recognises(record)], path.name


class TestOpenWebUI:
    def test_without_a_shown_message_the_last_one_is_shown(self, tmp_path: Path) -> None:
        nodes = {"a": said("user", "Q"), "b": said("assistant", "A", "a"), "c": said("assistant", "B", "a")}
        assert texts(read_records([chat(nodes, None)], tmp_path)) == [("user", "Q"), ("assistant", "B")]

    @pytest.mark.parametrize(("shown", "other"), [(0, 0), (1, 0), (1, -1), (0, -1)])
    def test_an_answer_asked_again_is_the_rejected_one(self, tmp_path: Path, shown: int, other: int) -> None:
        rated = [{"annotation": {"rating": rating}} for rating in (other, shown)]
        nodes = {
            "a": said("user", "Q"),
            "b": said("assistant", "A", "a", **rated[0]),
            "c": said("assistant", "B", "a", **rated[1]),
        }
        reading = read_records([chat(nodes, "c")], tmp_path)
        assert reading.extra()["rejected"] == {"role": "assistant", "content": "A"}

    @pytest.mark.parametrize(
        "other",
        [
            {"content": "A", "annotation": {"rating": 1}},
            {"content": "A", "modelIdx": 1},
            {"content": "B"},
            {"content": " "},
            {"content": "A", "error": {"content": "x"}},
            {"content": ["A"]},
            {"content": "A", "role": "user"},
        ],
    )
    def test_what_nobody_turned_down_is_not_rejected(self, tmp_path: Path, other: dict) -> None:
        nodes = {
            "a": said("user", "Q"),
            "b": {**said("assistant", "A", "a"), **other},
            "c": said("assistant", "B", "a"),
        }
        reading = read_records([chat(nodes, "c")], tmp_path)
        assert "rejected" not in reading.extra()
        assert "b" in reading.extra()["branches"]

    def test_a_rewritten_answer_is_a_correction(self, tmp_path: Path) -> None:
        nodes = {"a": said("user", "Q"), "b": said("assistant", "Good.", "a", originalContent="Bad.")}
        reading = read_records([chat(nodes, "b")], tmp_path)
        assert reading.column("kind") == ["corrected"]
        assert reading.extra()["rejected"] == {"role": "assistant", "content": "Bad."}

    @pytest.mark.parametrize(
        ("nodes", "current", "reason"),
        [
            ({"a": said("user", "Q", "b"), "b": said("assistant", "A", "a")}, "a", "broken-tree"),
            ({"a": said("user", "Q")}, "z", "broken-tree"),
            ({"a": said("user", "Q")}, ["a"], "broken-tree"),
            ({"a": said("user", "Q")}, "a", "no-answer"),
            ({"a": said("user", "Q"), "b": said("assistant", "", "a", error=True)}, "b", "provider-error"),
            ({"a": said("wizard", "Q"), "b": said("assistant", "A", "a")}, "b", "unknown-role"),
        ],
    )
    def test_bad_trees_are_rejected(self, tmp_path: Path, nodes: dict, current: Any, reason: str) -> None:
        reading = read_records([chat(nodes, current)], tmp_path, connector="openwebui")
        assert reading.reasons == [reason]

    def test_a_deleted_parent_begins_a_chat(self, tmp_path: Path) -> None:
        nodes = {"b": said("user", "Q", "gone"), "c": said("assistant", "A", "b")}
        assert texts(read_records([chat(nodes, "c")], tmp_path)) == [("user", "Q"), ("assistant", "A")]


class TestDetails:
    def test_plain_text_is_left_alone(self) -> None:
        for text in ("", "a <details>b</details>", '<details type="reasoning" done="false">never closed'):
            assert opened(text)[-1]["content"] == text

    def test_a_block_without_a_name_is_text(self) -> None:
        text = '<details type="tool_calls" done="true">\n<summary>x</summary>\nkept</details>'
        assert opened(text) == [{"role": "assistant", "content": "kept"}]

    def test_a_call_at_the_end_is_the_last_message_but_one(self) -> None:
        text = '<details type="tool_calls" name="f" arguments="{}" result="7"></details>'
        call, result = opened(text)
        assert call["tool_calls"][0]["function"] == {"name": "f", "arguments": "{}"}
        assert result["content"] == "7"

    def test_many_open_blocks_are_read_in_linear_time(self) -> None:
        text = '<details type="reasoning">' * 100_000
        assert opened(text) == [{"role": "assistant", "content": text}]


class TestChatGPT:
    def test_what_is_hidden_and_empty_says_nothing(self, tmp_path: Path) -> None:
        nodes = (
            node("a", "system", ""),
            node("b", "user", "Q", parent="a"),
            node("c", "assistant", "", parent="b"),
            node("d", "assistant", "A", parent="c"),
        )
        reading = read_records([conversation(*nodes, current="d")], tmp_path)
        assert texts(reading) == [("user", "Q"), ("assistant", "A")]

    def test_words_put_into_the_users_mouth_are_instructions(self, tmp_path: Path) -> None:
        hidden = {"is_visually_hidden_from_conversation": True}
        nodes = (
            node("a", "user", "Answer as a pirate.", metadata=hidden),
            node("b", "user", "Q", parent="a"),
            node("c", "assistant", "Arr.", parent="b"),
        )
        reading = read_records([conversation(*nodes, current="c")], tmp_path)
        assert texts(reading)[0] == ("system", "Answer as a pirate.")

    def test_older_custom_instructions_are_the_system_prompt(self, tmp_path: Path) -> None:
        told = {"about_user_message": "A shop.", "about_model_message": "Short."}
        nodes = (
            node("a", "system", "", metadata={"user_context_message_data": told}),
            node("b", "user", "Q", parent="a"),
            node("c", "assistant", "A", parent="b"),
        )
        reading = read_records([conversation(*nodes, current="c")], tmp_path)
        assert texts(reading)[0] == ("system", "A shop.\n\nShort.")

    def test_ratings_that_lie_beside_are_feedback(self) -> None:
        thumbs = {"rating": "thumbs_up", "content": '{"tags": ["helpful"]}'}
        ids = {"id": "r6", "conversation_id": "conv-1", "user_id": "user-9", "workspace_id": None}
        first, second = orjson.loads((FIXTURES / "chatgpt_conversations.json").read_bytes())
        connector = ChatGPT().joined({"message_feedback.json": [{**ids, **thumbs}]})
        assert connector.parse(first, ExampleBuilder(), fields=Fields()).feedback == thumbs
        assert connector.parse(second, ExampleBuilder(), fields=Fields()).feedback is None
        assert ChatGPT().parse(first, ExampleBuilder(), fields=Fields()).feedback is None

    @pytest.mark.parametrize(
        "change",
        [
            lambda n: n["c"]["message"].update(recipient="python"),
            lambda n: n["c"]["message"]["content"].update(parts=["B"]),
            lambda n: n["c"]["message"]["content"].update(parts=[{"content_type": "image_asset_pointer"}]),
            lambda n: n["c"]["message"]["author"].update(role="tool"),
            lambda n: n["c"].update(message=None),
        ],
    )
    def test_a_branch_that_is_no_other_answer_is_not_rejected(
        self, tmp_path: Path, change: Callable[[dict], None]
    ) -> None:
        nodes = [
            node("a", "user", "Q"),
            node("c", "assistant", "A", parent="a"),
            node("d", "assistant", "B", parent="a"),
        ]
        record = conversation(*nodes, current="d")
        assert read_records([record], tmp_path).extra()["rejected"]["content"] == "A"
        change(record["mapping"])
        assert "rejected" not in read_records([record], tmp_path).extra()


class TestInspect:
    def test_a_log_without_samples_is_rejected_aloud(self, tmp_path: Path) -> None:
        log = {"version": 2, "status": "error", "eval": {"task": "t"}, "samples": []}
        reading = read_records([log], tmp_path, connector="inspect-ai")
        assert reading.reasons == ["nothing-inside"]

    def test_a_sample_that_broke_is_no_example(self, tmp_path: Path) -> None:
        log = orjson.loads((FIXTURES / "inspect_log.jsonl").read_bytes())
        log["samples"][0]["error"] = {"message": "kanarienvogel", "traceback": "kanarienvogel"}
        reading = read_records([log], tmp_path)
        assert (reading.read, reading.reasons) == (2, ["provider-error"])
        assert "kanarienvogel" not in repr(reading.details)

    def test_a_json_log_is_one_record_with_its_header(self, tmp_path: Path) -> None:
        log = orjson.loads((FIXTURES / "inspect_log.jsonl").read_bytes())
        for listed in ({"reductions": log.pop("reductions")}, {}):
            path = tmp_path / "log.json"
            path.write_bytes(orjson.dumps({**log, **listed}, option=orjson.OPT_INDENT_2))
            reading = read_file(path)
            assert reading.read == 2
            assert reading.extra(0)["eval"]["task"] == "parcels"
