# ruff: noqa: E501 - a pattern is read whole
"""Numbers that a company gave to a person.

What it finds: after their names, in English, German, French, Spanish, Italian, Dutch and Portuguese: account,
customer, member, policy, routing and medical record numbers as `account`; booking, reservation, order and ticket
numbers as `booking`, which has to be asked for.
Example: `account number 00123-4567`.
Known gaps: numbers that no word announces, or fewer than five digits.
"""

import re
from collections.abc import Iterator

from tuneset.core.later import later
from tuneset.stages.redact.context import Around
from tuneset.stages.redact.finding import Finding

_NUMBER_WORD = (
    r"(?:(?:account|card|record|plan|reference|code|locator|order|id)[ _-]?)?"
    r"(?:numbers?|num\.?|no\.?|nr\.?|nummer|id|ids|code|n\u00famero|numero|num\u00e9ro|n[\u00ba\u00b0]|ref(?:erence)?|locator|kennung)?"
)
_SAID = (
    r"[\"'*`]*\s?(?::|=|#|\bis\b|\bist\b|\bes\b|\best\b|\bwas\b|\bof\b|\bfor\b|\u00e9)?\s?[:#]?\s?[\"'*`#(]*"
)
_VALUE = r"(?P<value>(?=(?:[^\s\d]*[\s.-]?\d){%d})(?-i:[A-Z0-9](?:[A-Z0-9]|[.-](?=[A-Z0-9])| (?=\d{2,})){3,27}))(?![\w])"
_ACCOUNT = later(
    r"(?<![^\W_])(?:(?:bank|checking|savings|current|customer|client|user)?[ _-]?(?:account|acct|a/c)|konto|ktonr|compte|cuenta|conto"
    r"|rekening|conta|customer|kunden?|client[e]?|klant|polic[ey]|p\u00f3liza|polizza|police|routing|transit|sort|aba|bsb|blz"
    r"|bankleitzahl|member(?:ship)?|mitglieds?|loyalty|frequent[ -]flyer|mileage|insurance|versicherungs|polizzen|patient|mrn"
    r"|medical record|subscriber|employee|personal|student|meter)[ _-]?"
    + _NUMBER_WORD
    + r"(?![^\W_])"
    + _SAID
    + _VALUE % 5,
    re.IGNORECASE,
)
_BOOKING = later(
    r"(?<![^\W_])(?:booking|reservations?|confirmation|pnr|buchungs?|r\u00e9servation|reserva|prenotazione|localizador|record locator"
    r"|locator|itinerary|orders?|bestell(?:ung)?s?|auftrags?|commande|pedido|ordine|bestelling|ticket|tracking|case)[ _-]?"
    + _NUMBER_WORD
    + r"(?![^\W_])"
    + _SAID
    + _VALUE % 2,
    re.IGNORECASE,
)
_NO_NUMBER = later(
    r"(?:19|20)\d\d(?:[-./]\d\d?){0,2}|\d{1,3}(?:[.,]\d{3})+|\d+\.\d\d|\d\d?[-./]\d\d?[-./](?:\d\d){1,2}"
)
_REACH = 24


def find_accounts(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """Numbers of accounts, customers and policies whose name holds the cue."""
    yield from _found(_ACCOUNT, "account", text, start, stop)


def find_bookings(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """Numbers of bookings, orders and tickets whose name holds the cue."""
    yield from _found(_BOOKING, "booking", text, start, stop)


def _found(pattern: re.Pattern[str], kind: str, text: bytes, start: int, stop: int) -> Iterator[Finding]:
    around = Around.of(text, start, stop)
    for match in pattern.finditer(around.text, max(0, around.cue - _REACH)):
        value = match["value"]
        digits = sum(sign.isdigit() for sign in value)
        if (
            match.start() <= around.cue + _REACH
            and not _NO_NUMBER.fullmatch(value)
            and digits >= len(value) // 3
        ):
            yield around.finding(*match.span("value"), kind, re.sub(r"[^A-Z0-9]", "", value.upper()))
