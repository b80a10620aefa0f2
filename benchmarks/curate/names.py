"""Names that the data itself gives, in text for which no rule was written: slots and labels of others."""

import csv
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import orjson

Span = tuple[str, int, int]
_SAMPLE = 4000  # texts of a set: a peer needs five milliseconds for each


class Named(NamedTuple):
    """Texts and the names in them; `whole`: are all people labelled, so that precision means something?"""

    name: str
    texts: list[str]
    spans: list[list[Span]]
    whole: bool = True


def sets(data: Path) -> Iterator[Named]:
    """Texts whose names are known."""
    texts, spans = map(list, zip(*_some(_multidogo(data)), strict=True))
    alone = [
        [span for span in some if span[1:] == (0, len(text))] for text, some in zip(texts, spans, strict=True)
    ]
    rest = [[span for span in some if span not in lone] for some, lone in zip(spans, alone, strict=True)]
    # names of agents whom a customer greets are no slots: findings of these would count as wrong
    yield Named("multidogo: customers, in small letters, in a sentence", texts, rest, whole=False)
    yield Named("multidogo: the same, a turn that is nothing but a name", texts, alone, whole=False)
    yield Named("WNUT17: noisy posts", *_columns(_some(_wnut(data))))
    for file, slot, about in (
        ("sgd_dev_openai.jsonl", "therapist_name", "SGD: therapists and their practices"),
        ("sgd_train_openai.jsonl", "directed_by", "SGD: directors of films"),
    ):
        yield Named(about, *_columns(_slots(data / "derived" / file, slot)), whole=False)


def _columns(pairs: Iterable[tuple[str, list[Span]]]) -> tuple[list[str], list[list[Span]]]:
    texts, spans = zip(*pairs, strict=True)
    return list(texts), list(spans)


def _some(pairs: Iterator[tuple[str, list[Span]]]) -> list[tuple[str, list[Span]]]:
    """As many as can be asked of everyone, by a hash of the text."""
    distinct = dict(pairs)
    return [(text, distinct[text]) for text in sorted(distinct, key=_drawn)[:_SAMPLE]]


def _drawn(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=8).digest()


def _multidogo(data: Path) -> Iterator[tuple[str, list[Span]]]:
    for path in sorted((data / "multidogo" / "splits_annotated_at_turn_level").glob("*/*.tsv")):
        with path.open() as file:
            for row in csv.DictReader(file, delimiter="\t"):
                words = list(zip(row["utterance"].split(" "), row["slot-labels"].split(" "), strict=True))
                yield _joined(words, lambda label: label == "name")


def _wnut(data: Path) -> Iterator[tuple[str, list[Span]]]:
    for name in ("emerging.dev.conll", "wnut17train.conll"):
        lines = (data / "wnut17" / name).read_text().split("\n")
        for filled, group in itertools.groupby(lines, key=lambda line: "\t" in line):
            if filled:
                words = [(line.split("\t")[0], line.split("\t")[1]) for line in group]
                yield _joined(words, lambda label: label.endswith("-person"))


def _joined(words: Sequence[tuple[str, str]], is_name: Callable[[str], bool]) -> tuple[str, list[Span]]:
    """The text, and a span for each run of words that are a name."""
    text, spans, open_at = "", [], None
    for word, label in words:
        start = len(text) + bool(text)
        text = f"{text} {word}" if text else word
        if not is_name(label):
            open_at = None
        elif open_at is not None and not label.startswith("B-"):
            spans[-1] = ("person", open_at, len(text))
        else:
            open_at = start
            spans.append(("person", start, len(text)))
    return text, spans


def _slots(path: Path, slot: str) -> Iterator[tuple[str, list[Span]]]:
    """The turns of a dialogue in which a value stands that its tools took or gave under `slot`."""
    for line in path.read_bytes().splitlines():
        turns = orjson.loads(line)["messages"]
        values = sorted({value for turn in turns for value in _values(turn, slot)})
        for turn in turns:
            text = turn["content"] or ""
            if turn["role"] in ("user", "assistant"):
                places = [(text.find(value), len(value)) for value in values]
                if spans := [("person", at, at + size) for at, size in places if at >= 0]:
                    yield text, spans


def _values(turn: dict, slot: str) -> Iterator[str]:
    said = [call["function"]["arguments"] for call in turn.get("tool_calls") or ()]
    said += [turn["content"] or ""] if turn["role"] == "tool" else []
    left = [orjson.loads(text) for text in said if text.startswith(("{", "["))]
    while left:
        value = left.pop()
        left += value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
        if isinstance(value, dict) and isinstance(value.get(slot), str):
            yield value[slot]
