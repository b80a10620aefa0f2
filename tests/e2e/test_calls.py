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
    assert "group-of-sealed-test" in reasons, "what grew out of the sealed call is not learned from"
    assert reasons["prefix-of"]["origin_id"] != sealed


def _rated(turns: int, thumb: object) -> dict:
    return {**_call(turns), "feedback": {"thumb": thumb}}


def _learned(messages: list[dict]) -> list[str]:
    return [said["content"] for said in messages if said["role"] == "assistant" and said["train"]]


def _kto(build: tuneset.Build, directory: Path) -> list[tuple[int, bool]]:
    """Messages before the answer, and its label, of each row for KTO."""
    tuneset.open(directory).release()
    rows = [
        orjson.loads(line)
        for path in sorted((directory / ".tuneset" / "releases").glob("*/targets/trl-kto/*.jsonl"))
        for line in path.read_bytes().splitlines()
        if path.name != "left_out.jsonl"
    ]
    return sorted((len(row["prompt"]), row["label"]) for row in rows)


def test_a_thumb_down_on_a_repeated_call_masks_the_answer_wherever_it_is_repeated(tmp_path: Path) -> None:
    other = _call(3)
    other["messages"][5] = {"role": "assistant", "content": "Have a good day."}
    build = _built(tmp_path, [_call(1), _rated(2, "down"), _call(3), other])
    kept = {len(_learned(messages)): messages for messages in _kept(build)}
    assert sorted(len(messages) for messages in _kept(build)) == [4, 6, 6]
    assert kept[0][3]["content"] == TALK[1][1], "the call with the thumb stays and is learned by nobody"
    for messages in _kept(build):
        assert TALK[1][1] not in _learned(messages)
    assert build.summary["dropped_by_reason"] == {"traces/prefix-of": 1}
    reasons = {(row["action"], row["reason"]) for row in build.events().to_pylist()}
    assert {("edit", "disliked-before"), ("edit", "taught-in-longer"), ("edit", "disliked")} <= reasons


@pytest.mark.parametrize(("thumb", "label"), [("down", False), ("up", True)])
def test_a_thumb_on_a_repeated_call_reaches_who_learns_from_thumbs(
    tmp_path: Path, thumb: str, label: bool
) -> None:
    build = _built(tmp_path, [_call(1), _rated(2, thumb), _call(3)])
    (tmp_path / "tuneset.yaml").write_text(
        "name: calls\nsources: [{path: logs/*.jsonl, name: chat}]\nexport: [trl, trl-kto]\n"
        "split: {validation: 0, test: 0}\n"
    )
    assert _kto(build, tmp_path) == [(3, label)]
    learned = sorted(len(_learned(messages)) for messages in _kept(tuneset.open(tmp_path).latest_build()))
    assert learned == [0, 3 if label else 2]


@pytest.mark.parametrize(
    ("calls", "edits"), [("longest", {"disliked", "disliked-before"}), ("final", {"disliked"})]
)
def test_an_edit_is_told_only_of_a_call_whose_answers_change(
    tmp_path: Path, calls: str, edits: set[str]
) -> None:
    build = _built(tmp_path, [_rated(1, "down"), _call(2)], setting=f", calls: {calls}")
    assert {row["reason"] for row in build.events().to_pylist() if row["action"] == "edit"} == edits


def test_a_thumb_says_the_same_however_the_logs_are_cut(tmp_path: Path) -> None:
    calls = [_call(1), _rated(2, "down"), _call(3), _call(2, conversation="c2")]
    for name in ("whole", "cut"):
        (tmp_path / name / "logs").mkdir(parents=True)
    whole = _built(tmp_path / "whole", calls)
    (tmp_path / "cut" / ".tuneset").mkdir()
    (tmp_path / "cut" / ".tuneset" / "key").write_bytes(
        (tmp_path / "whole" / ".tuneset" / "key").read_bytes()
    )
    for number, call in enumerate(calls[1:]):
        (tmp_path / "cut" / "logs" / f"{9 - number}.jsonl").write_bytes(orjson.dumps(call) + b"\n")
    cut = _built(tmp_path / "cut", calls[:1], name="10.jsonl")
    tables = [
        [
            {**row, "file": None, "line": None, "locator": None}
            for table in build.kept()
            for row in table.to_pylist()
        ]
        for build in (whole, cut)
    ]
    assert tables[0] == tables[1]


def test_a_call_with_a_thumb_and_the_longer_one_are_in_one_split(tmp_path: Path) -> None:
    calls = [{**call, "conversation_id": f"c{n}"} for n in range(8) for call in (_rated(2, "up"), _call(3))]
    for call in calls:
        call["messages"] = [
            {**said, "content": f"{said['content']} {call['conversation_id']}"} for said in call["messages"]
        ]
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.jsonl").write_bytes(b"".join(orjson.dumps(call) + b"\n" for call in calls))
    (tmp_path / "tuneset.yaml").write_text(
        "name: calls\nsources: [{path: logs/*.jsonl, name: chat}]\ndedupe: {near: false, semantic: false}\n"
        "split: {validation: 0, test: 0.5, group_by: [], leak_jaccard: 1, leak_cosine: 1}\n"
    )
    rows = tuneset.open(tmp_path).build(workers=1).verdicts(["line", "split"]).to_pylist()
    splits = {row["line"]: row["split"] for row in rows}
    assert set(splits.values()) == {"train", "test"}
    assert all(splits[line] == splits[line + 1] for line in range(1, 17, 2))
