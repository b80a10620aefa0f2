"""Two examples side by side, with the words that differ marked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import orjson
import pyarrow as pa

from tuneset.core.example import ROLES, Messages

SHOWN_CHARS = 900
"""Longer texts are cut: a report is for looking, `tuneset explain` for reading."""

_WORDS = re.compile(r"\s+|\w+|.", re.DOTALL)
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
    "|[\ud800-\udfff\U000e0000-\U000e007f]"
)

Segment = tuple[str, str]
"""(`same`, `del` or `ins`; text)."""


@dataclass(frozen=True)
class Side:
    """One example of a pair, cut to what fits."""

    id: str
    place: str
    asked: tuple[Segment, ...]
    answered: tuple[Segment, ...]


@dataclass(frozen=True)
class Pair:
    """Two examples and why they are shown together."""

    left: Side
    right: Side
    score: float | None
    note: str


def visible(text: str) -> str:
    """The text with control, bidirectional and zero-width characters spelled out, as in `⟨U+202E⟩`."""
    return _INVISIBLE.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)


def compared(left: pa.Table, right: pa.Table, *, score: float | None, note: str) -> Pair:
    """A pair out of two tables of one example each."""
    named = max(len(_asked(left)), len(_asked(right))) > 1
    asked = marked(asked_text(left, named=named), asked_text(right, named=named))
    answered = marked(answer_text(left), answer_text(right))
    return Pair(
        Side(_hex(left), place(left), asked[0], answered[0]),
        Side(_hex(right), place(right), asked[1], answered[1]),
        score,
        note,
    )


def marked(left: str, right: str) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """The words of two texts; what only the left has is `del`, what only the right has is `ins`."""
    one, other = _WORDS.findall(cut(visible(left))), _WORDS.findall(cut(visible(right)))
    before: list[Segment] = []
    after: list[Segment] = []
    steps = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    for number, (action, a, b, c, d) in enumerate(steps):
        gap = 0 < number < len(steps) - 1 and "".join(one[a:b]).isspace()  # inside a changed phrase
        if action == "equal" and not gap:
            before.append(("same", "".join(one[a:b])))
            after.append(("same", "".join(other[c:d])))
            continue
        if b > a:
            before.append(("del", "".join(one[a:b])))
        if d > c:
            after.append(("ins", "".join(other[c:d])))
    return tuple(before), tuple(after)


def cut(text: str) -> str:
    """At most `SHOWN_CHARS` characters, and how many were left away."""
    left = len(text) - SHOWN_CHARS
    return f"{text[:SHOWN_CHARS]} … ({left:,} more characters)" if left > 0 else text


def place(example: pa.Table) -> str:
    """`file:line`."""
    return f"{visible(example.column('file')[0].as_py())}:{example.column('line')[0].as_py()}"


def asked_text(example: pa.Table, *, named: bool) -> str:
    """All turns but the system prompt and the taught answer; `named`: say who speaks."""
    return "\n".join(f"{role}: {said}" if named else said for role, said in _asked(example))


def _asked(example: pa.Table) -> list[tuple[str, str]]:
    messages = Messages.of(example)
    taught = int(messages.taught[0])
    turns = [i for i, role in enumerate(messages.role) if ROLES[role] != "system" and i != taught]
    return [(ROLES[messages.role[i]], _said(messages, i)) for i in turns]


def answer_text(example: pa.Table) -> str:
    """What is taught."""
    messages = Messages.of(example)
    taught = int(messages.taught[0])
    return _said(messages, taught) if taught >= 0 else ""


def _said(messages: Messages, i: int) -> str:
    said = messages.content[i].as_py() or ""
    calls = messages.tool_calls[i].as_py()
    return "\n".join(filter(None, [said, *(_calls(orjson.loads(calls)) if calls else ())]))


def _calls(calls: object) -> Sequence[str]:
    """`→ name(arguments)` for each call that has the usual shape."""
    entries = (
        [entry.get("function") for entry in calls if isinstance(entry, dict)]
        if isinstance(calls, list)
        else []
    )
    return [
        f"→ {entry.get('name')}({entry.get('arguments')})" for entry in entries if isinstance(entry, dict)
    ]


def _hex(example: pa.Table) -> str:
    return example.column("origin_id")[0].as_py().hex()
