"""Given names in running text; all people are invented."""

import pytest

from tuneset.stages.redact.folded import STOP
from tuneset.stages.redact.given import GIVEN
from tuneset.stages.redact.names import COMMON, NOT_NAMES
from tuneset.stages.redact.people import capitalised, is_person, overlooked


def found(sentence: str, *but: tuple[int, int, str]) -> list[str]:
    return [sentence[start:stop] for start, stop, _ in overlooked(sentence, but=but)]


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("ask Jennifer about it", ["Jennifer"]),
        ("They had three: Rogelio, Sharon and Chloe.", ["Rogelio", "Sharon", "Chloe"]),
        ("Krzysztof Nowak-Lis called", ["Krzysztof Nowak-Lis"]),
        ("Zdeněk's order for René is late", ["Zdeněk", "René"]),
        ("please tell natalie that it came", ["natalie"]),
        ("MARTIN WROTE", ["MARTIN"]),
        ("Ask Jennifer", ["Jennifer"]),
    ],
)
def test_given_names_are_found_with_what_is_capitalised_behind(sentence: str, names: list[str]) -> None:
    assert found(sentence) == names


@pytest.mark.parametrize(
    "sentence",
    ["a flight to San Jose", "we live on Camino Ramon", "blake2b(text)", "ann@example.org",
     "the Isla Restaurant", "tim", "can you grace us", "\\nOur parcel", "https://jane.example.org/ann/"],
)  # fmt: skip
def test_what_is_part_of_something_else_or_a_word_is_none(sentence: str) -> None:
    assert found(sentence) == []


def test_what_is_known_already_is_not_found_again() -> None:
    sentence = "Jane Doe met Martin Paris"
    assert found(sentence, (0, 8, "person"), (20, 25, "place")) == ["Martin"]


@pytest.mark.parametrize("said", ["Scott", "Megan Payne", "Tiffany Červenková"])
def test_what_begins_with_a_given_name_is_a_person(said: str) -> None:
    assert is_person(said)


@pytest.mark.parametrize(
    "said", ["Martin Street", "Martin & Sons", "Scott Paper Company of Maine", "Osisoft", ""]
)
def test_a_thing_called_after_a_person_is_none(said: str) -> None:
    assert not is_person(said)


def test_the_list_holds_no_word_that_is_none() -> None:
    assert not GIVEN & (STOP | NOT_NAMES | COMMON)
    assert all(name == name.lower() and name.isascii() and len(name) > 2 for name in GIVEN)


@pytest.mark.parametrize(
    ("sentence", "alone", "read"),
    [
        ("yes this is nikilan and i need help", False, "yes this is Nikilan and i need help"),
        ("my last name prabu, code 485", False, "my last name Prabu, code 485"),
        ("i am blessy mathew", False, "i am Blessy Mathew"),
        ("it's émile", False, "it's Émile"),
        ("tamilarasi k", True, "Tamilarasi K"),
        ("kavisri.", True, "Kavisri."),
    ],
)
def test_names_told_in_small_letters_are_read_with_capitals(sentence: str, alone: bool, read: str) -> None:
    text, places = capitalised(sentence, alone=alone)
    assert text == read
    assert all(text[start].isupper() for start, _ in places)


@pytest.mark.parametrize(
    ("sentence", "alone"),
    [
        ("i am blocked", False), ("i'm pretty sure", False), ("it's simply not there", False),
        ("i am looking for it", False), ("tamilarasi k", False), ("no thanks", True), ("I am Blessy", True),
        ("", True), ("where is my order", True), ("2341 abc", True),
    ],
)  # fmt: skip
def test_what_tells_no_name_is_read_as_it_stands(sentence: str, alone: bool) -> None:
    assert capitalised(sentence, alone=alone) == (sentence, [])
