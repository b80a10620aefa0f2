"""What goes wrong on the way into a log: broken lines, cut answers, error answers, garbled text."""

import json
from random import Random
from typing import Any

from logmaker.conversation import Conversation

_PYTHON_TRACE = """Traceback (most recent call last):
  File "/srv/chat/answer.py", line 88, in answer
    reply = model.complete(prompt)
TimeoutError: no reply within 30 s"""
_JAVA_TRACE = """java.lang.NullPointerException: order is null
\tat com.example.shop.Reply.build(Reply.java:41)
\tat com.example.shop.Chat.run(Chat.java:17)"""
_ERRORS = (
    "Internal server error",
    "Error 502: upstream request timeout",
    _PYTHON_TRACE,
    '{"error": {"type": "rate_limit_exceeded", "message": "Too many requests, slow down."}}',
    _JAVA_TRACE,
    "Service temporarily unavailable. Please try again later.",
)
_CONTROLS = ("\x00", "\x07", "\x08", "\x0b", "\x1b", "\x7f", "\u200b")


def truncate(conversation: Conversation, rng: Random) -> None:
    """The answer stops in the middle of a word because the model ran out of tokens."""
    text = conversation.messages[-1]["content"]
    cut = rng.randrange(len(text) // 3, len(text) * 4 // 5)
    while not (text[cut - 1].isalnum() and text[cut].isalnum()):
        cut -= 1
    conversation.answer(text[:cut])
    conversation.finish_reason = "length"
    conversation.plants.append({"kind": "truncated"})


def fail(conversation: Conversation, rng: Random) -> None:
    """The answer is an error message, or was withheld by a content filter."""
    if rng.random() < 0.3:
        conversation.answer("The response was withheld by the content filter.")
        conversation.finish_reason = "content_filter"
        conversation.plants.append({"kind": "error_answer", "variant": "content_filter"})
        return
    conversation.answer(rng.choice(_ERRORS))
    conversation.plants.append({"kind": "error_answer", "variant": "message"})


def empty(conversation: Conversation, rng: Random) -> None:
    """The user says nothing, or the assistant does not."""
    side = rng.choice(("user", "assistant"))
    blank = rng.choice(("", "  ", "\n"))
    if side == "user":
        conversation.say_first(blank)
    else:
        conversation.answer(blank)
    conversation.plants.append({"kind": "empty_turn", "side": side})


def garble(conversation: Conversation, *, last: bool) -> bool:
    """Reads the first question or last answer, which is UTF-8, as Windows-1252; False if nothing shows."""
    at = len(conversation.messages) - 1 if last else conversation.first_user
    text = conversation.messages[at]["content"].replace("'", "’")
    try:
        garbled = text.encode("utf-8").decode("cp1252")
    except UnicodeDecodeError:
        return False
    if garbled == text:
        return False
    conversation.messages[at]["content"] = garbled
    conversation.plants.append({"kind": "mojibake", "message": at, "expected": text})
    return True


def add_controls(conversation: Conversation, rng: Random) -> None:
    """Control and zero-width characters inside the first question, two to four of them between words."""
    at = conversation.first_user
    text = conversation.messages[at]["content"]
    count = rng.randrange(2, 5)
    garbled = text
    for _ in range(count):
        blanks = [i for i, char in enumerate(garbled) if char == " "]
        position = rng.choice(blanks)
        garbled = garbled[:position] + rng.choice(_CONTROLS) + garbled[position:]
    conversation.messages[at]["content"] = garbled
    planted = {"kind": "control_characters", "message": at, "count": count, "expected": text}
    conversation.plants.append(planted)


MALFORMED = (
    "truncated_json",
    "not_an_object",
    "missing_messages",
    "invalid_utf8",
    "empty_object",
    "unknown_role",
    "empty_messages",
    "messages_not_a_list",
)


def malformed(record: dict[str, Any], rng: Random, *, expected: str) -> bytes:
    """A line, without its end, that is no example; made from a record of the format."""
    key = "messages" if "messages" in record else "conversations"
    role = "role" if key == "messages" else "from"
    text = json.dumps(record, ensure_ascii=False)
    rest = {name: value for name, value in record.items() if name != key}
    replaced: dict[str, object] = {
        "not_an_object": rng.choice((["messages"], "hello", 42, None)),
        "missing_messages": rest,
        "empty_object": {},
        "empty_messages": rest | {key: []},
        "messages_not_a_list": rest | {key: "see attachment"},
        "unknown_role": rest | {key: [turn | {role: "operator"} for turn in record[key]]},
    }
    if expected == "truncated_json":
        return text[: rng.randrange(len(text) // 4, len(text) - 2)].encode()
    if expected == "invalid_utf8":
        head, middle, tail = text.partition(". ")
        return head.encode() + b" \xff\xfe\xc3" + middle.encode() + tail.encode()
    return json.dumps(replaced[expected], ensure_ascii=False).encode()
