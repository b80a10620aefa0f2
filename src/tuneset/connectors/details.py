"""Answers in which a web interface has written tool calls and reasoning as HTML.

Open WebUI stores what a model did before its last words as `<details type="tool_calls" …>` and
`<details type="reasoning" …>` inside the text (its own `serialize_content_blocks`). Taught as text, a model
would learn to write HTML instead of calling the tool.
"""

import html
import re
from collections.abc import Iterator, Mapping

import orjson

_OPEN = re.compile(r'<details type="(tool_calls|reasoning|code_interpreter)"([^>]*)>')
_CLOSE = "</details>"
_ATTRIBUTE = re.compile(r'([a-z_]+)="([^"]*)"')
_SUMMARY = re.compile(r"\A\s*<summary>[^<]*</summary>\n?")
_QUOTED = re.compile(r"^(?:&gt;|>) ?", re.MULTILINE)


def opened(text: str) -> list[dict[str, object]]:
    """The messages that a text stands for, at least one; plain text is one message.

    Reasoning becomes `reasoning_content` of the message that follows it.
    """
    if "<details type=" not in text:
        return [{"role": "assistant", "content": text}]
    messages: list[dict[str, object]] = []
    said, thought = "", ""
    for kind, attributes, inside in _pieces(text):
        if kind == "text":
            said += inside
        elif kind == "tool_calls" and attributes.get("name"):
            call, result = _call(attributes)
            messages += [_answer(said, thought, calls=[call]), result]
            said, thought = "", ""
        elif kind == "reasoning":
            thought += _unquoted(inside)
        else:  # code that ran: what a reader sees of it
            said += inside
    if said.strip() or thought or not messages:
        messages.append(_answer(said, thought))
    return messages


def _pieces(text: str) -> Iterator[tuple[str, Mapping[str, str], str]]:
    """(`text` or the kind of a block, its attributes, what is inside), in order."""
    position = 0
    while (begin := _OPEN.search(text, position)) and (end := text.find(_CLOSE, begin.end())) >= 0:
        yield "text", {}, text[position : begin.start()]
        attributes = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(begin[2])}
        yield begin[1], attributes, _SUMMARY.sub("", text[begin.end() : end])
        position = end + len(_CLOSE)
    yield "text", {}, text[position:]


def _answer(said: str, thought: str, *, calls: list[object] | None = None) -> dict[str, object]:
    message: dict[str, object] = {"role": "assistant", "content": said.strip() or (None if calls else "")}
    if calls:
        message["tool_calls"] = calls
    if thought:
        message["reasoning_content"] = thought
    return message


def _call(attributes: Mapping[str, str]) -> tuple[object, dict[str, object]]:
    """The call, and the message with its result."""
    call_id = attributes.get("id", "")
    function = {"name": attributes["name"], "arguments": _unwrapped(attributes.get("arguments", ""))}
    call = {"id": call_id, "type": "function", "function": function}
    content = _unwrapped(attributes.get("result", ""))
    return call, {"role": "tool", "name": attributes["name"], "tool_call_id": call_id, "content": content}


def _unwrapped(value: str) -> str:
    """The string that was written as JSON, to the letter; anything else as it stands."""
    try:
        inside = orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
    return inside if type(inside) is str else value


def _unquoted(inside: str) -> str:
    return html.unescape(_QUOTED.sub("", inside)).strip()
