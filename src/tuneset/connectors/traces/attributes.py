"""Attributes of spans → plain JSON: OTLP's typed values, and lists that were flattened into numbered keys.

OTLP writes an attribute as `{"key": …, "value": {"intValue": "3"}}`, with 64-bit integers as strings
(https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). Conventions that know no lists write
`llm.input_messages.0.message.role`; exporters may have nested them again. Both come out alike.
"""

from collections.abc import Iterator, Mapping
from typing import cast

from tuneset.connectors.envelope import remove

Object = Mapping[str, object]

MAX_DEPTH = 64
"""Values nested more deeply than this are no attributes that anybody wrote."""
_SCALARS = ("stringValue", "boolValue", "doubleValue", "bytesValue")


def plain_attributes(attributes: object) -> dict[str, object]:
    """Attributes as a dict: from OTLP's list of keys and typed values, or from a dict that is plain already.

    What is neither gives an empty dict; entries without a key are left out.
    """
    if type(attributes) is dict:
        return dict(cast("Object", attributes))
    if type(attributes) is not list:
        return {}
    return {
        key: plain(entry.get("value"))
        for entry in cast("list[object]", attributes)
        if type(entry) is dict and type(key := entry.get("key")) is str
    }


def plain(value: object, depth: int = 0) -> object:
    """What a typed value of OTLP holds; a value of no known type stays as it is."""
    if type(value) is not dict or depth > MAX_DEPTH:
        return value
    typed = cast("Object", value)
    for name in _SCALARS:
        if name in typed:
            return typed[name]
    if "intValue" in typed:
        return _integer(typed["intValue"])
    if "arrayValue" in typed:
        return [plain(entry, depth + 1) for entry in _values(typed["arrayValue"])]
    if "kvlistValue" in typed:
        entries = [entry for entry in _values(typed["kvlistValue"]) if type(entry) is dict]
        return {
            str(entry["key"]): plain(entry.get("value"), depth + 1) for entry in entries if "key" in entry
        }
    return typed or None


def _values(holder: object) -> list[object]:
    values = cast("Object", holder).get("values") if type(holder) is dict else None
    return cast("list[object]", values) if type(values) is list else []


def _integer(value: object) -> object:
    """64-bit integers are strings in OTLP's JSON."""
    if type(value) is str and len(value) <= 20 and value.removeprefix("-").isascii():
        try:
            return int(value)
        except ValueError:
            return value
    return value


def under(attributes: Object, prefix: str) -> object:
    """The value that an attribute holds, or the lists and objects that keys below `prefix` spell out.

    `{"m.0.role": "user", "m.0.text": "x"}` under `m` is `[{"role": "user", "text": "x"}]`. Objects whose keys
    are all numbers are lists, in the order of the numbers; None if there is nothing.
    """
    if prefix in attributes:
        return _relisted(attributes[prefix])
    tree: dict[str, object] = {}
    for rest, value in _below(attributes, prefix):
        _plant(tree, rest.split(".", MAX_DEPTH), value)
    if not tree:
        return _relisted(_inside(attributes, prefix))
    return _relisted(tree)


def has_under(attributes: Object, prefix: str) -> bool:
    """Would `under` find something?"""
    return under(attributes, prefix) is not None


def drop_under(attributes: dict[str, object], prefix: str) -> None:
    """Takes out what `under` reads; inner objects are copied."""
    for name, _ in list(_below(attributes, prefix)):
        del attributes[f"{prefix}.{name}"]
    remove(attributes, prefix)


def _below(attributes: Object, prefix: str) -> Iterator[tuple[str, object]]:
    start = len(prefix) + 1
    for name, value in attributes.items():
        if name.startswith(prefix) and name[len(prefix) : start] == "." and len(name) > start:
            yield name[start:], value


def _inside(attributes: Object, prefix: str) -> object:
    """The value at a dotted path of attributes that somebody nested again."""
    value: object = attributes
    for name in prefix.split("."):
        value = cast("Object", value).get(name) if type(value) is dict else None
    return value


def _plant(tree: dict[str, object], path: list[str], value: object) -> None:
    for name in path[:-1]:
        branch = tree.get(name)
        if type(branch) is not dict:
            branch = tree[name] = {}
        tree = cast("dict[str, object]", branch)
    tree[path[-1]] = value


def _relisted(value: object, depth: int = 0) -> object:
    """Objects with nothing but numbers for keys as lists, at any depth."""
    if depth > MAX_DEPTH:
        return value
    if type(value) is list:
        return [_relisted(entry, depth + 1) for entry in cast("list[object]", value)]
    if type(value) is not dict:
        return value
    inner = {name: _relisted(entry, depth + 1) for name, entry in cast("Object", value).items()}
    if inner and all(name.isascii() and name.isdigit() and len(name) < 10 for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def is_complete(attributes: Object, prefix: str) -> bool:
    """Are the numbers below `prefix` 0, 1, 2 … without a gap? A gap is a message that was not recorded."""
    firsts = {rest.partition(".")[0] for rest, _ in _below(attributes, prefix)}
    return firsts == {str(i) for i in range(len(firsts))}
