"""The stage: look at the columns, redact the few values that need it, write them back with events."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from hashlib import blake2b
from types import MappingProxyType

import numpy as np
import pyarrow as pa

from tuneset.core.event import events
from tuneset.core.example import Messages, set_column
from tuneset.core.spec import CustomPattern, RedactSpec
from tuneset.core.stage import Staged, unchanged
from tuneset.stages.redact.columns import (
    MESSAGE_FIELDS,
    Field,
    Opened,
    opened,
    repeats_parts,
    text_of_parts,
    written,
)
from tuneset.stages.redact.detect import Detectors
from tuneset.stages.redact.finding import HARD, SOFT
from tuneset.stages.redact.known import Known
from tuneset.stages.redact.placeholder import Numbering, Token
from tuneset.stages.redact.realise import Realisation
from tuneset.stages.redact.slot import Slot, redact, redact_known


class Redact:
    """Replaces identifiers in messages, tool calls, output, feedback, tags and extra by placeholders like
    `[EMAIL_1]`.

    The same value has the same number in all turns of an example, and is replaced in all of them, also where
    nothing but an earlier turn says what it is. Tool calls and other JSON stay valid;
    what holds nothing stays byte for byte. `redacted` becomes a keyed hash of the values taken out, so that
    two people's examples do not look like twins afterwards. Running it again changes nothing.

    With `surrogates` and `dates` of the spec, values of the same shape and shifted dates stand in their
    place; `masked.without_surrogates` says what the example would be with placeholders only. An example that
    has surrogates has been redacted: it is left alone.
    """

    name = "redact"
    version = 9

    def __init__(
        self, spec: RedactSpec, *, key: bytes, terms: Mapping[str, Sequence[str]] = MappingProxyType({})
    ) -> None:
        """`key`: the project's secret bytes; `terms`: name of a dictionary → its terms.

        Raises `SpecError` when a custom pattern is not RE2, `MissingExtra` when the model is not installed.
        """
        self._spec = spec
        self._key = key
        self._terms = {name: tuple(terms[name]) for name in sorted(terms) if terms[name]}
        patterns = (*spec.custom, *(_pattern(name, words) for name, words in self._terms.items()))
        self._detectors = Detectors(
            (*spec.hard, *spec.soft), patterns=patterns, allow=spec.allow, model=spec.ner
        )
        self._realisation = Realisation(spec, key=key)

    def identity(self) -> object:
        """The spec, and the key and the dictionaries as digests."""
        digest = blake2b(self._key, digest_size=16, person=b"tuneset:key").hexdigest()
        identity = {"spec": self._spec.model_dump(mode="json"), "key": digest}
        if self._terms:
            words = blake2b(json.dumps(self._terms).encode(), digest_size=16, key=self._key[:64])
            identity["terms"] = words.hexdigest()
        return identity

    def __call__(self, examples: pa.Table) -> Staged:
        """The examples with placeholders or surrogates, and an edit event per message (or column) and
        type.
        """
        done = examples.column("surrogates").combine_chunks().is_valid().to_numpy(zero_copy_only=False)
        if not done.any():
            return self._redacted(examples)
        staged = self._redacted(examples.filter(pa.array(~done)))
        order = np.argsort(np.concatenate([np.flatnonzero(~done), np.flatnonzero(done)]))
        whole = pa.concat_tables([staged.examples, examples.filter(pa.array(done))])
        return Staged(whole.take(pa.array(order)).combine_chunks(), staged.events)

    def _redacted(self, examples: pa.Table) -> Staged:
        table = opened(examples)
        slots = sorted(self._slots(table), key=lambda slot: (slot.row, slot.order))
        dated = self._realisation.dated(table)
        rows = [slot.row for slot in (*slots, *dated)]
        numbers = _Numbers(table.fields, self._detectors, rows=rows, numbering=self._realisation.of(examples))
        redact(slots, detectors=self._detectors, numbering=numbers.of, tokens=numbers.tokens)
        edited = [slot for slot in slots if slot.types]
        edited = self._everywhere(table, edited, numbers) if edited else edited
        edited = self._realisation.shift(dated, edited, numbering=numbers.of)
        if not edited:
            return unchanged(examples)
        surrogates = self._realisation.realise(examples, table, edited, numbers.used)
        changes = _changes(edited, table.messages) | ({"surrogates": surrogates} if surrogates else {})
        redacted = written(examples, table, changes)
        return Staged(_marked(redacted, numbers.used, self._key), _edits(examples, edited))

    def _slots(self, table: Opened) -> Iterator[Slot]:
        """The values worth a closer look. Content that only repeats the texts of parts follows them."""
        for rank, field in enumerate(table.fields):
            places = self._detectors.suspects(field.values)
            texts = field.values.take(pa.array(places)).to_pylist()
            follows = table.repeating(places) if field.name == "content" else set()
            for place, row, text in zip(places.tolist(), field.rows(places).tolist(), texts, strict=True):
                if place not in follows:
                    yield Slot(row, field.order(place, row, rank), field.name, place, text, field.wanted)

    def _everywhere(self, table: Opened, edited: Sequence[Slot], numbers: "_Numbers") -> list[Slot]:
        """The edited slots after what is known of an example has been taken out of all of it."""
        slots = {(slot.column, slot.place): slot for slot in edited}
        fresh = set(numbers.used)
        while fresh:
            known = Known.of({row: numbers.used[row].values() for row in sorted(fresh)})
            more = list(_holding(known, table, slots)) if known.rows else []
            changed = redact_known(more, known=known, detectors=self._detectors, numbering=numbers.of)
            redact(changed, detectors=self._detectors, numbering=numbers.of, tokens=numbers.tokens)
            slots |= {(slot.column, slot.place): slot for slot in changed}
            fresh = {slot.row for slot in changed}
        return sorted(slots.values(), key=lambda slot: (slot.row, slot.order))


def _pattern(name: str, words: Sequence[str]) -> CustomPattern:
    """One pattern for all terms of a dictionary: whole words, whatever their case; the longest that fits."""
    longest = sorted(set(words), key=lambda word: (-len(word), word))
    return CustomPattern(
        name=name, pattern=r"(?i)\b(?:" + "|".join(re.escape(word) for word in longest) + r")\b"
    )


def _holding(known: Known, table: Opened, slots: Mapping[tuple[str, int], Slot]) -> Iterator[Slot]:
    """Slots, old or new, in which a known value may stand."""
    texts: dict[str, dict[int, str]] = {}
    for (column, place), slot in slots.items():
        texts.setdefault(column, {})[place] = slot.text
    for rank, field in enumerate(table.fields):
        places = known.suspects(field, texts.get(field.name, {}))
        if field.name == "content":
            repeated = table.repeating(places)
            places = np.array([place for place in places.tolist() if place not in repeated], np.int64)
        for place, row in zip(places.tolist(), field.rows(places).tolist(), strict=True):
            if (field.name, place) in slots:
                yield slots[field.name, place]
            else:
                text = field.values[place].as_py()
                yield Slot(row, field.order(place, row, rank), field.name, place, text, field.wanted)


class _Numbers:
    """The numbering of each example in which something was found, out of `rows`."""

    def __init__(
        self,
        fields: Sequence[Field],
        detectors: Detectors,
        *,
        rows: Iterable[int],
        numbering: Callable[[int, Iterable[tuple[str, int]]], Numbering],
    ) -> None:
        self.used: dict[int, Numbering] = {}
        self._numbering = numbering
        self._taken: dict[int, list[tuple[str, int]]] = {}
        some = np.unique(np.array(list(rows), np.int64))
        for field in fields:
            places = field.places(some)
            texts = field.values.take(pa.array(places))
            hits = np.flatnonzero(detectors.may_hold_placeholders(texts))
            for i, row in zip(hits.tolist(), field.rows(places[hits]).tolist(), strict=True):
                found = detectors.placeholders(texts[i].as_py().encode())
                self._taken.setdefault(row, []).extend(found)

    def tokens(self, row: int) -> Mapping[str, Token]:
        """The tokens that were handed out for an example."""
        return self.used[row].tokens if row in self.used else {}

    def of(self, row: int) -> Numbering:
        """The numbering of one example; it starts after the placeholders that the log already had."""
        if row not in self.used:
            self.used[row] = self._numbering(row, self._taken.get(row, ()))
        return self.used[row]


def _changes(edited: Sequence[Slot], messages: Messages) -> dict[str, dict[int, str]]:
    changes: dict[str, dict[int, str]] = {}
    for slot in edited:
        changes.setdefault(slot.column, {})[slot.place] = slot.text
        if slot.column == "parts" and repeats_parts(messages, slot.place):
            changes.setdefault("content", {})[slot.place] = text_of_parts(slot.text)
    return changes


def _marked(examples: pa.Table, numbers: dict[int, Numbering], key: bytes) -> pa.Table:
    """The table with the hash of the values that were taken out added to its `redacted` column."""
    column = examples.column("redacted").combine_chunks()
    before = column.to_numpy(zero_copy_only=False)
    new = {row: (int(before[row]) + numbering.digest(key)) % 2**64 or 1 for row, numbering in numbers.items()}
    marks = before.astype(np.uint64)
    marks[list(new)] = np.array(list(new.values()), np.uint64)
    return set_column(examples, "redacted", pa.array(marks))


def _edits(examples: pa.Table, edited: Sequence[Slot]) -> pa.Table:
    rows = [slot.row for slot in edited for _ in slot.types]
    evidence = [_evidence(slot, kind) for slot in edited for kind in sorted(slot.types)]
    ids = examples.column("origin_id").take(pa.array(rows, pa.int64()))
    return events(ids, stage="redact", action="edit", reason="redacted", evidence=evidence)


def _evidence(slot: Slot, kind: str) -> str:
    message = slot.order[0] if slot.column in MESSAGE_FIELDS else None
    return _said(kind, slot.types[kind], message, slot.column if message is None else None)


@lru_cache(maxsize=4096)
def _said(kind: str, count: int, message: int | None, column: str | None) -> str:
    where = {"field": column} if message is None else {"message": message}
    return json.dumps({"type": kind, "n": count, **where})


@cache
def _detectors(types: tuple[str, ...]) -> Detectors:
    return Detectors(types)


def mask(text: str, *, types: tuple[str, ...] = (*HARD, *SOFT)) -> str:
    """One text with placeholders, by the default types: for showing samples."""
    detectors = _detectors(types)
    numbers = Numbering(detectors.placeholders(text.encode()))
    slot = Slot(0, (0, 0), "content", 0, text)
    redact([slot], detectors=detectors, numbering=lambda _: numbers)
    return slot.text
