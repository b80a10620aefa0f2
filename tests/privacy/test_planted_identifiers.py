"""A planted corpus: identifiers made up with correct check digits, counted, and nowhere to be found
afterwards.
"""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa
import pytest
from stdnum import iban as iban_check
from stdnum import luhn

from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import RedactSpec
from tuneset.stages.redact import Redact

EXAMPLES = 400
WORDS = [
    "the",
    "parcel",
    "came",
    "late",
    "and",
    "box",
    "was",
    "open",
    "so",
    "please",
    "send",
    "me",
    "new",
    "one",
    "or",
    "give",
    "money",
    "back",
    "because",
    "this",
    "is",
    "second",
    "time",
]
TRAPS = [
    "order 12345678", "4539 1488 0343 6468", "version 10.4.2", "2024-05-12 10:30", "1 234 567 EUR",
    "chapter 1.2.3.4", "ticket 415-555-0199",
    "550e8400-e29b-41d4-a716-446655440000", "std::vector", "password: string", "3.14159265358979",
    "1700000000",
]  # fmt: skip


def digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choices("0123456789", k=count))


def email(chance: random.Random) -> str:
    name, host, top = (
        chance.choice(["jo", "ana", "li"]),
        chance.choice(["mail", "post"]),
        chance.choice(["org", "de"]),
    )
    return f"{name}.{digits(chance, 5)}@{host}.example.{top}"


def phone(chance: random.Random) -> str:
    n = digits(chance, 9)
    return chance.choice(
        [
            f"+49 15{n[0]} {n[1:5]} {n[5:]}",
            f"({chance.randint(200, 989)}) 555-{n[:4]}",
            f"+1-{chance.randint(200, 989)}-555-{n[:4]}",
        ]
    )


def card(chance: random.Random) -> str:
    number = "4539" + digits(chance, 11)
    number += luhn.calc_check_digit(number)
    return chance.choice([number, " ".join(number[i : i + 4] for i in range(0, 16, 4))])


def iban(chance: random.Random) -> str:
    account = digits(chance, 18)
    number = "DE" + iban_check.calc_check_digits("DE00" + account) + account
    return chance.choice([number, " ".join(number[i : i + 4] for i in range(0, 22, 4))])


def government_id(chance: random.Random) -> str:
    number = digits(chance, 8)
    dni = number + "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23]
    return chance.choice(
        [dni, f"{chance.randint(100, 665)}-{chance.randint(10, 99)}-{chance.randint(1000, 9999)}"]
    )


def ip(chance: random.Random) -> str:
    return f"203.0.113.{chance.randint(10, 250)}"


def credential(chance: random.Random) -> str:
    token = "".join(chance.choices("abcdefghijkmnpqrstuvwxyzABCDEFGH23456789", k=36))
    return chance.choice(["ghp_" + token, "sk-proj-" + token, "hf_" + token])


MAKERS: dict[str, Callable[[random.Random], str]] = {
    "email": email, "phone": phone, "card": card, "iban": iban, "government_id": government_id, "ip": ip,
    "credential": credential,
}  # fmt: skip


@dataclass
class Corpus:
    """Examples with what was planted in them: (row, type, value) in reading order."""

    examples: pa.Table
    planted: list[tuple[int, str, str]] = field(default_factory=list)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    chance = random.Random(20240512)
    builder, planted = ExampleBuilder(), []
    for row in range(EXAMPLES):

        def sentence(row: int = row) -> str:
            words = chance.choices(WORDS, k=12)
            words[3] = chance.choice(TRAPS)
            if chance.random() < 0.4:
                kind = chance.choice(list(MAKERS))
                words[8] = MAKERS[kind](chance)
                planted.append((row, kind, words[8]))
            return " ".join(words)

        builder.message("system", "You help customers.")
        builder.message("user", sentence())
        calls = [
            {
                "id": "call_1",
                "type": "function",
                "function": {"name": "note", "arguments": json.dumps({"text": sentence(), "n": 1})},
            }
        ]
        builder.message("assistant", None, tool_calls=json.dumps(calls))
        builder.message(
            "tool", json.dumps({"ok": True, "rows": [sentence(), 12345678]}), tool_call_id="call_1"
        )
        builder.message("assistant", sentence())
        builder.finish(
            row.to_bytes(16, "big"),
            line=row + 1,
            source="logs",
            file="a.jsonl",
            extra=json.dumps({"note": sentence()}),
        )
    return Corpus(builder.table(), planted)


@pytest.fixture(scope="module")
def redacted(corpus: Corpus) -> tuple[pa.Table, pa.Table]:
    staged = Redact(RedactSpec(), key=b"k" * 32)(corpus.examples)
    return staged.examples, staged.events


def test_no_planted_value_remains_in_any_column_of_its_example_or_in_the_events(
    corpus: Corpus, redacted: tuple[pa.Table, pa.Table]
) -> None:
    examples, events = redacted
    rows = [str(row) for row in examples.to_pylist()]
    lineage = str(events.to_pylist())
    assert len(corpus.planted) > 500
    left = [(kind, row) for row, kind, value in corpus.planted if value in rows[row] or value in lineage]
    assert left == []


def test_as_many_are_counted_as_were_planted_and_no_more(
    corpus: Corpus, redacted: tuple[pa.Table, pa.Table]
) -> None:
    counted: Counter[str] = Counter()
    for text in redacted[1].column("evidence").to_pylist():
        event = json.loads(text)
        counted[event["type"]] += event["n"]
    assert counted == Counter(kind for _, kind, _ in corpus.planted)


def test_traps_stay(corpus: Corpus, redacted: tuple[pa.Table, pa.Table]) -> None:
    before, after = str(corpus.examples.to_pylist()), str(redacted[0].to_pylist())
    assert {trap: after.count(trap) for trap in TRAPS} == {trap: before.count(trap) for trap in TRAPS}


def test_every_tool_call_and_result_parses(redacted: tuple[pa.Table, pa.Table]) -> None:
    parsed = 0
    for messages in redacted[0].column("messages").to_pylist():
        arguments = json.loads(json.loads(messages[2]["tool_calls"])[0]["function"]["arguments"])
        assert list(arguments) == ["text", "n"]
        assert json.loads(messages[3]["content"])["rows"][1] == 12345678
        parsed += 1
    assert parsed == EXAMPLES


def test_examples_with_findings_are_marked_and_no_others(
    corpus: Corpus, redacted: tuple[pa.Table, pa.Table]
) -> None:
    marked = {row for row, mark in enumerate(redacted[0].column("redacted").to_pylist()) if mark}
    assert marked == {row for row, _, _ in corpus.planted}
