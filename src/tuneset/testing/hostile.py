"""Damage to good records, of every kind that broken loggers and enemies bring.

A line is made from one of a format's good records: something in its structure is changed (a key dropped, a
value of another type, ids that point in circles, …), then it is written, and now and then its bytes are
damaged too (cut off, another encoding, …). All chance comes from one `Random`, so a seed is a test case.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

import orjson

Change = Callable[[Any], Any]

_ROLES = (
    *("user", "assistant", "system", "tool", "developer", "function", "human", "gpt", "model", "observation"),
    *("ai", "USER", "user ", "moderator", ""),
)
_ROLE_KEYS = frozenset(("role", "from", "type", "author", "message.role", "gen_ai.prompt.0.role"))
_ID_KEYS = re.compile(
    r"(^|_|\.)(id|ids|parent|current|currentid|current_node|children|childrenids)$|Id$|Ids$", re.I
)
_TIME_KEYS = re.compile(r"time|created|updated|date|_at$|At$|timestamp", re.I)
_NUMBERS = (
    *(0, -1, 1, 0.5, -0.0, 1e308, -1e-320, float("nan"), float("inf"), float("-inf")),
    *(2**31, 2**53 + 1, 2**63 - 1, -(2**63), 2**63, 2**64 - 1, 2**64, 10**30, 10**400),
    *(1_790_000_000, 1_790_000_000_000, 1_790_000_000_000_000_000, -62_135_596_801, 253_402_300_800),
)
_TIMES = (
    *("", "now", "0000-00-00", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59.999999+14:00", "1e400", "²⁰²⁶"),
    *("0001-01-01T00:00:00-23:59", "2026-11-01T10:00:00.123456789123Z", "2026-W45-1", "1" * 400, "-1"),
)
_TEXTS = (
    *(
        "",
        " ",
        "\0",
        "\n",
        "\r\n",
        "\u2028",
        "\ufeff",
        "\ud800",
        "x\udfff",
        "\udbff\udfff",
        "\U0010ffff",
        "null",
    ),
    *("[", "{", "[]", "{}", "[[]]", "[{}]", '{"a":', '"', "\\", "\\ud800", '[{"role": "user"}]', "NaN"),
    *("data: {}\n\n", "data: [DONE]\n\n", "event: message_start\ndata: {", "data: {\n\ndata: }", ": \n\n"),
    *(
        "<|im_start|>user\n",
        "<|start_header_id|>user<|end_header_id|>",
        "[INST]",
        '<details type="tool_calls" ',
    ),
    *(
        "Message(role='user', content=['x'",
        "[Message(role='user')]",
        "ChatMessage(",
        "dict(a=1)",
        "((((((((((",
        "'''",
    ),
    *("attachment://", "attachment://0", "s3://b/k", "user: x assistant: y", "__proto__", "constructor"),
    *("\u202eright to left", "e\u0301" * 40, "\u200b" * 40, "👩\u200d👩\u200d👧" * 9, "﷽" * 30, "a" * 5000),
)
_EMPTY = (None, "", [], {}, [None], [[]], [{}], {"": None}, False)
_WRONG = (True, False, 17, -0.5, "some other text", ["a", 2], {"x": 1}, [[[[1]]]], {"type": "text"}, *_EMPTY)
_WIDE = 3_000
_LONG = 1 << 17
_LONGEST = 4 << 20
"""Bytes of a line before it is nested: damage upon damage could fill a memory, which tests nothing."""
_DEEP = (90, 250, 256, 300, 1_000, 100_000)
_ENCODINGS = ("utf-16-le", "utf-16", "utf-32", "utf-7", "latin-1", "cp1252", "cp037", "gb18030", "shift_jis")
_HOLE = "\x1ahole:{}:{}\x1a"
_HOLES = re.compile(rb'"(?:\\u001a|\x1a)hole:(\d+):(\d+)(?:\\u001a|\x1a)"')
_OPENERS = ((b"[", b"]"), (b'{"a":', b"}"), (b'[{"content":', b"}]"), (b'{"parts":[', b"]}"), (b"[", b""))


def hostile_line(samples: Sequence[Mapping[str, Any]], chance: Random) -> tuple[bytes, list[str]]:
    """One line, which may be no JSON and hold newlines, and the names of the kinds of damage in it."""
    record: Any = chance.choice(samples)
    kinds = list[str]()
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 6))):
        name = chance.choice(tuple(STRUCTURE))
        kinds.append(name)
        record = STRUCTURE[name](record, samples, chance)
    line = _written(record, chance)
    if chance.random() < 0.25:
        name = chance.choice(tuple(BYTES))
        kinds.append(name)
        line = BYTES[name](line, chance)
    return line, kinds


def _written(record: object, chance: Random) -> bytes:
    """JSON as Python writes it: with NaN and Infinity, and half of the time with raw characters."""
    text = json.dumps(record, ensure_ascii=chance.random() < 0.5, separators=(",", ":"))
    return _HOLES.sub(_nested, text.encode(errors="surrogatepass")[:_LONGEST], count=2)


def _nested(hole: re.Match[bytes]) -> bytes:
    """Levels that no writer would make."""
    opening, closing = _OPENERS[int(hole[1])]
    levels = int(hole[2])
    return opening * levels + b"1" + closing * levels


def _somewhere(value: Any, chance: Random, change: Change) -> Any:  # noqa: ANN401, JSON
    """The value with one place in it changed; JSON and events in its texts are places too."""
    if isinstance(value, dict) and value and chance.random() < 0.93:
        key = chance.choice(tuple(value))
        return {**value, key: _somewhere(value[key], chance, change)}
    if isinstance(value, list) and value and chance.random() < 0.93:
        at = chance.randrange(len(value))
        return [*value[:at], _somewhere(value[at], chance, change), *value[at + 1 :]]
    if isinstance(value, str) and chance.random() < 0.7:
        return _inside(value, chance, change)
    return change(value)


def _inside(text: str, chance: Random, change: Change) -> Any:  # noqa: ANN401
    """A text with something changed in the JSON that it holds, alone or as an event of a stream."""
    if isinstance(told := _told(text), dict | list):
        return json.dumps(_somewhere(told, chance, change))
    lines = text.split("\n") if "data:" in text else []
    events = [at for at, line in enumerate(lines) if line.startswith("data: {")]
    if not events:
        return change(text)
    at = chance.choice(events)
    lines[at] = f"data: {_inside(lines[at].removeprefix('data: '), chance, change)}"
    return "\n".join(lines)


def _told(text: str) -> object:
    """The JSON in a text; None if it is none."""
    try:
        return orjson.loads(text) if text[:1] in ("{", "[") else None
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None


def _in_container(value: Any, chance: Random, change: Callable[[Any, Any], Any]) -> Any:  # noqa: ANN401
    """The value with one object or list in it changed: `change(container, one of its keys)`."""
    if isinstance(value, str) and isinstance(told := _told(value), dict | list):
        return json.dumps(_in_container(told, chance, change))
    keys = tuple(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    if not keys:
        return value
    inner = [key for key in keys if isinstance(value[key], dict | list) or str(value[key])[:1] in ("{", "[")]
    if not inner or chance.random() < 0.2:
        return change(value, chance.choice(keys))
    key = chance.choice(inner)
    return _with(value, key, _in_container(value[key], chance, change))


def _with(value: Any, key: Any, new: object) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {**value, key: new}
    return [*value[:key], new, *value[key + 1 :]]


def _everywhere(value: Any, change: Callable[[str, Any], Any], key: str = "") -> Any:  # noqa: ANN401
    """The value with every leaf `change(its key, leaf)`; leaves of a list have the key of the list."""
    if isinstance(value, dict):
        return {name: _everywhere(entry, change, str(name)) for name, entry in value.items()}
    if isinstance(value, list):
        return [_everywhere(entry, change, key) for entry in value]
    return change(key, value)


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    if isinstance(value, dict):
        for name, entry in value.items():
            yield from _leaves(entry, str(name))
    elif isinstance(value, list):
        for entry in value:
            yield from _leaves(entry, key)
    else:
        yield key, value


def _picked(value: Any, chance: Random) -> Any:  # noqa: ANN401
    """Something in it."""
    while isinstance(value, dict | list) and value and chance.random() < 0.7:
        value = chance.choice(list(value.values()) if isinstance(value, dict) else value)
    return value


def _dropped(record: Any, _: object, chance: Random) -> Any:  # noqa: ANN401
    def drop(value: Any, key: Any) -> Any:  # noqa: ANN401
        if isinstance(value, dict):
            return {name: entry for name, entry in value.items() if name != key}
        return value[:key] + value[key + 1 :]

    return _in_container(record, chance, drop)


def _doubled(record: Any, _: object, chance: Random) -> Any:  # noqa: ANN401
    def double(value: Any, key: Any) -> Any:  # noqa: ANN401
        if isinstance(value, dict):
            return {**value, f"{key}{chance.choice(('', '_', '2', ' '))}": value[key], "copy": value[key]}
        return value[:key] + [value[key]] * chance.choice((2, 3, 40)) + value[key + 1 :]

    return _in_container(record, chance, double)


def _renamed(record: Any, _: object, chance: Random) -> Any:  # noqa: ANN401
    def rename(value: Any, key: Any) -> Any:  # noqa: ANN401
        if not isinstance(value, dict):
            return value[::-1]
        other = chance.choice((str(key).upper(), f" {key}", f"{key}.0", "", "__proto__", "\ud83d", *value))
        return {(other if name == key else name): entry for name, entry in value.items()}

    return _in_container(record, chance, rename)


def _shuffled(record: Any, _: object, chance: Random) -> Any:  # noqa: ANN401
    def shuffle(value: Any, _key: object) -> Any:  # noqa: ANN401
        order = list(value.items() if isinstance(value, dict) else value)
        chance.shuffle(order)
        return dict(order) if isinstance(value, dict) else order

    return _in_container(record, chance, shuffle)


def _widened(record: Any, _: object, chance: Random) -> Any:  # noqa: ANN401
    def widen(value: Any, key: Any) -> Any:  # noqa: ANN401
        if isinstance(value, dict):
            return {**value, **{f"{key}.{number}": number for number in range(_WIDE)}}
        return value + [value[key]] * (_WIDE // (1 + len(json.dumps(value[key])) // 100))

    return _in_container(record, chance, widen)


def _turned(record: Any, _: object, chance: Random) -> Any:  # noqa: ANN401
    """An object for a list and the other way round."""

    def turn(value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, dict):
            return [*value.values()] if chance.random() < 0.5 else [value]
        return {str(at): entry for at, entry in enumerate(value)} if isinstance(value, list) else [value]

    return _somewhere(record, chance, turn)


def _grafted(record: Any, samples: Sequence[Any], chance: Random) -> Any:  # noqa: ANN401
    """Something of another record."""
    return _somewhere(record, chance, lambda _: _picked(chance.choice(samples), chance))


def _encoded(record: Any, _: object, chance: Random) -> Any:  # noqa: ANN401
    """Written as JSON, once or several times, or as Python writes it; or the other way round."""

    def encode(value: Any) -> Any:  # noqa: ANN401
        kind = chance.randrange(4)
        if kind == 0:
            return repr(value)
        for _ in range(kind):
            value = json.dumps(value)
        return value

    return _somewhere(record, chance, encode)


def _ids_as_one(record: Any, _: object, chance: Random) -> Any:  # noqa: ANN401
    one = chance.choice(("", "a", 0, None, "x" * 300, *(v for k, v in _leaves(record) if _ID_KEYS.search(k))))
    return _everywhere(record, lambda key, value: one if _ID_KEYS.search(key) else value)


def _ids_in_circles(record: Any, _: object, chance: Random) -> Any:  # noqa: ANN401
    """Every id, parent and child is one of the others, so trees get loops and orphans."""
    ids = [value for key, value in _leaves(record) if _ID_KEYS.search(key)] or [None]
    return _everywhere(record, lambda key, value: chance.choice(ids) if _ID_KEYS.search(key) else value)


def _roles_exchanged(record: Any, _: object, chance: Random) -> Any:  # noqa: ANN401
    roles = [value for key, value in _leaves(record) if key in _ROLE_KEYS] + list(chance.sample(_ROLES, 3))
    return _everywhere(record, lambda key, value: chance.choice(roles) if key in _ROLE_KEYS else value)


def _times_moved(record: Any, _: object, chance: Random) -> Any:  # noqa: ANN401
    times = (*_TIMES, *_NUMBERS)
    return _everywhere(record, lambda key, value: chance.choice(times) if _TIME_KEYS.search(key) else value)


def _one_of(values: Sequence[Any]) -> Callable[[Any, object, Random], Any]:
    return lambda record, _, chance: _somewhere(record, chance, lambda _: chance.choice(values))


def _deepened(record: Any, _: object, chance: Random) -> Any:  # noqa: ANN401
    hole = _HOLE.format(chance.randrange(len(_OPENERS)), chance.choice(_DEEP))
    return _somewhere(record, chance, lambda _: hole)


def _lengthened(record: Any, _: object, chance: Random) -> Any:  # noqa: ANN401
    def lengthen(value: Any) -> Any:  # noqa: ANN401
        text = value if isinstance(value, str) and value else chance.choice(_TEXTS) or "x"
        return text * (_LONG // len(text))

    return _somewhere(record, chance, lengthen)


STRUCTURE: dict[str, Callable[[Any, Sequence[Any], Random], Any]] = {
    "key or element dropped": _dropped,
    "key or element doubled": _doubled,
    "key renamed": _renamed,
    "order changed": _shuffled,
    "thousands of keys or elements": _widened,
    "object for list": _turned,
    "piece of another record": _grafted,
    "JSON or repr in a text": _encoded,
    "one id for all": _ids_as_one,
    "ids in circles": _ids_in_circles,
    "roles exchanged": _roles_exchanged,
    "times out of range": _times_moved,
    "another type": _one_of(_WRONG),
    "empty": _one_of(_EMPTY),
    "number beyond limits": _one_of(_NUMBERS),
    "odd text": _one_of(_TEXTS),
    "nested up to 100,000 levels": _deepened,
    "very long text": _lengthened,
}  # fmt: skip
"""Kinds of damage that leave JSON, or what Python takes for it."""


def _cut_off(line: bytes, chance: Random) -> bytes:
    return line[: chance.randrange(len(line) + 1)]


def _cut_out(line: bytes, chance: Random) -> bytes:
    start = chance.randrange(len(line) + 1)
    return line[:start] + line[start + chance.choice((1, 2, 30)) :]


def _flipped(line: bytes, chance: Random) -> bytes:
    damage = bytearray(line)
    for _ in range(chance.choice((1, 3, 30))):
        if damage:
            damage[chance.randrange(len(damage))] = chance.randrange(256)
    return bytes(damage)


def _joined(line: bytes, chance: Random) -> bytes:
    """Two writers without a lock."""
    at = chance.randrange(len(line) + 1)
    return chance.choice((line + line, line[:at] + line + line[at:], line + b"," + line, b"[" + line + b"]"))


def _recoded(line: bytes, chance: Random) -> bytes:
    text = line.decode(errors="replace")
    return text.encode(chance.choice(_ENCODINGS), errors="replace")


def _decorated(line: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(line) + 1)
    extra = chance.choice(
        (b"\xef\xbb\xbf", b"\0", b"\r", b"\x1e", b"\xc0\x80", b"\xed\xa0\x80", b"\xff", b"//c", b"\n")
    )
    return chance.choice((extra + line, line + extra, line[:at] + extra + line[at:]))


def _as_python(line: bytes, _: Random) -> bytes:
    """`print(record)` for a log."""
    return line.replace(b'"', b"'").replace(b"null", b"None").replace(b"true", b"True")


def _key_twice(line: bytes, chance: Random) -> bytes:
    found = re.findall(rb'"[a-zA-Z_]+":', line)
    return line.replace(b"{", b"{" + chance.choice(found) + b"1,", 1) if found else line


BYTES: dict[str, Callable[[bytes, Random], bytes]] = {
    "cut off": _cut_off,
    "piece missing": _cut_out,
    "bytes flipped": _flipped,
    "two lines in one": _joined,
    "another encoding": _recoded,
    "stray bytes": _decorated,
    "Python for JSON": _as_python,
    "a key twice": _key_twice,
}
"""Kinds of damage to the bytes of a line."""
