"""Whole builds of logs that other people wrote: nothing vanishes, tools survive, no test item leaks."""

import csv
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

import tuneset
from terminal import here
from tuneset.build.result import Build

pytestmark = pytest.mark.real

TWIN = 0.8
"""Jaccard similarity of word sets from which two queries are the same question to a reader."""


def built(root: Path, *logs: Path) -> Build:
    """`tuneset init` and a build of copies of the logs."""
    for path in logs:
        shutil.copyfile(path, root / path.name)
    said = here("init", *(path.name for path in logs), cwd=root)
    assert said.status == 0, said.all
    return tuneset.open(root).build(workers=1)


def accounted(build: Build, *, read: int) -> None:
    """Every record has exactly one outcome, in the summary and in the tables."""
    summary, outcomes = build.summary, build.verdicts(["outcome"]).column("outcome").to_pylist()
    rejected = sum(1 for _ in build.rejects())
    dropped = outcomes.count("dropped")
    assert (summary["read"], len(outcomes) + rejected) == (read, read)
    assert (summary["kept"], summary["dropped"], summary["rejected"]) == (
        len(outcomes) - dropped, dropped, rejected,
    )  # fmt: skip
    assert sum(summary["splits"].values()) == summary["kept"]


def exported(root: Path) -> list[dict]:
    """All rows of the release's openai target."""
    said = here("release", "--workers", "1", "--json", cwd=root)
    assert said.status == 0, said.all
    assert here("verify", cwd=root).status == 0
    files = sorted(Path(said.json["dir"]).glob("targets/openai/*.jsonl"))
    return [
        json.loads(line)
        for path in files
        if path.name != "left_out.jsonl"
        for line in path.read_text().splitlines()
    ]


def tool_calls(rows: list[dict]) -> Iterator[dict]:
    for row in rows:
        for message in row["messages"]:
            yield from message.get("tool_calls") or ()


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_dialogues_with_tools_come_through_whole(shared_data: Path, tmp_path: Path) -> None:
    logs = [shared_data / "derived" / name for name in ("sgd_train_openai.jsonl", "tm4_openai_00-03.jsonl")]
    records = [record for path in logs for record in lines(path)]
    build = built(tmp_path, *logs)
    accounted(build, read=len(records))
    assert build.summary["kept"] > 0.9 * len(records)
    rows = exported(tmp_path)
    seen = {call["function"]["name"] for call in tool_calls(records)}
    calls = list(tool_calls(rows))
    assert len(seen) > 10
    assert {call["function"]["name"] for call in calls} == seen
    asked = {call["function"]["arguments"] for call in tool_calls(records)}
    as_seen = [call["function"]["arguments"] in asked for call in calls]
    redacted = [re.search(r"\[[A-Z]+_\d+\]", call["function"]["arguments"]) is not None for call in calls]
    assert all(seen or hidden for seen, hidden in zip(as_seen, redacted, strict=True))
    assert sum(as_seen) > 0.5 * len(calls)
    assert len(calls) > 0.9 * len(list(tool_calls(records)))
    assert sum(len(row["messages"]) > 4 for row in rows) > 0.8 * len(rows)


DEMOS = {
    "alpaca_en_demo.json": 999,
    "dpo_en_demo.json": 300,
    "glaive_toolcall_en_demo.json": 300,
    "identity.json": 91,
    "kto_en_demo.json": 300,
    "mllm_demo.json": 6,
    "reason_tool_use_demo_50.jsonl": 50,
    "v1_dpo_demo.jsonl": 10,
    "v1_sft_demo.jsonl": 500,
}
"""Files of conversations and how many records each holds."""


@pytest.mark.parametrize(("name", "read"), DEMOS.items())
def test_a_trainers_demo_file_is_accounted_for(
    shared_data: Path, tmp_path: Path, name: str, read: int
) -> None:
    build = built(tmp_path, shared_data / "llama_factory_demo" / name)
    accounted(build, read=read)
    assert build.summary["kept"] >= 0.5 * read
    rows = exported(tmp_path)
    assert rows
    if "tool" in name:
        assert any(tool_calls(rows))


# Banking77


@pytest.fixture(scope="module")
def bank(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Build:
    root = tmp_path_factory.mktemp("bank")
    return built(root, *(shared_data / "banking77" / name for name in ("train.csv", "test.csv")))


def queries(shared_data: Path) -> dict[tuple[str, int], tuple[str, str]]:
    """(file, number of the record) → (text, label); records are numbered from 0."""
    found = {}
    for name in ("train.csv", "test.csv"):
        with (shared_data / "banking77" / name).open(newline="") as file:
            for number, row in enumerate(csv.DictReader(file)):
                found[name, number] = (row["text"], row["category"])
    return found


def test_all_77_labels_are_proposed(bank: Build, shared_data: Path) -> None:
    labels = {label for _, label in queries(shared_data).values()}
    assert bank.spec.task == "classification"
    assert len(labels) == 77
    assert set(bank.spec.output.labels or ()) == labels


def test_every_query_has_an_outcome_and_no_label_is_refused(bank: Build, shared_data: Path) -> None:
    accounted(bank, read=len(queries(shared_data)))
    assert {
        reason for reason in bank.summary["dropped_by_reason"] if not reason.startswith("dedupe/")
    } == set()


def test_a_label_set_that_lacks_labels_refuses_exactly_their_queries(
    shared_data: Path, tmp_path: Path
) -> None:
    shutil.copyfile(shared_data / "banking77" / "test.csv", tmp_path / "test.csv")
    counts: dict[str, int] = {}
    for (name, _), (_, label) in queries(shared_data).items():
        if name == "test.csv":
            counts[label] = counts.get(label, 0) + 1
    refused, *allowed = sorted(counts)
    (tmp_path / "tuneset.yaml").write_text(
        "name: bank\ntask: classification\n"
        "sources: [{path: test.csv, fields: {text: text, label: category}}]\n"
        f"output: {{labels: {json.dumps(allowed)}}}\n"
    )
    build = tuneset.open(tmp_path).build(workers=1)
    accounted(build, read=sum(counts.values()))
    assert build.summary["dropped_by_reason"]["labels/output-not-a-label"] == counts[refused]
    assert set(build.summary["labels"]) == set(allowed)


def word_sets(texts: list[str], *, vocabulary: dict[str, int]) -> csr_matrix:
    """`[n, words]` of 0 and 1."""
    sets = [{vocabulary[w] for w in re.findall(r"\w+", text.lower())} for text in texts]
    columns = [word for words in sets for word in words]
    rows = np.repeat(np.arange(len(sets)), [len(words) for words in sets])
    return csr_matrix((np.ones(len(columns), np.int32), (rows, columns)), (len(sets), len(vocabulary)))


def alike(left: list[str], right: list[str]) -> int:
    """Number of pairs, one of each list, whose word sets have a Jaccard similarity of at least `TWIN`."""
    words = {word for text in left + right for word in re.findall(r"\w+", text.lower())}
    vocabulary = {word: number for number, word in enumerate(sorted(words))}
    a, b = (word_sets(texts, vocabulary=vocabulary) for texts in (left, right))
    shared = (a @ b.T).tocoo()
    size_a, size_b = (np.asarray(m.sum(axis=1)).ravel() for m in (a, b))
    union = size_a[shared.row] + size_b[shared.col] - shared.data
    return int((shared.data / union >= TWIN).sum())


def test_no_test_query_has_a_near_twin_in_training(bank: Build, shared_data: Path) -> None:
    original = {name: [text for (file, _), (text, _) in queries(shared_data).items() if file == name]
                for name in ("test.csv", "train.csv")}  # fmt: skip
    assert alike(original["test.csv"], original["train.csv"]) >= 490, "the published split leaks"
    texts: dict[str, list[str]] = {}
    for table in bank.kept():
        for row in table.select(["messages", "split"]).to_pylist():
            said = " ".join(message["content"] for message in row["messages"] if message["role"] == "user")
            texts.setdefault(row["split"], []).append(said)
    assert min(len(texts["test"]), len(texts["train"])) > 500
    assert alike(texts["test"], texts["train"]) == 0


def test_queries_with_different_labels_are_never_merged(bank: Build, shared_data: Path) -> None:
    known = queries(shared_data)
    verdicts = bank.verdicts(["origin_id", "file", "line", "kept_by"]).to_pylist()
    verdicts.sort(key=lambda row: (row["file"], row["line"]))
    query = dict(
        zip((row["origin_id"] for row in verdicts), (known[key] for key in sorted(known)), strict=True)
    )
    merged = [(query[row["origin_id"]], query[row["kept_by"]]) for row in verdicts if row["kept_by"]]
    assert len(merged) > 100
    assert [pair for pair in merged if pair[0][1] != pair[1][1]] == []
    pairs = lines(shared_data / "derived" / "banking77_train_test_leaks.jsonl")
    contrasts = [pair for pair in pairs if pair["test_label"] != pair["train_label"]]
    assert len(contrasts) == 39
    for pair in contrasts:
        test, train = ((pair[f"{side}_text"], pair[f"{side}_label"]) for side in ("test", "train"))
        assert {test, train} <= set(known.values())
        assert (test, train) not in merged
        assert (train, test) not in merged
