"""The TRL exporter: its bytes, its rules, and that `datasets` opens what it writes."""

from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest

from tuneset.core import registry
from tuneset.core.example import ExampleBuilder
from tuneset.core.exporter import Exporter
from tuneset.exporters.trl import TRL

Said = tuple[object, ...]
"""Role, content and perhaps further columns of a message."""

CALL = '[{"id":"c1","type":"function","function":{"name":"find","arguments":%s}}]'


def table(*messages: Said, tools: str | None = None) -> pa.Table:
    builder = ExampleBuilder()
    for role, content, *rest in messages:
        builder.message(role, content, **(rest[0] if rest else {}))
    builder.finish(bytes(16), line=1, source="s", file="f", tools=tools)
    return builder.table()


def line(*messages: Said, tools: str | None = None) -> dict[str, Any]:
    return orjson.loads(next(TRL().lines(table(*messages, tools=tools))))


def rules(*messages: Said) -> list[str]:
    return [rule for _, rule in TRL().breaks(table(*messages))]


ANSWER = ("assistant", "On its way.")


def test_it_is_an_exporter_and_is_found_by_name() -> None:
    assert registry.load(registry.EXPORTERS, "trl") is TRL
    assert isinstance(TRL(), Exporter)


def test_tools_are_a_string_of_json_and_arguments_are_objects() -> None:
    call = CALL % '"{\\"a\\": 1}"'
    value = line(("user", "a"), ("assistant", None, {"tool_calls": call}), tools='[{"type":"function"}]')
    assert value["tools"] == '[{"type":"function"}]'
    assert value["messages"][1]["tool_calls"][0]["function"] == {"name": "find", "arguments": {"a": 1}}


def test_a_list_of_text_parts_becomes_its_text() -> None:
    parts = '[{"type":"text","text":"a"},{"type":"text","text":"b"}]'
    value = line(("user", "a\nb", {"parts": parts}), ANSWER)
    assert value == {
        "messages": [{"role": "user", "content": "a\nb"}, {"role": "assistant", "content": "On its way."}]
    }
    assert rules(("user", "a\nb", {"parts": parts}), ANSWER) == []


@pytest.mark.parametrize(
    ("rule", "messages"),
    [
        ("assistant.present", [("user", "a")]),
        ("mask.not-honoured", [("user", "a"), ("assistant", "b", {"train": False}), ("user", "c"), ANSWER]),
        (
            "content.text-only",
            [("user", "a", {"parts": '[{"type":"image_url","image_url":{"url":"x"}}]'}), ANSWER],
        ),
        ("tools.args-object", [("user", "a"), ("assistant", None, {"tool_calls": CALL % '"not json"'})]),
        ("tools.args-object", [("user", "a"), ("assistant", None, {"tool_calls": CALL % '"[1]"'})]),
        ("tools.args-object", [("user", "a"), ("assistant", None, {"tool_calls": '["find"]'})]),
        ("tools.args-object", [("user", "a"), ("assistant", None, {"tool_calls": "{}"})]),
    ],
)
def test_a_row_that_would_be_learned_wrongly_is_named_with_its_rule(rule: str, messages: list[Said]) -> None:
    assert rules(*messages) == [rule]
    assert rule in {known.id for known in TRL.rules}
    assert len(list(TRL().lines(table(*messages)))) == 1


def test_a_mask_on_what_a_user_says_changes_nothing() -> None:
    assert rules(("user", "a", {"train": False}), ANSWER) == []
    assert line(("user", "a", {"train": False}), ANSWER)["messages"][0] == {"role": "user", "content": "a"}


def test_a_tool_call_late_in_a_large_file_does_not_break_loading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    datasets = pytest.importorskip("datasets")
    plain = next(TRL().lines(table(("user", "a" * 2000), ANSWER)))
    call = next(
        TRL().lines(table(("user", "a"), ("assistant", None, {"tool_calls": CALL % '"{}"'}), tools="[]"))
    )
    folder = tmp_path / "trl"
    folder.mkdir()
    (folder / "train.jsonl").write_bytes((plain + b"\n") * 6000 + call + b"\n")
    for name, content in TRL().side_files("x").items():
        (folder / name).write_bytes(content)
    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))["train"]
    assert len(loaded) == 6001
    assert loaded[-1]["tools"] == "[]"
    assert loaded[-1]["messages"][1]["tool_calls"][0]["function"]["arguments"] == {}
    assert "tool_calls" not in loaded[0]["messages"][1]
