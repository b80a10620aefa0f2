"""Messages and tools of every provider and framework → messages and tools in OpenAI's form.

A trace holds what the instrumented code happened to send: OpenAI's messages, LangChain's, Gemini's contents,
Anthropic's blocks, OpenTelemetry's and the AI SDK's parts, items of the Responses API. What each calls text,
reasoning, call and result is one row in a table here. `turns` then reads all of them as one dialect.
"""

from collections.abc import Iterator, Mapping
from typing import cast

from tuneset.connectors.traces.langchain import calls_of, is_langchain, langchain_message
from tuneset.connectors.turns import decoded

Object = Mapping[str, object]

_CALLS = ("tool_call", "tool_use", "tool-call", "function_call", "toolCall")
_RESULTS = ("tool_call_response", "tool_result", "tool-result", "function_call_output", "function_response")
_REASONING = ("reasoning", "thinking")
_ITEMS = ("function_call", "function_call_output", "message", "reasoning")
_RESULT_FIELDS = ("response", "result", "output", "content")
_PLAIN = {"role", "content"}
_MAX_DEPTH = 4
_SAID = ("text", "content", "reasoning", "thinking", "summary")


def openai_messages(messages: object) -> object:
    """The messages of a list, each in OpenAI's form; one may become several, as each result of a tool is a
    message. What is no list or no message stays as it is: `turns` says what is wrong with it.
    """
    messages = decoded(messages)
    if type(messages) is not list:
        return messages
    found, thoughts = list[object](), list[str]()
    for entry in cast("list[object]", messages):
        if type(entry) is dict and entry.keys() == _PLAIN and type(entry["content"]) is str and not thoughts:
            found.append(_hoisted(entry))
            continue
        message = decoded(entry)
        if type(message) is dict and message.get("type") in _ITEMS and "role" not in message:
            _add_item(message, found, thoughts)
            continue
        for said in _expanded(message):
            if thoughts and type(said) is dict and said.get("role") == "assistant":
                said = {**said, "reasoning_content": "\n".join(thoughts)}
                thoughts.clear()
            found.append(said)
    return found


def _add_item(item: Object, found: list[object], thoughts: list[str]) -> None:
    """An item of the Responses API that is no message: calls side by side are one turn of the assistant,
    reasoning belongs to the turn after it.
    """
    if item.get("type") == "reasoning":
        said = _first(item, ("content", "summary"))
        thoughts += [
            entry["text"] for entry in _listed(said) if type(entry) is dict and type(entry.get("text")) is str
        ]
        return
    if item.get("type") != "function_call":
        found.append(_result_of(item) if item.get("type") == "function_call_output" else item)
        return
    last = found[-1] if found else None
    if type(last) is dict and last.get("content", "") is None and type(last.get("tool_calls")) is list:
        found[-1] = {**last, "tool_calls": [*last["tool_calls"], _call_of(item)]}
        return
    said = {"role": "assistant", "content": None, "tool_calls": [_call_of(item)]}
    found.append({**said, "reasoning_content": "\n".join(thoughts)} if thoughts else said)
    thoughts.clear()


def _expanded(message: object) -> Iterator[object]:
    if type(message) is not dict:
        yield message
        return
    if is_langchain(message):
        message = langchain_message(message)
    fields = _without_wrappings(message)
    content = fields.get("parts", fields.get("content"))
    if type(content) is dict and fields.get("role") != "tool":
        content = [content]
    if type(content) is not list or not _has_blocks(cast("list[object]", content)):
        if "parts" in fields and "content" not in fields:
            fields["content"] = fields.pop("parts")
        yield fields
        return
    fields.pop("parts", None)
    yield from _with_blocks(fields, cast("list[object]", content))


def _without_wrappings(message: Object) -> dict[str, object]:
    """The message with what frameworks hide in `additional_kwargs`, or call `text`, at its usual place."""
    fields = dict(message)
    if type(fields.get("additional_kwargs")) is dict:
        calls = calls_of(fields)
        if calls:
            fields["tool_calls"] = calls
        rest = {
            name: value
            for name, value in cast("Object", fields.pop("additional_kwargs")).items()
            if name not in ("tool_calls", "function_call") and value is not None
        }
        if rest:
            fields["additional_kwargs"] = rest
    if "text" in fields and not fields.keys() & {"content", "parts", "value"}:
        fields["content"] = fields.pop("text")
    if "tool_calls" in fields and type(fields["tool_calls"]) is list:
        fields["tool_calls"] = [_call_of(call) for call in cast("list[object]", fields["tool_calls"])]
    return _hoisted(fields)


def _hoisted(fields: dict[str, object]) -> dict[str, object]:
    """A list of calls that was written as the text of a message, as its calls.

    Koog writes calls like this, under the role `tool` in the history (github.com/JetBrains/koog).
    """
    content, role = fields.get("content"), fields.get("role")
    called = role == "tool" or (role == "assistant" and fields.get("finish_reason") == "tool_calls")
    if not called or "tool_call_id" in fields or type(content) is not str or '"function"' not in content:
        return fields
    calls = decoded(content)
    if type(calls) is not list or not all(map(_is_openai_call, cast("list[object]", calls))):
        return fields
    return {**fields, "role": "assistant", "content": None, "tool_calls": calls}


def _is_openai_call(call: object) -> bool:
    function = call.get("function") if type(call) is dict else None
    return type(function) is dict and type(function.get("name")) is str and "arguments" in function


def _has_blocks(content: list[object]) -> bool:
    """Is there a block that `turns` would not read as text, or would not read at all?"""
    return any(type(block) is dict and _kind(block) not in ("plain", "other") for block in content)


def _kind(block: Object) -> str:
    """What a block is: plain, text, reasoning, call, result, or other."""
    kind = block.get("type")
    if block.keys() & {"function_call", "functionCall"} and type(kind) is not str:
        return "call"
    if block.keys() & {"function_response", "functionResponse"} and type(kind) is not str:
        return "result"
    if type(block.get("message_content")) is dict:
        return "wrapped"
    if kind in _CALLS:
        return "call"
    if kind in _RESULTS:
        return "result"
    if kind in _REASONING or block.get("thought") is True:
        return "reasoning"
    if kind == "text" and type(block.get("content")) is str:
        return "text"
    if kind == "text" or (kind is None and "text" in block):
        return "plain"
    return "other"


def _with_blocks(message: dict[str, object], content: list[object]) -> Iterator[object]:
    """The message without its blocks of calls and results, and a message for each result, in their order."""
    parts, calls, thoughts, results = list[object](), list[object](), list[object](), list[object]()
    for block in content:
        if type(block) is not dict:
            parts.append(block)
            continue
        if type(block.get("message_content")) is dict:
            block = cast("Object", block["message_content"])
        kind = _kind(block)
        if kind == "call":
            calls.append(_call_of(block))
        elif kind == "result":
            results.append(_result_of(block))
        elif kind == "reasoning":
            thoughts.append(_first(block, _SAID))
        elif kind == "text":
            parts.append({"type": "text", "text": block["content"]})
        else:
            parts.append(_typed(block))
    yield from results
    if results and not (parts or calls or thoughts):
        return
    said = {name: value for name, value in message.items() if name != "content"}
    said["content"] = _joined(parts)
    if calls:
        said["tool_calls"] = [*_listed(said.get("tool_calls")), *calls]
    if thoughts:
        said["reasoning_content"] = "\n".join(thought for thought in thoughts if type(thought) is str)
    yield said


def _typed(block: Object) -> Object:
    """A block of another kind with a type, so that it can be kept as a part."""
    if type(block.get("type")) is str or "text" in block:
        return block
    return {"type": next(iter(block), "unknown"), **block}


def _joined(parts: list[object]) -> object:
    """A text if the parts are one text, None if there are none, else the parts."""
    if not parts:
        return None
    only = parts[0]
    if len(parts) == 1 and type(only) is dict and only.keys() <= {"type", "text"}:
        return only.get("text")
    return parts


def _listed(value: object) -> list[object]:
    return cast("list[object]", value) if type(value) is list else []


def _first(block: Object, names: tuple[str, ...]) -> object:
    return next((block[name] for name in names if block.get(name) is not None), None)


def _call_of(block: object) -> object:
    """A call in OpenAI's shape, its arguments as they were."""
    if type(block) is not dict or "function" in block:
        return block
    inner = _first(block, ("function_call", "functionCall", "tool_call"))
    fields = cast("Object", inner) if type(inner) is dict else block
    return {
        "id": _first(fields, ("call_id", "toolCallId", "tool_call_id", "id")),
        "type": "function",
        "function": {
            "name": _first(fields, ("name", "toolName", "tool_name")),
            "arguments": _first(fields, ("arguments", "args", "input", "parameters")),
        },
    }


def _result_of(block: Object) -> dict[str, object]:
    """A message of the role `tool`."""
    inner = _first(block, ("function_response", "functionResponse"))
    fields = cast("Object", inner) if type(inner) is dict else block
    said: dict[str, object] = {"role": "tool", "content": _output(_first(fields, _RESULT_FIELDS))}
    answered = _first(fields, ("tool_use_id", "call_id", "toolCallId", "tool_call_id", "id"))
    if type(answered) is str:
        said["tool_call_id"] = answered
    name = _first(fields, ("name", "toolName"))
    if type(name) is str:
        said["name"] = name
    return said


def _output(value: object) -> object:
    """A tool's result: the AI SDK says its type beside it, `{"type": "json", "value": …}`."""
    if type(value) is dict and value.keys() == {"type", "value"}:
        return value["value"]
    return "" if value is None else value


def offered_tools(value: object) -> list[object] | None:
    """Tool definitions in OpenAI's shape, from whatever a provider or framework calls them; None if none."""
    value = decoded(value)
    if type(value) is dict:
        value = _named(cast("Object", value))
    if type(value) is not list:
        return None
    found = [tool for entry in cast("list[object]", value) for tool in _definitions(decoded(entry), 0)]
    return found or None


def _named(tools: Object) -> list[object]:
    """Definitions by name, as the AI SDK and Langfuse have them, or a single definition."""
    inner = {name: decoded(tool) for name, tool in tools.items()}
    if "name" in tools or "function" in tools or not all(type(tool) is dict for tool in inner.values()):
        return [tools]
    return [{"name": name, **cast("Object", tool)} for name, tool in inner.items()]


def _definitions(tool: object, depth: int) -> Iterator[object]:
    if type(tool) is not dict or depth > _MAX_DEPTH:
        yield tool
        return
    for name in ("function_declarations", "functionDeclarations"):
        if type(tool.get(name)) is list:
            for declared in cast("list[object]", tool[name]):
                yield from _definitions(declared, depth + 1)
            return
    inner = tool.get("tool", tool)
    schema = decoded(inner.get("json_schema")) if type(inner) is dict else None
    if type(schema) is dict:
        yield from _definitions(schema, depth + 1)
    else:
        yield _definition(tool)


def _definition(tool: Object) -> object:
    if type(tool.get("name")) is not str or "function" in tool:
        return tool
    parameters = _first(tool, ("parameters", "input_schema", "inputSchema"))
    kept = {name: tool[name] for name in ("name", "description", "strict") if tool.get(name) is not None}
    return {
        "type": "function",
        "function": kept if parameters is None else {**kept, "parameters": decoded(parameters)},
    }
