"""What several targets require of tool calls and their results."""

from collections.abc import Iterator

import numpy as np
import orjson

from tuneset.core.example import ASSISTANT, TOOL, Messages


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
        found = _faults(role[span].tolist(), calls[span].to_pylist(), call_ids[span].to_pylist())
        yield from ((i, rule) for rule in sorted(found))


def _faults(roles: list[int], calls: list[str | None], answers: list[str | None]) -> set[str]:
    found: set[str] = set()
    waiting: set[str] = set()
    for role, call, answer in zip(roles, calls, answers, strict=True):
        if role == TOOL:
            if answer is None or answer not in waiting:
                found.add("tools.result-asked")
            waiting.discard(answer or "")
            continue
        if waiting:
            found.add("tools.call-answered")
        waiting = set()
        if role == ASSISTANT and call is not None:
            asked = call_ids(call)
            if asked is None:
                found.add("tools.call-shape")
            waiting = set(asked or ())
    return found


def call_ids(calls: str) -> list[str] | None:
    """Ids of the calls of one message, or None if one is not `{id, function: {name, arguments: string}}`."""
    entries = orjson.loads(calls)
    if not isinstance(entries, list) or not entries or not all(_well_shaped(entry) for entry in entries):
        return None
    return [entry["id"] for entry in entries]


def _well_shaped(call: object) -> bool:
    match call:
        case {"id": str(), "function": {"name": str(), "arguments": str()}}:
            return True
        case _:
            return False
