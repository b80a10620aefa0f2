"""Messages that were written with Python's `repr`: `role='user' content='…' tool_calls=[{'id': …}] …`.

An instrumentation that serialises what it does not know with `str` writes pydantic's messages like this;
agno's does. Only a message's own fields are read, as Python literals.
"""

import ast
import re
import warnings

_BEGINNING = re.compile(r"role=(['\"])[a-z_]+\1 ")
_FIELD = re.compile(r"\s*([A-Za-z_]\w*)=")
_STRING = r"'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\]|\\.)*+\""
_STEP = re.compile(rf"{_STRING}|[\[({{]|[\])}}]|\s|[^\s'\"\[\](){{}}]++", re.DOTALL)
_WANTED = ("role", "content", "name", "tool_calls", "tool_call_id", "reasoning_content")
_MAX = 1 << 20


def from_repr(text: str) -> dict[str, object] | None:
    """The message in a text, None if it is none; at most 1 MiB is looked at, in time linear in it."""
    if len(text) > _MAX or not _BEGINNING.match(text):
        return None
    said: dict[str, object] = {}
    position = 0
    while found := _FIELD.match(text, position):
        stop = _end(text, found.end())
        if stop is None:
            return None
        if found[1] in _WANTED:
            try:
                said[found[1]] = _literal(text[found.end() : stop])
            except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
                return None
        position = stop
    return {name: value for name, value in said.items() if value is not None or name == "content"}


def _end(text: str, start: int) -> int | None:
    """Where the value that begins at `start` ends: at a space outside of all brackets."""
    depth = 0
    for step in _STEP.finditer(text, start):
        if step.start() != start and not step[0]:
            return None
        if step[0] in "[({":
            depth += 1
        elif step[0] in "])}":
            depth -= 1
        elif step[0].isspace() and depth <= 0:
            return step.start()
    return len(text) if depth == 0 else None


def _literal(text: str) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an escape that Python does not know is no reason to speak
        return ast.literal_eval(text)
