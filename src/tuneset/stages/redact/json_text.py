"""Text that is JSON: reach the strings and numbers inside, replace some, leave every other byte as it was.

A document is cut into its leaves. A leaf that is itself JSON (the arguments of a tool call are JSON in a
string of JSON) is cut again. Rendering writes back only the leaves that changed, so key order, white space,
number formats and untouched arguments stay byte for byte.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import orjson

from tuneset.core.later import later

Path = tuple[str, ...]
Wanted = Callable[[Path], bool]
Live = Callable[[str, str], bool]
"""May anything be found in this literal under these keys? It may say yes in vain, never no."""

_MAX_DEPTH = 6
_BEGINS_JSON = frozenset("{[ \t\r\n")
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_SCALAR = rf"{_STRING}|-?[0-9][0-9.eE+\-]*"
_NOT_FINITE = later(_STRING + r"|-?\b(?:NaN|Infinity)\b")
"""What Python writes for numbers that JSON has no words for; such text is still JSON to most of those who
read it.
"""
_NUMBER = later(r"0|[1-9]\d*")
_SPACE = r"[ \t\r\n]*"
_TOKEN = later(rf"({_STRING}){_SPACE}:{_SPACE}({_SCALAR}|[{{\[])?|{_SCALAR}|[{{\[}}\]]")
"""Of valid JSON: a key, with the string, number or bracket after it (none if its value is a word such as
`true`); a string or number in an array; a bracket.
"""


@dataclass(slots=True)
class Plain:
    """A text to search: `lead` is context (the keys above it) that belongs to the search, not to the text.

    `is_number`: it is a JSON number; `bare`: what becomes of it is written as a number if it is one.
    """

    text: str
    lead: str = ""
    new: str | None = None
    is_number: bool = False
    bare: bool = False

    def plains(self) -> Iterator["Plain"]:
        """Itself."""
        yield self

    def render(self) -> str:
        """The text, replaced where something was found."""
        return self.text if self.new is None else self.new


@dataclass(slots=True)
class Document:
    """A JSON text and the leaves that are searched: (start, stop) of the literal, the keys above it, and what
    stands in it.
    """

    text: str
    depth: int
    leaves: list[tuple[int, int, str, "Plain | Document"]] = field(default_factory=list)

    def plains(self) -> Iterator[Plain]:
        """All texts to search, in order of place."""
        for _, _, _, leaf in self.leaves:
            yield from leaf.plains()

    def render(self) -> str:
        """The document; a number in which something was found becomes a string, unless it is to be `bare`."""
        return self._rendered()[0]

    def renewed(self, *, live: Live) -> "Document":
        """What `parse` gives for the rendered document, but only the leaves that changed.

        The others were searched: what is found in a leaf depends on it and its keys alone.
        """
        text, changed = self._rendered()
        document = Document(text, self.depth)
        for start, stop, keys, leaf in changed:
            literal = text[start:stop]
            if isinstance(leaf, Document):
                new = leaf.renewed(live=live) if live(keys, literal) else None
            else:
                new = _leaf(literal, keys, live, self.depth)
            if new is not None:
                document.leaves.append((start, stop, keys, new))
        return document

    def _rendered(self) -> tuple[str, list[tuple[int, int, str, "Plain | Document"]]]:
        """The new text, and the leaves that changed, with the places at which they stand in it."""
        pieces, at, changed, size = [], 0, [], 0
        for start, stop, keys, leaf in self.leaves:
            new = leaf.render()
            if new != leaf.text:
                is_bare = isinstance(leaf, Plain) and leaf.bare and _NUMBER.fullmatch(new) is not None
                literal = new if is_bare else _literal(new, like=self.text[start:stop])
                size += start - at
                changed.append((size, size + len(literal), keys, leaf))
                size += len(literal)
                pieces += [self.text[at:start], literal]
                at = stop
        return "".join([*pieces, self.text[at:]]), changed


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
    if depth >= _MAX_DEPTH or text[:1] not in _BEGINS_JSON or not _is_json(text):
        return Plain(text, lead)
    document = Document(text, depth)
    for start, stop, path in _leaves(text):
        if wanted(path):
            keys = _keys(path)
            leaf = _leaf(text[start:stop], keys, live, depth)
            if leaf is not None:
                document.leaves.append((start, stop, keys, leaf))
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


@lru_cache(maxsize=4096)
def _keys(path: Path) -> str:
    """The keys above a leaf; logs have the same ones again and again."""
    return " ".join(key for key in path if key)[-48:]


def _leaf(literal: str, keys: str, live: Live, depth: int) -> Plain | Document | None:
    if not live(keys, literal):
        return None
    if literal[0] == '"':
        text = orjson.loads(literal) if "\\" in literal else literal[1:-1]
        return parse(text, live=live, lead=f'{keys}: "' if keys else "", depth=depth + 1)
    if not literal.isdigit() or len(literal) < 6:
        return None
    return Plain(literal, f"{keys}: ", is_number=True)


def _leaves(text: str) -> Iterator[tuple[int, int, Path]]:
    """(start, stop, path of keys) of the string and number literals in value position; arrays add no key."""
    path: list[str] = []
    for match in _TOKEN.finditer(text):
        key, sign = match.groups()
        if key is not None:
            path[-1] = orjson.loads(key) if "\\" in key else key[1:-1]
        else:
            sign = match[0]
        if sign is None:
            continue
        if sign in "{[":
            path.append("")
        elif sign in "}]":
            path.pop()
        else:
            yield match.end() - len(sign), match.end(), tuple(path)


def _literal(text: str, *, like: str) -> str:
    """A JSON string; in ASCII if the literal that it replaces was."""
    return json.dumps(text) if like.isascii() else orjson.dumps(text).decode()
