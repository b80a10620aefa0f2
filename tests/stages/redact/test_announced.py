"""What words, keys and signatures give away, and what only sounds like it.

All people and numbers are invented.
"""

import json

import numpy as np
import pyarrow as pa
import pytest

from stages.conversations import table
from tuneset.core.spec import RedactSpec
from tuneset.kernels.cues import cues
from tuneset.stages.redact import Redact, mask
from tuneset.stages.redact.wallet import is_wallet

GIVEN_AWAY = [
    ("Hi, my name is Jane Doe and", "Hi, my name is [PERSON_1] and"),
    ("This is Priya speaking", "This is [PERSON_1] speaking"),
    ("I'm Amelia Sanchez, hello", "I'm [PERSON_1], hello"),
    ("Hi Jane,\nyour parcel", "Hi [PERSON_1],\nyour parcel"),
    ("Dear Mr. O'Neill,\n", "Dear Mr. [PERSON_1],\n"),
    ("Thank you, Amelia.", "Thank you, [PERSON_1]."),
    ("Best regards,\nJane van der Berg", "Best regards,\n[PERSON_1]"),
    ("ich heiße Jörg Müller.", "ich heiße [PERSON_1]."),
    ("Mit freundlichen Grüßen\nJörg Müller", "Mit freundlichen Grüßen\n[PERSON_1]"),
    ("Sehr geehrte Frau Schmidt,", "Sehr geehrte Frau [PERSON_1],"),
    ("Je m'appelle Chloé Petit.", "Je m'appelle [PERSON_1]."),
    ("Me llamo José García y", "Me llamo [PERSON_1] y"),
    ("Mijn naam: Jan de Vries.", "Mijn naam: [PERSON_1]."),
    ("Customer name: Ana Lima\n", "Customer name: [PERSON_1]\n"),
    ("username: jane_doe77", "username: [USERNAME_1]"),
    ("I live at 710 Sunset Drive, Suite 176, Phoenix, AZ 85034.", "I live at [ADDRESS_1]."),
    ("wohnt Hauptstraße 12, 10115 Berlin", "wohnt [ADDRESS_1]"),
    ("12 rue de la Paix, 75002 Paris", "[ADDRESS_1]"),
    ("Calle de Alcalá, 45, 28014 Madrid", "[ADDRESS_1]"),
    ("12b N. Old Mill Lane", "[ADDRESS_1]"),
    ("he went to 12 Apt. #4, High Street", "he went to [ADDRESS_1]"),
    ("12 3rd Avenue", "[ADDRESS_1]"),
    ("Brogade 12", "[ADDRESS_1]"),
    ("Vibyvej 8", "[ADDRESS_1]"),
    ("Plaza Mayor 3", "[ADDRESS_1]"),
    ("12 bis, rue Haute", "[ADDRESS_1]"),
    ("my zip code is 19122", "my zip code is [ADDRESS_1]"),
    ("P.O. Box 1234", "[ADDRESS_1]"),
    ("born on 12 May 1984", "born on [DATE_OF_BIRTH_1]"),
    ("DOB: 1984-05-12", "DOB: [DATE_OF_BIRTH_1]"),
    ("geboren am 03.04.1977", "geboren am [DATE_OF_BIRTH_1]"),
    ("née le 3 avril 1977", "née le [DATE_OF_BIRTH_1]"),
    ("nacido el 3 de abril de 1977", "nacido el [DATE_OF_BIRTH_1]"),
    ("12/05/1984 is my date of birth", "[DATE_OF_BIRTH_1] is my date of birth"),
    ("account number 00123-4567", "account number [ACCOUNT_1]"),
    ("policy no. 4711-0815", "policy no. [ACCOUNT_1]"),
    ("Kundennummer: 4711-0815", "Kundennummer: [ACCOUNT_1]"),
    ("IMEI 490154203237518", "IMEI [DEVICE_1]"),
    ("at 00:1A:2B:3C:4D:5E now", "at [DEVICE_1] now"),
    ("device id: 550e8400-e29b-41d4-a716-446655440000", "device id: [DEVICE_1]"),
    ("number plate B-MW 1234", "number plate [PLATE_1]"),
    ("pay 1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "pay [WALLET_1]"),
]


@pytest.mark.parametrize(("text", "masked"), GIVEN_AWAY)
@pytest.mark.parametrize("around", ["{}", "a\n{}\nb"])
def test_what_the_words_around_it_give_away_is_found(text: str, masked: str, around: str) -> None:
    assert mask(around.format(text)) == around.format(masked)


HARMLESS = [
    "Hi there, I need help", "Dear Customer,", "Dear Sir or Madam,", "Hello Support Team,",
    "Thanks! I will wait.",
    "I'm Interested in it", "This is Great news", "Best regards,\nYour Support Team",
    "Best regards, Support Team", "With regards to Paris I have a question.", "Kind regards, Monday works",
    "I am not sure",
    "Hi, I am late",
    '{"name": "Bluetooth Speaker"}', "a restaurant named El Amigo", "the name of the song is Barcha",
    "class Found(NamedTuple):", "in the last 30 days", "Order 66 was on 12 May 1984", "I was born ready",
    "place 4 boxes", "the 12 best streets", "go 2 way", "account balance 12345", "account 2024",
    "on your account. KL-98557997 is late",
    "policy of 30 days",
    "IMEI 490154203237519", "MAC 00:00:00:00:00:00", "12:30:45:10", "1BoatSLRHtKNngkdXEeobR76b53LETtpyU",
    "plate of 12 cakes", "550e8400-e29b-41d4-a716-446655440000", "street 12", "in room 12 of the court",
    "d41d8cd98f00b204e9800998ecf8427e", "Wild West", "Mr and Mrs", "Thank you, Support!",
]  # fmt: skip


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_sounds_personal_stays(text: str) -> None:
    assert mask(text) == text


PROFILE = {
    "name": {"first_name": "Mei", "last_name": "Davis"},
    "address": {"address1": "710 Sunset Drive", "city": "Phoenix", "state": "AZ", "zip": "85034"},
    "items": [{"name": "Bluetooth Speaker", "price": 12}],
    "user_id": "mei_davis_6490",
}


def test_a_name_of_a_profile_is_taken_out_of_the_whole_conversation() -> None:
    turns = [
        ("system", "The customer is called Mei Davis here."),
        (
            "user",
            "Hi, Mei here, in Phoenix, 85034. It's Davis, user mei_davis_6490. Mei's order, not Meister.",
        ),
        ("tool", json.dumps(PROFILE)),
        ("assistant", "Thank you, Mei!"),
    ]
    staged = Redact(RedactSpec(), key=b"k" * 32)(table(turns))
    said = [turn["content"] for turn in staged.examples.column("messages")[0].as_py()]
    assert said[1] == (
        "Hi, [PERSON_1] here, in [ADDRESS_2], [ADDRESS_3]. It's [PERSON_2], user [PERSON_1]."
        " [PERSON_1]'s order, not Meister."
    )
    profile = json.loads(said[2])
    assert profile["items"] == PROFILE["items"]
    assert profile["address"]["state"] == "AZ"
    for word in ("Mei ", "Davis", "Phoenix", "85034", "Sunset", "mei_davis"):
        assert word not in " ".join(said).replace("Meister", "")


def test_a_name_that_is_a_word_is_not_looked_for_alone() -> None:
    turns = [("user", "My name is Will Grace."), ("assistant", "Will you wait? Grace is a virtue.")]
    staged = Redact(RedactSpec(), key=b"k" * 32)(table(turns))
    said = [turn["content"] for turn in staged.examples.column("messages")[0].as_py()]
    assert said == ["My name is [PERSON_1].", "Will you wait? Grace is a virtue."]


def test_what_is_allowed_stays_and_what_a_dictionary_names_goes() -> None:
    spec = RedactSpec.model_validate(
        {"allow": ["ada lovelace"], "dictionaries": [{"name": "project", "path": "p"}]}
    )
    stage = Redact(spec, key=b"k" * 32, terms={"project": ["Blue Heron", "Heron"]})
    turns = [("user", "My name is Ada Lovelace, I work on blue heron."), ("assistant", "Heronry? No: Heron.")]
    said = [turn["content"] for turn in stage(table(turns)).examples.column("messages")[0].as_py()]
    assert said == ["My name is Ada Lovelace, I work on [PROJECT_1].", "Heronry? No: [PROJECT_2]."]


def test_the_terms_of_a_dictionary_are_part_of_the_identity_and_not_shown() -> None:
    spec = RedactSpec()
    one, two = (
        Redact(spec, key=b"k" * 32, terms={"project": [word]}).identity() for word in ("Heron", "Crane")
    )
    assert one != two
    assert "Heron" not in str(one)


def test_bookings_have_to_be_asked_for() -> None:
    text = "booking reference X4T9QZ"
    assert mask(text) == text
    assert mask(text, types=("booking",)) == "booking reference [BOOKING_1]"


def test_a_wallet_is_told_by_its_checksum() -> None:
    assert is_wallet(b"1BoatSLRHtKNngkdXEeobR76b53LETtpyT")
    assert not is_wallet(b"1BoatSLRHtKNngkdXEeobR76b53LETtpyU")
    assert is_wallet(b"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")


def test_cues_do_not_depend_on_the_texts_around() -> None:
    texts = [text for text, _ in GIVEN_AWAY] + HARMLESS + ["", "a", "Hi"]
    together = cues(pa.array(texts, pa.large_string()))
    alone = [cues(pa.array([text], pa.large_string())) for text in texts]
    assert [len(found) for found in alone] == [
        int(np.sum(together.owner == place)) for place in range(len(texts))
    ]
    assert len(cues(pa.array([None, ""], pa.large_string()))) == 0
