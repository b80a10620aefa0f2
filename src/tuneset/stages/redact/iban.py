"""International bank account numbers.

What it finds: IBANs, together or in groups, with the length of their country and a correct mod-97 check
(ISO 13616).
Example: `DE75 5121 0800 1245 1261 99`.
Known gaps: countries that joined the registry after the table below was written; national account numbers.
"""

from collections.abc import Iterator

from tuneset.core.later import later
from tuneset.stages.redact.context import LEFT, compact
from tuneset.stages.redact.finding import Finding

_LENGTHS = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 "
    "DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 "
    "IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 "
    "MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 "
    "SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
)
LENGTH = {entry[:2].encode(): int(entry[2:]) for entry in _LENGTHS.split()}
"""Country → letters and digits of its IBAN (SWIFT IBAN registry, 2024)."""

_SIGN = rb"(?:[ \-]|\xc2\xa0)?[A-Za-z0-9]"
_IBAN = later(LEFT + rb"(?=([A-Za-z]{2}\d\d(?:" + _SIGN + rb"){11,30}))")
_SIGNS = later(rb"[A-Za-z0-9]")


def find(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """IBANs that begin in the window."""
    for match in _IBAN.finditer(text, start):
        if match.start() >= stop:
            return
        length = LENGTH.get(match[1][:2].upper())
        end = _end(text, match.start(1), match.end(1), length) if length else -1
        if end > 0 and is_iban(compact(text[match.start() : end])):
            yield Finding(match.start(), end, "iban", compact(text[match.start() : end]))


def is_iban(number: bytes) -> bool:
    """The mod-97-10 check of ISO 13616: country and check digits go to the end, A is 10, remainder is 1."""
    moved = number[4:] + number[:4]
    return int("".join(str(int(chr(sign), 36)) for sign in moved)) % 97 == 1


def _end(text: bytes, start: int, stop: int, length: int) -> int:
    """Where the `length`-th letter or digit from `start` ends; -1 if there are fewer or the word goes on."""
    count = 0
    for place in range(start, stop):
        count += bool(_SIGNS.match(text, place))
        if count == length:
            return -1 if _SIGNS.match(text, place + 1) else place + 1
    return -1
