"""Hypothesis strategies for examples of every awkward kind, all invented.

System prompts, tool calls without content, several parts, empty and blank text, control characters,
right-to-left and combined characters, broken encodings, and things that look like personal data but are not.
"""

import json
from datetime import UTC, datetime
from random import Random
from typing import Any

import pyarrow as pa

from tuneset.core.errors import MissingExtra
from tuneset.core.example import EXAMPLES, ExampleBuilder, no_examples
from tuneset.core.ids import origin_id, record_hash

try:
    from hypothesis import strategies as st
except ImportError:
    raise MissingExtra("the strategies need hypothesis", fix="pip install hypothesis") from None

LOOKALIKES = (
    "write to ann.example@mail.example or call +49 30 901820 before 5pm",
    "my card is 4111 1111 1111 1111, exp 04/27",
    "IBAN DE89 3704 0044 0532 0130 00 please",
    "token sk-test-AbCdEfGhIjKlMnOpQrStUvWx0123456789",
    "host 192.0.2.17 and 2001:db8::17 time out",
    "already [EMAIL_1] and [PHONE_2] here",
    "order 2024-10-07-00017 of 1,234.50 EUR",
)
AWKWARD = (
    "",
    " \t\n ",
    "NUL\0inside and \x1b[31mescape",
    "zero\u200bwidth and \ufeffbyte order mark",
    "cafÃ© â€œquotedâ€\x9d",
    "e\u0301 is not é until it is normal",
    "שלום עולם, مرحبا",
    "👩\u200d👩\u200d👧 family, 🇩🇪 flag, 東京 tower",
    "I'm sorry, I can't help with that.",
    "Error: 503 upstream timed out",
    '```json\n{"a": 1}\n```',
    "word " * 300,
)
ORDINARY = (
    "Where is my parcel?",
    "How do I change the address of my order?",
    "Your parcel will arrive on Tuesday.",
    "Please reset my password, I cannot log in since yesterday.",
    "You can reset it under Settings, Security.",
    "refund",
    "change_address",
    "Do not cancel the booking, only move it by two days.",
)


def texts() -> "st.SearchStrategy[str]":
    """Text of a turn."""
    drawn = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
    mixed = st.lists(
        st.one_of(st.sampled_from(ORDINARY), st.sampled_from(LOOKALIKES), drawn), min_size=1, max_size=3
    )
    return st.one_of(
        st.sampled_from(ORDINARY),
        st.sampled_from(LOOKALIKES),
        st.sampled_from(AWKWARD),
        drawn,
        mixed.map(" ".join),
    )


@st.composite
def turns(draw: "st.DrawFn") -> list[dict[str, Any]]:
    """Messages of one conversation, as arguments of `ExampleBuilder.message`."""
    messages: list[dict[str, Any]] = []
    if draw(st.booleans()):
        messages.append({"role": "system", "content": draw(texts())})
    for number in range(draw(st.integers(1, 3))):
        messages.append(draw(_user_turns()))
        if draw(st.integers(0, 3)) == 0:
            messages.extend(_tool_use(number, asked=draw(texts()), found=draw(texts())))
        messages.append({"role": "assistant", "content": draw(texts()), "train": draw(st.integers(0, 4)) > 0})
    if draw(st.integers(0, 9)) == 0:
        messages.pop()  # nothing is taught, or a tool call is
    return messages


@st.composite
def _user_turns(draw: "st.DrawFn") -> dict[str, Any]:
    if draw(st.integers(0, 5)) > 0:
        return {"role": "user", "content": draw(texts()), "name": draw(st.sampled_from([None, None, "ann"]))}
    pieces = draw(st.lists(texts(), min_size=1, max_size=2))
    return {"role": "user", "content": "\n".join(pieces), "parts": _parts(pieces)}


def columns() -> "st.SearchStrategy[dict[str, Any]]":
    """The other columns of an example, as arguments of `ExampleBuilder.finish`."""
    day = st.integers(1, 28).map(lambda day: datetime(2024, 10, day, 12, tzinfo=UTC))
    tags = st.dictionaries(st.sampled_from(["intent", "case"]), st.sampled_from(["refund", "typical"]))
    return st.fixed_dictionaries(
        {
            "conversation": st.sampled_from(_CONVERSATIONS),
            "user": st.sampled_from(_USERS),
            "captured_at": st.one_of(st.none(), day),
            "model": st.sampled_from(_MODELS),
            "finish_reason": st.sampled_from(_REASONS),
            "licence": st.sampled_from([None, "internal"]),
            "kind": st.sampled_from(_KINDS),
            "inclusion": st.sampled_from([1.0, 0.1]),
            "tags": tags,
            "tools": st.sampled_from([None, _TOOLS]),
            "extra": st.sampled_from(_EXTRAS),
            "feedback": st.sampled_from(_FEEDBACK),
        }
    )


_CONVERSATIONS = (None, "0" * 31 + "1", "0" * 31 + "2")
_USERS = (None, "f" * 32)
_MODELS = (None, "some-model-1")
_REASONS = (None, "stop", "length", "content_filter", "tool_calls")
_KINDS = ("production", "corrected", "synthetic")
_EXTRAS = (None, '{"region":"eu"}')
_FEEDBACK = (None, '{"thumb":"up"}')
_TOOLS = json.dumps(
    [
        {
            "type": "function",
            "function": {"name": "find_order", "parameters": {"type": "object", "properties": {}}},
        }
    ]
)


def corpora(*, max_rows: int = 6, drawn: bool = True) -> "st.SearchStrategy[pa.Table]":
    """Tables of `EXAMPLES` with 0 to `max_rows` rows and distinct origin ids.

    Most rows are made from one drawn number, which is fast. Unless `drawn` is false, some are drawn word by
    word, which is slow and finds what nobody thought of.
    """
    made = st.integers(0, 1 << 32).map(conversation)
    rows = st.one_of(made, made, made, st.tuples(turns(), columns())) if drawn else made
    return st.lists(rows, max_size=max_rows).map(table_of)


def conversation(number: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A conversation and its columns, as `turns` and `columns` would draw them; equal for equal numbers."""
    chance = Random(number)  # noqa: S311, invented text is no secret
    messages: list[dict[str, Any]] = []
    if chance.random() < 0.5:
        messages.append({"role": "system", "content": _said(chance)})
    for turn in range(chance.choice([1, 1, 2, 3])):
        messages.append({"role": "user", "content": _said(chance), **_in_parts(chance)})
        if chance.random() < 0.2:
            messages.extend(_tool_use(turn, asked=_said(chance), found=_said(chance)))
        messages.append({"role": "assistant", "content": _said(chance), "train": chance.random() < 0.9})
    if chance.random() < 0.1:
        messages.pop()
    return messages, {
        "conversation": chance.choice(_CONVERSATIONS),
        "user": chance.choice(_USERS),
        "captured_at": chance.choice([None, datetime(2024, 10, chance.randint(1, 28), 12, tzinfo=UTC)]),
        "model": chance.choice(_MODELS),
        "finish_reason": chance.choice(_REASONS),
        "kind": chance.choice(_KINDS),
        "tags": chance.choice([{}, {"case": "typical"}, {"case": "refund", "intent": "refund"}]),
        "tools": chance.choice([None, _TOOLS]),
        "extra": chance.choice(_EXTRAS),
        "feedback": chance.choice(_FEEDBACK),
    }


def _said(chance: Random) -> str:
    pieces = [
        chance.choice(chance.choice((ORDINARY, ORDINARY, LOOKALIKES, AWKWARD)))
        for _ in range(chance.randint(1, 2))
    ]
    return chance.choice((" ", "\n", "")).join(pieces)


def _in_parts(chance: Random) -> dict[str, Any]:
    if chance.random() < 0.85:
        return {}
    pieces = [_said(chance), _said(chance)]
    return {"content": "\n".join(pieces), "parts": _parts(pieces)}


def _parts(pieces: list[str]) -> str:
    image = {"type": "image_url", "image_url": {"url": "https://images.example/1.png"}}
    return json.dumps([*({"type": "text", "text": piece} for piece in pieces), image], ensure_ascii=False)


def _tool_use(number: int, *, asked: str, found: str) -> list[dict[str, Any]]:
    """A call without content, and its result."""
    arguments = json.dumps({"query": asked, "limit": 3}, ensure_ascii=False)
    call = {
        "id": f"call_{number}",
        "type": "function",
        "function": {"name": "find_order", "arguments": arguments},
    }
    result = json.dumps({"found": found}, ensure_ascii=False)
    return [
        {"role": "assistant", "content": None, "tool_calls": json.dumps([call], ensure_ascii=False)},
        {"role": "tool", "content": result, "tool_call_id": f"call_{number}"},
    ]


def table_of(conversations: "list[tuple[list[dict[str, Any]], dict[str, Any]]]") -> pa.Table:
    """The table of some conversations; row `i` comes from line `i + 1`."""
    builder = ExampleBuilder()
    for row, (messages, rest) in enumerate(conversations):
        for message in messages:
            builder.message(**message)
        who = origin_id(record_hash(b"row %d" % row, source="invented"))
        tags = list(rest.get("tags", {}).items())
        builder.finish(who, line=row + 1, source="invented", file="logs.jsonl", **(rest | {"tags": tags}))
    return builder.table().cast(EXAMPLES) if conversations else no_examples()
