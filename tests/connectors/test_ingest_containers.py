"""JSON lines, JSON documents, CSV, Parquet, compression: which records there are and on which line."""

import gzip
import pickle
from collections.abc import Callable
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.reading import chat, only_file, read_file, read_records, read_text
from tuneset.connectors.parts import digest, split

GOOD = orjson.dumps(chat())
FAST = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def zstd(content: bytes) -> bytes:
    return pa.compress(content, codec="zstd", asbytes=True)


def test_blank_lines_count_as_lines_but_not_as_records(tmp_path: Path) -> None:
    reading = read_text(b"\n\n" + GOOD + b"\n  \n" + GOOD + b"\n", tmp_path)
    assert (reading.read, reading.lines) == (2, [3, 5])


def test_byte_order_marks_crlf_and_a_missing_last_newline_change_nothing(tmp_path: Path) -> None:
    plain = read_text(GOOD + b"\n" + GOOD + b"\n", tmp_path)
    awkward = read_text(b"\xef\xbb\xbf" + GOOD + b"\r\n" + b"\xef\xbb\xbf" + GOOD, tmp_path)
    assert awkward.table.equals(plain.table)


def test_each_bad_line_is_one_reject_with_its_line_and_reason(tmp_path: Path) -> None:
    bad = {
        b'{"messages": [': "not-json",
        b'{"messages": [{"role": "user", "content": "\xe9"}]}': "not-utf8",
        b"[1, 2]": "not-an-object",
        b'"text"': "not-an-object",
        b"{}": "empty-record",
        b'{"messages": null}': "empty-record",
        b'{"text": "x"}': "unknown-shape",
        b'{"messages": [], "id": 1}': "no-messages",
        b'{"messages": "x"}': "no-messages",
        b'{"messages": ["x"]}': "bad-message",
        b'{"messages": [{"role": "user", "content": 5}, {"role": "gpt", "content": "a"}]}': "bad-message",
        b'{"messages": [{"role": "wizard", "content": "a"}]}': "unknown-role",
        b'{"messages": [{"role": ["user"], "content": "a"}]}': "unknown-role",
        b'{"messages": [{"content": "a"}]}': "unknown-role",
        b'{"messages": [{"role": "user", "content": "a"}]}': "no-answer",
        b'{"messages": [{"role": "assistant", "tool_calls": [{"id": "1"}]}]}': "bad-tool-call",
        b'{"messages": [{"role": "assistant", "content": "a"}], "tools": "none"}': "bad-tools",
        b'{"messages": [{"role": "assistant", "content": "\\ud83d"}]}': "lone-surrogate",
        b'{"messages": [{"role": "assistant", "content": "a"}], "x": '
        + b"[" * 300
        + b"]" * 300
        + b"}": "too-deep",
        b"[" * 5000: "not-json",
        b'{"a": ' + b"9" * 5000 + b", NaN}": "not-json",
    }
    content = b"".join(GOOD + b"\n" + line + b"\n" for line in bad)
    reading = read_text(content, tmp_path)
    assert reading.rejects == [(2 * i, reason) for i, reason in enumerate(bad.values(), 1)]
    assert reading.lines == list(range(1, 2 * len(bad), 2))


def test_not_a_number_becomes_null_because_loggers_write_it(tmp_path: Path) -> None:
    reading = read_text(GOOD[:-1] + b', "score": NaN, "bound": -Infinity}\n', tmp_path)
    assert reading.extra() == {"score": None, "bound": None}


def test_a_line_beyond_the_limit_is_rejected_and_the_next_one_read(tmp_path: Path) -> None:
    long = orjson.dumps(chat("x" * 3_000_000))
    reading = read_text(GOOD + b"\n" + long + b"\n" + GOOD + b"\n", tmp_path, max_record_bytes=1 << 20)
    assert (reading.rejects, reading.lines) == ([(2, "line-too-long")], [1, 3])


def test_the_limit_holds_for_short_lines_of_a_block_too(tmp_path: Path) -> None:
    reading = read_text(GOOD + b"\n" + orjson.dumps(chat("x" * 500)) + b"\n", tmp_path, max_record_bytes=200)
    assert (reading.rejects, reading.lines) == ([(2, "line-too-long")], [1])


@FAST
@given(
    entries=st.lists(
        st.sampled_from(
            [GOOD, b"", b"{broken", b"\xff\xfe", b'{"messages": []}', orjson.dumps(chat("y" * 90))]
        ),
        max_size=30,
    ),
    part_bytes=st.integers(25, 400),
    batch_rows=st.integers(1, 7),
    last_newline=st.booleans(),
)
def test_cutting_a_file_anywhere_changes_neither_records_nor_lines(
    tmp_path: Path, entries: list[bytes], part_bytes: int, batch_rows: int, last_newline: bool
) -> None:
    path = tmp_path / "logs.jsonl"
    path.write_bytes(GOOD + b"\n" + b"\n".join(entries) + b"\n" * last_newline)
    whole = read_file(path, connector="openai-chat")
    cut = read_file(path, connector="openai-chat", part_bytes=part_bytes, batch_rows=batch_rows)
    assert (cut.read, cut.lines, cut.rejects) == (whole.read, whole.lines, whole.rejects)
    assert cut.messages == whole.messages
    assert whole.read == 1 + sum(1 for entry in entries if entry)


def test_an_appended_file_keeps_the_digests_of_all_parts_but_the_last(tmp_path: Path) -> None:
    path = tmp_path / "logs.jsonl"
    path.write_bytes((GOOD + b"\n") * 50)
    before = [digest(part) for part in split(only_file(path), part_bytes=1000)]
    with path.open("ab") as file:
        file.write((GOOD + b"\n") * 30)
    after = [digest(part) for part in split(only_file(path), part_bytes=1000)]
    assert len(after) > len(before) > 2
    assert after[: len(before) - 1] == before[:-1]


def test_parts_grow_with_the_file_that_they_cut_and_never_move(tmp_path: Path) -> None:
    path = tmp_path / "logs.jsonl"
    known: list[tuple[int, int]] = []
    for lines in (1, 50, 400, 401, 2_000):
        path.write_bytes((GOOD + b"\n") * lines)
        parts = [(part.start, part.stop) for part in split(only_file(path), part_bytes=1000)]
        assert parts[: len(known) - 1] == known[:-1]
        assert [start for start, _ in parts] == [0, *(stop for _, stop in parts[:-1])]
        assert parts[-1][1] == path.stat().st_size
        assert all(stop - start <= max(1000, start / 4) for start, stop in parts)
        known = parts
    assert {stop - start for start, stop in known[:-1]} == {1000, 2000, 4000}


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.csv", "a.json", "a.parquet"])
def test_a_digest_depends_on_the_content_and_not_on_the_place(tmp_path: Path, name: str) -> None:
    def written(folder: str, text: str) -> list[str]:
        path = tmp_path / folder / name
        path.parent.mkdir()
        if name.endswith("parquet"):
            pq.write_table(pa.table({"text": [text], "label": ["x"]}), path)
        elif name.endswith("gz"):
            path.write_bytes(gzip.compress(orjson.dumps({"text": text}), mtime=0))
        elif name.endswith("json"):
            path.write_bytes(orjson.dumps([{"text": text}]))
        else:
            path.write_text(f"text,label\n{text},x\n")
        return [digest(part) for part in split(only_file(path))]

    assert written("here", "same") == written("there", "same") != written("elsewhere", "othe")


@pytest.mark.parametrize("pack", [gzip.compress, zstd], ids=["gzip", "zstd"])
def test_compressed_files_read_like_plain_ones_whatever_their_name(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    content = b"".join(orjson.dumps(chat(f"question {i} " * 50)) + b"\n" for i in range(300))
    plain = read_text(content, tmp_path)
    packed = read_text(pack(content), tmp_path)
    assert packed.table.equals(plain.table)
    assert "compression" in (only_file(tmp_path / "logs.jsonl").note or "")


def test_gzip_files_joined_end_to_end_are_read_to_the_end(tmp_path: Path) -> None:
    reading = read_text(gzip.compress(GOOD + b"\n") + gzip.compress(GOOD), tmp_path, name="logs.jsonl.gz")
    assert reading.lines == [1, 2]


@pytest.mark.parametrize(("pack", "name"), [(gzip.compress, "logs.jsonl.gz"), (zstd, "logs.jsonl.zst")])
def test_a_cut_off_compressed_file_keeps_every_record_before_the_cut(
    tmp_path: Path, pack: Callable[[bytes], bytes], name: str
) -> None:
    noise = [orjson.dumps(chat(f"{i * i * 7919 % 100003:x}{i * i * i % 99991:x}")) for i in range(3000)]
    packed = pack(b"\n".join(noise) + b"\n")
    reading = read_text(packed[: len(packed) * 3 // 4], tmp_path, name=name)
    kept = len(reading.messages)
    assert 0 < kept < 3000
    assert reading.rejects == [(kept + 1, "truncated-file")]
    assert reading.messages == read_text(b"\n".join(noise[:kept]), tmp_path).messages


def test_only_the_missing_checksum_of_a_gzip_file_costs_no_record(tmp_path: Path) -> None:
    reading = read_text(gzip.compress(GOOD + b"\n" + GOOD)[:-6], tmp_path, name="logs.jsonl.gz")
    assert (reading.lines, reading.reasons) == ([1, 2], ["truncated-file"])


@pytest.mark.parametrize("indent", [0, orjson.OPT_INDENT_2])
def test_a_json_list_gives_the_records_of_the_same_json_lines(tmp_path: Path, indent: int) -> None:
    records = [chat(f'q {i} [ ] {{ }} \\ " ,', tags=[1, [2]]) for i in range(5)]
    lines = read_records(records, tmp_path)
    listed = read_text(orjson.dumps(records, option=indent), tmp_path, name="logs.json", batch_rows=2)
    assert listed.messages == lines.messages
    assert listed.lines == [1 if not indent else 2 + i * (listed.lines[1] - 2) for i in range(5)]


def test_an_object_around_one_list_of_records_is_that_list(tmp_path: Path) -> None:
    document = {"version": 1, "labels": ["a"], "data": [chat("one"), chat("two")]}
    for content in (orjson.dumps(document), orjson.dumps(document, option=orjson.OPT_INDENT_2)):
        assert len(read_text(content, tmp_path, name="logs.json").messages) == 2


def test_an_object_around_messages_is_one_record(tmp_path: Path) -> None:
    for content in (orjson.dumps(chat()), orjson.dumps(chat(), option=orjson.OPT_INDENT_2)):
        assert len(read_text(content, tmp_path, name="logs.json").messages) == 1


def test_a_broken_element_of_a_list_costs_only_itself(tmp_path: Path) -> None:
    good = GOOD.decode()
    broken = good.replace('"role"', "role", 1)
    reading = read_text(f"[\n{good},\n{broken},\n{good},\n\n5,\n{good}\n]", tmp_path, name="logs.json")
    assert reading.lines == [2, 4, 7]
    assert reading.rejects == [(3, "not-json"), (6, "not-an-object")]


@pytest.mark.parametrize("lost", ['"}', "}]", "]}"])
def test_reading_goes_on_after_an_element_that_leaves_brackets_open(tmp_path: Path, lost: str) -> None:
    records = [orjson.dumps(chat(f"question {i}")).decode() for i in range(6)]
    at = records[2].rindex(lost)
    records[2] = records[2][:at] + records[2][at + 1 :]
    reading = read_text(f"[{','.join(records)}]", tmp_path, name="logs.json")
    found = [messages[0]["content"] for messages in reading.messages]
    assert [f"question {i}" for i in (0, 1, 4, 5)] == [
        text for text in found if text not in ("question 2", "question 3")
    ]
    assert reading.rejects


def test_a_list_without_its_end_keeps_its_whole_elements(tmp_path: Path) -> None:
    good = GOOD.decode()
    reading = read_text(f"[{good},\n{good},\n{good[:40]}", tmp_path, name="logs.json")
    assert (reading.lines, reading.rejects) == ([1, 2], [(3, "not-json")])


def test_rows_of_a_table_know_the_line_on_which_they_start(tmp_path: Path) -> None:
    table = 'text,label\n"two\nlines",a\n\nplain,b\n"quote "" and, comma",c\n'
    reading = read_text(table, tmp_path, name="t.csv")
    assert reading.lines == [2, 5, 6]
    assert [messages[0]["content"] for messages in reading.messages] == [
        "two\nlines",
        "plain",
        'quote " and, comma',
    ]
    assert reading.column("output") == ["a", "b", "c"]


def test_bad_rows_of_a_table_are_rejected_one_by_one(tmp_path: Path) -> None:
    table = b'text,label\nok,a\nshort\nlong,b,c\nbad \xff byte,d\n"never closed,e\nok,f\n'
    table += b'"closed" too early,g\nok,h\n'
    reading = read_text(table, tmp_path, name="t.csv")
    assert reading.column("output") == ["a", "f", "h"]
    assert reading.rejects == [
        (3, "csv-field-count"),
        (4, "csv-field-count"),
        (5, "not-utf8"),
        (6, "csv-quote"),
        (8, "csv-quote"),
    ]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_taken_from_the_header(tmp_path: Path, delimiter: str) -> None:
    table = (
        "\ufeff"
        + delimiter.join(["text", "intent", ""])
        + "\r\n"
        + delimiter.join(["a b", "x", "7"])
        + "\r\n"
    )
    reading = read_text(table, tmp_path, name="t.tsv")
    assert (reading.column("output"), reading.extra()) == (["x"], {"column_3": "7"})


def test_columns_of_the_same_name_are_all_kept(tmp_path: Path) -> None:
    reading = read_text("text,label,label\na,b,c\n", tmp_path, name="t.csv")
    assert (reading.column("output"), reading.extra()) == (["b"], {"label_3": "c"})


@pytest.mark.parametrize("limit", [12, 60])
def test_an_endless_quoted_field_is_bounded(tmp_path: Path, limit: int) -> None:
    table = "text,label\n" + '"' + "words\n" * 50 + "ok,a\n"
    reading = read_text(table, tmp_path, name="t.csv", max_record_bytes=limit, connector="classification")
    assert reading.column("output") == ["a"]
    assert reading.read == 52 - 1


def test_parquet_rows_read_like_json_lines_and_row_groups_are_parts(tmp_path: Path) -> None:
    records = [chat(f"q{i}", created=1_790_000_000 + i) for i in range(7)]
    records[3]["tools"] = [
        {"type": "function", "function": {"name": "f", "parameters": {"a": {"type": "string"}}}}
    ]
    records[5]["tools"] = [
        {"type": "function", "function": {"name": "g", "parameters": {"b": {"type": "string"}}}}
    ]
    lines = read_records(records, tmp_path)
    pq.write_table(
        pa.Table.from_pylist([{"tools": None, **record} for record in records]),
        tmp_path / "logs.parquet",
        row_group_size=3,
    )
    rows = read_file(tmp_path / "logs.parquet")
    assert len(split(only_file(tmp_path / "logs.parquet"))) == 3
    for name in ("messages", "tools", "captured_at", "line"):
        assert rows.column(name) == lines.column(name) or name == "tools"
    assert [orjson.loads(text) for text in rows.column("tools") if text] == [
        records[3]["tools"],
        records[5]["tools"],
    ]


def test_identical_records_get_different_ids_and_the_first_keeps_the_plain_one(tmp_path: Path) -> None:
    once = read_text(GOOD, tmp_path).column("origin_id")
    twice = read_text(GOOD + b"\n" + GOOD + b"\n", tmp_path, batch_rows=1).column("origin_id")
    assert twice[0] == once[0]
    assert len(set(twice)) == 2


def test_a_part_survives_the_way_to_a_worker(tmp_path: Path) -> None:
    (tmp_path / "logs.jsonl").write_bytes(GOOD)
    [part] = split(only_file(tmp_path / "logs.jsonl"))
    assert pickle.loads(pickle.dumps(part)) == part


def test_nul_bytes_in_one_line_do_not_make_a_log_binary(tmp_path: Path) -> None:
    reading = read_text(GOOD + b"\n" + bytes(50) + b"\n" + GOOD, tmp_path)
    assert (reading.lines, reading.rejects) == ([1, 3], [(2, "not-json")])
