# ruff: noqa: E501 - a table is read by its rows
"""Names whatever their case: the same is found, and counts as one, in small letters, capitals and both.

All people are invented.
"""

import pyarrow as pa
import pytest

from stages.conversations import table
from tuneset.core.example import Messages
from tuneset.core.spec import DedupeSpec, RedactSpec
from tuneset.stages.dedupe import sign
from tuneset.stages.redact import Redact, mask

SAID = [
    ("my name is {} and I need help", "Tobias Berger"), ("Hello, my name is {}.", "Priya"),
    ("My name's {}, order 12", "Chloé Petit"), ("my full name is {}", "Jane B. Doe"),
    ("Ich heiße {} und brauche Hilfe", "Tobias Berger"), ("mein Name ist {}, hallo", "Jörg Müller"),
    ("Je m'appelle {}.", "Chloé Petit"), ("Me llamo {} y tengo un problema", "José García"),
    ("Mi chiamo {} e vorrei", "Anna Conti"), ("Ik heet {} en ik", "Pieter de Vries"),
    ("meu nome é {} e preciso", "Ana Lima"), ("Where is it?\nKind regards, {}", "Tobias"),
    ("Where is it?\nBest regards,\n{}", "Tobias Berger"), ("Danke. Mit freundlichen Grüssen\n{}", "Jörg Müller"),
    ("Merci. Cordialement, {}", "Chloé Petit"), ("Gracias. Saludos, {}", "José García"),
    ("Please ask Mr {} about it", "Berger"), ("Guten Tag Herr {}, wo", "Müller"), ("Yours sincerely, {}", "A. Doe"),
    ("this is {} speaking, good morning", "Maria Keller"), ("This is {} speaking", "Kavisri"),
    ("Hi, this is {} here", "Suresh"), ("{} here and I need help", "Maria Keller"), ("Yes, {} here.", "Maria"),
    ("Am I speaking with {}?", "Maria Keller"), ("I was speaking to {} about it", "Maria Keller"),
    ("Hello, this is {} calling, again", "Maria"), ("Hier spricht {} am Apparat", "Maria Keller"), ("{} hier.", "Maria"),
]  # fmt: skip
CASES = (str, str.lower, str.upper)


@pytest.mark.parametrize(("said", "name"), SAID)
@pytest.mark.parametrize("case", CASES)
def test_a_name_is_found_whatever_the_case(said: str, name: str, case: type[str]) -> None:
    text = case(said.format(name))
    if "ß" in said and case is str.upper:
        text = text.replace("SS", "ß")
    head, _, tail = case(said).replace("SSE", "ßE" if "ß" in said else "SSE").partition("{}")
    assert mask(text) == f"{head}[PERSON_1]{tail}"


@pytest.mark.parametrize(("said", "name"), SAID)
def test_messages_that_differ_in_case_alone_are_one(said: str, name: str) -> None:
    texts = [
        said.format(name).lower(),
        said.format(name),
        said.format(name.upper()),
        said.format(name.lower()),
    ]
    examples = Redact(RedactSpec(), key=b"k" * 32)(
        table(*([("user", text), ("assistant", "Done.")] for text in texts))
    ).examples
    assert len(set(examples.column("redacted").to_pylist())) == 1
    assert 0 not in examples.column("redacted").to_pylist()
    assert len(set(sign(examples, spec=DedupeSpec()).exact.tolist())) == 1


def test_a_name_said_once_is_known_in_any_case_but_not_where_it_is_a_word() -> None:
    turns = [
        ("user", "my name is tobias little"),
        ("assistant", "Thanks Tobias, TOBIAS LITTLE, a little late"),
    ]
    staged = Redact(RedactSpec(), key=b"k" * 32)(table(turns))
    said: pa.Array = Messages.of(staged.examples).content
    assert said.to_pylist() == ["my name is [PERSON_1]", "Thanks [PERSON_1], [PERSON_1], a little late"]


@pytest.mark.parametrize(
    "text",
    [
        "my name is not on the list", "my name is misspelled", "my name is spelled wrong on the card",
        "my last name is now different", "my name is on the ticket", "the name is barcha", "my name is wrong",
        "best regards, support team", "kind regards to all of you", "kind regards, monday works",
        "with regards to paris i have a question", "in regards to my order", "mr and mrs", "regards,\nyour bank",
        "mein name ist falsch", "mein name ist nicht richtig", "mi nombre es incorrecto", "mon nom est mal écrit",
        "this is generally speaking fine", "nobody here", "it is sunny here", "this is common here.", "over here, please",
        "i am new here", "she is speaking to a manager", "english speaking agents", "the agent calling, please",
        "yours sincerely hoping for a long answer that goes on and on", "as regards delivery times",
    ],
)  # fmt: skip
def test_what_only_sounds_like_a_name_stays(text: str) -> None:
    assert mask(text) == text
    assert mask(text.upper()) == text.upper()
