"""Attributes of spans → plain JSON: OTLP's typed values, and lists that were flattened into numbered keys.

OTLP writes an attribute as `{"key": …, "value": {"intValue": "3"}}`, with 64-bit integers as strings
(https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). Conventions that know no lists write
`llm.input_messages.0.message.role`; exporters may have nested them again. Both come out alike.
"""

from collections.abc import Mapping
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


def tree_of(attributes: Object) -> dict[str, object]:
    """Attributes by the pieces of their names: `{"a.0.b": 1}` is `{"a": {"0": {"b": 1}}}`, and what somebody
    nested before stays nested. Where a name is also the beginning of others, the others are kept.
    """
    tree: dict[str, object] = {}
    for name, value in attributes.items():
        path = name.split(".", MAX_DEPTH)
        place = tree
        for piece in path[:-1]:
            branch = place.get(piece)
            if type(branch) is not dict:
                branch = place[piece] = {}
            place = cast("dict[str, object]", branch)
        held = place.get(path[-1])
        if type(held) is not dict:
            place[path[-1]] = dict(cast("Object", value)) if type(value) is dict else value
        elif type(value) is dict:
            place[path[-1]] = {**cast("Object", value), **held}
    return tree


def under(tree: Object, prefix: str) -> object:
    """The value at a dotted name, or the lists and objects that the names below it spell out; None if there
    is nothing. Objects whose keys are all numbers are lists, in the order of the numbers.
    """
    return _relisted(_at(tree, prefix))


def is_complete(tree: Object, prefix: str) -> bool:
    """Are the numbers below `prefix` 0, 1, 2 … without a gap? A gap is a message that was not recorded."""
    found = _at(tree, prefix)
    if type(found) is not dict:
        return True
    return set(cast("Object", found)) == {str(i) for i in range(len(found))}


def has_under(attributes: Object, prefix: str) -> bool:
    """Is there a name that is `prefix`, or begins with it and a dot, or nests to it?"""
    if prefix in attributes or _at(attributes, prefix) is not None:
        return True
    start = f"{prefix}."
    return any(name.startswith(start) for name in attributes)


def drop_under(attributes: dict[str, object], prefixes: tuple[str, ...]) -> None:
    """Takes out what `has_under` finds; inner objects are copied."""
    starts = tuple(f"{prefix}." for prefix in prefixes)
    for name in [name for name in attributes if name.startswith(starts)]:
        del attributes[name]
    for prefix in prefixes:
        remove(attributes, prefix)


def _at(tree: Object, prefix: str) -> object:
    value: object = tree
    for name in prefix.split("."):
        value = cast("Object", value).get(name) if type(value) is dict else None
    return value


def _relisted(value: object, depth: int = 0) -> object:
    """Objects with nothing but numbers for keys as lists, at any depth."""
    if type(value) is list:
        return value if depth > MAX_DEPTH else [_relisted(entry, depth + 1) for entry in value]
    if type(value) is not dict or depth > MAX_DEPTH:
        return value
    inner = {name: _relisted(entry, depth + 1) for name, entry in cast("Object", value).items()}
    if inner and all(name.isascii() and name.isdigit() and len(name) < 10 for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner
