"""OpenAI Responses: input and output items → messages in OpenAI's chat shape.

    message                      a message; `input_text` and `output_text` are text, images are `image_url`
    function_call, *_call        a call of the assistant
    function_call_output, *_output   a message of the tool
    reasoning                    `reasoning_content` of the message; what is encrypted is dropped
    other items                  parts of the assistant's message, of their own type: searches, code

What the assistant says, calls and thinks between two other items is one message.

https://platform.openai.com/docs/api-reference/responses
"""

from collections.abc import Iterator
from typing import cast

from tuneset.connectors.calls.call import Call, Object, objects, without
from tuneset.connectors.calls.errors import provider_error
from tuneset.connectors.readers.batch import json_type
from tuneset.connectors.tools import each_tool
from tuneset.connectors.turns import decoded
from tuneset.core.errors import Rejected

_ARGUMENTS = ("arguments", "input", "action", "operation")
_ECHOED = ("instructions", "tools", "output")
"""What a response repeats of its request, and its answer."""


def answers(response: Object) -> bool:
    """Is this the body of a response?"""
    return response.get("object") == "response" or (
        type(response.get("output")) is list and "status" in response
    )


def read(request: Object, response: Object) -> Call:
    """The call. `previous_response_id` is the hint for the conversation, else the response's own id, which
    a next call would name.

    Raises:
        Rejected: no-request, no-answer, unfinished, provider-error, bad-message, bad-tools.
    """
    reason = _finish_reason(response)
    given = request.get("input")
    if given is None or given == []:
        raise Rejected("no-request", "the request holds no `input`")
    answer = list(_messages(response.get("output"), where="output"))
    if not answer:
        raise Rejected("no-answer", "`output` holds nothing of the assistant")
    return Call(
        messages=[*_instructions(request, response), *_messages(given, where="input"), *answer],
        tools=tools(request.get("tools") or response.get("tools")),
        finish_reason=reason,
        request=without(request, "input", "instructions", "tools"),
        response=without(response, *_ECHOED),
        conversation=_conversation(request, response),
    )


def _finish_reason(response: Object) -> object:
    """The API has a status instead: `completed` is `stop` everywhere else."""
    match response.get("status"):
        case "completed" | None:
            return "stop"
        case "incomplete":
            details = response.get("incomplete_details")
            return details.get("reason") if type(details) is dict else "incomplete"
        case "failed":
            raise provider_error(response.get("error"))
        case _:
            raise Rejected("unfinished", "`status` is none of completed, incomplete and failed")


def _conversation(request: Object, response: Object) -> str | None:
    for value in (
        *(body.get("conversation") for body in (request, response)),
        *(body.get("previous_response_id") for body in (request, response)),
        response.get("id"),
    ):
        value = value.get("id") if type(value) is dict else value
        if type(value) is str and value:
            return value
    return None


def _instructions(request: Object, response: Object) -> Iterator[object]:
    given = request.get("instructions") or response.get("instructions")
    if type(given) is str:
        yield {"role": "system", "content": given}
    elif given:
        yield from _messages(given, where="instructions")


def _messages(items: object, *, where: str) -> Iterator[object]:
    """The messages of a list of items, or of a text of the user."""
    if type(items) is str:
        yield {"role": "user", "content": items}
        return
    if type(items) is not list:
        raise Rejected("bad-message", f"`{where}` is a {json_type(items)}")
    turn = _Turn()
    for index, item in enumerate(cast("list[object]", items)):
        if type(item) is not dict:
            raise Rejected("bad-message", f"`{where}[{index}]` is a {json_type(item)}")
        other = turn.take(item, where=f"{where}[{index}]")
        if other is not None:
            yield from turn.message()
            yield other
            turn = _Turn()
    yield from turn.message()


class _Turn:
    """Collects what the assistant does until somebody else speaks."""

    def __init__(self) -> None:
        self._parts: list[object] = []
        self._calls: list[object] = []
        self._thoughts: list[str] = []
        self._more: dict[str, object] = {}

    def take(self, item: Object, *, where: str) -> Object | None:
        """Adds an item of the assistant; any other is given back as a message."""
        kind = item.get("type", "message" if "role" in item else None)
        if kind == "message":
            return self._message(item, where=where)
        if type(kind) is not str:
            raise Rejected("bad-message", f"`{where}` has no type")
        if kind == "item_reference":
            return self._referred(item, where=where)
        if kind == "reasoning":
            self._thoughts += _thoughts(item)
        elif kind.endswith("_output") and type(item.get("call_id")) is str:
            return {"role": "tool", "tool_call_id": item["call_id"], "content": _output(item.get("output"))}
        elif kind.endswith("_call") and type(item.get("call_id")) is str:
            self._calls.append(_call(item, kind=kind))
        else:
            self._parts.append(without(item, "encrypted_content"))
        return None

    def _message(self, item: Object, *, where: str) -> Object | None:
        parts = _parts(item.get("content"), where=where)
        if item.get("role") != "assistant":
            return {**without(item, "type", "content", "status", "id"), "content": parts}
        for part in parts if type(parts) is list else [parts]:
            self._parts.append({"type": "text", "text": part} if type(part) is str else part)
        self._more.update(without(item, "type", "content", "status", "id", "role"))
        return None

    def _referred(self, item: Object, *, where: str) -> None:
        """A reference to something that only the provider has; without thoughts a conversation is whole."""
        if not str(item.get("id")).startswith("rs_"):
            raise Rejected("no-request", f"`{where}` refers to an item that is not in the record")

    def message(self) -> Iterator[Object]:
        """The message, if there is any."""
        if not (self._parts or self._calls or self._thoughts):
            return
        message: dict[str, object] = {"role": "assistant", "content": self._parts or None, **self._more}
        if self._calls:
            message["tool_calls"] = self._calls
        if self._thoughts:
            message["reasoning_content"] = "\n".join(self._thoughts)
        yield message


def _thoughts(item: Object) -> list[str]:
    """The thoughts as they were, else their summary."""
    for name in ("content", "summary"):
        texts = [part["text"] for part in objects(item.get(name)) if type(part.get("text")) is str]
        if texts:
            return cast("list[str]", texts)
    return []


def _call(item: Object, *, kind: str) -> Object:
    given = next((item[name] for name in _ARGUMENTS if item.get(name) is not None), {})
    return {
        "id": item["call_id"],
        "type": "function",
        "function": {
            "name": item.get("name", kind.removesuffix("_call")),
            "arguments": given,
        },
    }


def _output(output: object) -> object:
    if type(output) is list:
        return [_part(part) for part in cast("list[object]", output)]
    return "" if output is None else output


def _parts(content: object, *, where: str) -> object:
    if content is None:
        return ""
    if type(content) is str:
        return content
    content = decoded(content)
    if type(content) is not list:
        raise Rejected("bad-message", f"content of `{where}` is a {json_type(content)}")
    return [_part(part) for part in cast("list[object]", content)]


def _part(part: object) -> object:
    """A part of a message in the chat shape; empty lists of annotations and probabilities are left out."""
    if type(part) is not dict:
        return part
    rest = {name: value for name, value in part.items() if value not in (None, [])}
    match part.get("type"):
        case "input_text" | "output_text" | "summary_text" | "reasoning_text":
            return {**rest, "type": "text"}
        case "refusal" if type(part.get("refusal")) is str:
            return {"type": "text", "text": part["refusal"]}
        case "input_image" if type(part.get("image_url")) is str:
            image = {"url": part["image_url"], **({"detail": rest["detail"]} if "detail" in rest else {})}
            return {"type": "image_url", "image_url": image}
        case "input_file":
            return {"type": "file", "file": {name: value for name, value in rest.items() if name != "type"}}
        case _:
            return rest


def tools(listed: object) -> list[object] | None:
    """Definitions: flat ones become OpenAI's chat shape, tools that run at the provider stay as they are.

    Raises:
        Rejected: bad-tools.
    """
    return each_tool(listed, _tool)


def _tool(tool: object) -> Object:
    if type(tool) is not dict or type(tool.get("type")) is not str:
        raise Rejected("bad-tools", "a definition is no object with a type")
    if tool["type"] != "function" or type(tool.get("function")) is dict:
        return tool
    if type(tool.get("name")) is not str:
        raise Rejected("bad-tools", "a definition has no name")
    return {"type": "function", "function": without(tool, "type")}
