"""Messages in OpenAI's own form → flat columns, without the questions that `turns` asks of every dialect."""

from collections.abc import Mapping
from typing import cast

import orjson

from tuneset.core.example import ASSISTANT, RARE, ROLES, TOOL, MessagesBuilder

Object = Mapping[str, object]

_CODE = {role: code for code, role in enumerate(ROLES)}
_FIELDS = {"content", *RARE} - {"parts"}


def add_ordinary(messages: object, into: MessagesBuilder) -> bool:
    """Adds the messages of a record as one example; False, and nothing added, if `turns` must look at them.

    Added is what needs no second look: texts, complete calls, results that name their call, and at least one
    turn of the assistant.
    """
    if type(messages) is not list:
        return False
    add_role, add_content, spoken = into.role.append, into.content.append, False
    for message in messages:
        if type(message) is not dict:
            into.abandon()
            return False
        content, role = message.get("content"), message.get("role")
        code = _CODE.get(role) if type(role) is str else None
        if len(message) == 2 and type(content) is str and code is not None and code != TOOL:
            add_role(code)
            add_content(content)
        elif code is None or not _add_rare(message, code, into):
            into.abandon()
            return False
        spoken = spoken or code == ASSISTANT
    if not spoken:
        into.abandon()
        return False
    into.close()
    return True


def _add_rare(message: Object, role: int, into: MessagesBuilder) -> bool:
    """A message with a name, calls or the call it answers; fields that are null count as absent."""
    said: dict[str, str] = {}
    for field, value in message.items():
        if value is None or field == "role":
            continue
        if field not in _FIELDS:
            return False
        text = _calls(value) if field == "tool_calls" else value
        if type(text) is not str:
            return False
        said[field] = text
    content = said.pop("content", None)
    if role == TOOL:
        complete = content is not None and bool(said.get("tool_call_id"))
    else:
        complete = "tool_call_id" not in said and (content is not None or "tool_calls" in said)
    if complete:
        into.add(role, content, rare=said)
    return complete


def _calls(calls: object) -> str | None:
    """JSON of calls in the form that `turns` gives them; None if one has no id, name or arguments."""
    if type(calls) is not list or not calls:
        return None
    written = []
    for call in cast("list[object]", calls):
        function = call.get("function") if type(call) is dict else None
        if type(call) is not dict or type(function) is not dict:
            return None
        call_id, name, arguments = call.get("id"), function.get("name"), function.get("arguments")
        if type(call_id) is not str or type(name) is not str or type(arguments) is not str:
            return None
        if not call_id or not name:
            return None
        written.append(
            {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
        )
    return orjson.dumps(written).decode()
