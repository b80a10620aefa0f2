"""Whole files: what is found, what it is taken for, and what is said when it cannot be read."""

import gzip
import os
import zipfile
from pathlib import Path

import orjson
import pytest

from connectors.reading import chat, only_file, read_file
from tuneset.connectors.files import discover, found_in
from tuneset.connectors.sniff import sniff
from tuneset.core.errors import InputError
from tuneset.core.spec import Fields, Source

GOOD = orjson.dumps(chat()) + b"\n"


def refused(folder: Path, path: str) -> InputError:
    """The error for a source that cannot be discovered or sniffed."""
    with pytest.raises(InputError) as caught:
        [sniff(file) for file in discover(Source(path=path), root=folder)]
    assert caught.value.fix
    assert caught.value.where
    return caught.value


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "TS202"),
        (b"\n \n\n", "TS202"),
        (b"\x00\x01\x02\x03" * 50, "TS203"),
        (b"%PDF-1.7 and so on", "TS203"),
        (b"BZh91AY and so on", "TS203"),
        ('{"messages": []}\n'.encode("utf-16"), "TS204"),
        ('{"messages": []}\n'.encode("utf-16-le"), "TS204"),
        (b"PAR1 but nothing behind it", "TS207"),
        ('{"text": "zurück"}\n{"text": "schön"}\n'.encode("latin-1"), "TS208"),
        (b"plain words\n" * 20, "TS208"),
        (b'{"alpha": 1, "beta": 2}\n', "TS208"),
        (gzip.compress(b"", mtime=0), "TS202"),
        (b"\x1f\x8b\x08", "TS208"),
    ],
)
def test_a_file_that_cannot_be_logs_is_refused_with_a_code_and_a_fix(
    tmp_path: Path, content: bytes, code: str
) -> None:
    (tmp_path / "logs.jsonl").write_bytes(content)
    assert refused(tmp_path, "logs.jsonl").code == code


def test_an_archive_under_the_name_of_a_log_is_read_as_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "logs.jsonl", "w") as archive:
        archive.writestr("inner.jsonl", GOOD)
    [file] = discover(Source(path="logs.jsonl"), root=tmp_path)
    assert (file.relative, file.kind) == ("logs.jsonl/inner.jsonl", "jsonl")


@pytest.mark.parametrize("path", ["missing.jsonl", "*.jsonl", "nowhere/**/*.csv", "."])
def test_nothing_found_says_where_it_looked(tmp_path: Path, path: str) -> None:
    assert refused(tmp_path, path).code == "TS201"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_says_so(tmp_path: Path) -> None:
    (tmp_path / "logs.jsonl").write_bytes(GOOD)
    (tmp_path / "logs.jsonl").chmod(0)
    assert refused(tmp_path, "logs.jsonl").code == "TS205"


def test_a_file_that_vanished_after_it_was_found_says_so(tmp_path: Path) -> None:
    (tmp_path / "logs.jsonl").write_bytes(GOOD)
    file = only_file(tmp_path / "logs.jsonl")
    (tmp_path / "logs.jsonl").unlink()
    with pytest.raises(InputError) as caught:
        sniff(file)
    assert caught.value.code == "TS205"


def test_a_directory_and_a_glob_find_the_same_files_in_order_and_name_empty_ones(tmp_path: Path) -> None:
    for name in ("b/2.jsonl", "a/10.jsonl.gz", "a/empty.jsonl", ".hidden.jsonl", "notes.txt"):
        path = tmp_path / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            b"" if "empty" in name else gzip.compress(GOOD, mtime=0) if name.endswith("gz") else GOOD
        )
    walked = discover(Source(path="logs"), root=tmp_path)
    globbed = discover(Source(path="logs/**/*.jsonl*"), root=tmp_path)
    absolute = discover(Source(path=str(tmp_path / "logs" / "*" / "*.jsonl*")), root=tmp_path / "elsewhere")
    assert [file.relative for file in walked] == ["logs/a/10.jsonl.gz", "logs/b/2.jsonl"]
    assert [file.relative for file in globbed] == [file.relative for file in walked]
    assert [file.relative for file in absolute] == ["a/10.jsonl.gz", "b/2.jsonl"]
    assert [file.relative for file in found_in(Source(path="logs"), root=tmp_path).empty] == [
        "logs/a/empty.jsonl"
    ]


def test_a_file_name_that_is_not_utf8_is_refused_and_shown(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jsonl")).write_bytes(GOOD)
    except OSError:
        pytest.skip("this file system has no such names")
    with pytest.raises(InputError) as refused:
        discover(Source(path="."), root=tmp_path)
    assert (refused.value.code, refused.value.where) == ("TS206", "caf\\xe9.jsonl")


def test_an_empty_file_in_an_archive_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as archive:
        archive.writestr("a.jsonl", GOOD)
        archive.writestr("day/b.jsonl", b"")
        archive.writestr("day/notes.md", b"")
    files, empty = found_in(Source(path="logs.zip"), root=tmp_path)
    assert [file.relative for file in files] == ["logs.zip/a.jsonl"]
    assert [file.relative for file in empty] == ["logs.zip/day/b.jsonl"]


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.jsonl", GOOD, "jsonl"),
        ("a.json", GOOD + GOOD, "jsonl"),
        ("a.json", GOOD, "json-array"),
        ("a.json", b" [\n" + GOOD + b"]", "json-array"),
        ("a.jsonl", b"[" + GOOD + b"]", "json-array"),
        ("a.txt", GOOD, "jsonl"),
        ("a.csv", b"text,label\na,b\n", "csv"),
        ("a.csv", GOOD, "jsonl"),
        ("a", b"\xef\xbb\xbf" + GOOD, "jsonl"),
    ],
)
def test_content_decides_what_a_file_is(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert only_file(tmp_path / name).kind == kind


def test_a_name_that_says_something_else_is_said_aloud(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(gzip.compress(GOOD, mtime=0))
    assert (
        only_file(tmp_path / "a.csv").note
        == "not what its name says: compression is gzip and content is jsonl"
    )
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(GOOD, mtime=0))
    assert only_file(tmp_path / "b.jsonl.gz").note is None


def test_a_bomb_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    zeros = b"0" * (1 << 20)
    with gzip.open(tmp_path / "logs.jsonl.gz", "wb", compresslevel=9) as file:
        file.write(GOOD)
        for _ in range(300):
            file.write(zeros)
    with pytest.raises(InputError) as caught:
        read_file(tmp_path / "logs.jsonl.gz", connector="openai-chat")
    assert caught.value.code == "TS207"


@pytest.mark.parametrize(
    ("record", "connector"),
    [
        (chat(), "openai-chat"),
        ({**chat(), "label": True}, "openai-chat"),
        ({"conversations": [{"from": "human", "value": "a"}]}, "sharegpt"),
        ({"conversations": [{"role": "user", "content": "a"}]}, "sharegpt"),
        ({"instruction": "a", "output": "b", "text": "c"}, "alpaca"),
        ({"prompt": "a", "completion": "b", "label": True}, "prompt-completion"),
        ({"text": "a", "label": "b"}, "classification"),
    ],
)
def test_formats_are_told_by_their_keys(tmp_path: Path, record: dict, connector: str) -> None:
    (tmp_path / "logs.jsonl").write_bytes(orjson.dumps(record) + b"\n")
    sniffed = sniff(only_file(tmp_path / "logs.jsonl"))
    assert sniffed.connector == connector
    assert "in 1 of 1 records" in sniffed.why


def test_the_format_of_most_records_wins_and_the_others_are_named(tmp_path: Path) -> None:
    lines = [orjson.dumps(chat())] * 3 + [orjson.dumps({"text": "a", "label": "b"})] * 2 + [b"{broken"]
    (tmp_path / "logs.jsonl").write_bytes(b"\n".join(lines))
    sniffed = sniff(only_file(tmp_path / "logs.jsonl"))
    assert (sniffed.connector, sniffed.alternatives, sniffed.share) == (
        "openai-chat",
        ("classification",),
        0.6,
    )


def test_the_columns_of_a_table_are_guessed_unless_the_spec_names_them(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Utterance,Intent,topic\na,b,c\n")
    file = only_file(tmp_path / "t.csv")
    assert sniff(file).fields == Fields(text="Utterance", label="Intent")
    named = Fields(text="Utterance", label="topic")
    assert sniff(file, fields=named).fields == named


def test_an_unknown_format_lists_keys_but_never_data(tmp_path: Path) -> None:
    (tmp_path / "logs.jsonl").write_bytes(
        orjson.dumps({"alpha": "SECRET", "beta": [1], "gamma": None}) + b"\n"
    )
    said = str(refused(tmp_path, "logs.jsonl"))
    assert "`alpha`, `beta`, `gamma`" in said
    assert "SECRET" not in said
    by_customer = {f"ann_smith_{n}4711": {"text": "SECRET"} for n in range(3)} | {"ann.smith@example.org": {}}
    (tmp_path / "users.json").write_bytes(orjson.dumps(by_customer))
    assert "ann" not in str(refused(tmp_path, "users.json"))
