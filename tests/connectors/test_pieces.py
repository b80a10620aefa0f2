"""Pieces join to the file that they were cut from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.connectors.pieces import Piece, is_json_lines, pieces

KINDS = ("jsonl", "json-array", "csv", "text")
BYTES = st.one_of(
    st.binary(max_size=60),
    st.text(alphabet='a1",;\t{}[]: \\\r\n\u00e9', max_size=60).map(str.encode),
)


@pytest.mark.parametrize("kind", KINDS)
@given(data=BYTES)
def test_pieces_that_nobody_changes_are_the_file(kind: str, data: bytes) -> None:
    found = pieces(data, kind=kind)
    assert b"".join(one.write(one.text) if isinstance(one, Piece) else one for one in found) == data


def test_a_changed_cell_is_quoted_as_it_was_and_its_neighbours_stay() -> None:
    data = b'a;b\r\n"x ""y""";  z\r\n'
    head, row = [one for one in pieces(data, kind="csv") if isinstance(one, Piece)]
    assert head.text == '{"":"a","":"b"}'
    assert row.write('{"a":"new \\"y\\"","b":"  z"}') == b'"new ""y""";  z\r\n'


@pytest.mark.parametrize(
    ("line", "conversation"),
    [
        (b'{"session_id": 7}', "session_id=7"),
        (b'{"metadata": {"thread_id": "t"}}', "thread_id=t"),
        (b'{"conversation_id": ""}', None),
        (b"[1]", None),
    ],
)
def test_lines_of_one_conversation_share_its_id(line: bytes, conversation: str | None) -> None:
    [piece] = pieces(line, kind="jsonl")
    assert isinstance(piece, Piece)
    assert (piece.conversation, piece.is_valid) == (conversation, True)


def test_text_is_no_json_lines() -> None:
    assert not is_json_lines(b"hello\n{broken\n7\n")
    assert is_json_lines(b'hello\n{"a": 1}\n')
