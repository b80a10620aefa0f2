"""Bedrock Converse, and Nova's own bodies: blocks without a type → messages in OpenAI's shape.

    text, guardContent      a part of the message
    toolUse                 a call of the assistant; its `input` becomes JSON text
    toolResult              a message of the tool, in its place among the others
    reasoningContent        `reasoning_content` of the message; signatures are dropped
    image                   an `image_url` if the bytes are there
    cachePoint              dropped: a direction for the provider's cache
    anything else           a part of its own type: documents, video, citations

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from collections.abc import Iterator
from typing import cast

from tuneset.connectors.calls.call import Call, Object, messages_of, objects, without
from tuneset.connectors.readers.batch import json_type
from tuneset.connectors.turns import decoded, json_text
from tuneset.core.errors import Rejected

QUESTION = ("messages", "system", "toolConfig")


def answers(response: Object) -> bool:
    """Is this the body of a Converse response?"""
    output = response.get("output")
    return type(output) is dict and "message" in output


def read(request: Object, response: Object) -> Call:
    """The call.

    Raises:
        Rejected: no-request, no-messages, no-answer, bad-message, bad-tools.
    """
    message = cast("Object", response["output"]).get("message")
    if type(message) is not dict or not message.get("content"):
        raise Rejected("no-answer", "`output.message` has no content")
    return Call(
        messages=[*asked(request), *_message({**message, "role": "assistant"}, where="output.message")],
        tools=tools(request.get("toolConfig")),
        finish_reason=response.get("stopReason"),
        request=without(request, *QUESTION),
        response=without(response, "output", "stopReason"),
    )


def asked(request: Object) -> list[object]:
    """System prompt and messages of a request, or of a training row.

    Raises:
        Rejected: no-request, no-messages, bad-message.
    """
    listed = messages_of(request)
    messages = list(_system(request.get("system")))
    for index, message in enumerate(listed):
        if type(message) is not dict:
            raise Rejected("bad-message", f"`messages[{index}]` is a {json_type(message)}")
        messages += _message(message, where=f"messages[{index}]")
    return messages


def _system(system: object) -> Iterator[object]:
    if system:
        content = [{"text": system}] if type(system) is str else system
        yield from _message({"role": "system", "content": content}, where="system")


def _message(message: Object, *, where: str) -> Iterator[object]:
    content = decoded(message.get("content"))
    if type(content) is str:
        yield {"role": message.get("role"), "content": content}
        return
    if type(content) is not list:
        raise Rejected("bad-message", f"content of `{where}` is a {json_type(content)}")
    parts, calls, thoughts = list[object](), list[object](), list[str]()
    for block in cast("list[object]", content):
        if type(block) is not dict:
            raise Rejected("bad-message", f"a part of `{where}` is a {json_type(block)}")
        if type(block.get("toolUse")) is dict:
            calls.append(_call(block["toolUse"]))
        elif type(block.get("toolResult")) is dict:
            if parts:
                yield {"role": message.get("role"), "content": parts}
                parts = []
            yield _result(block["toolResult"])
        elif type(block.get("reasoningContent")) is dict:
            thoughts += _thoughts(block["reasoningContent"])
        elif "cachePoint" not in block:
            parts.append(_part(block))
    if parts or calls or thoughts or not content:
        said: dict[str, object] = {"role": message.get("role"), "content": parts or None}
        if calls:
            said["tool_calls"] = calls
        if thoughts:
            said["reasoning_content"] = "\n".join(thoughts)
        yield said


def _call(used: Object) -> Object:
    return {
        "id": used.get("toolUseId"),
        "type": "function",
        "function": {"name": used.get("name"), "arguments": used.get("input")},
    }


def _result(result: Object) -> Object:
    content = result.get("content")
    if type(content) is list:
        content = [_result_part(part) for part in cast("list[object]", content)]
    failed = {"is_error": True} if result.get("status") == "error" else {}
    return {
        "role": "tool",
        "tool_call_id": result.get("toolUseId"),
        "content": "" if content is None else content,
        **failed,
    }


def _result_part(part: object) -> object:
    if type(part) is not dict:
        return part
    return {"type": "text", "text": json_text(part["json"])} if "json" in part else _part(part)


def _thoughts(block: Object) -> list[str]:
    inner = block.get("reasoningText")
    text = inner.get("text") if type(inner) is dict else block.get("text")
    return [text] if type(text) is str and text else []


def _part(block: Object) -> Object:
    if type(block.get("text")) is str:
        return {"type": "text", **block}
    guarded = block.get("guardContent")
    inner = guarded.get("text") if type(guarded) is dict else None
    if type(inner) is dict and type(inner.get("text")) is str:
        return {"type": "text", "text": inner["text"]}
    image = block.get("image")
    source = image.get("source") if type(image) is dict else None
    if type(source) is dict and type(source.get("bytes")) is str:
        url = f"data:image/{cast('Object', image).get('format')};base64,{source['bytes']}"
        return {"type": "image_url", "image_url": {"url": url}}
    return {**block, "type": next(iter(block), "empty")}


def tools(config: object) -> list[object] | None:
    """Definitions in OpenAI's shape.

    Raises:
        Rejected: bad-tools.
    """
    listed = config.get("tools") if type(config) is dict else None
    if not listed:
        return None
    found = list[object]()
    for tool in objects(listed):
        spec = tool.get("toolSpec")
        if type(spec) is dict:
            found.append(_tool(spec))
        elif "cachePoint" not in tool:
            found.append({"type": next(iter(tool), "empty"), **tool})
    return found or None


def _tool(spec: Object) -> Object:
    if type(spec.get("name")) is not str:
        raise Rejected("bad-tools", "a definition has no name")
    function = without(spec, "inputSchema")
    schema = spec.get("inputSchema")
    if type(schema) is dict and schema.get("json") is not None:
        function["parameters"] = decoded(schema["json"])
    return {"type": "function", "function": function}
