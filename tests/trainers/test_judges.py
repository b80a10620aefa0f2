"""What other trainers' own loaders make of our exports: every row, as it was written, learned as marked."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from trainers.conftest import Ask, Exports
from trainers.environments import needed
from trainers.tokenizer import answered, learned, shown
from tuneset.core import registry
from tuneset.core.exporter import files_of
from tuneset.exporters.conversation import Conversation, arguments_of, calls_of, spoken
from tuneset.release.pack import read_release

pytestmark = needed

OPEN = "<|im_start|>assistant\n"


@pytest.mark.parametrize("fix", [False, True])
def test_mlx_lm_learns_the_last_turn_of_every_row(
    fix: bool, exports: Exports, ask: Ask, tokenizer: Path
) -> None:
    written = exports("mlx-lm", fix=fix)
    told = ask("mlx-lm", written.folder, tokenizer)
    for split, talks in written.talks.items():
        assert [row["shown"] for row in told[split]] == list(map(shown, talks))
        assert [row["learned"] for row in told[split]] == list(map(answered, talks))


@pytest.mark.parametrize("fix", [False, True])
def test_nemo_learns_every_turn_of_the_assistant(
    fix: bool, exports: Exports, ask: Ask, tokenizer: Path
) -> None:
    written = exports("nemo", fix=fix)
    told = ask("nemo", written.folder, tokenizer)
    for split, talks in written.talks.items():
        assert [row["shown"] for row in told[split]] == [shown(talk, as_logged=True) for talk in talks]
        wanted = [learned(talk.messages, as_logged=True) for talk in talks]
        assert [row["learned"] for row in told[split]] == wanted


@pytest.mark.parametrize("fix", [False, True])
def test_unsloth_learns_the_responses_and_nothing_else(
    fix: bool, exports: Exports, ask: Ask, tokenizer: Path
) -> None:
    written = exports("unsloth", fix=fix)
    told = ask("unsloth", written.folder, tokenizer)
    for split, talks in written.talks.items():
        assert [row["shown"] for row in told[split]] == list(map(shown, talks))
        assert [row["learned"] for row in told[split]] == [learned(talk.messages) for talk in talks]


@pytest.mark.parametrize("fix", [False, True])
def test_mistral_common_accepts_every_row_and_rewrites_none(fix: bool, exports: Exports, ask: Ask) -> None:
    written = exports("mistral", fix=fix)
    for split, talks in written.talks.items():
        told = ask("mistral", written.folder / f"{split}.jsonl")
        assert told.keys() == {"v3", "v3-tekken", "v7"}
        for rows in told.values():
            assert len(rows) == len(talks)
            for row, talk in zip(rows, talks, strict=True):
                turns = [m for m in talk.messages if m["role"] == "assistant"]
                assert [weight != 0 for weight in row["weights"]] == [m["train"] for m in turns]
        for row, talk in zip(told["v3-tekken"], talks, strict=True):
            said = [m for m in talk.messages if m["role"] in ("user", "assistant")]
            texts = [part["text"] for m in said for part in m.get("parts", [{"text": spoken(m)}])]
            # its tokenizers cut spaces off the end of an answer
            assert [text for text in texts if text.rstrip(" ") not in row["text"]] == []


def test_torchtune_reads_together_s_rows_without_tools(exports: Exports, ask: Ask, tmp_path: Path) -> None:
    written = exports("together", fix=True)
    plain = [row for row, line in enumerate(written.lines["train"]) if _is_plain(line)]
    assert len(plain) > 40
    lines = (written.folder / "train.jsonl").read_bytes().split(b"\n")
    (tmp_path / "plain.jsonl").write_bytes(b"".join(lines[row] + b"\n" for row in plain))
    told = ask("torchtune", tmp_path / "plain.jsonl")
    assert told == [
        [[m["role"], spoken(m), m["role"] == "assistant"] for m in written.train[row].messages]
        for row in plain
    ]


def _is_plain(line: dict[str, Any]) -> bool:
    """Without calls and masks, which torchtune has no place for."""
    return all(
        m["role"] != "tool" and "tool_calls" not in m and "weight" not in m and isinstance(m["content"], str)
        for m in line["messages"]
    )


def test_inspect_ai_reads_every_case(exports: Exports, ask: Ask) -> None:
    written = exports("inspect-ai", fix=True, of_sealed=True)
    told = ask("inspect-ai", written.folder)
    talks = written.talks["test"]
    assert len(talks) > 40
    assert told == [
        {"id": line["id"], "target": spoken(talk.messages[-1]), "input": _inspected(talk)}
        for line, talk in zip(written.lines["test"], talks, strict=True)
    ]


def _inspected(talk: Conversation) -> list[Any]:
    return [
        [
            message["role"],
            spoken(message),
            [[call["id"], call["function"]["name"], arguments_of(call)] for call in calls_of(message)],
            message.get("tool_call_id"),
        ]
        for message in talk.messages[:-1]
    ]


def test_the_harness_asks_every_question(exports: Exports, ask: Ask) -> None:
    written = exports("lm-eval", fix=True, of_sealed=True)
    told = ask("lm-eval", written.folder)
    wanted = [
        {"id": line["id"], "question": _question(line), "answer": line["target"]}
        for line in written.lines["test"]
    ]
    assert len(wanted) > 20
    assert told == wanted


def _question(line: dict[str, Any]) -> str:
    return f"{line['system']}\n\n{line['prompt']}" if line["system"] else line["prompt"]


def test_promptfoo_asks_every_case_as_it_was_written(exports: Exports, ask: Ask) -> None:
    written = exports("promptfoo", fix=True, of_sealed=True)
    told = ask("promptfoo", written.folder)
    assert len(told) > 40
    for row, line in zip(told, written.lines["test"], strict=True):
        assert orjson.loads(row["asked"]) == line["vars"]["messages"]
        assert row["reference"] == line["vars"]["reference"]["text"]
        assert row["vars"].keys() == line["vars"].keys()
        assert row["metadata"].items() >= line["metadata"].items()


def test_datasets_opens_the_release_and_every_export(release: Path, exports: Exports, ask: Ask) -> None:
    names = [
        name
        for name in registry.names(registry.EXPORTERS)
        if "train" in files_of(registry.load(registry.EXPORTERS, name)()).splits
    ]
    folders = {name: exports(name, fix=True).folder for name in names}
    told = ask("datasets", release, *folders.values())
    assert _counts(told[str(release)]) == read_release(release).manifest["splits"]
    for name, folder in folders.items():
        assert _counts(told[str(folder)]) == _counts(exports(name, fix=True).lines), name


def _counts(splits: dict[str, list[Any]]) -> dict[str, int]:
    return {split: len(rows) for split, rows in splits.items()}
