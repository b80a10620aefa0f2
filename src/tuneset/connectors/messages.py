"""Messages in OpenAI's own form → flat columns, without the questions that `turns` asks of every dialect."""

from collections.abc import Mapping, Sequence
from itertools import accumulate, chain, compress, pairwise
from typing import cast

import numpy as np
import orjson

from tuneset.core.example import ASSISTANT, RARE, ROLES, TOOL, MessageLists

Object = Mapping[str, object]
Conversation = Sequence[Object]

_CODE = {role: code for code, role in enumerate(ROLES)}
_UNKNOWN = 255
_FIELDS = {"content", *RARE} - {"parts"}


def ordinary_messages(conversations: Sequence[object]) -> tuple[list[int], MessageLists]:
    """The conversations that `turns` need not look at: their numbers, rising, and their messages.

    Ordinary is what needs no second look: texts, complete calls, results that name their call, and at least
    one turn of the assistant.
    """
    if (plain := _plain(conversations)) is not None:
        return list(range(len(conversations))), plain
    numbers, listed = _listed(conversations)
    messages = list(chain.from_iterable(listed))
    role = _codes([message.get("role") for message in messages])
    content = [message.get("content") for message in messages]
    rare: dict[str, dict[int, str]] = {name: {} for name in RARE}
    misfit = bytearray(len(messages))
    for at, (message, text, code) in enumerate(zip(messages, content, role, strict=True)):
        if len(message) == 2 and type(text) is str and code < TOOL:
            continue
        said = None if code == _UNKNOWN else _said(message, code)
        if said is None:
            misfit[at] = True
            continue
        content[at] = said.pop("content", None)
        for name, value in said.items():
            rare[name][at] = value
    lists = MessageLists(list(map(len, listed)), role, cast("list[str | None]", content), rare)
    whole = _whole(lists, misfit)
    return (numbers, lists) if all(whole) else (list(compress(numbers, whole)), _chosen(lists, whole))


def _plain(conversations: Sequence[object]) -> MessageLists | None:
    """All of these, if each is a list of nothing but roles and texts and ends with the assistant."""
    listed = cast("Sequence[Sequence[Mapping[str, str]]]", conversations)
    try:  # what is no list of objects, or lacks a key, cannot be read like this
        messages = list(chain.from_iterable(listed))
        if set(map(len, messages)) != {2}:
            return None
        role = bytes([_CODE[message["role"]] for message in messages])
        content = [message["content"] for message in messages]
    except (KeyError, TypeError):
        return None
    sizes = list(map(len, listed))
    if set(map(type, content)) != {str} or TOOL in role or 0 in sizes:
        return None
    if any(role[stop - 1] != ASSISTANT for stop in accumulate(sizes)):
        return None
    return MessageLists(sizes, role, cast("list[str | None]", content), {name: {} for name in RARE})


def _listed(conversations: Sequence[object]) -> tuple[list[int], list[Conversation]]:
    """The conversations that are lists of objects, and their numbers."""
    numbers = [i for i, conversation in enumerate(conversations) if type(conversation) is list]
    listed = [cast("list[object]", conversations[i]) for i in numbers]
    if not set(map(type, chain.from_iterable(listed))) <= {dict}:
        objects = [all(type(message) is dict for message in conversation) for conversation in listed]
        numbers, listed = list(compress(numbers, objects)), list(compress(listed, objects))
    return numbers, cast("list[Conversation]", listed)


def _codes(roles: list[object]) -> bytes:
    """What `ROLES` calls each role, or `_UNKNOWN`."""
    return bytes([_CODE.get(role, _UNKNOWN) if type(role) is str else _UNKNOWN for role in roles])


def _said(message: Object, role: int) -> dict[str, str] | None:
    """Content and `RARE` fields of a message with a name, calls or the call it answers, or None if there is
    more to it; fields that are null count as absent.
    """
    said: dict[str, str] = {}
    for field, value in message.items():
        if value is None or field == "role":
            continue
        if field not in _FIELDS:
            return None
        text = _calls(value) if field == "tool_calls" else value
        if type(text) is not str:
            return None
        said[field] = text
    if role == TOOL:
        complete = "content" in said and bool(said.get("tool_call_id"))
    else:
        complete = "tool_call_id" not in said and ("content" in said or "tool_calls" in said)
    return said if complete else None


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


def _whole(lists: MessageLists, misfit: bytearray) -> list[bool]:
    """Which conversations (`[n]`) have a turn of the assistant, and none of the messages that do not fit."""
    stops = list(accumulate(lists.sizes, initial=0))
    return [
        lists.role.find(ASSISTANT, start, stop) >= 0 and misfit.find(1, start, stop) < 0
        for start, stop in pairwise(stops)
    ]


def _chosen(lists: MessageLists, keep: list[bool]) -> MessageLists:
    """The messages of the conversations in `keep` (`[n]`)."""
    kept = np.repeat(keep, lists.sizes)
    place = (np.cumsum(kept) - 1).tolist()
    return MessageLists(
        list(compress(lists.sizes, keep)),
        bytes(compress(lists.role, kept)),
        list(compress(lists.content, kept)),
        {
            name: {place[at]: value for at, value in values.items() if kept[at]}
            for name, values in lists.rare.items()
        },
    )
