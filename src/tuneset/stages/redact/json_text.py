"""Text that is JSON: reach the strings and numbers inside, replace some, leave every other byte as it was.

A document is cut into its leaves. A leaf that is itself JSON (the arguments of a tool call are JSON in a
string of JSON) is cut again. Rendering writes back only the leaves that changed, so key order, white space,
number formats and untouched arguments stay byte for byte.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import orjson

Path = tuple[str, ...]
Wanted = Callable[[Path], bool]
Live = Callable[[str, str], bool]
"""May anything be found in this literal under these keys? It may say yes in vain, never no."""

_MAX_DEPTH = 6
_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_NOT_FINITE = re.compile(_STRING + r"|-?\b(?:NaN|Infinity)\b")
"""What Python writes for numbers that JSON has no words for; such text is still JSON to most of those who
read it.
"""
_TOKEN = re.compile(_STRING + r"|[{}\[\],:]|-?[0-9][0-9.eE+\-]*")


@dataclass(slots=True)
class Plain:
    """A text to search: `lead` is context (the keys above it) that belongs to the search, not to the text."""

    text: str
    lead: str = ""
    new: str | None = None

    def plains(self) -> Iterator["Plain"]:
        """Itself."""
        yield self

    def render(self) -> str:
        """The text, replaced where something was found."""
        return self.text if self.new is None else self.new


@dataclass(slots=True)
class Document:
    """A JSON text and the leaves that are searched: (start, stop) of the literal, and what stands in it."""

    text: str
    leaves: list[tuple[int, int, "Plain | Document"]] = field(default_factory=list)

    def plains(self) -> Iterator[Plain]:
        """All texts to search, in order of place."""
        for _, _, leaf in self.leaves:
            yield from leaf.plains()

    def render(self) -> str:
        """The document; a number in which something was found becomes a string."""
        pieces, at = [], 0
        for start, stop, leaf in self.leaves:
            new = leaf.render()
            if new != leaf.text:
                pieces += [self.text[at:start], _literal(new, like=self.text[start:stop])]
                at = stop
        return "".join([*pieces, self.text[at:]])


def every_leaf(path: Path) -> bool:
    """All strings and numbers."""
    return True


def always(keys: str, literal: str) -> bool:
    """Look at everything."""
    return True


def parse(
    text: str, *, wanted: Wanted = every_leaf, live: Live = always, lead: str = "", depth: int = 0
) -> Plain | Document:
    """A `Document` if the text is a JSON object or array, else a `Plain`."""
    if depth >= _MAX_DEPTH or not _is_json(text):
        return Plain(text, lead)
    document = Document(text)
    for start, stop, path in _leaves(text):
        if wanted(path):
            leaf = _leaf(text[start:stop], path, live, depth)
            if leaf is not None:
                document.leaves.append((start, stop, leaf))
    return document


def _is_json(text: str) -> bool:
    stripped = text.strip(" \t\r\n")
    if len(stripped) < 2 or stripped[0] + stripped[-1] not in ("{}", "[]"):
        return False
    return _parses(stripped) or (
        ("N" in stripped or "I" in stripped) and _parses(_NOT_FINITE.sub(_finite, stripped))
    )


def _parses(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def _finite(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith('"') else "0"


def _leaf(literal: str, path: Path, live: Live, depth: int) -> Plain | Document | None:
    keys = " ".join(key for key in path if key)[-48:]
    if not live(keys, literal):
        return None
    if literal[0] == '"':
        lead = f'{keys}: "' if keys else ""
        return parse(orjson.loads(literal), live=live, lead=lead, depth=depth + 1)
    return Plain(literal, f"{keys}: ") if literal.isdigit() and len(literal) >= 6 else None


def _leaves(text: str) -> Iterator[tuple[int, int, Path]]:
    """(start, stop, path of keys) of the string and number literals in value position; arrays add no key."""
    path: list[str] = []
    objects: list[bool] = []
    key_is_next = False
    for match in _TOKEN.finditer(text):
        sign = match[0]
        if sign in "{[":
            objects.append(sign == "{")
            path.append("")
            key_is_next = sign == "{"
        elif sign in "}]":
            objects.pop()
            path.pop()
        elif sign == ",":
            key_is_next = objects[-1]
        elif sign == ":":
            key_is_next = False
        elif key_is_next:
            path[-1] = orjson.loads(sign)
        else:
            yield match.start(), match.end(), tuple(path)


def _literal(text: str, *, like: str) -> str:
    """A JSON string; in ASCII if the literal that it replaces was."""
    return json.dumps(text) if like.isascii() else orjson.dumps(text).decode()
