"""Small invented conversations, written out as the tests of row-local stages need them."""

from typing import Any

import pyarrow as pa

from tuneset.core.example import ExampleBuilder
from tuneset.core.stage import Staged

Turn = tuple[Any, ...]


def table(*conversations: list[Turn], **columns: Any) -> pa.Table:
    """One example per conversation; a turn is (role, content) or (role, content, its other fields)."""
    builder = ExampleBuilder()
    for number, turns in enumerate(conversations):
        for role, content, *rest in turns:
            builder.message(role, content, **(rest[0] if rest else {}))
        builder.finish(number.to_bytes(16, "big"), line=number + 1, source="logs", file="a.jsonl", **columns)
    return builder.table()


def answers(*texts: str | None, **columns: Any) -> pa.Table:
    """One example per answer to the same harmless question."""
    return table(*([("user", "What should I do now?"), ("assistant", text)] for text in texts), **columns)


def happened(result: Staged) -> list[tuple[str, str]]:
    """(action, reason) of every event."""
    return [(event["action"], event["reason"]) for event in result.events.to_pylist()]


def dropped_for(result: Staged) -> list[str]:
    """Reasons of the drop events."""
    return [reason for action, reason in happened(result) if action == "drop"]
