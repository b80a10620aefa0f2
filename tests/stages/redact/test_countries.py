# ruff: noqa: E501 - a table is read by its rows
"""Numbers of states and banks of many countries: found behind their words, and rarely by chance.

All numbers are drawn here until they pass their check.
"""

import re
from random import Random

import pytest

from tuneset.stages.redact import countries, mask
from tuneset.stages.redact.detect import Detectors
from tuneset.stages.redact.id_entry import Id

SAYS = {
    "ar-dni": "mi DNI es {}", "nz-ird": "my IRD number is {}", "at-tin": "Steuernummer: {}", "cz-rc": "rodné číslo {}",
    "gr-afm": "ΑΦΜ {}", "il-id": "תעודת זהות {}", "pt-nif": "o meu NIF é {}", "us-ein": "our EIN is {}",
    "at-vnr": "SVNR {}", "au-medicare": "my Medicare card is {}", "de-stnr": "Steuernummer {}", "gb-utr": "UTR {}",
    "pl-nip": "NIP {}", "tr-vkn": "vergi kimlik no {}", "bg-egn": "ЕГН {}", "ar-cuit": "CUIT {}", "au-abn": "ABN {}",
    "ee-ik": "isikukood {}", "gr-amka": "ΑΜΚΑ {}", "hr-oib": "OIB: {}", "it-iva": "partita IVA {}",
    "lt-asmens": "asmens kodas {}", "jp-in": "マイナンバー {}", "ch-ahv": "AHV-Nummer {}", "fr-nif": "numéro fiscal {}",
    "ro-cnp": "CNP {}", "rs-jmbg": "JMBG {}", "th-pin": "Thai ID {}", "mx-clabe": "CLABE {}", "br-cnpj": "CNPJ {}",
    "cl-rut": "mi RUT es {}", "my-nric": "NRIC {}", "no-fnr": "fødselsnummer {}", "no-konto": "kontonummer {}",
    "nz-account": "pay {}", "pk-cnic": "CNIC {}",
    "de-insurance": "Rentenversicherungsnummer {}", "eu-vat": "our VAT number {}", "fi-hetu": "{}",
    "ie-pps": "PPS number {}", "in-epic": "voter id {}", "mx-rfc": "RFC {}", "pt-cc": "cartão de cidadão {}",
    "sg-nric": "NRIC {}", "uk-licence": "driving licence {}", "us-mbi": "Medicare number {}",
}  # fmt: skip
LETTERED = {
    "de-insurance": "15070649C103", "eu-vat": "ATU13585627", "fi-hetu": "131052A308T", "ie-pps": "6433435F",
    "in-epic": "WKH1186253", "mx-rfc": "VECJ880326XXX", "pt-cc": "000000000ZZ4", "sg-nric": "S1234567D",
    "uk-licence": "MORGA657054SM9IJ", "us-mbi": "1EG4TE5MK73",
}  # fmt: skip
ENTRIES = [
    *(("" if entry.shape else str(size), entry) for size, some in countries.DIGITS.items() for entry in some),
    *(("grouped", entry) for entry in countries.SHAPED),
]


def drawn(entry: Id, size: str, chance: Random) -> str:
    """A number that passes the entry's check, in its groups."""
    for _ in range(200_000):
        text = (
            "".join(chance.choices("0123456789", k=int(size))) if size.isdigit() else _grouped(entry, chance)
        )
        compact = "".join(filter(str.isalnum, text)).upper()
        if entry.check(compact.encode()):
            return text
    raise AssertionError(f"no {entry.name} was drawn")


def _grouped(entry: Id, chance: Random) -> str:
    pattern = entry.pattern.decode(errors="replace")
    pattern = re.sub(r"\(\?:20\|.*?\)\)?(?=\(\?:-)|\(\?:20\|2\[34567\]\|3\[0347\]\)", "20", pattern)
    pattern = re.sub(r"\(\?:-\|[^)]*\)", "-", pattern)
    pattern = re.sub(r"\[([^\]])[^\]]*\]", r"\1", pattern).replace("\\.", ".")
    return re.sub(
        r"\\d(?:\{(\d+)(?:,(\d+))?\})?",
        lambda match: "".join(chance.choices("0123456789", k=int(match[2] or match[1] or 1))),
        pattern,
    )


@pytest.mark.parametrize(("size", "entry"), ENTRIES, ids=lambda part: getattr(part, "name", part))
def test_a_number_behind_its_word_is_found(size: str, entry: Id) -> None:
    chance = Random(f"{entry.name} {size}")
    for _ in range(3):
        number = drawn(entry, size, chance)
        said = SAYS[entry.name]
        masked = mask(said.format(number))
        assert masked == said.format(f"[{entry.type.upper()}_1]"), number


@pytest.mark.parametrize("name", LETTERED)
def test_a_number_with_letters_behind_its_word_is_found(name: str) -> None:
    assert mask(SAYS[name].format(LETTERED[name])) == SAYS[name].format("[GOVERNMENT_ID_1]")


def test_every_entry_is_said_somewhere() -> None:
    names = {entry.name for _, entry in ENTRIES} | {entry.name for entry in countries.LETTERED}
    assert names == set(SAYS)
    assert {entry.name for entry in countries.LETTERED} == set(LETTERED)


def test_drawn_digits_are_rarely_a_number_of_somebody() -> None:
    """Amounts, ids and codes of a log: without a word next to nothing is found, whatever the length."""
    chance = Random(11)
    texts = [
        f"ref {''.join(chance.choices('0123456789', k=size))} done"
        for size in range(6, 19)
        for _ in range(400)
    ]
    texts += [
        "row " + " ".join("".join(chance.choices("0123456789", k=size)) for size in (3, 2, 4, 3, 1, 6))
        for _ in range(400)
    ]
    texts += [
        f"part {chance.choice('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}{chance.randrange(10**7):07d}{chance.choice('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}"
        for _ in range(400)
    ]
    found = Detectors(("government_id", "account")).find([text.encode() for text in texts])
    assert sum(map(bool, found)) <= 25, "of 6,000; one check digit alone would give hundreds"


@pytest.mark.parametrize(
    "text",
    [
        "order 12-345-678", "2024/123/45678", "123456/2023", "1234567-8", "our fiscal year 2024-2025", "IP 10.123.456",
        "VAT is 19 %", "VAT INCLUDED12345", "the iva of 12345678901", "licence plate", "run 12345678-9", "born 123456",
        "NIP IT IN THE BUD 12345",
    ],
)  # fmt: skip
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert mask(text, types=("government_id", "account")) == text
