"""Gemini on Vertex AI (Gemini Enterprise Agent Platform): contents of parts, with calls of functions.

https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-supervised-tuning-prepare
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import orjson
import pyarrow as pa

from tuneset.core.exporter import Files, Rule, Status
from tuneset.core.spec import Fields
from tuneset.exporters import rules as require
from tuneset.exporters.chat import all_rules, file_rules
from tuneset.exporters.conversation import (
    Conversation,
    Json,
    Message,
    arguments_of,
    calls_of,
    conversations,
    spoken,
)
from tuneset.exporters.rules import Check, broken
from tuneset.exporters.shape import CONTENT, KEYS, ROLE, ROW, TOOLS, shape_rules

_GUIDE = "https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-supervised-tuning-prepare"
_LIMITS = "https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-supervised-tuning"
_SCHEMA = "https://cloud.google.com/vertex-ai/docs/reference/rest/v1/Schema"

_KEYS = frozenset({"systemInstruction", "contents", "tools", "generationConfig"})
_WRAP = "output"
"""Results of functions are objects; a result that is text lies under this name."""

_SCHEMA_KEYS = frozenset(
    {
        *("type", "format", "title", "description", "nullable", "default", "example", "enum", "pattern"),
        *("items", "minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum"),
        *("properties", "propertyOrdering", "required", "minProperties", "maxProperties"),
        *("anyOf", "additionalProperties"),
    }
)
"""What a `Schema` of Vertex AI may hold: a part of OpenAPI 3, not all of JSON Schema."""

_FOREIGN = Check(
    Rule(
        "tools.schema-subset",
        "parameters of a function use JSON Schema that Vertex AI does not know (`$ref`, `oneOf`, …)",
        _SCHEMA,
        "write the definition with the keys of OpenAPI 3 that Vertex AI lists",
    ),
    lambda talk: not all(_is_known(f.get("parameters")) for f in _functions(talk.tools)),
)
_UNORDERED = Check(
    Rule(
        "tools.result-order",
        "results have no ids there: they come in the order of their calls, one for each",
        _GUIDE,
        "sort the results where they were logged",
    ),
    lambda talk: not _in_order(talk),
)


class Gemini:
    """`{"systemInstruction": {"parts"}, "contents": [{"role", "parts"}], "tools": […]}`."""

    name = "gemini"
    version = 1
    status: Status = "active"
    last_verified = "2026-11-28"
    files = Files(min_examples=1, max_examples=1_000_000, max_bytes=2**30, context=131_072)
    reader = "gemini-contents"
    fields = Fields()
    checks = (
        require.assistant_present(_GUIDE),
        require.mask_not_honoured(_GUIDE),
        require.last_assistant(_GUIDE),
        require.system_first(_GUIDE),
        require.user_first(_GUIDE),
        require.alternate(_GUIDE, results_speak_as_users=False),
        require.content_present(_GUIDE),
        require.text_only(_GUIDE),
        *require.tools_meet(_GUIDE),
        require.arguments_are_objects(_GUIDE),
        require.function_names_plain(_GUIDE),
        _FOREIGN,
        _UNORDERED,
        require.no_names(_GUIDE),
    )
    rules = all_rules(
        checks,
        Rule(
            "len.tokens",
            "an example has at most 131,072 tokens; longer ones are cut or refused",
            _LIMITS,
            "shorten it or leave it out",
            level="warning",
        ),
        *shape_rules(_GUIDE),
        *file_rules(_LIMITS, least=1, most=1_000_000, megabytes=1024),
    )

    def breaks(self, examples: pa.Table) -> list[tuple[int, str]]:
        """`(row, rule id)`, sorted, for each row that the tuning job would refuse or rewrite."""
        return broken(self.checks, examples)

    def lines(self, examples: pa.Table) -> Iterator[bytes]:
        """One line per example."""
        return (orjson.dumps(_row(talk)) for talk in conversations(examples))

    def side_files(self, name: str) -> dict[str, bytes]:  # noqa: ARG002, RUF100
        """None: the lines are all there is."""
        return {}

    def faults(self, record: Mapping[str, object]) -> list[str]:
        """Rules that a line breaks as it stands."""
        contents = record.get("contents")
        if type(contents) is not list or not contents:
            return [ROW]
        found = {fault for content in contents for fault in _content_faults(content)}
        if record.get("tools") is not None and type(record["tools"]) is not list:
            found.add(TOOLS)
        return sorted(found if record.keys() <= _KEYS else {*found, KEYS})

    def opened(self, record: Mapping[str, object]) -> Mapping[str, object]:
        """The line with results that were text as text again."""
        contents = record.get("contents")
        if type(contents) is not list:
            return record
        return {**record, "contents": [_unwrapped(content) for content in contents]}


def _row(talk: Conversation) -> dict[str, Json]:
    row: dict[str, Json] = {}
    system = [m for m in talk.messages if m["role"] == "system" and m["content"]]
    if system:
        row["systemInstruction"] = {"role": "system", "parts": [{"text": spoken(m)} for m in system]}
    row["contents"] = list(_contents([m for m in talk.messages if m["role"] != "system"]))
    declared = [_declaration(function) for function in _functions(talk.tools)]
    if declared:
        row["tools"] = [{"functionDeclarations": declared}]
    return row


def _contents(messages: Sequence[Message]) -> Iterator[Json]:
    """Contents; results of calls made at once are one content."""
    names = dict[str, str]()
    for role, group in groupby(messages, key=lambda message: message["role"]):
        if role == "tool":
            yield {"role": "user", "parts": [_result(m, names) for m in group]}
            continue
        for message in group:
            calls = calls_of(message)
            names.update({str(call.get("id")): str(call["function"].get("name")) for call in calls})
            parts: list[Json] = [{"text": spoken(message)}] if message["content"] or not calls else []
            parts += [
                {"functionCall": {"name": c["function"].get("name"), "args": arguments_of(c)}} for c in calls
            ]
            yield {"role": "model" if role == "assistant" else "user", "parts": parts}


def _result(message: Message, names: Mapping[str, str]) -> Json:
    name = names.get(message.get("tool_call_id", ""), message.get("name", ""))
    return {"functionResponse": {"name": name, "response": _as_object(spoken(message))}}


def _as_object(text: str) -> Json:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = None
    return value if isinstance(value, dict) and value.keys() != {_WRAP} else {_WRAP: text}


def _unwrapped(content: Json) -> Json:
    parts = content.get("parts") if type(content) is dict else None
    if type(parts) is not list:
        return content
    return {**content, "parts": [_text_again(part) for part in parts]}


def _text_again(part: Json) -> Json:
    match part:
        case {"functionResponse": {"response": {"output": str(text), **rest}} as result} if not rest:
            return {**part, "functionResponse": {**result, "response": text}}
        case _:
            return part


def _functions(tools: Json) -> list[dict[str, Json]]:
    listed = tools if isinstance(tools, list) else []
    functions = [tool.get("function") for tool in listed if isinstance(tool, dict)]
    return [function for function in functions if isinstance(function, dict)]


def _declaration(function: dict[str, Json]) -> Json:
    kept = {name: function[name] for name in ("name", "description") if name in function}
    parameters = function.get("parameters")
    return {**kept, **({} if parameters is None else {"parameters": _with_capitals(parameters)})}


def _with_capitals(schema: Json) -> Json:
    """A schema with types as Google writes them: `STRING`."""
    if isinstance(schema, list):
        return [_with_capitals(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: value.upper() if name == "type" and isinstance(value, str) else _with_capitals(value)
        for name, value in schema.items()
    }


def _is_known(schema: Json) -> bool:
    """Are all keys of the schema known, and is each type one word?"""
    if not isinstance(schema, dict):
        return schema is None or isinstance(schema, bool)
    if not schema.keys() <= _SCHEMA_KEYS or isinstance(schema.get("type"), list):
        return False
    properties = schema.get("properties", {})
    inner = [*(properties.values() if isinstance(properties, dict) else ()), *schema.get("anyOf", ())]
    inner += [schema[name] for name in ("items", "additionalProperties") if name in schema]
    return all(map(_is_known, inner))


def _in_order(talk: Conversation) -> bool:
    waiting = list[str]()
    for message in talk.messages:
        if message["role"] == "tool":
            if not waiting or message.get("tool_call_id") != waiting.pop(0):
                return False
        else:
            waiting = [str(call.get("id")) for call in calls_of(message)]
    return True


def _content_faults(content: object) -> Iterator[str]:
    if type(content) is not dict:
        yield ROW
        return
    if content.get("role") not in ("user", "model", "function"):
        yield ROLE
    parts = content.get("parts")
    if type(parts) is not list or not parts or any(type(part) is not dict for part in parts):
        yield CONTENT
