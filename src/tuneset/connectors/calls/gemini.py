"""Gemini and Vertex AI: `contents` of `parts` → messages in OpenAI's shape.

    text                  a part of the message; of a part marked `thought`, its `reasoning_content`
    functionCall          a call of the assistant; `args` become JSON text
    functionResponse      a message of the tool
    inlineData, fileData  an `image_url` if it is an image, else a part of its own type
    anything else         a part of its own type: code that ran at the provider, and its result

Keys are read as the API writes them and as Python's client does (`function_call`).

https://ai.google.dev/api/generate-content
"""

from collections.abc import Iterator
from typing import cast

from tuneset.connectors.calls.call import Call, Object, objects, without
from tuneset.connectors.calls.errors import provider_error
from tuneset.connectors.readers.batch import json_type
from tuneset.connectors.turns import decoded, json_text
from tuneset.core.errors import Rejected

QUESTION = ("contents", "systemInstruction", "system_instruction", "tools")
_SIGNATURES = ("thoughtSignature", "thought_signature", "thought")


def answers(response: Object) -> bool:
    """Is this the body of generated content?"""
    return "candidates" in response or "promptFeedback" in response or "prompt_feedback" in response


def read(request: Object, response: Object) -> Call:
    """The call; the first candidate is the answer, further ones stay in `response`.

    Raises:
        Rejected: no-request, no-answer, provider-error, bad-message, bad-tools.
    """
    first, others = _candidates(response)
    return Call(
        messages=[*asked(request), *message(_answer(first), where="candidates[0].content")],
        tools=tools(request.get("tools")),
        finish_reason=either(first, "finishReason"),
        request=without(request, *QUESTION),
        response={
            **_named(without(response, "candidates")),
            **({"candidates": others} if others else {}),
            **without(first, "content", "finishReason", "finish_reason", "index"),
        },
    )


def _named(response: dict[str, object]) -> dict[str, object]:
    """Model and time under the names that other providers have for them."""
    for name, usual in (("modelVersion", "model"), ("createTime", "created_at")):
        value = either(response, name)
        if type(value) is str:
            response = {**without(response, name, _snake(name)), usual: value}
    return response


def _candidates(response: Object) -> tuple[Object, list[Object]]:
    candidates = objects(response.get("candidates"))
    if candidates:
        return candidates[0], cast("list[Object]", candidates[1:])
    feedback = either(response, "promptFeedback")
    blocked = either(feedback, "blockReason") if type(feedback) is dict else None
    if blocked is not None:
        raise provider_error(blocked)
    raise Rejected("no-answer", "`candidates` is empty")


def _answer(candidate: Object) -> Object:
    content = candidate.get("content")
    parts = cast("Object", content).get("parts") if type(content) is dict else None
    if not parts:
        raise Rejected("no-answer", "the candidate has no parts")
    return {"role": "model", "parts": parts}


def asked(request: Object) -> list[object]:
    """System prompt and contents of a request.

    Raises:
        Rejected: no-request, no-messages, bad-message.
    """
    if request.get("contents") is None:
        raise Rejected("no-request", "the request holds no `contents`")
    contents = decoded(request["contents"])
    if type(contents) is str:
        contents = [{"role": "user", "parts": [{"text": contents}]}]
    if type(contents) is dict:
        contents = [contents]
    if type(contents) is not list or not contents:
        raise Rejected(
            "no-messages", f"`contents` is {'empty' if contents == [] else f'a {json_type(contents)}'}"
        )
    messages = list(_system(either(request, "systemInstruction")))
    for index, content in enumerate(cast("list[object]", contents)):
        messages += message(content, where=f"contents[{index}]")
    return messages


def _system(instruction: object) -> Iterator[object]:
    if type(instruction) is str:
        instruction = {"parts": [{"text": instruction}]}
    if type(instruction) is dict and instruction.get("parts"):
        yield from message({**instruction, "role": "system"}, where="systemInstruction")


def message(content: object, *, where: str) -> Iterator[object]:
    """The messages of one content: results of functions become messages of the tool, in their order.

    Raises:
        Rejected: bad-message.
    """
    parts = content.get("parts") if type(content) is dict else None
    parts = [parts] if type(parts) is dict else parts
    if type(content) is not dict or type(parts) is not list:
        raise Rejected("bad-message", f"`{where}` has no parts")
    role = content.get("role") or "user"
    said, calls, thoughts = list[object](), list[object](), list[str]()
    for part in cast("list[object]", parts):
        if type(part) is not dict:
            raise Rejected("bad-message", f"a part of `{where}` is a {json_type(part)}")
        called, result = either(part, "functionCall"), either(part, "functionResponse")
        if type(called) is dict:
            calls.append(_call(called))
        elif type(result) is dict:
            if said:
                yield {"role": role, "content": said}
                said = []
            yield _result(result)
        elif part.get("thought") is True and type(part.get("text")) is str:
            thoughts.append(cast("str", part["text"]))
        else:
            said.append(_part(part))
    if said or calls or thoughts or not parts:
        yield _said(role, said, calls=calls, thoughts=thoughts)


def _said(role: object, said: list[object], *, calls: list[object], thoughts: list[str]) -> Object:
    message: dict[str, object] = {"role": role, "content": said or None}
    if role == "model" and all(type(part) is dict and part.keys() == {"type", "text"} for part in said):
        texts = [str(cast("Object", part)["text"]) for part in said]
        message["content"] = "".join(texts) if texts else None  # the API cuts one answer anywhere
    if calls:
        message["tool_calls"] = calls
    if thoughts:
        message["reasoning_content"] = "".join(thoughts)
    return message


def _call(called: Object) -> Object:
    return {
        "id": called.get("id"),
        "type": "function",
        "function": {"name": called.get("name"), "arguments": called.get("args")},
    }


def _result(result: Object) -> Object:
    given = result.get("response")
    named = {"name": result["name"]} if type(result.get("name")) is str else {}
    return {
        "role": "tool",
        "tool_call_id": result.get("id"),
        "content": given if type(given) is str else json_text(given),
        **named,
    }


def _part(part: Object) -> Object:
    part = without(part, *_SIGNATURES)
    if type(part.get("text")) is str:
        return {"type": "text", **part}
    for name, place in (("inlineData", "data"), ("fileData", "fileUri")):
        held = either(part, name)
        if type(held) is not dict:
            continue
        kind, data = either(held, "mimeType"), either(held, place)
        if type(kind) is str and kind.startswith("image/") and type(data) is str:
            url = f"data:{kind};base64,{data}" if place == "data" else data
            return {"type": "image_url", "image_url": {"url": url}}
    return {**part, "type": next(iter(part), "empty")}


def either(body: Object, name: str) -> object:
    """The value under the API's name, or under the one of Python's client."""
    if name in body:
        return body[name]
    return body.get(_snake(name))


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def tools(listed: object) -> list[object] | None:
    """Definitions in OpenAI's shape; tools that run at the provider stay, under the type `google`.

    Raises:
        Rejected: bad-tools.
    """
    listed = decoded(listed)
    if not listed:
        return None
    listed = [listed] if type(listed) is dict else listed
    if type(listed) is not list:
        raise Rejected("bad-tools", f"`tools` is a {json_type(listed)}")
    found = list[object]()
    for tool in cast("list[object]", listed):
        if type(tool) is not dict:
            raise Rejected("bad-tools", f"a definition is a {json_type(tool)}")
        declared = either(tool, "functionDeclarations")
        found += map(_tool, objects(declared))
        rest = without(tool, "functionDeclarations", "function_declarations")
        if rest:
            found.append({"type": "google", **rest})
    return found or None


def _tool(declared: Object) -> Object:
    if type(declared.get("name")) is not str:
        raise Rejected("bad-tools", "a definition has no name")
    schema = either(declared, "parametersJsonSchema")
    if schema is None and declared.get("parameters") is not None:
        schema = _lowered(declared["parameters"])
    rest = without(declared, "parameters", "parametersJsonSchema", "parameters_json_schema")
    return {"type": "function", "function": {**rest, **({} if schema is None else {"parameters": schema})}}


def _lowered(schema: object) -> object:
    """A schema with types as JSON Schema writes them; Google's own are in capitals (`STRING`)."""
    if type(schema) is list:
        return [_lowered(entry) for entry in cast("list[object]", schema)]
    if type(schema) is not dict:
        return schema
    return {
        name: value.lower() if name == "type" and type(value) is str else _lowered(value)
        for name, value in schema.items()
    }
