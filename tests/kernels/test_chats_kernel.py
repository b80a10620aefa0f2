"""Chats read without parsing, against what parsing finds."""

from itertools import pairwise

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneset.kernels.chats import chats, objects

ROLES = ["system", "user", "assistant", "tool"]
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**17), 10**17), st.floats(0.25, 99).map(lambda x: round(x, 6))
)
VALUES = st.recursive(
    st.one_of(SCALARS, st.text()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
TEXTS = st.lists(st.tuples(st.sampled_from(ROLES[:3]), st.text()), max_size=4)


def _chat(said: list[tuple[str, str]], **fields: object) -> bytes:
    turns = [{"role": role, "content": text} for role, text in [*said, ("assistant", "yes")]]
    return orjson.dumps({**fields, "messages": turns})


@settings(deadline=None, max_examples=100)
@given(said=TEXTS, value=VALUES)
def test_what_is_written_compactly_comes_back_byte_by_byte(
    said: list[tuple[str, str]], value: object
) -> None:
    found = chats([_chat(said, note=value)])
    assert found.plain.tolist() == [True]
    start, stop = found.values[0].tolist()
    assert bytes(found.text[start:stop]) == orjson.dumps(value)
    ends = found.contents.tolist()
    contents = [bytes(found.content[a:b]).decode() for a, b in pairwise(ends)]
    assert contents == [text for _, text in said] + ["yes"]
    assert [ROLES[role] for role in found.roles] == [role for role, _ in said] + ["assistant"]


@pytest.mark.parametrize(
    "value",
    [
        *(b"01", b"1.", b".5", b"+1", b"-", b"1e", b"NaN", b"nul", b"tru", b"[1,]", b"[,1]", b'{"a":1,}'),
        *(
            b'{"a" 1}',
            b"{1:2}",
            b'"a',
            b'"\x01"',
            b'"\\x"',
            b'"\\u12g4"',
            b'"\\ud83d"',
            b'"\\udc00"',
            b'"\xff"',
        ),
        *(b'"\xed\xa0\x80"', b'"\xc0\xaf"', b'"\xf4\x90\x80\x80"', b"[1}", b"{]", b"", b"1 2"),
        *(b'{"a":1,"a":2}', b"[1e5]", b"[0.10]", b"[" * 40 + b"]" * 40, b'"\x00"'),
    ],
)
def test_what_is_no_json_or_not_surely_canonical_is_left_to_others(value: bytes) -> None:
    good = _chat([])
    found = chats([good, good[:-1] + b',"note":' + value + b"}", good])
    assert found.plain.tolist() == [True, False, True]
    assert found.messages.tolist() == [0, 1, 1, 2]


def test_records_with_the_same_keys_in_the_same_order_have_one_shape() -> None:
    records = [_chat([], a=1), _chat([], b=1), _chat([], a=2), b"{}", _chat([], a=1, b=2)]
    assert chats(records).shape.tolist() == [0, 1, 0, -1, 4]
    assert objects([b"{}", b'{"a":1}', b"{}"]).shape.tolist() == [0, 1, 0]


def test_no_record_at_all_is_no_mistake() -> None:
    assert len(chats([]).plain) == 0
