r"""JSON of chats → flat columns, without a Python object for each record.

A record is plain if all of it is read here: an object whose `messages` are texts, complete calls and results
in OpenAI's own form, and whose other fields are any JSON that can be written again as it would be after
parsing. Whatever else there is, also everything that is not JSON, is left to others: a record that is not
plain costs only the time until that is known.

Values are written in canonical form: no white space, `\u` escapes as characters where JSON allows it, as
`orjson.dumps(orjson.loads(text))` writes them. Objects that name a key twice are not plain.
"""
# ruff: noqa: ANN001, ANN202, SIM102, SIM109 - the types of numba kernels are inferred; the rest is slower
# pyright: reportMissingParameterType=false, reportGeneralTypeIssues=false

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tuneset.kernels.bits import trailing_zeros
from tuneset.kernels.lean import counted, lean

TEXT, ESCAPED, WHOLE, NUMBER, UNSURE, TRUTH, NULL, OBJECT, LIST, MESSAGES = range(10)
"""Kinds of values: a text without and one with escapes; a whole number; another number, and one whose
canonical form is not known here; true and false; null; objects and lists; the messages, which have no text.
"""

NAME, CALLS, CALL_ID = range(3)
"""What a message may have beside role and content: `name`, `tool_calls`, `tool_call_id`."""

_MOST_FIELDS = 48
_MOST_SHAPES = 64
_MOST_KEYS = 256
_DEEPEST = 32
_PADDING = bytes(9)

_SYSTEM, _USER, _ASSISTANT, _TOOL, _NOBODY = range(5)
_QUOTE, _BACKSLASH, _COMMA, _COLON = 34, 92, 44, 58
_OPEN, _CLOSE, _OPEN_LIST, _CLOSE_LIST = 123, 125, 91, 93

_ONES = np.uint64(0x0101010101010101)
_TOPS = np.uint64(0x8080808080808080)
_QUOTES, _BACKSLASHES, _SPACES = _ONES * np.uint64(34), _ONES * np.uint64(92), _ONES * np.uint64(32)
_PRIME = np.uint64(0x100000001B3)
_SEED = np.uint64(0xCBF29CE484222325)


def _bytes(word: str) -> np.ndarray:
    return np.frombuffer(word.encode(), np.uint8)


_KEY_ROLE, _KEY_NAME, _KEY_CONTENT = _bytes("role"), _bytes("name"), _bytes("content")
_KEY_CALLS, _KEY_CALL_ID, _KEY_MESSAGES = _bytes("tool_calls"), _bytes("tool_call_id"), _bytes("messages")
_KEY_ID, _KEY_FUNCTION, _KEY_ARGUMENTS = _bytes("id"), _bytes("function"), _bytes("arguments")
_ROLE_SYSTEM, _ROLE_USER = _bytes("system"), _bytes("user")
_ROLE_ASSISTANT, _ROLE_TOOL = _bytes("assistant"), _bytes("tool")
_TRUE, _FALSE, _NULL = _bytes("true"), _bytes("false"), _bytes("null")
_CALL_ID_IS, _CALL_NAME_IS = _bytes('{"id":'), _bytes(',"type":"function","function":{"name":')
_CALL_ARGUMENTS_ARE, _CALL_ENDS = _bytes(',"arguments":'), _bytes("}}")
_HEX = _bytes("0123456789abcdef")
_ESCAPE_OF = np.zeros(32, np.uint8)
_ESCAPE_OF[[8, 9, 10, 12, 13]] = np.frombuffer(b"btnfr", np.uint8)


class Chats(NamedTuple):
    """What `n` records hold: `k` fields and `m` messages of those that are plain, in their order.

    Attributes:
        plain: `bool[n]`; the others have no fields and no messages.
        shape: `int64[n]` the first record that has the same keys in the same order; -1 if not plain.
        fields: `int64[n + 1]` the fields of record `i` are `fields[i]:fields[i + 1]`.
        keys: `int64[k, 2]` where in `data` the key of each field stands, without its quotes.
        kinds: `uint8[k]`.
        values: `int64[k, 2]` where in `text` its value stands, as canonical JSON; nothing for the messages.
        messages: `int64[n + 1]` likewise for messages.
        roles: `uint8[m]` 0 to 3: system, user, assistant, tool.
        contents: `int64[m + 1]` where in `content` the text of each message stands.
        silent: `bool[m]` the content is null.
        rare: `int64[r, 4]` message, `NAME`, `CALLS` or `CALL_ID`, and where in `text` it stands.
        data, text, content: `uint8[...]`.
    """

    plain: np.ndarray
    shape: np.ndarray
    fields: np.ndarray
    keys: np.ndarray
    kinds: np.ndarray
    values: np.ndarray
    messages: np.ndarray
    roles: np.ndarray
    contents: np.ndarray
    silent: np.ndarray
    rare: np.ndarray
    data: np.ndarray
    text: np.ndarray
    content: np.ndarray


def chats(records: Sequence[bytes]) -> Chats:
    """Reads records, each of them JSON without white space around. Cost: about 1 ns a byte."""
    return _read(records, needs_messages=True)


def objects(records: Sequence[bytes]) -> Chats:
    """The same for objects of any kind: a field `messages` is like any other, and there are no messages."""
    return _read(records, needs_messages=False)


def _read(records: Sequence[bytes], *, needs_messages: bool) -> Chats:
    data = np.frombuffer(b"\0".join([*records, _PADDING]), np.uint8)
    count, size = len(records), len(data)
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.fromiter(map(len, records), np.int64, count) + 1, out=starts[1:])
    found = Chats(
        np.zeros(count, np.bool_),
        np.full(count, -1, np.int64),
        np.zeros(count + 1, np.int64),
        np.empty((count * _MOST_FIELDS, 2), np.int64),
        np.empty(count * _MOST_FIELDS, np.uint8),
        np.empty((count * _MOST_FIELDS, 2), np.int64),
        np.zeros(count + 1, np.int64),
        np.empty(size // 8 + 1, np.uint8),
        np.zeros(size // 8 + 2, np.int64),
        np.empty(size // 8 + 1, np.bool_),
        np.empty((size // 8 + 1, 4), np.int64),
        data,
        np.empty(2 * size + 64, np.uint8),
        np.empty(size, np.uint8),
    )
    fields, messages, rare = _records(starts, needs_messages, *found)
    return found._replace(
        keys=found.keys[:fields],
        kinds=found.kinds[:fields],
        values=found.values[:fields],
        roles=found.roles[:messages],
        contents=found.contents[: messages + 1],
        silent=found.silent[:messages],
        rare=found.rare[:rare],
    )


# Every record is followed by a zero byte, which stands nowhere in JSON: nothing below looks for the end.


@lean
def _after_space(data, i):
    while data[i] == 32 or data[i] == 10 or data[i] == 13 or data[i] == 9:
        i += 1
    return i


@lean
def _is(data, start, stop, word):
    if stop - start != len(word):
        return False
    same = True
    for k in range(len(word)):
        same &= data[start + k] == word[k]
    return same


@lean
def _put(out, o, word):
    for k in range(len(word)):
        out[o + k] = word[k]
    return o + len(word)


@lean
def _chunk(data, i):
    """Eight bytes, the first one lowest."""
    chunk, at = np.uint64(0), np.uint64(i)
    for k in range(np.uint64(8)):  # one load: the compiler joins them
        chunk |= np.uint64(data[at + k]) << (np.uint64(8) * k)
    return chunk


@lean
def _odd(chunk):
    """Up to the first that is set, the top bits of those of eight bytes that are not printable ASCII, or are
    a quote or a backslash.
    """
    quote, slash = chunk ^ _QUOTES, chunk ^ _BACKSLASHES
    odd = (chunk - _SPACES) | (quote - _ONES) & ~quote | (slash - _ONES) & ~slash
    return (odd & ~chunk | chunk) & _TOPS


@lean
def _plain_until(data, i):
    """The first byte from `i` on that is not printable ASCII, or a quote or backslash."""
    while True:
        odd = _odd(_chunk(data, i))
        if odd:
            return i + np.int64(trailing_zeros(odd) >> np.uint64(3))
        i += 8


@lean
def _copy_plain(data, i, out, o):
    """The same, copying on the way: up to seven bytes too many, which whatever comes next overwrites."""
    while True:
        chunk = _chunk(data, i)
        to = np.uint64(o)
        for k in range(np.uint64(8)):  # one store
            out[to + k] = np.uint8(chunk >> (np.uint64(8) * k))
        odd = _odd(chunk)
        if odd:
            size = np.int64(trailing_zeros(odd) >> np.uint64(3))
            return i + size, o + size
        i += 8
        o += 8


@lean
def _character(data, i):
    """Bytes of the UTF-8 character (not ASCII) at `i`; 0 if it is none (Unicode 16, table 3-7)."""
    first, second = data[i], data[i + 1]
    if second & 0xC0 != 0x80 or first < 0xC2 or first > 0xF4:
        return 0
    if first < 0xE0:
        return 2
    if data[i + 2] & 0xC0 != 0x80:
        return 0
    if first < 0xF0:
        if (first == 0xE0 and second < 0xA0) or (first == 0xED and second > 0x9F):
            return 0
        return 3
    if data[i + 3] & 0xC0 != 0x80 or (first == 0xF0 and second < 0x90) or (first == 0xF4 and second > 0x8F):
        return 0
    return 4


@lean
def _four_digits(data, i):
    """The value of four hex digits, or -1."""
    value = 0
    for k in range(4):
        b = data[i + k]
        if 48 <= b <= 57:
            value = value * 16 + b - 48
        elif 97 <= (b | 32) <= 102:
            value = value * 16 + (b | 32) - 87
        else:
            return -1
    return value


@lean
def _escaped(data, i):
    """Code point of the escape whose backslash is at `i`, and where it ends; -1 if it is none."""
    b = data[i + 1]
    if b == _QUOTE or b == _BACKSLASH or b == 47:
        return np.int64(b), i + 2
    if b == 110:
        return 10, i + 2
    if b == 116:
        return 9, i + 2
    if b == 114:
        return 13, i + 2
    if b == 98:
        return 8, i + 2
    if b == 102:
        return 12, i + 2
    if b != 117:
        return -1, i
    point = _four_digits(data, i + 2)
    if 0xDC00 <= point < 0xE000:
        return -1, i
    if 0xD800 <= point < 0xDC00:
        if data[i + 6] != _BACKSLASH or data[i + 7] != 117:
            return -1, i
        low = _four_digits(data, i + 8)
        if not 0xDC00 <= low < 0xE000:
            return -1, i
        return 0x10000 + ((point - 0xD800) << 10) + low - 0xDC00, i + 12
    return point, i + 6


@lean
def _put_point(out, o, point, quoted):
    """Writes a character, as JSON wants it inside quotes if `quoted`."""
    if quoted and (point < 32 or point == _QUOTE or point == _BACKSLASH):
        out[o] = _BACKSLASH
        if point >= 32:
            out[o + 1] = point
            return o + 2
        if _ESCAPE_OF[point]:
            out[o + 1] = _ESCAPE_OF[point]
            return o + 2
        out[o + 1], out[o + 2], out[o + 3] = 117, 48, 48
        out[o + 4], out[o + 5] = _HEX[point >> 4], _HEX[point & 15]
        return o + 6
    if point < 0x80:
        out[o] = point
        return o + 1
    if point < 0x800:
        out[o], out[o + 1] = 0xC0 | point >> 6, 0x80 | point & 0x3F
        return o + 2
    if point < 0x10000:
        out[o], out[o + 1], out[o + 2] = 0xE0 | point >> 12, 0x80 | point >> 6 & 0x3F, 0x80 | point & 0x3F
        return o + 3
    out[o], out[o + 1] = 0xF0 | point >> 18, 0x80 | point >> 12 & 0x3F
    out[o + 2], out[o + 3] = 0x80 | point >> 6 & 0x3F, 0x80 | point & 0x3F
    return o + 4


@lean
def _string(data, i, out, o, quoted):
    """Writes the string whose quote is at `i`: its text, or itself in canonical form if `quoted`. Returns
    where it ends and where the writing ends; -1 if it is no string.
    """
    i += 1
    if quoted:
        out[o] = _QUOTE
        o += 1
    while True:
        i, o = _copy_plain(data, i, out, o)
        b = data[i]
        if b == _QUOTE:
            if quoted:
                out[o] = _QUOTE
                o += 1
            return i + 1, o
        if b == _BACKSLASH:
            point, i = _escaped(data, i)
            if point < 0:
                return -1, o
            o = _put_point(out, o, point, quoted)
        elif b >= 128:
            size = _character(data, i)
            if size == 0:
                return -1, o
            for k in range(size):
                out[o + k] = data[i + k]
            i += size
            o += size
        else:
            return -1, o


@lean
def _number(data, i, out, o):
    """Copies a number. Returns its end, the end of the writing and its kind; -1 if it is none.

    Up to 15 digits between .001 and 10^15 are the shortest that give their number back (IEEE 754 doubles
    tell all of those apart), so they are canonical if they end in no needless zero.
    """
    begin = i
    minus = data[i] == 45
    i += minus
    digits = i
    while 48 <= data[i] <= 57:
        i += 1
    whole = i - digits
    if whole == 0 or (data[digits] == 48 and whole > 1):
        return -1, o, UNSURE
    kind = WHOLE if whole <= 18 and not (minus and data[digits] == 48) else UNSURE
    if data[i] == 46:
        i += 1
        point = i
        while 48 <= data[i] <= 57:
            i += 1
        if i == point:
            return -1, o, UNSURE
        ends = data[i - 1] != 48 or i == point + 1
        large = data[digits] != 48 or (data[point] != 48 or (i > point + 1 and data[point + 1] != 48))
        sure = ends and large and whole + i - point <= 15
        kind = NUMBER if sure and not (minus and data[digits] == 48) else UNSURE
    if data[i] | 32 == 101:
        i += 1
        i += data[i] == 43 or data[i] == 45
        power = i
        while 48 <= data[i] <= 57:
            i += 1
        if i == power:
            return -1, o, UNSURE
        kind = UNSURE
    for k in range(begin, i):
        out[o + k - begin] = data[k]
    return i, o + i - begin, kind


@lean
def _simple(data, i, out, o):
    """A value that is no object and no list: its end, the end of the writing, its kind; -1 if it is none."""
    b = data[i]
    if b == _QUOTE:
        stop, end = _string(data, i, out, o, True)
        kind = TEXT
        for k in range(o, end):
            if out[k] == _BACKSLASH:
                kind = ESCAPED
        return stop, end, kind
    if b == 45 or 48 <= b <= 57:
        return _number(data, i, out, o)
    if b == 110 and _is(data, i, i + 4, _NULL):
        return i + 4, _put(out, o, _NULL), NULL
    if b == 116 and _is(data, i, i + 4, _TRUE):
        return i + 4, _put(out, o, _TRUE), TRUTH
    if b == 102 and _is(data, i, i + 5, _FALSE):
        return i + 5, _put(out, o, _FALSE), TRUTH
    return -1, o, NULL


@lean
def _key(data, i, out, o, known, first, last):
    """Writes a key and its colon; its hash becomes `known[last]`. Returns where value and writing go on; -1
    if there is none, or it is among `known[first:last]`.
    """
    if data[i] != _QUOTE or last == len(known):
        return -1, o
    begin = o
    i, o = _string(data, i, out, o, True)
    if i < 0:
        return -1, o
    h = _SEED
    for k in range(begin, o):
        h = (h ^ np.uint64(out[k])) * _PRIME
    for k in range(first, last):
        if known[k] == h:
            return -1, o
    known[last] = h
    i = _after_space(data, i)
    if data[i] != _COLON:
        return -1, o
    out[o] = _COLON
    return i + 1, o + 1


@lean
def _value(data, i, out, o, known, bases):
    """Any value: its end, the end of the writing, its kind; -1 if it is none or not canonical for sure."""
    i = _after_space(data, i)
    if data[i] != _OPEN and data[i] != _OPEN_LIST:
        return _simple(data, i, out, o)
    kind = OBJECT if data[i] == _OPEN else LIST
    depth = last = 0
    while True:
        i = _after_space(data, i)
        b = data[i]
        opened = False
        if b == _OPEN or b == _OPEN_LIST:
            if depth == len(bases):
                return -1, o, kind
            out[o] = b
            o += 1
            i = _after_space(data, i + 1)
            if data[i] == b + 2:  # closed at once
                out[o] = b + 2
                o += 1
                i += 1
            else:
                bases[depth] = last if b == _OPEN else -1
                depth += 1
                opened = True
                if b == _OPEN:
                    i, o = _key(data, i, out, o, known, last, last)
                    last += 1
        else:
            i, o, simple = _simple(data, i, out, o)
            if simple == UNSURE:
                return -1, o, kind
        if i < 0:
            return -1, o, kind
        while not opened and depth > 0:
            i = _after_space(data, i)
            base = bases[depth - 1]
            b = data[i]
            i += 1
            out[o] = b
            o += 1
            if b == _COMMA:
                if base >= 0:
                    i, o = _key(data, _after_space(data, i), out, o, known, base, last)
                    last += 1
                    if i < 0:
                        return -1, o, kind
                break
            if b != (_CLOSE if base >= 0 else _CLOSE_LIST):
                return -1, o, kind
            if base >= 0:
                last = base
            depth -= 1
        if depth == 0:
            return i, o, kind


@lean
def _end_of_string(data, i):
    """Where the string whose quote is at `i` ends, whatever is in it; -1 if it does not."""
    i += 1
    while True:
        i = _plain_until(data, i)
        if data[i] == _QUOTE:
            return i + 1
        if data[i] == _BACKSLASH and data[i + 1] >= 32:
            i += 2
        elif data[i] >= 128:
            i += 1
        else:
            return -1


@lean
def _plain_key(data, i):
    """Where the key whose quote is at `i` stops, and where its value begins; -1 if it has escapes."""
    if data[i] != _QUOTE:
        return i, -1
    stop = _plain_until(data, i + 1)
    if data[stop] != _QUOTE:
        return stop, -1
    i = _after_space(data, stop + 1)
    return stop, _after_space(data, i + 1) if data[i] == _COLON else -1


@lean
def _call(data, i, out, o, known, bases):
    """Writes the call at `i` as `connectors.messages` does: id, type, name, arguments; -1 if one of them is
    missing or no text.
    """
    call_id = name = arguments = -1
    if data[i] != _OPEN:
        return -1, o
    i = _after_space(data, i + 1)
    while True:
        start = i + 1
        stop, i = _plain_key(data, i)
        if i < 0:
            return -1, o
        if _is(data, start, stop, _KEY_ID):
            if call_id >= 0 or data[i] != _QUOTE or data[i + 1] == _QUOTE:
                return -1, o
            call_id, i = i, _end_of_string(data, i)
        elif _is(data, start, stop, _KEY_FUNCTION):
            if name >= 0:
                return -1, o
            i, name, arguments = _function(data, i, out, o, known, bases)
        else:
            i, _, _ = _value(data, i, out, o, known, bases)
        if i < 0:
            return -1, o
        i = _after_space(data, i)
        if data[i] == _CLOSE:
            break
        if data[i] != _COMMA:
            return -1, o
        i = _after_space(data, i + 1)
    if call_id < 0 or name < 0:
        return -1, o
    first, o = _string(data, call_id, out, _put(out, o, _CALL_ID_IS), True)
    second, o = _string(data, name, out, _put(out, o, _CALL_NAME_IS), True)
    third, o = _string(data, arguments, out, _put(out, o, _CALL_ARGUMENTS_ARE), True)
    return (i + 1 if min(first, second, third) >= 0 else -1), _put(out, o, _CALL_ENDS)


@lean
def _function(data, i, out, o, known, bases):
    """The end of the function object at `i`, and where its name and arguments stand; -1 if one is missing or
    no text, or is there twice. What lies after `o` in `out` is lost.
    """
    name = arguments = -1
    if data[i] != _OPEN:
        return -1, -1, -1
    i = _after_space(data, i + 1)
    while True:
        start = i + 1
        stop, i = _plain_key(data, i)
        if i < 0:
            return -1, -1, -1
        if _is(data, start, stop, _KEY_NAME):
            if name >= 0 or data[i] != _QUOTE or data[i + 1] == _QUOTE:
                return -1, -1, -1
            name, i = i, _end_of_string(data, i)
        elif _is(data, start, stop, _KEY_ARGUMENTS):
            if arguments >= 0 or data[i] != _QUOTE:
                return -1, -1, -1
            arguments, i = i, _end_of_string(data, i)
        else:
            i, _, _ = _value(data, i, out, o, known, bases)
        if i < 0:
            return -1, -1, -1
        i = _after_space(data, i)
        if data[i] == _CLOSE:
            break
        if data[i] != _COMMA:
            return -1, -1, -1
        i = _after_space(data, i + 1)
    return (i + 1 if name >= 0 and arguments >= 0 else -1), name, arguments


@lean
def _calls(data, i, out, o, known, bases):
    """Writes the list of calls at `i`: its end and that of the writing; -1 if there are none, or others."""
    if data[i] != _OPEN_LIST:
        return -1, o
    out[o] = _OPEN_LIST
    o += 1
    while True:
        i, o = _call(data, _after_space(data, i + 1), out, o, known, bases)
        if i < 0:
            return -1, o
        i = _after_space(data, i)
        out[o] = data[i]
        o += 1
        if data[i] == _CLOSE_LIST:
            return i + 1, o
        if data[i] != _COMMA:
            return -1, o


@lean
def _role(data, start, stop):
    if _is(data, start, stop, _ROLE_USER):
        return _USER
    if _is(data, start, stop, _ROLE_ASSISTANT):
        return _ASSISTANT
    if _is(data, start, stop, _ROLE_SYSTEM):
        return _SYSTEM
    if _is(data, start, stop, _ROLE_TOOL):
        return _TOOL
    return _NOBODY


@lean
def _message(data, i, m, r, o, roles, contents, silent, rare, text, content, known, bases):
    """Reads the message at `i`: its end, the rare fields until there, the end of `text`; -1: not plain."""
    written = contents[m]
    role, says, called, named, answers, spoke = _NOBODY, False, False, False, False, False
    if data[i] != _OPEN:
        return -1, r, o
    i = _after_space(data, i + 1)
    while True:
        start = i + 1
        stop, i = _plain_key(data, i)
        if i < 0:
            return -1, r, o
        if _is(data, start, stop, _KEY_ROLE):
            if role != _NOBODY or data[i] != _QUOTE:
                return -1, r, o
            end = _plain_until(data, i + 1)
            role = _role(data, i + 1, end)
            if role == _NOBODY or data[end] != _QUOTE:
                return -1, r, o
            i = end + 1
        elif _is(data, start, stop, _KEY_CONTENT):
            if spoke:
                return -1, r, o
            spoke = True
            if data[i] == _QUOTE:
                says = True
                i, written = _string(data, i, content, written, False)
                if i < 0:
                    return -1, r, o
            elif _is(data, i, i + 4, _NULL):
                i += 4
            else:
                return -1, r, o
        elif _is(data, i, i + 4, _NULL):
            i += 4  # absent; named again with a value, the value counts, as in a dict
        else:
            begin = o
            if _is(data, start, stop, _KEY_CALLS):
                if called:
                    return -1, r, o
                called, kind = True, CALLS
                i, o = _calls(data, i, text, o, known, bases)
            elif _is(data, start, stop, _KEY_NAME):
                if named or data[i] != _QUOTE:
                    return -1, r, o
                named, kind = True, NAME
                i, o = _string(data, i, text, o, False)
            elif _is(data, start, stop, _KEY_CALL_ID):
                if answers or data[i] != _QUOTE or data[i + 1] == _QUOTE:
                    return -1, r, o
                answers, kind = True, CALL_ID
                i, o = _string(data, i, text, o, False)
            else:
                return -1, r, o
            if i < 0 or r == len(rare):
                return -1, r, o
            rare[r, 0], rare[r, 1], rare[r, 2], rare[r, 3] = m, kind, begin, o
            r += 1
        i = _after_space(data, i)
        if data[i] == _CLOSE:
            break
        if data[i] != _COMMA:
            return -1, r, o
        i = _after_space(data, i + 1)
    if not (says and answers if role == _TOOL else role != _NOBODY and not answers and (says or called)):
        return -1, r, o
    roles[m], silent[m], contents[m + 1] = role, not says, written
    return i + 1, r, o


@lean
def _conversation(data, i, m, r, o, roles, contents, silent, rare, text, content, known, bases):
    """Reads the list of messages at `i`: its end, and the ends of messages, rare fields and `text`."""
    answered = False
    if data[i] != _OPEN_LIST:
        return -1, m, r, o
    while True:
        i = _after_space(data, i + 1)
        i, r, o = _message(data, i, m, r, o, roles, contents, silent, rare, text, content, known, bases)
        if i < 0:
            return -1, m, r, o
        answered |= roles[m] == _ASSISTANT
        m += 1
        i = _after_space(data, i)
        if data[i] == _CLOSE_LIST:
            return i + 1 if answered else -1, m, r, o
        if data[i] != _COMMA:
            return -1, m, r, o


@lean
def _same_keys(data, keys, first, second, count):
    for k in range(count):
        start, other = keys[first + k, 0], keys[second + k, 0]
        size = keys[first + k, 1] - start
        if keys[second + k, 1] - other != size:
            return False
        for b in range(size):
            if data[start + b] != data[other + b]:
                return False
    return True


@counted
def _records(
    starts,
    needs_messages,
    plain,
    shape,
    fields,
    keys,
    kinds,
    values,
    messages,
    roles,
    contents,
    silent,
    rare,
    data,
    text,
    content,
):
    known, bases = np.empty(_MOST_KEYS, np.uint64), np.empty(_DEEPEST, np.int64)
    shapes = np.empty(_MOST_SHAPES, np.int64)
    f = m = r = o = 0
    different = guess = 0
    for row in range(len(plain)):
        first, m_before, r_before, o_before = f, m, r, o
        stop = starts[row + 1] - 1
        i = starts[row]
        has_messages = not needs_messages
        good = data[i] == _OPEN
        i = _after_space(data, i + 1)
        if not needs_messages and good and data[i] == _CLOSE:
            i += 1
        while good and i < stop:
            good = False
            if f - first == _MOST_FIELDS:
                break
            keys[f, 0] = i + 1
            end, i = _plain_key(data, i)
            keys[f, 1] = end
            if i < 0:
                break
            values[f, 0] = o
            if needs_messages and _is(data, keys[f, 0], end, _KEY_MESSAGES):
                if has_messages:
                    break
                has_messages = True
                kinds[f] = MESSAGES
                i, m, r, o = _conversation(
                    data, i, m, r, o, roles, contents, silent, rare, text, content, known, bases
                )
                values[f, 0] = o
            else:
                i, o, kind = _value(data, i, text, o, known, bases)
                kinds[f] = kind
            if i < 0:
                break
            values[f, 1] = o
            f += 1
            i = _after_space(data, i)
            if data[i] == _CLOSE:
                good, i = True, i + 1
                break
            if data[i] != _COMMA:
                break
            good, i = True, _after_space(data, i + 1)
        good = good and has_messages and i == stop
        if good:
            count, found = f - first, -1
            for k in range(-1, different):
                other = shapes[guess if k < 0 else k] if different else row
                if different and fields[other + 1] - fields[other] == count:
                    if _same_keys(data, keys, fields[other], first, count):
                        found = guess if k < 0 else k
                        break
            if found < 0 and different < _MOST_SHAPES:
                shapes[different], found = row, different
                different += 1
            good = found >= 0
            if good:
                guess, shape[row] = found, shapes[found]
        plain[row] = good
        if not good:
            f, m, r, o = first, m_before, r_before, o_before
        fields[row + 1], messages[row + 1] = f, m
    return f, m, r


class Texts(NamedTuple):
    """Texts laid end to end: `data` `uint8[...]`, `offsets` `int64[n + 1]`."""

    data: np.ndarray
    offsets: np.ndarray


def texts_at(text: np.ndarray, spans: np.ndarray) -> Texts:
    """The bytes of some stretches (`int64[n, 2]`) of a text, one after the other."""
    offsets = np.zeros(len(spans) + 1, np.int64)
    np.cumsum(spans[:, 1] - spans[:, 0], out=offsets[1:])
    data = np.empty(offsets[-1], np.uint8)
    _gather(text, spans, offsets, data)
    return Texts(data, offsets)


def whole_numbers(text: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """`int64[n]` values of whole numbers of at most 18 digits at some stretches (`int64[n, 2]`)."""
    return _numbers(text, spans)


@lean
def _gather(text, spans, offsets, data):
    for row in range(len(spans)):
        start, o = spans[row, 0], offsets[row]
        for k in range(spans[row, 1] - start):
            data[o + k] = text[start + k]


@counted
def _numbers(text, spans):
    found = np.empty(len(spans), np.int64)
    for row in range(len(spans)):
        value = 0
        for k in range(spans[row, 0], spans[row, 1]):
            if text[k] != 45:
                value = value * 10 + text[k] - 48
        found[row] = -value if text[spans[row, 0]] == 45 else value
    return found
