"""A log file in pieces that can be written back: what is not changed stays byte for byte.

    jsonl         a line a piece; a line that is no JSON is a piece of plain text
    json-array    an element a piece; a document that is an object is one piece
    csv           a row a piece, seen as an object of its columns
    text          all of it one piece

Unlike the readers, which leave behind how a record was written, this keeps it.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import cast

import orjson

CONVERSATION_KEYS = ("conversation_id", "session_id", "thread_id", "chat_id", "trace_id")
"""Under these keys, at the top or in `metadata`, stands what several lines of one conversation share."""
USER_KEYS = ("user_id", "user", "end_user", "account_id", "customer_id")
"""And under these what the conversations of one person share."""

_BOM = b"\xef\xbb\xbf"
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_MARK = re.compile(_STRING + rb"|[{}\[\],]", re.DOTALL)
_DELIMITERS = (",", "\t", ";", "|")
_QUOTED = r'"[^"]*+(?:""[^"]*+)*+"'


@dataclass(frozen=True)
class Piece:
    """`text`: what is searched, JSON if it can be; `write(text)`: the bytes of the piece with another text.

    `conversation`: what pieces of one conversation share, else None; `user`: what those of one person do.
    `is_valid`: False for text where JSON should stand.
    """

    text: str
    write: Callable[[str], bytes]
    conversation: str | None = None
    user: str | None = None
    is_valid: bool = True


def pieces(data: bytes, *, kind: str) -> Iterator[Piece | bytes]:
    """The pieces in order, and the bytes between them. Bytes that are not UTF-8 are read as Latin-1."""
    if data.startswith(_BOM):
        yield _BOM
        data = data[len(_BOM) :]
    match kind:
        case "jsonl":
            yield from _lines(data)
        case "json-array":
            yield from _elements(data)
        case "csv":
            yield from _rows(*_decoded(data))
        case _:
            yield _plain(data)


def is_json_lines(data: bytes) -> bool:
    """Is any line a JSON object or array?"""
    return any(line.lstrip()[:1] in (b"{", b"[") and _loaded(line) is not None for line in data.split(b"\n"))


def _lines(data: bytes) -> Iterator[Piece | bytes]:
    for line in _LINE.findall(data):
        if line.strip():
            yield _json_piece(line)
        else:
            yield line


def _elements(data: bytes) -> Iterator[Piece | bytes]:
    """The elements of an array at the top."""
    if not data.lstrip().startswith(b"[") or _loaded(data) is None:
        yield _json_piece(data)
        return
    depth, start = 0, 0
    for mark in _MARK.finditer(data):
        sign = mark[0]
        depth += (sign in (b"{", b"[")) - (sign in (b"}", b"]"))
        if (sign, depth) == (b"[", 1):
            yield data[: mark.end()]
            start = mark.end()
        elif (sign, depth) in ((b",", 1), (b"]", 0)):
            yield _json_piece(data[start : mark.start()])
            yield sign
            start = mark.end()
    yield data[start:]


def _json_piece(raw: bytes) -> Piece:
    value = _loaded(raw)
    if value is None:
        return _plain(raw, is_valid=not raw.strip())
    text = raw.decode()
    return Piece(text, str.encode, _shared(value, CONVERSATION_KEYS), _shared(value, USER_KEYS))


def _plain(raw: bytes, *, is_valid: bool = True) -> Piece:
    text, encoding = _decoded(raw)
    return Piece(text, lambda new: new.encode(encoding), is_valid=is_valid)


def _decoded(raw: bytes) -> tuple[str, str]:
    try:
        return raw.decode(), "utf-8"
    except UnicodeDecodeError:
        return raw.decode("latin-1"), "latin-1"


def _loaded(raw: bytes) -> object:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None


def _shared(value: object, keys: Sequence[str]) -> str | None:
    if not isinstance(value, dict):
        return None
    record = cast("Mapping[str, object]", value)
    metadata = record.get("metadata")
    for place in (record, cast("Mapping[str, object]", metadata) if isinstance(metadata, dict) else {}):
        for key in keys:
            found = place.get(key)
            if isinstance(found, str | int) and found:
                return f"{key}={found}"
    return None


def _rows(text: str, encoding: str) -> Iterator[Piece | bytes]:
    first = re.sub(_QUOTED, "", text.partition("\n")[0])
    delimiter = max(_DELIMITERS, key=first.count)
    cell = re.compile(rf"({_QUOTED}|[^{re.escape(delimiter)}\r\n]*+)({re.escape(delimiter)}|\r?\n|\r|\Z|)")
    header: list[str] | None = None
    cells: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        match = cell.match(text, at)
        if match is None:  # cannot be: both groups may be empty
            raise AssertionError
        at = match.end()
        cells.append((match[1], match[2]))
        if match[2] in ("\n", "\r\n", "\r") or at >= len(text):
            yield _row(cells, header=header, encoding=encoding)
            if header is None:
                header = [_unquoted(name) for name, _ in cells]
            cells = []


def _row(cells: Sequence[tuple[str, str]], *, header: Sequence[str] | None, encoding: str) -> Piece:
    cells = list(cells)
    values = [_unquoted(written) for written, _ in cells]
    names = list(header or ())[: len(values)]
    fields = [
        f"{json.dumps(name, ensure_ascii=False)}:{json.dumps(value, ensure_ascii=False)}"
        for name, value in zip_longest(names, values, fillvalue="")
    ]
    known = dict(zip(names, values, strict=False))

    def write(new: str) -> bytes:
        fresh = [value for _, value in json.loads(new, object_pairs_hook=list)]
        told = [
            (raw if now == was else _written(now, like=raw)) + end
            for (raw, end), was, now in zip(cells, values, fresh, strict=True)
        ]
        return "".join(told).encode(encoding)

    conversation, user = _shared(known, CONVERSATION_KEYS), _shared(known, USER_KEYS)
    return Piece("{" + ",".join(fields) + "}", write, conversation, user)


def _unquoted(written: str) -> str:
    return (
        written[1:-1].replace('""', '"') if len(written) > 1 and written[0] == written[-1] == '"' else written
    )


def _written(value: str, *, like: str) -> str:
    return '"' + value.replace('"', '""') + '"' if like.startswith('"') and like.endswith('"') else value
