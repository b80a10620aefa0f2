"""Damaged logs: nothing crashes, nothing is lost, nothing is repeated in an error."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.reading import KEY, chat, only_file, read_file, read_text
from tuneset.connectors.formats.openai_chat import OpenAIChat
from tuneset.connectors.ingest import ingest
from tuneset.connectors.parts import split
from tuneset.connectors.rejects import REASONS
from tuneset.core.spec import Fields

FIXTURES = sorted((Path(__file__).parent / "fixtures").iterdir())
FORMATS = ["openai-chat", "sharegpt", "alpaca", "prompt-completion", "classification"]
MANY = settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
SOME = settings(MANY, max_examples=60)

WORDS = ("user", "assistant", "tool", "function_call", "[{}]", '{"name": "f"}', "[", 0, 1.0, 1_790_000_000)
NUMBERS = st.one_of(st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False))
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=5), st.sampled_from(WORDS))
KEYS = st.sampled_from(
    [
        *(
            "messages",
            "role",
            "content",
            "tool_calls",
            "function",
            "name",
            "arguments",
            "id",
            "type",
            "text",
            "value",
        ),
        *(
            "from",
            "conversations",
            "prompt",
            "completion",
            "chosen",
            "label",
            "tools",
            "functions",
            "choices",
        ),
        *(
            "message",
            "response",
            "created",
            "user",
            "metadata",
            "train",
            "weight",
            "system",
            "instruction",
            "output",
        ),
        *(
            "history",
            "input",
            "preferred_output",
            "feedback",
            "finish_reason",
            "function_call",
            "tool_call_id",
        ),
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=15,
)
CHATS = st.builds(chat, st.text(), created=SCALARS, user=SCALARS, model=SCALARS)
RECORDS = [
    orjson.loads(line)
    for path in FIXTURES
    if path.suffix == ".jsonl"
    for line in path.read_bytes().splitlines()
]


def _swapped(value: object, draw: Callable[[st.SearchStrategy], Any], depth: int = 0) -> object:
    """The value with one place inside exchanged for something else."""
    if isinstance(value, dict) and value and draw(st.integers(0, 4)):
        key = draw(st.sampled_from(sorted(value)))
        return {**value, key: _swapped(value[key], draw, depth + 1)}
    if isinstance(value, list) and value and draw(st.integers(0, 4)):
        i = draw(st.integers(0, len(value) - 1))
        return [*value[:i], _swapped(value[i], draw, depth + 1), *value[i + 1 :]]
    return draw(VALUES)


@st.composite
def swapped_records(draw: Callable[[st.SearchStrategy], Any]) -> object:
    return _swapped(draw(st.sampled_from(RECORDS)), draw)


@st.composite
def damaged(draw: Callable[[st.SearchStrategy], Any], content: bytes) -> bytes:
    """Bytes flipped, a piece cut out, the end cut off."""
    damage = bytearray(content)
    for _ in range(draw(st.integers(0, 3))):
        damage[draw(st.integers(0, len(damage) - 1))] = draw(st.integers(1, 255))
    start = draw(st.integers(0, len(damage)))
    del damage[start : start + draw(st.sampled_from([0, 0, 1, 2, 30]))]
    return bytes(damage[: draw(st.sampled_from([len(damage), len(damage) // 2, len(damage) - 1]))])


@SOME
@given(data=st.data(), connector=st.sampled_from(FORMATS))
def test_damaged_lines_cost_at_most_themselves(tmp_path: Path, data: st.DataObject, connector: str) -> None:
    good = b"\n".join(orjson.dumps(record) for record in RECORDS)
    content = data.draw(damaged(good))
    reading = read_text(b'{"z": 1}\n' + content, tmp_path, connector=connector)
    assert reading.read == 1 + sum(1 for line in content.split(b"\n") if line.strip(b" \t\r\n\x0b\x0c"))
    assert "connector-failed" not in reading.reasons


@SOME
@given(data=st.data(), name=st.sampled_from(["logs.json", "logs.csv"]))
def test_damaged_documents_and_tables_are_read_to_their_end(
    tmp_path: Path, data: st.DataObject, name: str
) -> None:
    questions = [f"question {i}" for i in range(6)]
    good = orjson.dumps([chat(question) for question in questions], option=orjson.OPT_INDENT_2)
    if name == "logs.csv":
        good = b"text,label\n" + b"".join(b'"%s",a\n' % question.encode() for question in questions)
    head = good.index(b"\n", 0 if name == "logs.csv" else 5) + 1
    content = good[:head] + data.draw(damaged(good[head:]))
    reading = read_text(
        content, tmp_path, name=name, connector="openai-chat" if name == "logs.json" else "classification"
    )
    intact = [question for question in questions if question.encode() + b'"' in content]
    assert reading.read >= len(intact) - 2
    assert "connector-failed" not in reading.reasons


FIRST, SECOND = b'{\n    "messages": [\n', b'"content": "On its way."\n      }\n    ]\n  },'


@pytest.mark.parametrize(
    "damage",
    [
        {FIRST: b'{\n\x01   "messages": [\n', SECOND: b'"c\n    ]\n  },'},
        {FIRST: b'{\n    "me[sages": [\n', SECOND: b'"content": "On its way."\n    ]\n  },'},
    ],
    ids=["a control character and a cut string", "another key and a lost brace"],
)
def test_a_first_record_damaged_at_its_key_costs_only_itself(
    tmp_path: Path, damage: dict[bytes, bytes]
) -> None:
    content = orjson.dumps([chat(f"question {i}") for i in range(6)], option=orjson.OPT_INDENT_2)
    for good, bad in damage.items():
        assert good in content
        content = content.replace(good, bad, 1)
    reading = read_text(content, tmp_path, name="logs.json", connector="openai-chat")
    assert (reading.read, reading.reasons) == (6, ["not-json"])


@MANY
@given(records=st.lists(st.one_of(swapped_records(), CHATS), min_size=1, max_size=8))
def test_the_columnar_way_and_the_careful_way_agree(tmp_path: Path, records: list[object]) -> None:
    class Careful(OpenAIChat):
        quick = None
        ordinary = None

    path = tmp_path / "logs.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, records)))
    [part] = split(only_file(path))
    tables = [
        [
            (batch.examples, batch.rejects)
            for batch in ingest(part, connector=connector, fields=Fields(), key=KEY)
        ]
        for connector in (OpenAIChat(), Careful())
    ]
    for (examples, rejects), (careful, careful_rejects) in zip(*tables, strict=True):
        assert examples.to_pylist() == careful.to_pylist()
        assert rejects.equals(careful_rejects)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.name)
def test_no_reject_repeats_a_word_of_the_log(tmp_path: Path, path: Path) -> None:
    canary = "kanarienvogel"

    def planted(value: object) -> object:
        if isinstance(value, dict):
            return {key: planted(entry) for key, entry in value.items()}
        return [planted(entry) for entry in value] if isinstance(value, list) else canary

    text = path.read_bytes()
    whole = (
        orjson.loads(text) if path.suffix == ".json" else [orjson.loads(line) for line in text.splitlines()]
    )
    lines = [orjson.dumps(planted(record)) for record in whole]
    lines += [line[:-9] for line in lines] + [
        canary.encode(),
        orjson.dumps([canary]),
        orjson.dumps({canary: canary}),
    ]
    for connector in FORMATS:
        reading = read_text(b"\n".join(lines), tmp_path, name="x.jsonl", connector=connector)
        assert reading.rejects
        assert canary not in repr(reading.details)


def test_every_reason_in_the_code_is_explained() -> None:
    source = Path(__file__).parents[2] / "src" / "tuneset" / "connectors"
    code = "".join(path.read_text() for path in source.rglob("*.py"))
    assert all(f'"{reason}"' in code.replace(f'"{reason}":', "") for reason in REASONS)


def test_fixtures_are_read_in_every_format_without_a_crash() -> None:
    for path in FIXTURES:
        for connector in FORMATS:
            assert "connector-failed" not in read_file(path, connector=connector).reasons
