"""What the spec asks for beyond placeholders: realistic surrogates, numbers that hold for a user, shifted
dates.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import one_array
from tuneset.core.spec import RedactSpec
from tuneset.stages.redact import dates
from tuneset.stages.redact.columns import Opened
from tuneset.stages.redact.finding import SHIFTED, Finding
from tuneset.stages.redact.placeholder import Numbering
from tuneset.stages.redact.slot import Slot, rewrite
from tuneset.stages.redact.surrogates import Invented, Kinds, days_of

_LABELS = "tags"
"""Tags are what examples are counted by: a value of its own in each conversation would be no count."""
_FIXED = 900_000  # numbers that a value alone decides have six digits


@dataclass(frozen=True)
class Realisation:
    """The choice of a spec, with the project's secret."""

    spec: RedactSpec
    key: bytes = field(repr=False)

    def of(self, examples: pa.Table) -> Callable[[int, Iterable[tuple[str, int]]], Numbering]:
        """Makes the numbering of a row, given the placeholders that stand in it."""
        kinds, shifts = Kinds.of(self.spec), self.spec.dates == "shift"
        realistic = kinds.is_realistic if kinds.any or shifts else lambda _: False
        users = one_array(examples.column("user")) if self.spec.consistent == "user" else None

        def numbering(row: int, taken: Iterable[tuple[str, int]]) -> Numbering:
            user = users[row].as_py() if users is not None else None
            fixed = None if user is None else lambda kind, value: self._fixed(user, kind, value)
            return Numbering(taken, realistic=realistic, fixed=fixed)

        return numbering

    def _fixed(self, user: str, kind: str, value: bytes) -> int:
        said = b"\0".join((user.encode(), kind.encode(), value.lower()))
        digest = blake2b(said, digest_size=8, key=self.key[:64], person=b"tuneset:number")
        return _FIXED // 9 + int.from_bytes(digest.digest(), "big") % _FIXED

    def dated(self, table: Opened) -> list[Slot]:
        """The values in which a date may stand; none unless dates are to be shifted."""
        slots: list[Slot] = []
        for rank, column in enumerate(table.fields if self.spec.dates == "shift" else ()):
            if column.name == _LABELS:
                continue
            hits = pc.fill_null(pc.match_substring_regex(column.values, dates.SCREEN), False)
            places = np.flatnonzero(hits.to_numpy(zero_copy_only=False))
            repeated = table.repeating(places) if column.name == "content" else set[int]()
            for place, row in zip(places.tolist(), column.rows(places).tolist(), strict=True):
                if place not in repeated:
                    text, order = column.values[place].as_py(), column.order(place, row, rank)
                    slots.append(Slot(row, order, column.name, place, text, column.wanted))
        return slots

    def shift(
        self, dated: Sequence[Slot], edited: Sequence[Slot], *, numbering: Callable[[int], Numbering]
    ) -> list[Slot]:
        """The edited slots, with those in which a date stands; each date is a token of its own."""
        slots = {(slot.column, slot.place): slot for slot in edited}
        looked = [slots.get((slot.column, slot.place), slot) for slot in dated]
        texts: dict[int, list[str]] = {}
        for slot in looked:
            texts.setdefault(slot.row, []).append(slot.text)
        for slot in sorted(looked, key=lambda slot: (slot.row, slot.order)):
            order = self.spec.numeric_dates
            order = dates.order_in(texts[slot.row]) if order == "unknown" else order
            if _with_tokens(slot, order, numbering):
                slots[slot.column, slot.place] = slot
        return sorted(slots.values(), key=lambda slot: (slot.row, slot.order))

    def realise(
        self, examples: pa.Table, table: Opened, edited: Sequence[Slot], used: Mapping[int, Numbering]
    ) -> dict[int, str]:
        """Puts surrogates in the place of the tokens of the edited slots; row → JSON of placeholder →
        surrogates.
        """
        rows = sorted(row for row, numbers in used.items() if numbers.tokens)
        if not rows:
            return {}
        texts = _texts(table, edited, rows)
        slots: dict[int, list[Slot]] = {}
        for slot in edited:
            slots.setdefault(slot.row, []).append(slot)
        columns = {name: examples.column(name) for name in ("user", "conversation", "origin_id")}
        told: dict[int, str] = {}
        for row in rows:
            scope = self._scope(*(columns[name][row].as_py() for name in columns))
            said = "\n".join([*texts[row], *_values(used[row])]).lower()
            invented = Invented(self.key, scope, texts=said, days=days_of(self.key, scope))
            shown = _exchanged(slots[row], used[row], invented)
            if shown:
                told[row] = orjson.dumps(shown, option=orjson.OPT_SORT_KEYS).decode()
        return told

    def _scope(self, user: str | None, conversation: str | None, origin: bytes) -> bytes:
        """What shares its surrogates: a user's conversations, one conversation, or the example alone."""
        if self.spec.consistent == "user" and user is not None:
            return b"user\0" + user.encode()
        return b"example\0" + origin if conversation is None else b"conversation\0" + conversation.encode()


def _with_tokens(slot: Slot, order: dates.Order, numbering: Callable[[int], Numbering]) -> bool:
    def tokens(text: str) -> str:
        pieces, at = list[str](), 0
        for found in dates.find(text, order=order):
            finding = Finding(found.start, found.stop, SHIFTED, found.day.isoformat().encode())
            pieces += [
                text[at : found.start],
                numbering(slot.row).placeholder(finding, text[found.start : found.stop]),
            ]
            at = found.stop
            slot.types[SHIFTED] += 1
        return "".join([*pieces, text[at:]])

    return rewrite(slot, tokens)


def _texts(table: Opened, edited: Sequence[Slot], rows: Sequence[int]) -> dict[int, list[str]]:
    """All that some examples say, after what was found has been taken out."""
    new = {(slot.column, slot.place): slot.text for slot in edited}
    texts: dict[int, list[str]] = {row: [] for row in rows}
    for column in table.fields:
        places = column.places(np.array(rows, np.int64))
        said = column.values.take(pa.array(places)).to_pylist()
        for place, row, text in zip(places.tolist(), column.rows(places).tolist(), said, strict=True):
            texts[row].append(new.get((column.name, place), text) or "")
    return texts


def _values(numbers: Numbering) -> Iterator[str]:
    """What was taken out: no surrogate may stand in one of these, or be one."""
    yield from (token.written for token in numbers.tokens.values())
    yield from (value.decode() for _, value in numbers.values())


def _exchanged(slots: Sequence[Slot], numbers: Numbering, invented: Invented) -> dict[str, list[str]]:
    """Exchanges the tokens of one example; placeholder → its surrogates."""
    forms: dict[tuple[str, bytes], list[str]] = {}
    for token, of in numbers.tokens.items():
        forms.setdefault((of.type, of.value), []).append(token)
    new: dict[str, str] = {}
    shown: dict[str, set[str]] = {}
    for (kind, value), tokens in forms.items():
        made = invented.forms(kind, value, [numbers.tokens[token].written for token in tokens])
        for token, surrogate in zip(tokens, made or (), strict=bool(made)):
            new[token] = surrogate
            shown.setdefault(numbers.tokens[token].placeholder, set()).add(surrogate)
    placeholders = {token: of.placeholder for token, of in numbers.tokens.items()}
    bare = {token for token, of in numbers.tokens.items() if of.is_number and token in new}
    exchange, hide = _exchange(placeholders | new), _exchange(placeholders)
    for slot in slots:
        if slot.column == _LABELS:
            rewrite(slot, hide)
        else:
            rewrite(slot, exchange, bare=bare)
    return {placeholder: sorted(some) for placeholder, some in shown.items()}


def _exchange(new: Mapping[str, str]) -> Callable[[str], str]:
    def exchanged(text: str) -> str:
        for token, other in new.items():
            if token in text:
                text = text.replace(token, other)
        return text

    return exchanged
