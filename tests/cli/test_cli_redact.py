# ruff: noqa: E501 - a log line is read whole
"""`tuneset redact` on any file: the same shape without the identifiers, and a report without a word of it.

All people and numbers are invented.
"""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from tuneset.cli import app

Run = Callable[..., tuple[int, str, str]]
CANARY = "quillfeather40417"
MAIL = f"{CANARY}@example.org"
SHAPES = {
    "chat.jsonl": (
        (
            '{"session_id": 1,  "messages": [{"content": "my name is Jane Doe, mail %s", "tool_calls": [{"arguments":'
            ' "{\\"mail\\": \\"%s\\", \\"card\\": 4111111111111111}"}]}], "n": 1.50}\r\n'
            '\n{"text": "owl@example.org", "session_id": 1}\n{"text": "owl@example.org"}\nbroken {"%s"\n'
        ),
        (
            '{"session_id": 1,  "messages": [{"content": "my name is [PERSON_1], mail [EMAIL_1]", "tool_calls": [{"arguments":'
            ' "{\\"mail\\": \\"[EMAIL_1]\\", \\"card\\": \\"[CARD_1]\\"}"}]}], "n": 1.50}\r\n'
            '\n{"text": "[EMAIL_2]", "session_id": 1}\n{"text": "[EMAIL_1]"}\nbroken {"[EMAIL_1]"\n'
        ),
    ),
    "list.json": (
        '[\n {"a": "write to %s", "b": "caf\u00e9"},\n 3 , {"c": ["%s", {"d": "%s"}]}\n]\n',
        '[\n {"a": "write to [EMAIL_1]", "b": "caf\u00e9"},\n 3 , {"c": ["[EMAIL_1]", {"d": "[EMAIL_1]"}]}\n]\n',
    ),
    "table.csv": (
        'first_name,said,meta\n"Jane","a ""%s""\nb, c",  1\nBob,"{""mail"": ""%s""}",%s\n',
        'first_name,said,meta\n"[PERSON_1]","a ""[EMAIL_1]""\nb, c",  1\n[PERSON_1],"{""mail"": ""[EMAIL_1]""}",[EMAIL_1]\n',
    ),
    "notes.txt": (
        "Hello,\n my name is Jane Doe\n%s and owl@example.org\n%s, %s\n",
        "Hello,\n my name is [PERSON_1]\n[EMAIL_1] and [EMAIL_2]\n[EMAIL_1], [EMAIL_1]\n",
    ),
}


@pytest.fixture
def redact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = app.run(["redact", *words])
        told = capsys.readouterr()
        assert CANARY not in told.out + told.err
        return status, told.out, told.err

    return run


@pytest.mark.parametrize("name", SHAPES)
def test_each_shape_stays_itself_and_a_second_run_changes_nothing(redact: Run, name: str) -> None:
    log, expected = SHAPES[name]
    Path(name).write_bytes((log % (MAIL, MAIL, MAIL)).encode())
    status, out, _ = redact(name)
    assert status == 0
    assert Path("redacted", name).read_bytes().decode() == expected
    assert "xx" in out
    again = redact(f"redacted/{name}", "--out", f"again/{name}", "--json")
    assert Path("again", name).read_bytes().decode() == expected
    [file] = json.loads(again[1])["files"]
    assert (file["changed"], file["types"]) == (0, [])


def test_the_report_counts_by_type_and_lines_that_are_no_json(redact: Run) -> None:
    Path("a.jsonl").write_text(SHAPES["chat.jsonl"][0] % (MAIL, MAIL, MAIL))
    _, out, _ = redact("a.jsonl", "--json")
    [file] = json.loads(out)["files"]
    assert (file["records"], file["changed"], file["invalid"]) == (4, 4, 1)
    told = {row["type"]: (row["class"], row["count"], row["confirmed"]) for row in file["types"]}
    assert told == {"card": ("hard", 1, 1), "email": ("soft", 5, 0), "person": ("soft", 1, 1)}
    assert all(1 <= len(row["examples"]) <= 3 for row in file["types"])


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_what_was_compressed_is_compressed(redact: Run, compression: str) -> None:
    text = f'{{"a": "{MAIL}"}}\n'.encode()
    name = {"gzip": "a.jsonl.gz", "zstd": "a.jsonl.zst"}[compression]
    with pa.output_stream(name, compression=compression) as stream:
        stream.write(text)
    assert redact(name)[0] == 0
    with pa.input_stream(f"redacted/{name}", compression=compression) as stream:
        assert stream.read() == b'{"a": "[EMAIL_1]"}\n'


def test_the_spec_beside_it_says_what_is_redacted(redact: Run) -> None:
    Path("tuneset.yaml").write_text(
        "name: x\nsources: [{path: a.txt}]\nredact: {soft: [phone], custom: [{name: booking, pattern: 'BK-[0-9]{4}'}]}\n"
    )
    Path("a.txt").write_text("owl@example.org BK-1234")
    assert redact("a.txt", "--out", "b.txt")[0] == 0
    assert Path("b.txt").read_text() == "owl@example.org [BOOKING_1]"


def test_nothing_is_replaced_unless_told(redact: Run) -> None:
    Path("a.txt").write_text(MAIL)
    status, _, err = redact("a.txt", "--out", "a.txt")
    assert (status, "TS512" in err, Path("a.txt").read_text()) == (2, True, MAIL)
    assert redact("a.txt", "--out", "a.txt", "--force")[0] == 0
    assert Path("a.txt").read_text() == "[EMAIL_1]"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("cut.jsonl.gz", gzip.compress(MAIL.encode() * 99, mtime=0)[:-12], "TS207"),
        ("a.parquet", b"PAR1" + MAIL.encode(), "TS203"),
        ("empty.txt", b"", "TS202"),
        ("wide.txt", MAIL.encode("utf-16"), "TS204"),
    ],
)
def test_what_cannot_be_redacted_is_told_without_its_text(
    redact: Run, name: str, content: bytes, code: str
) -> None:
    Path(name).write_bytes(content)
    status, out, _ = redact(name, "--json")
    assert (status, json.loads(out)["error"]["code"]) == (3, code)
    assert not Path("redacted").exists()


def test_bytes_that_are_no_utf8_stay(redact: Run) -> None:
    Path("a.jsonl").write_bytes(b'{"a": 1}\n{"b": "\xff ' + MAIL.encode() + b'"}\n')
    assert redact("a.jsonl")[0] == 0
    assert Path("redacted/a.jsonl").read_bytes() == b'{"a": 1}\n{"b": "\xff [EMAIL_1]"}\n'


def test_realistic_surrogates_agree_in_a_conversation_and_json_stays_what_it_is(redact: Run) -> None:
    Path("a.jsonl").write_text(
        '{"session_id": 1, "card_number": 4111111111111111, "said": "my name is Jane Doe, on 2024-05-12"}\n'
        '{"session_id": 1, "said": "Jane, 4111 1111 1111 1111, on 2024-05-19"}\n'
    )
    asked = ("a.jsonl", "--surrogates", "realistic", "--dates", "shift")
    status, out, err = redact(*asked)
    assert (status, "secret of this run" in err) == (0, True)
    first, second = [json.loads(line) for line in Path("redacted/a.jsonl").read_text().splitlines()]
    assert isinstance(first["card_number"], int)
    name, card, day = second["said"].split(", ")
    assert card.replace(" ", "") == str(first["card_number"])
    assert first["said"].startswith(f"my name is {name} ")
    assert "[" not in first["said"] + second["said"]
    assert day != "on 2024-05-19"
    assert not any(part in out for part in (name, card))


def test_the_projects_secret_makes_surrogates_the_same_again(redact: Run) -> None:
    Path("tuneset.yaml").write_text("name: x\nsources: [{path: a.txt}]\nredact: {surrogates: realistic}\n")
    Path("a.txt").write_text(MAIL)
    for out in ("b.txt", "c.txt"):
        status, _, err = redact("a.txt", "--out", out)
        assert (status, err) == (0, "")
    assert Path("b.txt").read_text() == Path("c.txt").read_text() != MAIL
    assert redact("a.txt", "--out", "d.txt", "--surrogates", "placeholder")[0] == 0
    assert Path("d.txt").read_text() == "[EMAIL_1]"


REALISTIC = "name: x\nsources: [{path: '*.jsonl', name: x}]\nredact: {surrogates: realistic, dates: shift}\n"
PEOPLE = ("Jane Doe", "Otto Fuchs", "Ada Byron")


@pytest.mark.parametrize("name", SHAPES)
def test_a_project_leaves_what_it_redacted_with_surrogates_alone(redact: Run, name: str) -> None:
    Path("tuneset.yaml").write_text(REALISTIC)
    Path(name).write_bytes((SHAPES[name][0] % (MAIL, MAIL, MAIL)).encode())
    assert redact(name, "--out", f"once/{name}")[0] == 0
    once = Path("once", name).read_bytes()
    status, out, _ = redact(f"once/{name}", "--out", f"twice/{name}", "--json")
    assert (status, Path("twice", name).read_bytes()) == (0, once)
    [file] = json.loads(out)["files"]
    assert (file["changed"], file["types"], file["redacted_before"] > 0) == (0, [], True)
    kept = [path.read_bytes() for path in Path(".tuneset/redacted").rglob("*.bin")]
    assert kept, "what is kept are digests"
    assert not any(b"@" in data and b"example" in data for data in kept)


def test_new_records_among_old_ones_are_redacted(redact: Run) -> None:
    Path("tuneset.yaml").write_text(REALISTIC)
    said = [json.dumps({"said": f"my name is {name}, on 2024-05-12"}) for name in PEOPLE]
    Path("a.jsonl").write_text("\n".join(said[:2]) + "\n")
    redact("a.jsonl", "--out", "b.jsonl")
    old = Path("b.jsonl").read_text()
    Path("b.jsonl").write_text(old + said[2] + "\n")
    _, out, _ = redact("b.jsonl", "--out", "c.jsonl")
    assert "2 were redacted by this project before" in out
    new = Path("c.jsonl").read_text()
    assert new.startswith(old)
    assert "Byron" not in new
    assert redact("c.jsonl", "--out", "d.jsonl", "--surrogates", "placeholder")[0] == 0
    assert "[PERSON_1]" in Path("d.jsonl").read_text(), "other settings, another result"


def test_a_file_of_a_release_is_left_alone(redact: Run, tmp_path: Path) -> None:
    Path("tuneset.yaml").write_text(f"{REALISTIC}split: {{test: 0, validation: 0}}\n")
    turns = [
        [{"role": "user", "content": f"my name is {name}, help me"}, {"role": "assistant", "content": "Yes."}]
        for name in PEOPLE
    ]
    Path("a.jsonl").write_text("".join(json.dumps({"messages": messages}) + "\n" for messages in turns))
    assert app.run(["release", "--workers", "1"]) == 0
    (rows,) = Path(".tuneset/releases").glob("*/data/train.jsonl")
    assert not any(name in rows.read_text() for name in PEOPLE)
    assert redact(str(rows), "--out", "again.jsonl")[0] == 0
    assert Path("again.jsonl").read_bytes() == rows.read_bytes()
    Path("more.jsonl").write_bytes(rows.read_bytes() + b"{}\n")
    redact("more.jsonl", "--out", "changed.jsonl")
    assert Path("changed.jsonl").read_bytes() != Path("more.jsonl").read_bytes()
