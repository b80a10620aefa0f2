"""Numbers that a state gave to a person.

What it finds: identity, tax, VAT, insurance and passport numbers of some 45 countries (the table below and
`countries`): those with a shape of their own and a check wherever they stand; bare runs of digits only near a
word that names them.
Example: `536-90-4399` (US), `12345678Z` (ES), `RSSMRA85T10A562S` (IT), `NHS no. 943 476 5919` (UK).
Known gaps: countries that are not in the table; bare digits without a word; names of the number in other
languages.

Source: python-stdnum for the checks; ssa.gov and irs.gov for US ranges; gov.uk NIM39110 for UK prefixes.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from tuneset.core.later import later
from tuneset.stages.redact import countries
from tuneset.stages.redact.context import BLANK, DASH, LEFT, RIGHT, after, before, compact, words
from tuneset.stages.redact.finding import Finding
from tuneset.stages.redact.id_entry import ANY, Check, Id, stdnum


def _us_ssn(number: bytes) -> bool:
    area, group, serial = int(number[:3]), int(number[3:5]), int(number[5:])
    if area >= 900:  # taxpayer number (ITIN)
        return group in (*range(50, 66), *range(70, 89), 90, 91, 92, *range(94, 100))
    return area not in (0, 666) and group > 0 and serial > 0


_NINO = later(rb"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]")


def _uk_nino(number: bytes) -> bool:
    return _NINO.fullmatch(number) is not None


def _dated(number: bytes) -> bool:
    """Do the first six digits hold a month and a day? (personal numbers that begin with the date of birth)"""
    return 1 <= int(number[2:4]) <= 12 and 1 <= int(number[4:6]) <= 31


def _se_personnummer(number: bytes) -> bool:
    return _dated(number[-10:]) and stdnum("luhn")(number[-10:])


def _fr_nir(number: bytes) -> bool:
    return number[:1] in b"1234" and stdnum("fr.nir")(number)


def _cn_resident(number: bytes) -> bool:
    return number[6:8] in (b"19", b"20") and _dated(number[8:14]) and stdnum("cn.ric")(number)


def _za_id(number: bytes) -> bool:
    return _dated(number) and stdnum("luhn")(number)


def _dk_cpr(number: bytes) -> bool:
    return 1 <= int(number[:2]) <= 31 and 1 <= int(number[2:4]) <= 12


def _fi_hetu(number: bytes) -> bool:
    return stdnum("fi.hetu")(number if len(number) == 11 else number[:6] + b"-" + number[6:])


def _documentlike(number: bytes) -> bool:
    return sum(48 <= sign <= 57 for sign in number) >= 5


_CODICE_FISCALE = (
    rb"[A-Za-z]{6}[0-9LMNP-Vlmnp-v]{2}[A-Za-z][0-9LMNP-Vlmnp-v]{2}[A-Za-z][0-9LMNP-Vlmnp-v]{3}[A-Za-z]"
)
_PAN = words("pan", "permanent account", "income tax", "tax")
_SSN = words("ssn", "social security", "social", "tin", "itin", "tax ?payer")
_NHS = words("nhs", "nhs number")
_NINO_WORDS = words("nino", "ni (?:number|no)", "national insurance", "insurance number", "national id")
_BSN = words(
    "bsn", "burgerservice(?:nummer|nr)?", "sofi(?:nummer)?", "sofi-nummer", "citizen service number", *ANY
)
_STEUER = words(
    "steuer",
    "steuer-?(?:id|identifikations|ident)(?:nummer|nr)?",
    "idnr",
    "tin",
    "identifikationsnummer",
    *ANY,
)
_DNI = words("dni", "nie", "nif", "documento", "identidad", *ANY)
_CPF = words("cpf", *ANY)
_PESEL = words("pesel", *ANY)
_AADHAAR = words("aadhaar", "aadhar", "adhar", "uidai", "uid", *ANY)
_SIN = words("sin", "social insurance", "nas", "assurance sociale", *ANY)
_TFN = words("tfn", "tax file")
_TCKN = words("tckn?", "tc kimlik", "kimlik", *ANY)
_FODSEL = words("f\u00f8dselsnummer", "fodselsnummer", "personnummer", "fnr", *ANY)
_CPR = words("cpr", "personnummer", "cpr-nr")
_ZA = words("id", "identity")
_RRN = words(
    "rijksregister", "nationaal", "registre national", "national number", "nrn", "insz", "niss", *ANY
)
_PASSPORT = words(
    "passports?", "passport_?(?:no|number|num)", "reisepass", "pass(?:nummer|nr)", "passeport", "pasaporte",
    "passaporto",
    "passaporte", "paspoort", "ausweis(?:nummer)?", "personalausweis", "identity card", "id card",
    "driver'?s? ?licen[cs]e",
    "driving ?licen[cs]e", "driving ?permit", "licen[cs]e (?:number|no)", "licen[cs]e is",
    "f\u00fchrerschein(?:nummer)?", "dow\u00f3d", "dowod", "permis de conduire", "carta d.identita",
    "patente", "rijbewijs",
)  # fmt: skip

_DOCUMENT = Id("document", rb"[A-Za-z0-9]{7,15}", _documentlike, _PASSPORT)

_DIGITS: dict[int, tuple[Id, ...]] = {
    7: (_DOCUMENT,),
    8: (_DOCUMENT,),
    9: (
        Id("us-ssn", b"", _us_ssn, _SSN),
        Id("nl-bsn", b"", stdnum("nl.bsn"), _BSN),
        Id("ca-sin", b"", stdnum("ca.sin"), _SIN),
        Id("au-tfn", b"", stdnum("au.tfn"), _TFN),
        _DOCUMENT,
    ),
    10: (Id("uk-nhs", b"", stdnum("gb.nhs"), _NHS), Id("dk-cpr", b"", _dk_cpr, _CPR)),
    11: (
        Id("br-cpf", b"", stdnum("br.cpf"), _CPF),
        Id("pl-pesel", b"", stdnum("pl.pesel"), _PESEL),
        Id("de-idnr", b"", stdnum("de.idnr"), _STEUER),
        Id("tr-tckn", b"", stdnum("tr.tckimlik"), _TCKN),
        Id("no-fnr", b"", stdnum("no.fodselsnummer"), _FODSEL),
        Id("be-nn", b"", stdnum("be.nn"), _RRN),
    ),
    12: (
        Id("in-aadhaar", b"", stdnum("in_.aadhaar"), _AADHAAR),
        Id("se-pnr", b"", _se_personnummer, _FODSEL),
    ),
    13: (
        Id("za-id", b"", _za_id, _ZA),
        Id("kr-rrn", b"", stdnum("kr.rrn"), words("rrn", "resident registration")),
    ),
    15: (Id("fr-nir", b"", _fr_nir),),
    18: (Id("cn-ric", b"", _cn_resident),),
}
DIGITS = {
    size: (*_DIGITS.get(size, ()), *countries.DIGITS.get(size, ()))
    for size in sorted({*_DIGITS, *countries.DIGITS})
}
"""Bare runs of digits, by length."""

SHAPED: tuple[Id, ...] = (
    Id("us-ssn", rb"\d{3}" + DASH + rb"\d{2}" + DASH + rb"\d{4}", _us_ssn, shape=b"324"),
    Id("us-ssn", rb"\d{3}" + BLANK + rb"\d{2}" + BLANK + rb"\d{4}", _us_ssn, _SSN, shape=b"324"),
    Id("br-cpf", rb"\d{3}\.\d{3}\.\d{3}-\d{2}", stdnum("br.cpf"), shape=b"3332"),
    Id("be-nn", rb"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}", stdnum("be.nn"), shape=b"22232"),
    Id("ch-ahv", rb"756\.\d{4}\.\d{4}\.\d{2}", stdnum("ch.ssn"), shape=b"3442"),
    Id("fr-nir", rb"[1-4] \d{2} \d{2} \d{2} \d{3} \d{3} \d{2}", _fr_nir, shape=b"1222332"),
    Id("fr-nir", rb"[1-4]\d{12} \d{2}", _fr_nir, shape=b"92"),
    Id("uk-nhs", rb"\d{3}[ -]\d{3}[ -]\d{4}", stdnum("gb.nhs"), _NHS, shape=b"334"),
    Id("in-aadhaar", rb"[2-9]\d{3}[ -]\d{4}[ -]\d{4}", stdnum("in_.aadhaar"), _AADHAAR, shape=b"444"),
    Id("kr-rrn", rb"\d{6}-[1-8]\d{6}", stdnum("kr.rrn"), shape=b"67"),
    Id("se-pnr", rb"\d{6}[-+]\d{4}", _se_personnummer, shape=b"64"),
    Id("se-pnr", rb"(?:19|20)\d{6}[-+]\d{4}", _se_personnummer, shape=b"84"),
    Id("dk-cpr", rb"\d{6}-\d{4}", _dk_cpr, _CPR, shape=b"64"),
    Id("fi-hetu", rb"\d{6}[-+A]\d{3}[A-Y]", _fi_hetu, shape=b"63"),
    Id("fi-hetu", rb"\d{6}[-+A]\d{4}", _fi_hetu, shape=b"64"),
    Id("ca-sin", rb"\d{3}[ -]\d{3}[ -]\d{3}", stdnum("ca.sin"), _SIN, shape=b"333"),
    Id("au-tfn", rb"\d{3} \d{3} \d{3}", stdnum("au.tfn"), _TFN, shape=b"333"),
    Id("nl-bsn", rb"\d{4}[. ]\d{2}[. ]\d{3}", stdnum("nl.bsn"), _BSN, shape=b"423"),
    Id("de-idnr", rb"\d{2} \d{3} \d{3} \d{3}", stdnum("de.idnr"), _STEUER, shape=b"2333"),
    *countries.SHAPED,
)
"""Digits in groups of their own. All that match are tried."""

LETTERED: tuple[Id, ...] = (
    Id("es-dni", rb"\d{8}-?[A-Za-z]", stdnum("es.dni")),
    Id("es-dni", rb"\d{8} [A-Za-z]", stdnum("es.dni"), _DNI),
    Id("es-nie", rb"[XYZxyz]-?\d{7}-?[A-Za-z]", stdnum("es.nie")),
    Id("es-nie", rb"[XYZxyz][ -]?\d{7}[ -]?[A-Za-z]", stdnum("es.nie"), _DNI),
    Id("it-cf", _CODICE_FISCALE, stdnum("it.codicefiscale")),
    Id("mx-curp", rb"[A-Z]{4}\d{6}[HM][A-Z]{5}[0-9A-Z]\d", stdnum("mx.curp")),
    Id("in-pan", rb"[A-Z]{3}[PCHFATBLJG][A-Z]\d{4}[A-Z]", stdnum("in_.pan"), _PAN),
    Id("uk-nino", rb"[A-Z]{2} \d{2} \d{2} \d{2} [A-D]", _uk_nino),
    Id("uk-nino", rb"[A-Za-z]{2}\d{6}[A-Da-d]", _uk_nino, _NINO_WORDS),
    Id("cn-ric", rb"\d{17}[Xx]", _cn_resident),
    *countries.LETTERED,
)
"""Letters among the digits."""

_EDGE = LEFT + rb"(?<![0-9][\-./,])(?:%s)" + RIGHT + rb"(?![\-./]\d)"
_BARE = later(rb"(\d(?<![0-9A-Za-z_]\d)(?<![0-9][.,]\d)\d{6,17})" + RIGHT + rb"(?![.,]\d)")
_SHAPED = [(entry, later(_EDGE % entry.pattern)) for entry in SHAPED]
_LETTERED = [(entry, later(_EDGE % entry.pattern)) for entry in LETTERED]
_HAS_LETTERS = later(rb"[A-Za-z]\d|\d(?:[A-Za-z]|[ \-][A-Za-z](?![A-Za-z]))|[A-Z] \d")
_ANY_DOCUMENT = later(_EDGE % _DOCUMENT.pattern)
_DOCUMENT_WORD = later(rb"(?i:pas[sa]|paspo|licen|ausweis|schein|permit| card)")
_GROUP = later(rb"\d+")
_PLACEHOLDER = later(rb"\[[a-z_]+_\d+\]?")
"""What stands in place of another number says nothing about this one."""
_LONGEST = 4
"""Bytes by which a number may reach beyond the last digit of its window: a blank and a letter, and what
follows.
"""


def find(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """State numbers that begin in the window."""
    end = min(len(text), stop + _LONGEST)
    for match in _BARE.finditer(text, start, end):
        if match.start() < stop and len(match[1]) in DIGITS:
            yield from _confirmed(DIGITS[len(match[1])], text, match)
    for entry, pattern in _possible(text, start, end):
        for match in pattern.finditer(text, start, end):
            if match.start() < stop:
                yield from _confirmed((entry,), text, match)


def checks_of(number: bytes) -> list[Check]:
    """The checks that a number (letters and digits only) passes, of all entries that it may be one of."""
    count = sum(48 <= sign <= 57 for sign in number)
    entries = list(DIGITS.get(len(number), ())) if number.isdigit() else []
    entries += [
        entry
        for entry in SHAPED
        if sum(sign - 48 for sign in entry.shape) == count and number.isdigit() is not (b"A" in entry.pattern)
    ]
    entries += [entry for entry, pattern in _LETTERED if pattern.fullmatch(number)]
    return [entry.check for entry in entries if entry.check(number)]


def _possible(text: bytes, start: int, end: int) -> Iterator[tuple[Id, re.Pattern[bytes]]]:
    """The entries that may match between `start` and `end`: cheap screens first, since most windows hold
    none.
    """
    yield from _with_shape(tuple(map(len, _GROUP.findall(text, start, end))))
    if _HAS_LETTERS.search(text, start, end):
        yield from _LETTERED
        if _DOCUMENT_WORD.search(text):
            yield _DOCUMENT, _ANY_DOCUMENT


@lru_cache(maxsize=4096)
def _with_shape(sizes: tuple[int, ...]) -> tuple[tuple[Id, re.Pattern[bytes]], ...]:
    """The entries whose groups of digits are among groups of these sizes, side by side."""
    written = bytes(48 + min(size, 9) for size in sizes)
    return tuple((entry, pattern) for entry, pattern in _SHAPED if entry.shape in written)


def _confirmed(ids: tuple[Id, ...], text: bytes, match: re.Match[bytes]) -> Iterator[Finding]:
    value = compact(match[0])
    for entry in ids:
        if (entry.near is None or _is_near(entry.near, text, match)) and entry.check(value):
            yield Finding(match.start(), match.end(), entry.type, value)
            return


def _is_near(near: re.Pattern[bytes], text: bytes, match: re.Match[bytes]) -> bool:
    ahead, behind = before(text, match.start()), after(text, match.end())
    return any(near.search(_PLACEHOLDER.sub(b" ", said)) for said in (ahead, behind))
