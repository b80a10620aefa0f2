"""Preferences: which answer of two is better, and which answers got a thumb. Shared by DPO and KTO targets.

Connectors keep a worse answer in `extra["rejected"]`: the model's own where a person has corrected it, or the
sibling that a user did not choose. Thumbs lie in `feedback` (`core.feedback`).
"""

from tuneset.core.feedback import thumb_of
from tuneset.exporters.conversation import Conversation, Json, Message


def rejected_of(talk: Conversation) -> list[Json] | None:
    """The worse answer as messages of the assistant; None if there is none, or it is not the assistant's."""
    worse = talk.extra.get("rejected")
    if isinstance(worse, str):
        worse = {"role": "assistant", "content": worse}
    listed = worse if isinstance(worse, list) else [worse]
    messages = [_message(entry) for entry in listed]
    if not messages or any(message is None for message in messages):
        return None
    return messages


def _message(entry: Json) -> Json:
    if not isinstance(entry, dict):
        return None
    role = entry.get("role", entry.get("from", "assistant"))
    content = entry.get("content", entry.get("value"))
    calls = entry.get("tool_calls")
    if role not in ("assistant", "gpt", "model") or not (content or calls):
        return None
    return {"role": "assistant", "content": content, **({"tool_calls": calls} if calls else {})}


def same_answer(chosen: Message, rejected: list[Json]) -> bool:
    """Do both answers say the same?"""
    return len(rejected) == 1 and (rejected[0]["content"], rejected[0].get("tool_calls")) == (
        chosen["content"],
        chosen.get("tool_calls"),
    )


def thumb_on(talk: Conversation) -> bool | None:
    """The thumb that its answer got. Those in the log of a corrected example are on the original answer."""
    return None if talk.kind == "corrected" else thumb_of(talk.feedback)
