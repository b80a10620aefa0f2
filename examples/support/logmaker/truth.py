"""The side file that says what was planted and where."""

import json
from collections.abc import Iterator
from typing import Any

from logmaker import personal
from logmaker.conversation import Conversation
from logmaker.plan import Corpus
from logmaker.writers import Line

Truth = dict[str, Any]


def lines(corpus: Corpus, broken: list[Line]) -> list[Truth]:
    """One entry for each planted thing, by file and line; all conversations must have been written."""
    entries = [
        _located(entry, line)
        for line in broken
        for entry in ({"kind": "malformed", "expected": line.expected},)
    ]
    for conversation in corpus.conversations:
        entries += _single(conversation)
    for pair in corpus.pairs:
        other = _place(pair.one)
        entries.append(
            _located({"kind": pair.kind}, pair.two)
            | {"other_file": other[0], "other_line": other[1]}
            | pair.details
        )
    entries += _drift(corpus)
    return sorted(entries, key=lambda entry: (entry["file"], entry["line"], entry["kind"], json.dumps(entry)))


def _single(conversation: Conversation) -> Iterator[Truth]:
    for planted in conversation.plants:
        if planted["kind"] not in ("pii", "pii_trap"):
            yield _located(planted, conversation)
            continue
        label = {key: value for key, value in planted.items() if key != "value"}
        for where in personal.occurrences(conversation, planted["value"]):
            yield _located(label, conversation) | {"where": where}


def _drift(corpus: Corpus) -> Iterator[Truth]:
    """The accidental variant of the system prompt: the first records with it and with the intended one."""
    by_version = {}
    for conversation in sorted(corpus.conversations, key=_place):
        by_version.setdefault(conversation.prompt_version, conversation)
    drifted, intended = by_version.get("v2_drifted"), by_version.get("v2")
    if drifted and intended:
        file, line = _place(intended)
        yield _located({"kind": "prompt_drift"}, drifted) | {"other_file": file, "other_line": line}


def _located(entry: Truth, written: Conversation | Line) -> Truth:
    file, line = _place(written)
    return {"kind": entry["kind"], "file": file, "line": line} | entry


def _place(written: Conversation | Line) -> tuple[str, int]:
    if written.place is None:
        raise ValueError("not written yet")
    return written.place
