"""`tuneset sniff` on what people have: what it says, what it never shows, and how it fails."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from connectors.reading import chat
from tuneset.cli import app

Sniff = Callable[..., tuple[int, str, str]]
FIXTURES = Path(__file__).parents[1] / "connectors" / "fixtures"


@pytest.fixture
def sniffed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "Sniff":
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = app.run(["sniff", *words])
        told = capsys.readouterr()
        return status, told.out, told.err

    return run


def test_it_says_what_it_sees_why_and_what_else_it_could_be(sniffed: Sniff, tmp_path: Path) -> None:
    (tmp_path / "chats.json").write_bytes((FIXTURES / "openwebui_chats.json").read_bytes())
    status, out, err = sniffed("chats.json")
    assert status == 0
    assert "format: openwebui, because of `chat.history.messages`" in out
    assert "could also be: openai-chat" in out
    assert out.count("example at line") == 3
    assert "tuneset init chats.json" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chats.json"]


def test_text_is_redacted_cut_and_harmless(sniffed: Sniff, tmp_path: Path) -> None:
    secret = "write to owl@example.org, card 4111 1111 1111 1111 \x1b[31m\u202e"
    asked = {"messages": [{"role": "user", "content": secret}, {"role": "assistant", "content": "x" * 9000}]}
    call = {
        "id": "c",
        "type": "function",
        "function": {"name": "pay", "arguments": '{"card": "4111111111111111"}'},
    }
    asked["messages"].insert(1, {"role": "assistant", "content": None, "tool_calls": [call]})
    (tmp_path / "a.jsonl").write_bytes(orjson.dumps({**asked, "feedback": "call owl@example.org"}))
    for words in ([], ["--json"]):
        _, out, _ = sniffed("a.jsonl", *words)
        assert "owl@example.org" not in out
        assert "4111" not in out
        assert "[EMAIL_1]" in out
        assert "\x1b" not in out.replace("\\u001b", "")
        assert "\u202e" not in out
        assert len(out) < 4000


def test_json_says_the_same(sniffed: Sniff, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(
        orjson.dumps(chat(model="m", session_id="s", title="t", a1b2c3d4="x")) + b"\n{"
    )
    status, out, _ = sniffed("a.jsonl", "--json")
    [file] = orjson.loads(out)["files"]
    assert status == 0
    assert (file["connector"], file["share"], file["alternatives"]) == ("openai-chat", 1.0, [])
    assert file["rejected"] == {"not-json": 1}
    [example] = file["examples"]
    assert (example["model"], example["conversation"], example["user"]) == ("m", True, False)
    assert example["kept_aside"] == ["title"]
    assert [message["role"] for message in example["messages"]] == ["user", "assistant"]


def test_a_whole_export_is_told_file_by_file(sniffed: Sniff, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as made:
        made.writestr("conversations.json", (FIXTURES / "chatgpt_conversations.json").read_bytes())
        made.writestr("user.json", b'{"email": "owl@example.org"}')
    status, out, _ = sniffed("export.zip")
    assert status == 0
    assert "export.zip/user.json: json-array, zip, " in out
    assert "comes along with the logs and holds none" in out
    assert "owl" not in out


def test_several_formats_are_each_shown_once(sniffed: Sniff, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    for name in ("a", "b"):
        (tmp_path / "logs" / f"{name}.jsonl").write_bytes(orjson.dumps(chat(name)))
    (tmp_path / "logs" / "c.json").write_bytes((FIXTURES / "alpaca.json").read_bytes())
    _, out, _ = sniffed("logs")
    assert out.count("format: openai-chat") == 2
    assert out.count("example at line") == 2


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.jsonl", b"", "TS202"),
        ("a.jsonl", b'{"strange": 1}', "TS208"),
        ("a.jsonl", b"not json at all", "TS208"),
        ("a.bin", bytes(range(256)), "TS203"),
        ("a.zip", b"PK\x03\x04 and no more", "TS207"),
        ("a.eval", b"not a zip", "TS203"),
        ("a.arrow", b"not arrow", "TS203"),
        ("a.arrow", b"\xff\xff\xff\xff and no more", "TS207"),
        ("a.parquet", b"PAR1 and no more", "TS207"),
        ("a.jsonl", "caf\xe9".encode("utf-16"), "TS204"),
    ],
)
def test_bad_input_is_named_with_its_code(
    sniffed: Sniff, tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    (tmp_path / name).write_bytes(content)
    status, out, err = sniffed(name, "--json")
    assert status == 3
    assert orjson.loads(out)["error"]["code"] == code
    assert "Traceback" not in err


def test_one_bad_file_among_good_ones_is_told_and_shows_in_the_status(sniffed: Sniff, tmp_path: Path) -> None:
    (tmp_path / "good.jsonl").write_bytes(orjson.dumps(chat()))
    (tmp_path / "bad.jsonl").write_bytes(b'{"kanarienvogel": "kanarienvogel"}')
    status, out, _ = sniffed("good.jsonl", "bad.jsonl")
    assert status == 1
    assert "format: openai-chat" in out
    assert "(TS208)" in out


def test_without_a_file_the_command_line_is_wrong(sniffed: Sniff) -> None:
    status, _, _ = sniffed()
    assert status == 2
    assert sniffed("nothing-here")[0] == 3
