"""Which calls of a conversation become examples, as the spec says."""

from pathlib import Path

import orjson
import pytest

import tuneset

TALK = [
    ("My card is lost, what now?", "I have blocked it."),
    ("When does the new one come?", "In five days."),
    ("Thank you, that is all.", "You are welcome."),
]


def _call(turns: int, *, conversation: str = "c1") -> dict:
    messages = [
        {"role": role, "content": text}
        for said in TALK[:turns]
        for role, text in zip(("user", "assistant"), said, strict=True)
    ]
    return {"conversation_id": conversation, "messages": messages}


def _built(
    directory: Path, calls: list[dict], *, setting: str = "", name: str = "chat.jsonl"
) -> tuneset.Build:
    (directory / "logs").mkdir(exist_ok=True)
    (directory / "logs" / name).write_bytes(b"".join(orjson.dumps(call) + b"\n" for call in calls))
    (directory / "tuneset.yaml").write_text(
        f"name: calls\nsources: [{{path: logs/*.jsonl, name: chat{setting}}}]\n"
        "split: {validation: 0, test: 0.5}\n"
    )
    return tuneset.open(directory).build(workers=1)


def _kept(build: tuneset.Build) -> list[list[dict]]:
    return [row["messages"] for table in build.kept() for row in table.to_pylist()]


def test_the_longest_call_holds_the_others(tmp_path: Path) -> None:
    build = _built(tmp_path, [_call(2), _call(1), _call(3), _call(1, conversation="c2")])
    assert sorted(len(messages) for messages in _kept(build)) == [2, 6]
    verdicts = {row["line"]: row for row in build.verdicts().to_pylist()}
    assert [verdicts[line]["reason"] for line in (1, 2)] == ["prefix-of"] * 2
    assert {verdicts[line]["kept_by"] for line in (1, 2)} == {verdicts[3]["origin_id"]}
    assert build.summary["dropped_by_reason"] == {"traces/prefix-of": 2}


def test_each_call_can_be_an_example(tmp_path: Path) -> None:
    build = _built(tmp_path, [_call(2), _call(1), _call(3)], setting=", calls: each")
    assert sorted(len(messages) for messages in _kept(build)) == [2, 4, 6]


@pytest.mark.parametrize(("setting", "learned"), [("", 3), (", calls: final", 1)])
def test_final_teaches_the_last_answer_only(tmp_path: Path, setting: str, learned: int) -> None:
    (messages,) = _kept(_built(tmp_path, [_call(2), _call(3)], setting=setting))
    assert sum(message["role"] == "assistant" and message["train"] for message in messages) == learned
    assert messages[-1]["train"]


def test_a_sealed_call_stays_in_test_when_the_conversation_goes_on(tmp_path: Path) -> None:
    greeting = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]
    calls = [_call(1), {"conversation_id": "c2", "messages": greeting}]
    (sealed,) = _built(tmp_path, calls).test_ids()
    grown = [{**call, "messages": [*call["messages"], *_call(3)["messages"][2:]]} for call in calls]

    build = _built(tmp_path, grown, name="more.jsonl")

    assert sealed in build.test_ids()
    reasons = {row["reason"]: row for row in build.verdicts().to_pylist()}
    assert "twin-of-sealed-test" in reasons, "what grew out of the sealed call is not learned from"
    assert reasons["prefix-of"]["origin_id"] != sealed
