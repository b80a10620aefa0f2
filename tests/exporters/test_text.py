"""JSON by columns says byte for byte what `orjson` says, whatever the text and wherever a slice begins."""

from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneset.core.canonical import canonical_messages
from tuneset.core.example import RARE, Messages
from tuneset.exporters.openai import OpenAI
from tuneset.exporters.text import TEXT, block, listed, member, quoted, spliced
from tuneset.exporters.trl import TRL
from tuneset.exporters.turns import Turns
from tuneset.release.rows import hexed, rows
from tuneset.testing.strategies import corpora

texts = st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=12)


@settings(deadline=None, max_examples=200)
@given(texts, st.integers(0, 3))
def test_any_text_is_quoted_as_orjson_quotes_it(given_texts: list[str | None], start: int) -> None:
    column = pa.array(given_texts, pa.string()).slice(start)
    wanted = [None if text is None else orjson.dumps(text).decode() for text in given_texts[start:]]
    assert quoted(column).to_pylist() == wanted


def test_every_control_character_and_a_backslash_before_a_quote_are_escaped() -> None:
    hostile = "".join(map(chr, range(160))) + '\\" \\n \u2028 \U0001f600'
    assert quoted(pa.array([hostile])).to_pylist() == [orjson.dumps(hostile).decode()]


def test_an_absent_value_has_no_member_and_an_empty_list_no_commas() -> None:
    column = pa.array(['"a"', None, '"b"'], TEXT)
    assert member("k", column).to_pylist() == [',"k":"a"', "", ',"k":"b"']
    assert spliced("x", member("k", pa.nulls(3, TEXT)), column.fill_null("")).to_pylist() == [
        'x"a"',
        "x",
        'x"b"',
    ]
    assert listed(column.fill_null("1"), np.array([0, 0, 2, 3])).to_pylist() == ["", '"a",1', '"b"']


def test_a_block_holds_the_bytes_of_a_slice_and_no_others() -> None:
    column = pa.array(["aé", "bb", "", "d"], TEXT)
    assert bytes(block(column.slice(1, 2))) == b"bb"
    assert bytes(block(column)) == "aébbd".encode()
    assert bytes(block(column.slice(4))) == b""


def test_ids_of_a_slice_are_its_own_digits() -> None:
    ids = pa.array([bytes([i]) * 16 for i in (0, 127, 200)], pa.binary(16))
    assert hexed(ids.slice(1)).to_pylist() == ["7f" * 16, "c8" * 16]


@settings(deadline=None, max_examples=100)
@given(corpora(), st.booleans())
def test_lines_joined_by_columns_are_those_made_message_by_message(table: pa.Table, plain: bool) -> None:
    if plain:  # lines that two targets share
        messages = Messages.of(table)
        nothing = {name: pa.nulls(len(messages), pa.string()) for name in RARE}
        table = replace(messages, **nothing, train=pa.repeat(pa.scalar(True), len(messages))).into(table)
    turns = Turns.of(table)
    openai, trl = OpenAI().encoded(turns).to_pylist(), TRL().encoded(turns).to_pylist()
    for i, example in enumerate(table.to_pylist()):
        tools = example["tools"]
        said = [openai_message(message) for message in example["messages"]]
        member = f',"tools":{tools}' if tools is not None else ""
        assert openai[i] == f'{{"messages":[{",".join(said)}]{member}}}\n'
    assert trl == TRL().encoded(Turns.of(table)).to_pylist()  # nothing shared
    if plain and table.column("tools").null_count == len(table):
        assert trl == openai


def openai_message(message: dict[str, Any]) -> str:
    text = message["parts"] if message["parts"] is not None else orjson.dumps(message["content"]).decode()
    pieces = [f'"role":"{message["role"]}"', f'"content":{text}']
    pieces += [
        f'"{name}":{orjson.dumps(message[name]).decode()}'
        for name in ("name", "tool_call_id")
        if message[name] is not None
    ]
    pieces += [f'"tool_calls":{message["tool_calls"]}'] if message["tool_calls"] is not None else []
    pieces += ['"weight":0'] if message["role"] == "assistant" and not message["train"] else []
    return "{" + ",".join(pieces) + "}"


@settings(deadline=None, max_examples=60)
@given(corpora())
def test_the_conversation_of_a_row_is_the_canonical_one(table: pa.Table) -> None:
    from tuneset.core.example import ID, set_column
    from tuneset.core.ids import content_id

    canonical = canonical_messages(table)
    signed = set_column(table, "content_id", pa.array([content_id(line) for line in canonical], ID))
    signed = signed.append_column("multiplicity", pa.repeat(pa.scalar(1, pa.int32()), len(table)))
    made = rows(signed, Turns.of(signed))
    for line, wanted in zip(made.lines.to_pylist(), canonical, strict=True):
        assert line.endswith(wanted[1:].decode() + "\n")
