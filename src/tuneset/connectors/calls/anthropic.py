"""Anthropic Messages: content blocks → messages in OpenAI's shape.

    text, image, document   parts of the message
    tool_use                a call of the assistant; its `input` becomes JSON text
    tool_result             a message of the tool, in its place among the others
    thinking                `reasoning_content` of the message; signatures are dropped
    redacted_thinking       dropped: only the provider can read it
    anything else           a part of its own type: searches, code and tools that run at the provider

https://docs.claude.com/en/api/messages
"""

from collections.abc import Iterator
from typing import cast

from tuneset.connectors.calls.call import Call, Object, messages_of, without
from tuneset.connectors.readers.batch import json_type
from tuneset.connectors.tools import each_tool
from tuneset.connectors.turns import decoded
from tuneset.core.errors import Rejected

_SEALED = ("redacted_thinking",)
_NO_TEXT = ("cache_control", "signature")
"""Directions for the provider's cache, and proofs that only the provider can check."""


def answers(response: Object) -> bool:
    """Is this the body of a message?"""
    if response.get("role") != "assistant" or "content" not in response:
        return False
    return response.get("type") == "message" or "stop_reason" in response


def read(request: Object, response: Object) -> Call:
    """The call. An assistant turn at the end of the request is the beginning of the answer.

    Raises:
        Rejected: no-request, no-messages, no-answer, bad-message, bad-tool-call, bad-tools.
    """
    listed = messages_of(request)
    answer = _content(response.get("content"), where="content")
    if not answer:
        raise Rejected("no-answer", "`content` is empty")
    return Call(
        messages=[*_system(request.get("system")), *_conversation([*listed, _answer(answer)])],
        tools=tools(request.get("tools")),
        finish_reason=response.get("stop_reason"),
        request=without(request, "messages", "system", "tools"),
        response=without(response, "content", "stop_reason", "role", "type"),
    )


def _answer(content: list[object]) -> Object:
    return {"role": "assistant", "content": content}


def _system(system: object) -> list[object]:
    if not system:
        return []
    blocks = _content(system, where="system")
    return [{"role": "system", "content": [_part(block) for block in blocks]}] if blocks else []


def _conversation(listed: list[object]) -> Iterator[object]:
    """All messages; those of the assistant that follow each other are one, as they are for the model."""
    said: list[object] = []
    for index, message in enumerate(listed):
        if type(message) is not dict:
            raise Rejected("bad-message", f"`messages[{index}]` is a {json_type(message)}")
        where = f"messages[{index}]"
        if message.get("role") == "assistant":
            said = _joined(said, _content(message.get("content"), where=where))
            continue
        if said:
            yield _assistant(said)
            said = []
        yield from _others(message, where=where)
    if said:
        yield _assistant(said)


def _joined(before: list[object], after: list[object]) -> list[object]:
    """Blocks of one turn; text that was begun in the request is continued by the response."""
    last, first = (before or [None])[-1], (after or [None])[0]
    if not (_is_text(last) and _is_text(first)):
        return [*before, *after]
    whole = f"{cast('Object', last)['text']}{cast('Object', first)['text']}"
    return [*before[:-1], {"type": "text", "text": whole}, *after[1:]]


def _is_text(block: object) -> bool:
    return type(block) is dict and block.get("type") == "text" and type(block.get("text")) is str


def _others(message: Object, *, where: str) -> Iterator[object]:
    """A message of the user: results of tools become messages of the tool, in their order."""
    rest = without(message, "content")
    parts: list[object] = []
    content = message.get("content")
    if type(content) is str or message.get("role") != "user":
        yield message
        return
    for block in _content(content, where=where):
        if type(block) is dict and block.get("type") == "tool_result":
            if parts:
                yield {**rest, "content": parts}
            parts = []
            yield _result(block)
        else:
            parts.append(_part(block))
    if parts or not content:
        yield {**rest, "content": parts}


def _result(block: Object) -> Object:
    content = block.get("content")
    if type(content) is list:
        content = [_part(part) for part in cast("list[object]", content)]
    failed = {"is_error": True} if block.get("is_error") is True else {}
    return {
        "role": "tool",
        "tool_call_id": block.get("tool_use_id"),
        "content": "" if content is None else content,
        **failed,
    }


def _assistant(blocks: list[object]) -> Object:
    parts, calls, thoughts = list[object](), list[object](), list[str]()
    for block in blocks:
        kind = block.get("type") if type(block) is dict else None
        match kind:
            case "tool_use":
                calls.append(_call(cast("Object", block)))
            case "thinking":
                thoughts.append(str(cast("Object", block).get("thinking") or ""))
            case str() if kind in _SEALED:
                pass
            case _:
                parts.append(_part(block))
    message: dict[str, object] = {"role": "assistant", "content": parts or None}
    if calls:
        message["tool_calls"] = calls
    if any(thoughts):
        message["reasoning_content"] = "\n".join(filter(None, thoughts))
    return message


def _call(block: Object) -> Object:
    """A call; `input` is text already if it came in pieces from a stream."""
    return {
        "id": block.get("id"),
        "type": "function",
        "function": {"name": block.get("name"), "arguments": block.get("input") or {}},
    }


def _part(block: object) -> object:
    if type(block) is not dict:
        return block
    if block.get("type") == "image":
        return _image(block)
    return {name: value for name, value in block.items() if name not in _NO_TEXT and value is not None}


def _image(block: Object) -> Object:
    """An image as OpenAI writes it; one that lies in a file of the provider stays as it is."""
    source = block.get("source")
    found = cast("Object", source) if type(source) is dict else {}
    url = found.get("url")
    if found.get("type") == "base64" and type(found.get("data")) is str:
        url = f"data:{found.get('media_type')};base64,{found['data']}"
    if type(url) is not str:
        return without(block, *_NO_TEXT)
    return {"type": "image_url", "image_url": {"url": url}}


def _content(content: object, *, where: str) -> list[object]:
    """The blocks of a content."""
    content = decoded(content) if type(content) is not str else content
    if type(content) is str:
        return [{"type": "text", "text": content}]
    if type(content) is not list:
        raise Rejected("bad-message", f"content of `{where}` is a {json_type(content)}")
    return cast("list[object]", content)


def tools(listed: object) -> list[object] | None:
    """Definitions in OpenAI's shape; tools that run at the provider stay as they are.

    Raises:
        Rejected: bad-tools.
    """
    return each_tool(listed, _tool)


def _tool(tool: object) -> Object:
    if type(tool) is not dict or type(tool.get("name")) is not str:
        if type(tool) is dict and type(tool.get("type")) is str:
            return tool
        raise Rejected("bad-tools", "a definition has no name")
    if tool.get("type", "custom") not in ("custom", None):
        return tool
    rest = without(tool, "name", "description", "input_schema", "type", "cache_control")
    function: dict[str, object] = {"name": tool["name"]}
    if tool.get("description") is not None:
        function["description"] = tool["description"]
    if tool.get("input_schema") is not None:
        function["parameters"] = tool["input_schema"]
    return {"type": "function", "function": {**function, **rest}}
