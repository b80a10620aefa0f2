"""Payment card numbers.

What it finds: 14 to 19 digits, together or in the groups cards are printed in, that pass the Luhn check and
begin and measure like Visa, Mastercard, American Express, Discover, Diners, JCB, UnionPay, Maestro or Mir
(ISO/IEC 7812).
Example: `4539 1488 0343 6467`.
Known gaps: 13-digit Visa numbers (retired; they look like article numbers), Maestro of 12 to 15 digits,
numbers broken over lines.
"""

from collections.abc import Iterator

from tuneset.core.later import later
from tuneset.stages.redact.context import JOINT, digits
from tuneset.stages.redact.finding import Finding

_CARD = later(
    rb"\d(?<![0-9A-Za-z_]\d)(?<![0-9][.,]\d)(?:"
    rb"\d{13,18}(?![0-9A-Za-z_])"
    rb"|(?P<four>\d{3}"
    + JOINT
    + rb"\d{4}"
    + JOINT
    + rb"\d{4}"
    + JOINT
    + rb"\d{4})(?:"
    + JOINT
    + rb"\d{3}(?!\d))?(?!\d)"
    rb"|(?<=3)\d{3}" + JOINT + rb"\d{6}" + JOINT + rb"\d{4,5}(?!\d)"
    rb")"
)
_SHORTEST, _TAIL = 14, 8


def find(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """Card numbers that begin in the window."""
    if stop - start < _SHORTEST:
        return
    for match in _CARD.finditer(text, start, min(len(text), stop + _TAIL)):
        if match.start() >= stop:
            return
        for end in (match.end(), match.end("four")):  # the tail may be a security code
            value = digits(text[match.start() : end]) if end > 0 else b""
            if is_card(value):
                yield Finding(match.start(), end, "card", value)
                break


def is_card(number: bytes) -> bool:
    """Does it begin, measure and check like a payment card?"""
    return len(number) in _lengths(number) and len(set(number)) > 1 and luhn(number)


def luhn(number: bytes) -> bool:
    """The check of ISO/IEC 7812-1, annex B."""
    total = 0
    for place, byte in enumerate(reversed(number)):
        digit = byte - 48
        total += digit if place % 2 == 0 else (2 * digit - 9 if digit > 4 else 2 * digit)
    return total % 10 == 0


def _lengths(number: bytes) -> tuple[int, ...]:
    """Lengths that cards with this beginning have (issuer identification ranges as the networks publish
    them).
    """
    two, three, four = int(number[:2] or 0), int(number[:3] or 0), int(number[:4] or 0)
    if number[:1] == b"4":
        return (16, 19)
    if 51 <= two <= 55 or 2221 <= four <= 2720 or 2200 <= four <= 2204:
        return (16,)
    if two in (34, 37) or four in (1800, 2131):
        return (15,)
    if two in (36, 38, 39) or 300 <= three <= 305:
        return (14, 16)
    if 3528 <= four <= 3589 or four == 6011 or 644 <= three <= 659 or two == 62:
        return (16, 17, 18, 19)
    return (16, 18, 19) if two in (50, 56, 57, 58, 60, 63, 67, 68) else ()
