"""The columnar way and the careful way through a chat log: the same examples, the same rejects."""

import gc
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.reading import KEY, chat, only_file, read_file, read_records, read_text
from tuneset.connectors import parts
from tuneset.connectors.formats.openai_chat import OpenAIChat
from tuneset.connectors.ingest import ingest
from tuneset.connectors.parts import split
from tuneset.core.spec import Fields

MANY = settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])

TEXTS = st.sampled_from(["", "hello", "ünï \u2028", '{"a": 1}', "[]"])
ODD = st.sampled_from([None, "", "x", 0, 1, 0.5, True, [], {}, [{}], {"id": "u"}, "[{}]", 1_790_000_000])
NAMES = st.sampled_from(["find", "", None, 3])
CALLS = st.fixed_dictionaries(
    {
        "function": st.fixed_dictionaries(
            {"arguments": st.sampled_from(["{}", '{"b":1, "a":2}', {"b": 1}, None]), "name": NAMES},
            optional={"strict": ODD},
        )
    },
    optional={"id": st.sampled_from(["c1", "c2", "", None]), "type": ODD, "index": ODD},
)
MESSAGES = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant", "assistant", "tool", "developer", None])},
    optional={
        "content": st.one_of(TEXTS, TEXTS, st.none(), ODD),
        "name": NAMES,
        "tool_calls": st.one_of(st.none(), st.lists(CALLS, max_size=2), ODD),
        "tool_call_id": st.sampled_from(["c1", "", None, 4]),
        "refusal": st.sampled_from([None, "no"]),
        "weight": st.sampled_from([None, 0, 1]),
        "annotations": ODD,
    },
)
TOOLS = st.one_of(
    ODD,
    st.lists(
        st.sampled_from(
            [
                {"type": "function", "function": {"name": "find"}},
                {"type": "object", "name": "find"},
                {"name": "find"},
                {"type": "web_search"},
                {},
            ]
        ),
        max_size=2,
    ),
)
ID_FIELDS = ("user", "user_id", "conversation_id", "thread_id")
METADATA = st.one_of(
    ODD, st.dictionaries(st.sampled_from([*ID_FIELDS, "region", "user.id"]), ODD, max_size=3)
)
RECORDS = st.fixed_dictionaries(
    {"messages": st.lists(MESSAGES, max_size=4)},
    optional={
        **dict.fromkeys((*ID_FIELDS, "metadata.user_id", "created", "model", "feedback", "region"), ODD),
        "metadata": METADATA,
        "tools": TOOLS,
    },
)


@st.composite
def shuffled_records(draw: Callable[[st.SearchStrategy], Any]) -> object:
    """A record whose fields stand in any order."""
    record = draw(RECORDS)
    return {name: record[name] for name in draw(st.permutations(sorted(record)))}


class Careful(OpenAIChat):
    """The same format without its columnar way."""

    quick = None
    ordinary = None


def _ways(path: Path) -> list[list[tuple[object, object]]]:
    [part] = split(only_file(path))
    return [
        [
            (batch.examples.to_pylist(), batch.rejects.to_pylist())
            for batch in ingest(part, connector=connector, fields=Fields(), key=KEY, batch_rows=3)
        ]
        for connector in (OpenAIChat(), Careful())
    ]


@st.composite
def written_lines(draw: Callable[[st.SearchStrategy], Any]) -> bytes:
    """A record as some logger writes it: spaced or not, with or without escapes, numbers in any form, and
    now and then with a few bytes that do not belong there.
    """
    record = draw(shuffled_records())
    text = json.dumps(record, ensure_ascii=draw(st.booleans()), separators=draw(st.sampled_from(SEPARATORS)))
    for number in ("1790000000", "0.5"):
        if number in text:
            text = text.replace(number, draw(NUMBERS), draw(st.integers(0, 2)))
    line = bytearray(text.encode())
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        at = draw(st.integers(0, len(line) - 1))
        line[at : at + draw(st.integers(0, 3))] = draw(PIECES)
    return bytes(line)


SEPARATORS = [(",", ":"), (", ", ": "), (" ,\t", ":  ")]
NUMBERS = st.sampled_from(
    [
        "0",
        "-0",
        "7",
        "007",
        "1.0",
        "1.50",
        "0.25",
        "-0.0",
        "0.0001",
        "1e3",
        "2E-7",
        "1790000000.25",
        "1790000000123",
        "1790000000.1234567",
        "123456789012345678",
        "1234567890123456789",
        "98765432109876543210",
        "1e999",
        ".5",
        "1.",
        "+1",
        "-",
    ]
)
PIECES = st.sampled_from(
    [
        *(rb"\u0041", rb"\n", rb"\/", rb"\ud83d\ude00", rb"\ud83d", rb"\u00", b"\\", b'"', b"\0", b"\x7f"),
        *(b"\xff", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"\xc0\xaf", b"{", b"]", b",", b':1,"a"', b"null"),
        *(b" ", b"-", b"\t", b'"model":"a","model":"b",', b'"content":null,', b'"content":"",'),
    ]
)


class Parsed(OpenAIChat):
    """The same format by columns of parsed records."""

    quick = None


@MANY
@given(lines=st.lists(written_lines(), min_size=1, max_size=6), times=st.sampled_from([1, 5]))
def test_lines_read_without_parsing_say_what_parsing_finds(
    tmp_path: Path, lines: list[bytes], times: int
) -> None:
    path = tmp_path / "logs.jsonl"
    path.write_bytes(b"\n".join([orjson.dumps(chat()), *lines * times]))
    [part] = split(only_file(path))
    quick, parsed = (
        [
            (batch.examples.to_pylist(), batch.rejects.to_pylist(), batch.read)
            for batch in ingest(part, connector=connector, fields=Fields(), key=KEY)
        ]
        for connector in (OpenAIChat(), Parsed())
    )
    assert quick == parsed


@MANY
@given(records=st.lists(shuffled_records(), min_size=1, max_size=8))
def test_both_ways_agree_on_tools_calls_metadata_and_nulls(tmp_path: Path, records: list[object]) -> None:
    path = tmp_path / "logs.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, [chat(), *records])))
    columnar, careful = _ways(path)
    assert columnar == careful


def _production(number: int) -> dict[str, object]:
    """What a gateway writes about one call with tools."""
    function = {"arguments": '{"order": 7}', "name": "find"}
    call = {"id": f"c{number}", "function": function, "type": "function"}
    return {
        "user_id": f"u{number}",
        "metadata": {"conversation_id": f"t{number}", "region": "eu"},
        "messages": [
            {"role": "user", "content": "Where is it?"},
            {"role": "assistant", "content": None, "refusal": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"c{number}", "content": "depot"},
            {"role": "assistant", "content": "At the depot."},
        ],
        "tools": [{"type": "function", "function": {"name": "find"}}],
    }


def test_a_production_log_with_tools_and_metadata_goes_the_columnar_way() -> None:
    group = OpenAIChat().ordinary([_production(0), chat(), {"messages": 1}, _production(1)], fields=Fields())
    assert group is not None
    assert group.rows == [0, 1, 3]
    assert group.columns["conversation"] == ["t0", None, "t1"]
    metadata = b'{"metadata":{"region":"eu"}}'
    assert group.columns["extra"] == [metadata, None, metadata]


def test_feedback_that_is_nested_too_deeply_costs_one_record(tmp_path: Path) -> None:
    deep = b"[" * 400 + b"]" * 400
    good = orjson.dumps(chat())
    path = tmp_path / "logs.jsonl"
    path.write_bytes(good + b"\n" + good[:-1] + b',"feedback":' + deep + b"}\n" + good)
    columnar, careful = _ways(path)
    assert columnar == careful
    assert [entry["reason"] for _, rejects in columnar for entry in rejects] == ["too-deep"]


def test_the_collector_runs_again_whenever_the_caller_has_control(tmp_path: Path) -> None:
    path = tmp_path / "logs.jsonl"
    path.write_bytes(b"\n".join([orjson.dumps(chat())] * 7))
    [part] = split(only_file(path))
    batches = ingest(part, connector=OpenAIChat(), fields=Fields(), key=KEY, batch_rows=3)
    assert [gc.isenabled() for _ in batches] == [True, True, True]
    assert gc.isenabled()


def test_a_damaged_line_leaves_the_lines_around_it_where_they_were(tmp_path: Path) -> None:
    good = orjson.dumps(chat())
    lines = [good] * 600
    lines[3], lines[300], lines[599] = b"", b"{", b"[1]"
    reading = read_text(b"\r\n".join(lines), tmp_path, connector="openai-chat", batch_rows=100)
    assert [line for line, _ in reading.rejects] == [301, 600]
    assert reading.lines == [n for n in range(1, 601) if n not in (4, 301, 600)]
    assert len(set(reading.column("origin_id"))) == 597
    assert set(reading.column("output")) == {"On its way."}


def test_a_record_read_twice_is_told_apart_in_both_ways(tmp_path: Path) -> None:
    reading = read_records([_production(1), _production(1)], tmp_path)
    assert len(set(reading.column("origin_id"))) == 2


def test_a_line_longer_than_many_parts_is_looked_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    line_start = parts._line_start
    monkeypatch.setattr(
        parts, "_line_start", lambda *a, **k: looked.append(k.get("before", 0)) or line_start(*a, **k)
    )
    (tmp_path / "long.jsonl").write_bytes(b'{"messages": "' + b"x" * 100_000 + b'"}\n' + orjson.dumps(chat()))
    reading = read_file(tmp_path / "long.jsonl", connector="openai-chat", part_bytes=1000)
    assert (reading.lines, [line for line, _ in reading.rejects]) == ([2], [1])
    assert looked.count(0) == 2  # for the end of the long line and of the last one
