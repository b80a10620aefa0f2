"""What each family finds, and what it must leave alone. All identifiers are invented."""

import pytest

from tuneset.stages.redact import describe_types, mask
from tuneset.stages.redact.finding import Finding, settled

FOUND = {
    "EMAIL": [
        "jo.doe+shop@mail.example.org", "ANA_42@Example.CO.UK", "müller@bücher.example",
        "o'brien@example.ie", "x@xn--bcher-kva.example",
    ],
    "PHONE": [
        "+49 151 2345 6789", "+1 (415) 555-0134", "(415) 555-0134 x12", "415-555-0134", "415.555.0134",
        "415 555 0134", "1-415-555-0134",
        "0151 23456789", "089/123456-78", "06 12 34 56 78", "0612345678", "020 7946 0958",
        "0044 20 7946 0958", "(030) 1234567",
        "+49\u202f151\u202f23456789", "+33\u00a06\u00a012\u00a034\u00a056\u00a078", "415\u2011555\u20110134",
    ],
    "CARD": ["4539 1488 0343 6467", "4539148803436467", "5213-5917-2758-6604", "3782 822463 10005",
    "4539\u00a01488\u00a00343\u00a06467"],
    "IBAN": ["DE75 5121 0800 1245 1261 99", "GB69PMNJ18913943430745", "gb69pmnj18913943430745",
    "DE75-5121-0800-1245-1261-99"],
    "GOVERNMENT_ID": [
        "536-90-4399", "536\u201190\u20114399", "912-70-1234", "12345678Z", "12345678-Z", "X1234567L",
        "RSSMRA85T10A562S", "AB 12 34 56 C",
        "529.982.247-25", "131052-308T", "756.9217.0769.85", "1 85 05 78 006 084 91",
    ],
    "IP": ["203.0.113.42", "10.20.30.40", "2001:db8:85a3::8a2e:370:7334", "fe80::1ff:fe23:4567:890a"],
    "CREDENTIAL": [
        "sk-proj-abcdEFGH1234ijklMNOP5678", "sk-ant-api03-abcdEFGH1234ijklMNOP5678",
        "ghp_" + "a1B2" * 9, "github_pat_" + "a1B2" * 9,
        "glpat-abcDEF123456ghiJKL78", "AKIAIOSFODNN7EXAMPLE", "AKIAABCDEFGHIJKLMNOP",
        "AIza" + "Sy1_-" * 7, "xoxb-1234567890-abcdefghij",
        "hf_" + "abCD" * 7, "npm_" + "aB3d" * 9, "SG.abcdefghijklmnop1234.abcdefghijklmnopqrstuvwx1234",
        "sk_live_" + "a1B2" * 6,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.abc-def_123", "123456789:AA" + "aB3-" * 8 + "x",
        "gsk_" + "aB3d" * 10,
        "-----BEGIN EC PRIVATE KEY-----\nMHc\n-----END EC PRIVATE KEY-----",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("label", "value"), [(label, value) for label, values in FOUND.items() for value in values]
)
@pytest.mark.parametrize(
    "sentence", ["{}", "Here it is: {}.", "it is {} I think", "({})", "a\n{}\nb", "são {}, né?"]
)
def test_an_identifier_is_found_in_any_sentence(label: str, value: str, sentence: str) -> None:
    assert mask(sentence.format(value)) == sentence.format(f"[{label}_1]")


ANNOUNCED = [
    ("my ssn is 536904399", "my ssn is [GOVERNMENT_ID_1]"),
    ("social security number: 536 90 4399", "social security number: [GOVERNMENT_ID_1]"),
    ("NHS number 943 476 5919 please", "NHS number [GOVERNMENT_ID_1] please"),
    ("my BSN is 111222333", "my BSN is [GOVERNMENT_ID_1]"),
    ("CPF 52998224725", "CPF [GOVERNMENT_ID_1]"),
    ("PESEL: 44051401359", "PESEL: [GOVERNMENT_ID_1]"),
    ("Steuer-ID 86095742719", "Steuer-ID [GOVERNMENT_ID_1]"),
    ("national insurance AB123456C", "national insurance [GOVERNMENT_ID_1]"),
    ("my passport number is C01X00T47", "my passport number is [GOVERNMENT_ID_1]"),
    ("driver's license A5631933", "driver's license [GOVERNMENT_ID_1]"),
    ("call me on 785 8949", "call me on [PHONE_1]"),
    ("meine Handynummer: 96 228011", "meine Handynummer: [PHONE_1]"),
    ("我的手机13912345678。", "我的手机[PHONE_1]。"),
    ("teléfono 655 123 456", "teléfono [PHONE_1]"),
    ("50-98-28-96 is my number", "[PHONE_1] is my number"),
    ("password: Tr0ub4dor&3", "password: [CREDENTIAL_1]"),
    ("my password is Hunter2!", "my password is [CREDENTIAL_1]!"),
    ("my password is (kX3$w]m9Q it", "my password is [CREDENTIAL_1] it"),
    ("my password is $r@71^kiaGI and", "my password is [CREDENTIAL_1] and"),
    ("my username is jane_doe77 and", "my username is [USERNAME_1] and"),
    ("my username is jane.doe.", "my username is [USERNAME_1]."),
    ("card 213120263208422.", "card [CARD_1]."),
    ("Mein Passwort lautet Geheim99.", "Mein Passwort lautet [CREDENTIAL_1]."),
    ('{password: "letmein"}', '{password: "[CREDENTIAL_1]"}'),
    ("DB_PASSWORD=s3cr3tpw", "DB_PASSWORD=[CREDENTIAL_1]"),
    ("api_key = 'abcd1234efgh'", "api_key = '[CREDENTIAL_1]'"),
    ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", "AWS_SECRET_ACCESS_KEY=[CREDENTIAL_1]"),
    ("Authorization: Bearer abcdef0123456789abcdef", "Authorization: Bearer [CREDENTIAL_1]"),
    ("postgres://app:s3cr3t@db.example.com/x", "postgres://[CREDENTIAL_1]@db.example.com/x"),
    ("redis://:s3cr3t@cache:6379", "redis://[CREDENTIAL_1]@cache:6379"),
    ("print('\\njo@example.org')", "print('\\n[EMAIL_1]')"),
    ("4539 1488 0343 6467 124", "[CARD_1] 124"),
    ("4539 1488 0343 6467 12/29", "[CARD_1] 12/29"),
    ("subnet 10.20.30.40/24", "subnet [IP_1]/24"),
    ("http://203.0.113.42:8080/a", "http://[IP_1]:8080/a"),
    ("https://a.example/h?api_key=TkXbQkKkcGzKrU, but", "https://a.example/h?api_key=[CREDENTIAL_1], but"),
    ("https://a.example/h?x=1&token=abcdefgh&y=2", "https://a.example/h?x=1&token=[CREDENTIAL_1]&y=2"),
    ("mi DNI es 12345678 Z", "mi DNI es [GOVERNMENT_ID_1]"),
    ("Tel. 785 8949", "Tel. [PHONE_1]"),
]


@pytest.mark.parametrize(("text", "masked"), ANNOUNCED)
def test_what_needs_a_word_or_a_place_is_found_with_it(text: str, masked: str) -> None:
    assert mask(text) == masked


TRAPS = [
    "order 12345678", "Order number: 0123456789", "invoice #2024-000123", "ticket 415-555-0134",
    "tracking no. 1234567890",
    "4539 1488 0343 6468", "4539148803436468", "card ending in 6467", "0000 0000 0000 0000",
    "8888 8888 8888 8888",
    "version 10.4.2", "v10.4.2.17", "Chrome/120.0.60.71", "release 10.20.30.40", "chapter 1.2.3.4",
    "127.0.0.1", "0.0.0.0", "255.255.255.0",
    "2024-05-12", "2024-05-12 10:30:45", "12.05.2024", "05/12/2024 10:30", "1998-2003", "20240512",
    "2019 2020 2021",
    "$1,234,567.89", "1 234 567 EUR", "12345678 bytes", "3.14159265358979", "0.4539148803436467",
    "1700000000", "1700000000000",
    "550e8400-e29b-41d4-a716-446655440000", "d41d8cd98f00b204e9800998ecf8427e", "chatcmpl-9abcDEF0123456789",
    "std::vector<int>", "12:30:45", "Face::Bad", "::1", "lodash@4.17.21", "@pytest.mark.slow",
    "icon@2x.png", "git@github.com:org/repo.git",
    "user@localhost", "password: string", "password = getpass()", "password: ********",
    "token: <your token>", "max_tokens: 1000",
    "api_key=os.environ['KEY']", "Password: must contain at least 8 characters",
    "my password is not working", "I forgot my password", "the username is wrong.", "the user name is wrong.",
    "the password is getPassword1()", "the password is $DB_Password1", "my password is {{Password1}}",
    "my password is [Password1]",
    "reset the password to continue", "the secret: practice", "key: value12", "password={password}",
    "the token is expired",
    "Bearer of bad news", "-----BEGIN CERTIFICATE-----\nMIIabc\n-----END CERTIFICATE-----",
    "https://example.org/a@b",
    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", "100 200 300 400 500", "1234567", "ISBN 978-3-16-148410-0",
    "call me at 10 or 11",
    "12345678A", "000-12-3456", "666-12-3456", "123-00-4567", "GB70PMNJ18913943430745", "AB 12 cd",
    "RSSMRA85T10A562T",
    "numbers 536904399 and 111222333", "sk-learn", "skill_set_of_the_team", "snake_case_name_that_is_long",
    "well-known-and-respected-approach",
    "x = (1234567) + 12", "SELECT * FROM t WHERE id = 12345678", "for i in range(1000000, 2000000): pass",
    "page 12 of 1234567",
    "the phone case in KL-40543544", "call me about KL-0151234567", "a phone case (72728677)",
    "It was my phone. Now 72728677 is late", "call me! 72728677 is late",
    "Le suivi de 58465293 s'arrête", "KL-58465293 s'arrête", "https://a.example/?api_key=YOUR_API_KEY",
    "https://a.example/?token=abc",
    "我买了12345678个苹果。", "Bestellung 12345678", "Die Rechnung 0123456789 ist offen",
]  # fmt: skip


@pytest.mark.parametrize("text", TRAPS)
@pytest.mark.parametrize("sentence", ["{}", "I saw {} there.", "a\n{}\nb"])
def test_what_only_looks_like_an_identifier_stays(text: str, sentence: str) -> None:
    assert mask(sentence.format(text)) == sentence.format(text)


def test_masking_twice_changes_nothing() -> None:
    once = mask(
        " ".join(value for values in FOUND.values() for value in values)
        + " "
        + " ".join(text for text, _ in ANNOUNCED)
    )
    assert mask(once) == once


def test_of_two_findings_the_one_that_holds_the_other_stays() -> None:
    assert mask("a4539148803436467@example.org") == "[EMAIL_1]"


def test_findings_that_overlap_in_part_become_one_over_both() -> None:
    first, second = Finding(0, 10, "phone", b"1"), Finding(5, 14, "card", b"2")
    assert settled([second, first]) == [Finding(0, 14, "card", b"2")]


@pytest.mark.parametrize("kinds", [("person", "organisation"), ("card", "phone"), ("custom", "place")])
def test_of_two_types_in_one_place_the_same_stays_in_any_order(kinds: tuple[str, str]) -> None:
    values = [bytes([letter]) for letter in range(65, 91)]
    both = [Finding(3, 9, kind, value) for kind in kinds for value in values]
    first = "place" if "place" in kinds else kinds[0]
    assert settled(both) == settled(both[::-1]) == [Finding(3, 9, first, b"A")]


WITHOUT_MODEL = [
    described for described in describe_types() if described["type"] not in ("place", "organisation")
]


@pytest.mark.parametrize("described", WITHOUT_MODEL, ids=lambda described: described["type"])
def test_every_type_finds_its_own_example(described: dict[str, str]) -> None:
    assert f"[{described['type'].upper()}_1]" in mask(described["example"], types=(described["type"],))
    assert described["class"] in ("hard", "soft")
    assert described["finds"]
