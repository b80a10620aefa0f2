"""A value that was recognised once is taken out everywhere in its example, also where no word announces it.

A number under `BSN:` in the first turn may stand under `number` in a tool call: nothing there says what it
is, but it is known by then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from tuneset.core.later import later
from tuneset.kernels.known import occurrences
from tuneset.stages.redact.columns import Field, exchanged
from tuneset.stages.redact.context import JOINT
from tuneset.stages.redact.finding import Finding
from tuneset.stages.redact.folded import STOP
from tuneset.stages.redact.names import COMMON, NOT_NAMES, PARTICLES

SHORTEST = 6
"""Letters and digits a value must have to be looked for elsewhere: shorter ones are words and amounts too."""

_LEAST = {"person": 3, "address": 5, "username": 5}
_NOT_SIGN = later(rb"[^0-9A-Za-z]+")
_GROUPED = frozenset({"card", "iban", "government_id", "phone"})
"""Types whose values are the same however they are grouped; the others must stand as they are."""
_ANY_CASE = frozenset({"email", "ip", "person"})
"""Types whose values are the same in capitals and small letters."""
_WORDS = COMMON | NOT_NAMES | STOP
_BLANKS = later(rb"[ ,]+")
_JOINED = later(rb"[A-Za-z]+(?:[ ._-]{1,2}[A-Za-z]+)+")
_TAIL = later(rb"[._-]?\d{1,8}(?![0-9A-Za-z])")
_LETTER = later(rb"[A-Za-z\xc3-\xf4]")
_LETTER_BEFORE = later(rb"(?:[A-Za-z]|[\xc3-\xdf][\x80-\xbf])\Z")
_GROUPS = later(rb"(?:[0-9A-Za-z]|" + JOINT + rb"|[()])+")


@dataclass(frozen=True)
class Known:
    """The values of some examples that are long enough to be looked for, by row."""

    rows: list[int]
    values: list[list[tuple[str, bytes]]]
    signs: list[list[bytes]]

    @staticmethod
    def of(found: Mapping[int, Sequence[tuple[str, bytes]]]) -> "Known":
        """`found`: row → (type, normalised value)."""
        known = Known([], [], [])
        for row in sorted(found):
            values = [*found[row], *_parts(found[row])]
            long = [
                (kind, value) for kind, value in values if len(_signs(value)) >= _LEAST.get(kind, SHORTEST)
            ]
            if long:
                known.rows.append(row)
                known.values.append(long)
                known.signs.append([_signs(value) for _, value in long])
        return known

    def suspects(self, field: Field, new: Mapping[int, str]) -> np.ndarray:
        """Places (`int64`, ascending) of a column in which a value of their example may stand.

        `new`: texts that have been redacted already, by place.
        """
        rows = np.array(self.rows, np.int64)
        places = field.places(rows)
        if not len(places):
            return places
        texts = field.values.take(pa.array(places))
        at = {place: i for i, place in enumerate(places.tolist())} if new else {}
        inside = {at[place]: text for place, text in new.items() if place in at}
        texts = exchanged(texts, inside) if inside else texts
        hits = occurrences(texts, np.searchsorted(rows, field.rows(places)), self.signs)
        return np.unique(places[hits[:, 0]])

    def find(self, texts: Sequence[bytes], rows: Sequence[int]) -> list[list[Finding]]:
        """The values of its example that stand in each text."""
        column = pa.array(texts, pa.large_binary()).view(pa.large_string())
        found: list[list[Finding]] = [[] for _ in texts]
        owner = np.searchsorted(self.rows, np.array(rows, np.int64))
        for place, start, stop, which in occurrences(column, owner, self.signs).tolist():
            kind, value = self.values[owner[place]][which]
            hit = _confirmed(texts[place], start, stop, kind, value)
            if hit is not None:
                found[place].append(hit)
        return found


def _signs(value: bytes) -> bytes:
    return _NOT_SIGN.sub(b"", value).lower()


def _parts(values: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """First and last names, to be looked for alone; not those that are words as well. Two that stand one
    after the other, as under `first_name` and `last_name`, are also looked for together.
    """
    people = [value for kind, value in values if kind == "person"]
    tokens = [
        token
        for value in people
        for token in _BLANKS.split(value)
        if (small := token.decode().lower()) not in _WORDS and small not in PARTICLES
    ]
    pairs = [b" ".join(pair) for pair in pairwise(people) if not any(map(_BLANKS.search, pair))]
    return [("person", name) for name in dict.fromkeys([*tokens, *pairs]) if name not in people]


def _confirmed(text: bytes, start: int, stop: int, kind: str, value: bytes) -> Finding | None:
    """The finding at a place whose letters and digits are those of the value."""
    if kind in _GROUPED:
        is_it = _GROUPS.fullmatch(text, start, stop) is not None
        if kind == "phone":  # what stands before the first digit belongs to the number
            start -= text[start - 1 : start] == b"(" and text.count(b")", start, stop) > text.count(
                b"(", start, stop
            )
            start -= text[start - 1 : start] == b"+"
        return Finding(start, stop, kind, value) if is_it else None
    if kind == "person" and (handle := _handle(text, start, stop, value)):
        return handle
    sign = _NOT_SIGN.match(value)
    start -= sign.end() if sign else 0
    stop = start + len(value)
    written = text[max(0, start) : stop]
    same = written == value or (kind in _ANY_CASE and written.lower() == value.lower())
    if kind == "person" and (
        _LETTER_BEFORE.search(text, max(0, start - 4), start) or _LETTER.match(text, stop)
    ):
        return None
    return Finding(start, stop, kind, value) if same else None


def _handle(text: bytes, start: int, stop: int, value: bytes) -> Finding | None:
    """A first and a last name run together as in `jane_doe_77` or written small: still the same person."""
    if not _BLANKS.search(value) or not _JOINED.fullmatch(text, start, stop):
        return None
    tail = _TAIL.match(text, stop)
    return Finding(start, tail.end() if tail else stop, "person", value)
