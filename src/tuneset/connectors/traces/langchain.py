"""Messages as LangChain serialises them → messages in OpenAI's form.

Three forms are about: `dumpd` (`{"lc": 1, "id": [..., "HumanMessage"], "kwargs": {...}}`), the message's
own fields (`{"type": "human", "content": ..., "additional_kwargs": ...}`), and these inside `data`. Calls lie
in `tool_calls` with their arguments parsed and, exactly as the model wrote them, in
`additional_kwargs.tool_calls`. https://reference.langchain.com/python/langchain_core/messages/
"""

from collections.abc import Mapping
from typing import cast

Object = Mapping[str, object]

_ROLES = {
    "human": "user",
    "humanmessage": "user",
    "humanmessagechunk": "user",
    "ai": "assistant",
    "aimessage": "assistant",
    "aimessagechunk": "assistant",
    "system": "system",
    "systemmessage": "system",
    "systemmessagechunk": "system",
    "developer": "system",
    "tool": "tool",
    "toolmessage": "tool",
    "toolmessagechunk": "tool",
    "function": "tool",
    "functionmessage": "tool",
    "functionmessagechunk": "tool",
    "chat": "",
    "chatmessage": "",
    "chatmessagechunk": "",
}
"""Classes and types in lower case; a `ChatMessage` names its role itself."""
_MOVED = ("type", "role", "content", "additional_kwargs", "tool_calls", "tool_call_id", "name", "example")
_EMPTY: tuple[object, ...] = (None, [], {}, False)


def is_langchain(message: object) -> bool:
    """Is it a message in one of the three forms?"""
    if type(message) is not dict:
        return False
    if "lc" in message:
        return type(message.get("kwargs")) is dict and _kind(message) in _ROLES
    if type(message.get("data")) is dict:
        return _kind(message) in _ROLES
    return "content" in message and "role" not in message and _kind(message) in _ROLES


def langchain_message(message: Object) -> dict[str, object]:
    """The message with `role`, `content` and calls in OpenAI's form; its other fields stay, if they say
    anything.
    """
    kind = _kind(message)
    inner = message.get("kwargs") if "lc" in message else message.get("data")
    fields = cast("Object", inner) if type(inner) is dict else message
    said: dict[str, object] = {
        "role": _ROLES.get(kind) or fields.get("role"),
        "content": fields.get("content"),
    }
    calls = calls_of(fields)
    if calls:
        said["tool_calls"] = calls
    for name in ("tool_call_id", "name"):
        if type(fields.get(name)) is str:
            said[name] = fields[name]
    said |= {name: value for name, value in fields.items() if name not in _MOVED and value not in _EMPTY}
    return said


def calls_of(fields: Object) -> list[object]:
    """Tool calls in OpenAI's shape: as the model wrote them if that is there, else as they were parsed."""
    further = fields.get("additional_kwargs")
    further = cast("Object", further) if type(further) is dict else {}
    written, parsed = further.get("tool_calls"), fields.get("tool_calls")
    if type(written) is list and written:
        return cast("list[object]", written)
    if type(parsed) is list and parsed:
        return [_call(call) for call in cast("list[object]", parsed)]
    return [further["function_call"]] if type(further.get("function_call")) is dict else []


def _call(call: object) -> object:
    if type(call) is not dict or "args" not in call:
        return call
    return {"id": call.get("id"), "function": {"name": call.get("name"), "arguments": call["args"]}}


def _kind(message: Object) -> str:
    """Class or type in lower case."""
    name = message.get("type")
    path = message.get("id")
    if "lc" in message and type(path) is list and path:
        name = cast("list[object]", path)[-1]
    return name.lower() if type(name) is str else ""
