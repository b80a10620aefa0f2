"""`tuneset sniff` on files that need others, or another form; what it says of unknown ones."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from connectors.reading import chat
from tuneset.cli import app
from tuneset.connectors.sniff import _FAMILIES
from tuneset.core.registry import CONNECTORS, names

Run = Callable[..., tuple[int, str, str]]

REQUEST = {
    "custom_id": "r-1",
    "method": "POST",
    "url": "/v1/chat/completions",
    "body": {"model": "m", "messages": [{"role": "user", "content": "Is the kiosk open?"}]},
}
ANSWER = {"index": 0, "message": {"role": "assistant", "content": "Until nine."}, "finish_reason": "stop"}
BODY = {"object": "chat.completion", "model": "m", "choices": [ANSWER]}
RESULT = {
    "custom_id": "r-1",
    "response": {"status_code": 200, "body": BODY},
    "error": None,
}
CASSETTE = """interactions:
- request: {uri: "https://api.openai.com/v1/chat/completions", body: '{"model": "m", "messages": [{"role":
      "user", "content": "Is the kiosk open?"}]}'}
  response:
    status: {code: 200}
    body: {string: '{"object": "chat.completion", "model": "m", "choices": [{"index": 0, "message": {"role":
        "assistant", "content": "Until nine."}}]}'}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def told(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = app.run(list(words))
        said = capsys.readouterr()
        return status, said.out, said.err

    return told


def _written(folder: Path, **records: object) -> None:
    for name, record in records.items():
        (folder / f"{name}.jsonl").write_bytes(orjson.dumps(record))


def test_results_of_a_batch_are_joined_with_the_requests_beside_them(run: Run, tmp_path: Path) -> None:
    _written(tmp_path, output=RESULT, input=REQUEST)
    for words in (["output.jsonl", "input.jsonl"], ["."]):
        status, out, _ = run("sniff", *words)
        assert status == 0
        assert "requests: from input.jsonl" in out
        assert "user: Is the kiosk open?" in out
        assert "input.jsonl: jsonl, " in out
        assert "; the requests that openai-batch answers" in out


def test_results_without_their_requests_say_where_these_are(run: Run, tmp_path: Path) -> None:
    _written(tmp_path, output=RESULT, input=REQUEST)
    _, out, _ = run("sniff", "output.jsonl")
    assert "note: what was asked is in another file: name it, too (`requests` in the spec)" in out
    status, _, err = run("sniff", "input.jsonl")
    assert status == 3
    assert "the file holds the requests of a batch, and no answers" in err


def test_init_joins_files_that_are_named_one_by_one(run: Run, tmp_path: Path) -> None:
    _written(tmp_path, output=RESULT, input=REQUEST)
    status, _, _ = run("init", "output.jsonl", "input.jsonl")
    assert status == 0
    assert "requests: input.jsonl" in (tmp_path / "tuneset.yaml").read_text()
    assert run("build")[0] == 0
    assert "kept 1" in run("status")[1]


def test_a_cassette_in_yaml_is_read_once_the_hint_was_followed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "tape.yaml").write_text(CASSETTE)
    status, out, err = run("sniff", "tape.yaml", "--json")
    assert status == 3
    assert "the file is YAML, which is not read" in err
    fix = orjson.loads(out)["error"]["fix"].removeprefix("make it JSON: ")
    subprocess.run(fix.replace("python", sys.executable, 1), shell=True, check=True)
    _, out, _ = run("sniff", "OUT.json")
    assert "format: recorded-pairs" in out
    assert "assistant: Until nine." in out


def test_unknown_records_get_a_list_of_formats_that_can_be_read(run: Run, tmp_path: Path) -> None:
    _written(tmp_path, strange={"strange": 1}, good=chat())
    _, _, err = run("sniff", "strange.jsonl")
    listed = [line for line in err.splitlines() if line.startswith("    ")]
    assert [line.strip().partition(":")[0] for line in listed] == list(_FAMILIES)
    assert "    data sets: openai-chat, sharegpt" in run("sniff", "strange.jsonl", "good.jsonl")[1]


def test_every_format_of_ours_is_in_one_family() -> None:
    assert sorted(name for family in _FAMILIES.values() for name in family) == names(CONNECTORS)


def test_a_name_with_a_typo_is_guessed(run: Run, tmp_path: Path) -> None:
    _written(tmp_path, good=chat())
    status, _, err = run("check", "good.jsonl", "--for", "opnai")
    assert status == 2
    assert "did you mean `openai`?" in err
