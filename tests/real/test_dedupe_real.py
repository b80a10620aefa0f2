"""The promises of deduplication on sentences that other people wrote: whatever fact is changed in them, both
stay.
"""

import csv
import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from stages.dedupe.pairs import SPEC, examples
from tuneset.stages.dedupe import KINDS, TWINS, relate, sign, texts_of

pytestmark = pytest.mark.real

PER_CHANGE = 400

NEGATED = re.compile(r"\b(is|are|was|were|can|could|did|does|do|will|would|have|has|should)\b")
DIGIT = re.compile(r"\d")
NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}\b")
DAY = re.compile(
    r"\b(monday|tuesday|wednesday|thursday|friday|saturday|sunday|today|tomorrow|yesterday)\b", re.I
)


def _negated(text: str) -> str:
    return NEGATED.sub(lambda match: f"{match[0]} not", text, count=1)


def _recounted(text: str) -> str:
    return DIGIT.sub(lambda match: str((int(match[0]) + 3) % 10), text, count=1)


def _renamed(text: str) -> str:
    return NAME.sub("Nairobi", text, count=1)


def _redated(text: str) -> str:
    return DAY.sub(lambda match: "sunday" if match[0].lower() != "sunday" else "monday", text, count=1)


CHANGES: dict[str, Callable[[str], str]] = {
    "negation": _negated, "number": _recounted, "entity": _renamed, "date": _redated,
}  # fmt: skip
STYLES: dict[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "spacing": lambda text: "  ".join(text.split()) + "\n",
    "punctuation": lambda text: text.rstrip(".?! ") + " ...",
}


def _sentences(data: Path) -> Iterator[str]:
    with (data / "banking77" / "train.csv").open(encoding="utf-8", newline="") as file:
        yield from (row["text"] for row in csv.DictReader(file))
    for name in ("sgd_train_openai.jsonl", "tm4_openai_00-03.jsonl"):
        for line in (data / "derived" / name).read_text("utf-8").splitlines()[:800]:
            turns = [
                m["content"] for m in json.loads(line)["messages"] if m["role"] == "user" and m["content"]
            ]
            yield " ".join(turns)
            yield from turns[:2]


def _kinds(pairs: list[tuple[str, str]]) -> list[str | None]:
    table = examples([(text, "Of course, I will do that for you.") for pair in pairs for text in pair])
    signatures, texts = sign(table, spec=SPEC), texts_of(table)
    wanted = np.arange(2 * len(pairs)).reshape(-1, 2)
    links = relate(wanted, signatures, texts.take, spec=SPEC, task="instruction")
    found = {row["i"] // 2: KINDS[row["kind"]] for row in links.to_pylist()}
    return [found.get(number) for number in range(len(pairs))]


@pytest.fixture(scope="module")
def sentences(shared_data: Path) -> list[str]:
    """A few thousand distinct sentences and whole dialogues, in an order drawn once."""
    found = sorted({text.strip() for text in _sentences(shared_data) if text.strip()})
    random.Random(5).shuffle(found)
    return found


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_fact_in_a_real_sentence_never_drops_it(sentences: list[str], change: str) -> None:
    changed = ((text, CHANGES[change](text)) for text in sentences)
    pairs = [pair for pair in changed if pair[0].lower() != pair[1].lower()][:PER_CHANGE]
    assert len(pairs) > PER_CHANGE / 2
    merged = [number for number, kind in enumerate(_kinds(pairs)) if kind in TWINS]
    assert not merged  # numbers only: real sentences are not shown


@pytest.mark.parametrize("style", STYLES)
def test_a_real_sentence_written_in_another_way_is_always_a_twin(sentences: list[str], style: str) -> None:
    pairs = [(text, STYLES[style](text)) for text in sentences if re.search(r"\w", text)][:PER_CHANGE]
    kinds = _kinds(pairs)
    assert [number for number, kind in enumerate(kinds) if kind not in TWINS] == []
