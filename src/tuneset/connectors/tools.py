"""Tools that were offered, in any spelling → a list of definitions in OpenAI's shape."""

from collections.abc import Callable, Mapping
from typing import cast

from tuneset.connectors.readers.batch import json_type
from tuneset.connectors.turns import decoded
from tuneset.core.errors import Rejected

TOOL_FIELDS = ("tools", "functions")


def offered(record: Mapping[str, object]) -> object:
    """The definitions in `tools` or the older `functions`, None if there are none.

    Raises:
        Rejected: bad-tools.
    """
    listed = record.get("tools") or record.get("functions")
    if not listed:
        return None
    definitions = decoded(listed)
    if type(definitions) is dict:
        definitions = [definitions]
    if type(definitions) is not list:
        raise Rejected("bad-tools", f"`tools` is a {json_type(definitions)} that holds no list")
    return [_wrapped(definition) for definition in cast("list[object]", definitions)] or None


def each_tool(listed: object, shaped: Callable[[object], object]) -> list[object] | None:
    """A list of definitions, each made into OpenAI's shape by `shaped`; None if there are none.

    Raises:
        Rejected: bad-tools.
    """
    listed = decoded(listed)
    if not listed:
        return None
    if type(listed) is not list:
        raise Rejected("bad-tools", f"`tools` is a {json_type(listed)}")
    return [shaped(tool) for tool in cast("list[object]", listed)]


def _wrapped(definition: object) -> object:
    definition = decoded(definition)
    if type(definition) is not dict:
        raise Rejected("bad-tools", f"a definition is a {json_type(definition)}")
    if type(definition.get("type")) is str and definition["type"] != "object":
        return definition
    function = definition.get("function", definition)
    if type(function) is not dict or type(function.get("name")) is not str:
        raise Rejected("bad-tools", "a definition has no name")
    return {"type": "function", "function": function}
