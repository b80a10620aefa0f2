"""Mends rows that a target would refuse, where that keeps what the example says and teaches.

A fixer takes the messages of one example and gives those of one or several in its place, or None if it cannot
help. `mended` tries the fixers of the rules that an example breaks, one after the other, until none is broken
or none helps; an example that still breaks a rule stays as it was.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pyarrow as pa

from tuneset.core.exporter import Exporter
from tuneset.exporters.conversation import Message, calls_of, conversations, examples_of
from tuneset.exporters.rules import SPECIAL

Talk = Sequence[Message]
Fixer = Callable[[Talk], list[list[Message]] | None]

PAD = "(The assistant speaks first.)"
"""What the user says before an assistant that greets: targets want somebody to speak before."""

_MOST_STEPS = 8
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Fix:
    """What was done to one example: the event in the report of an export."""

    row: int
    """Of the table that was given."""
    rule: str
    fixer: str
    rows: int
    """Examples that stand in its place now."""


@dataclass(frozen=True)
class Mended:
    """`[n]` examples; `row` (`int64[n]`) says which row of the given table each comes from."""

    examples: pa.Table
    row: np.ndarray
    fixes: tuple[Fix, ...]


def mended(examples: pa.Table, exporter: Exporter) -> Mended:
    """The examples with the broken ones exchanged for mended ones, in the same order.

    Costs nothing for rows that break no rule, about a millisecond for each that does.
    """
    fixers = {rule.id: rule.fixer for rule in exporter.rules if rule.fixer is not None}
    broken = sorted({row for row, rule in exporter.breaks(examples) if rule in fixers})
    found = {row: _mend(examples.slice(row, 1), exporter, fixers) for row in broken}
    found = {row: made for row, made in found.items() if made is not None}
    if not found:
        return Mended(examples, np.arange(len(examples)), ())
    pieces, rows, start = list[pa.Table](), list[int](), 0
    for row in [*sorted(found), len(examples)]:
        pieces.append(examples.slice(start, row - start))
        rows += range(start, row)
        if row in found:
            pieces.append(found[row][0])
            rows += [row] * len(found[row][0])
        start = row + 1
    fixes = [
        Fix(row, rule, fixers[rule], len(found[row][0])) for row in sorted(found) for rule in found[row][1]
    ]
    return Mended(pa.concat_tables(pieces).combine_chunks(), np.array(rows, np.int64), tuple(fixes))


def _mend(
    example: pa.Table, exporter: Exporter, fixers: Mapping[str, str]
) -> tuple[pa.Table, list[str]] | None:
    """What stands in the place of one example, and the rules that it broke before; None if nothing helps."""
    used = list[str]()
    current = example
    for _ in range(_MOST_STEPS):
        wrong = exporter.breaks(current)
        if not wrong:
            return (current, used) if used else None
        step = _step(current, wrong, fixers)
        if step is None:
            return None
        current, rule = step
        if rule not in used:
            used.append(rule)
    return None


def _step(
    examples: pa.Table, wrong: list[tuple[int, str]], fixers: Mapping[str, str]
) -> tuple[pa.Table, str] | None:
    """One fixer applied to the first row that it helps."""
    talks = [list(talk.messages) for talk in conversations(examples)]
    for row, rule in wrong:
        if rule not in fixers:
            continue
        made = FIXERS[fixers[rule]](talks[row])
        if made is not None and made != [talks[row]]:
            said = [*talks[:row], *made, *talks[row + 1 :]]
            like = [*range(row), *[row] * len(made), *range(row + 1, len(talks))]
            return examples_of(said, like=examples.take(pa.array(like, pa.int64()))), rule
    return None


def _trim_end(talk: Talk) -> list[list[Message]] | None:
    last = max((i for i, message in enumerate(talk) if message["role"] == "assistant"), default=None)
    return None if last is None else [list(talk[: last + 1])]


def _merge_turns(talk: Talk) -> list[list[Message]] | None:
    merged = list[Message]()
    for message in talk:
        if merged and _same_speaker(merged[-1], message):
            before = merged[-1]
            texts = [text for text in (before["content"], message["content"]) if text]
            merged[-1] = {**before, "content": "\n\n".join(texts)}
        else:
            merged.append(message)
    return [merged]


def _same_speaker(one: Message, two: Message) -> bool:
    """Are both plain text of the same speaker, learned from alike?"""
    plain = not any(
        key in message for message in (one, two) for key in ("parts", "tool_calls", "tool_call_id")
    )
    return (
        plain
        and one["role"] == two["role"]
        and one["train"] == two["train"]
        and one.get("name") == two.get("name")
    )


def _pad_start(talk: Talk) -> list[list[Message]] | None:
    at = next((i for i, message in enumerate(talk) if message["role"] != "system"), len(talk))
    if at == len(talk) or talk[at]["role"] != "assistant":
        return None
    return [[*talk[:at], {"role": "user", "content": PAD, "train": True}, *talk[at:]]]


def _split_turns(talk: Talk) -> list[list[Message]] | None:
    """An example for each turn to learn: what came before it is only read."""
    taught = [i for i, message in enumerate(talk) if message["role"] == "assistant" and message["train"]]
    return [[*map(_only_read, talk[:i]), talk[i]] for i in taught] or None


def _only_read(message: Message) -> Message:
    return {**message, "train": False} if message["role"] == "assistant" else message


def _short_ids(talk: Talk) -> list[list[Message]] | None:
    return [[_with_short_ids(message) for message in talk]]


def _with_short_ids(message: Message) -> Message:
    changed: Message = {**message}
    if "tool_calls" in message:
        calls = calls_of(message)
        if len(calls) != len(message["tool_calls"]):
            return message
        changed["tool_calls"] = [{**call, "id": _short_id(str(call.get("id")))} for call in calls]
    if "tool_call_id" in message:
        changed["tool_call_id"] = _short_id(message["tool_call_id"])
    return changed


def _short_id(given: str) -> str:
    """9 letters and digits: the id itself if it is so, else a hash of it (62⁹, so that two never meet)."""
    if re.fullmatch(r"[a-zA-Z0-9]{9}", given):
        return given
    number = int.from_bytes(blake2b(given.encode(), digest_size=8).digest(), "big")
    digits = list[str]()
    for _ in range(9):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(digits)


def _drop_names(talk: Talk) -> list[list[Message]] | None:
    return [[message if message["role"] == "tool" else _nameless(message) for message in talk]]


def _nameless(message: Message) -> Message:
    changed: Message = {**message}
    changed.pop("name", None)
    return changed


def _empty_arguments(talk: Talk) -> list[list[Message]] | None:
    said = list[Message]()
    for message in talk:
        calls = calls_of(message)
        whole = bool(calls) and len(calls) == len(message.get("tool_calls", ()))
        filled: Message = {**message, "tool_calls": [_filled(call) for call in calls]} if whole else message
        said.append(filled)
    return [said]


def _filled(call: dict[str, object]) -> dict[str, object]:
    function = call["function"]
    if isinstance(function, dict) and function.get("arguments") in ("", None, "null"):
        return {**call, "function": {**function, "arguments": "{}"}}
    return call


def spacing(words: Sequence[str], *, roles: tuple[str, ...]) -> Fixer:
    """A fixer that puts a space before the last sign of each of these words: `User:` → `User :`."""

    def space(talk: Talk) -> list[list[Message]] | None:
        return [[_spaced(message) if message["role"] in roles else message for message in talk]]

    def _spaced(message: Message) -> Message:
        text = message["content"]
        if text is None or "parts" in message:
            return message
        for word in words:
            text = text.replace(word, f"{word[:-1]} {word[-1]}")
        return {**message, "content": text}

    return space


def _space_tokens(talk: Talk) -> list[list[Message]] | None:
    return [[_without_tokens(message) for message in talk]]


def _without_tokens(message: Message) -> Message:
    text = message["content"]
    if text is None or "parts" in message:
        return message
    return {**message, "content": re.sub(SPECIAL, lambda found: f"{found[0][:2]} {found[0][2:]}", text)}


NOVA_WORDS = ("User:", "Bot:", "Assistant:", "System:", "<image>", "<video>", "[EOS]")
"""Control words of Amazon Nova, not to stand in what a user or the system says."""

SLOTS = ("{{idx}}",)
"""What LLaMA-Factory replaces by the number of the turn, in what a user says too."""

FIXERS: Mapping[str, Fixer] = {
    "trim-end": _trim_end,
    "merge-turns": _merge_turns,
    "pad-start": _pad_start,
    "split-turns": _split_turns,
    "short-ids": _short_ids,
    "drop-names": _drop_names,
    "empty-arguments": _empty_arguments,
    "space-tokens": _space_tokens,
    "space-slots": spacing(SLOTS, roles=("user",)),
    "space-words": spacing(NOVA_WORDS, roles=("system", "user")),
}
"""Fixers by the name that rules call them by."""
