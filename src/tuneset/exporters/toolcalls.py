"""What several targets require of tool calls and their results."""

import re
from collections.abc import Iterator, Sequence

import numpy as np
import orjson

from tuneset.core.example import ROLES, TOOL, Messages
from tuneset.exporters.turns import present

FUNCTION_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""Names of functions at OpenAI, and at all that follow it."""


def broken_tool_order(messages: Messages) -> Iterator[tuple[int, str]]:
    """`(row, rule id)` for conversations whose calls and results do not meet; looks only at rows with either.

    A call is answered when a result with its id follows before anybody else speaks; calls in the last message
    may stay open, because then the call itself is what is taught.
    """
    role, row = messages.role, messages.row
    calls, call_ids = messages.tool_calls, messages.tool_call_id
    busy = (role == TOOL) | calls.is_valid().to_numpy(zero_copy_only=False)
    for i in np.unique(row[busy]).tolist():
        start, stop = int(messages.offsets[i]), int(messages.offsets[i + 1])
        span = slice(start, stop)
        parsed = [None if call is None else orjson.loads(call) for call in calls[span].to_pylist()]
        found = faults([ROLES[code] for code in role[span].tolist()], parsed, call_ids[span].to_pylist())
        yield from ((i, rule) for rule in sorted(found))


def bad_function_names(messages: Messages) -> Iterator[tuple[int, str]]:
    """`(row, "tools.name")` for conversations that call a function by a name that is none."""
    for i, calls in present(messages.tool_calls):
        entries = orjson.loads(calls)
        if not all(map(_is_named, entries if isinstance(entries, list) else ())):
            yield int(messages.row[i]), "tools.name"


def _is_named(call: object) -> bool:
    match call:
        case {"function": {"name": str(name)}}:
            return FUNCTION_NAME.fullmatch(name) is not None
        case _:
            return True  # that it is no call, `tools.call-shape` says


def faults(roles: Sequence[str], calls: Sequence[object], answers: Sequence[str | None]) -> set[str]:
    """Rules that one conversation breaks: role, calls (parsed JSON) and answered call of each message."""
    found: set[str] = set()
    waiting: set[str] = set()
    for role, call, answer in zip(roles, calls, answers, strict=True):
        if role == "tool":
            if answer is None or answer not in waiting:
                found.add("tools.result-asked")
            waiting.discard(answer or "")
            continue
        if waiting:
            found.add("tools.call-answered")
        waiting = set()
        if role == "assistant" and call is not None:
            asked = ids_of(call)
            if asked is None:
                found.add("tools.call-shape")
            waiting = set(asked or ())
    return found


def ids_of(entries: object) -> list[str] | None:
    """Ids of the calls of one message, or None if one is not `{id, function: {name, arguments: string}}`."""
    if not isinstance(entries, list) or not entries or not all(_well_shaped(entry) for entry in entries):
        return None
    return [entry["id"] for entry in entries]


def _well_shaped(call: object) -> bool:
    match call:
        case {"id": str(), "function": {"name": str(), "arguments": str()}}:
            return True
        case _:
            return False
