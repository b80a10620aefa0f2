"""Calls against the tools that were offered: is there such a tool, and does it take such arguments?"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import orjson

Defect = str
"""`tool-not-offered`, `arguments-not-json`, `argument-missing`, `argument-unknown`, `argument-type` or
`argument-value`."""

NOT_OFFERED = "tool-not-offered"

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
"""JSON Schema's names; what other providers write (`dict`, `float`, `any`) is not judged."""


def defects(calls: str, tools: str) -> list[Defect]:
    """What is wrong with the calls of one message.

    Args:
        calls: JSON list in OpenAI shape. tools: JSON list of the tools offered.

    Returns:
        One defect for each call that has any; nothing if the tools themselves cannot be read.
    """
    offered = _offered(tools)
    if not offered:
        return []
    try:
        made = orjson.loads(calls)
    except orjson.JSONDecodeError:
        return ["arguments-not-json"]
    functions = [call.get("function", call) for call in made if isinstance(call, Mapping)]
    found = (_defect(function, offered) for function in functions if isinstance(function, Mapping))
    return [defect for defect in found if defect is not None]


@lru_cache(maxsize=256)
def _offered(tools: str) -> Mapping[str, Mapping]:
    """Name → JSON Schema of the arguments, empty if it says nothing."""
    try:
        entries = orjson.loads(tools)
    except orjson.JSONDecodeError:
        return {}
    found: dict[str, Mapping] = {}
    for entry in entries if isinstance(entries, Sequence) else ():
        function = entry.get("function", entry) if isinstance(entry, Mapping) else None
        if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
            return {}  # a tool of another kind, as a web search of the provider: calls to it have any name
        schema = function.get("parameters", function.get("input_schema"))
        found[function["name"]] = schema if isinstance(schema, Mapping) else {}
    return found


def _defect(function: Mapping, offered: Mapping[str, Mapping]) -> Defect | None:
    name = function.get("name")
    if not isinstance(name, str) or name not in offered:
        return NOT_OFFERED
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = orjson.loads(arguments or "{}")
        except orjson.JSONDecodeError:
            return "arguments-not-json"
    return _breach({} if arguments is None else arguments, offered[name])


def _breach(value: object, schema: Mapping) -> Defect | None:
    """What a value breaks of a schema: required and unknown names, types and enumerated values, to any depth.
    Rules in other words (`oneOf`, `$ref`) are not judged.
    """
    options = schema.get("enum")
    if isinstance(options, list) and value not in options:
        return "argument-value"
    if not _is_of(value, schema.get("type")):
        return "argument-type"
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        return next((d for d in (_breach(entry, schema["items"]) for entry in value) if d), None)
    if not isinstance(value, dict) or any(word in schema for word in ("$ref", "oneOf", "anyOf", "allOf")):
        return None
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    required = schema.get("required")
    if isinstance(required, list) and any(name not in value for name in required):
        return "argument-missing"
    if (
        properties
        and not schema.get("additionalProperties")
        and any(name not in properties for name in value)
    ):
        return "argument-unknown"
    inner = (
        _breach(value[name], rule)
        for name, rule in properties.items()
        if name in value and isinstance(rule, Mapping)
    )
    return next((defect for defect in inner if defect), None)


def _is_of(value: object, kind: object) -> bool:
    """Is the value of a JSON type? A null stands for an argument that was left out."""
    kinds = [kind] if isinstance(kind, str) else kind
    if value is None or not isinstance(kinds, list) or not all(k in _TYPES for k in kinds):
        return True
    if isinstance(value, bool):
        return "boolean" in kinds
    if isinstance(value, float) and value.is_integer() and "integer" in kinds:
        return True
    return any(isinstance(value, _TYPES[k]) for k in kinds)


def called_names(calls: str) -> tuple[str, ...]:
    """The names of the tools that a message calls, sorted."""
    try:
        made = orjson.loads(calls)
    except orjson.JSONDecodeError:
        return ()
    functions = [call.get("function", call) for call in made if isinstance(call, Mapping)]
    return tuple(sorted({str(f.get("name")) for f in functions if isinstance(f, Mapping)}))
