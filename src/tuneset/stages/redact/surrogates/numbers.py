"""Surrogates of numbers that check: they check as well, wherever the original did."""

import ipaddress
from hashlib import sha256

from tuneset.stages.redact.card import is_card, luhn
from tuneset.stages.redact.national import checks_of
from tuneset.stages.redact.surrogates.draw import Draw, shaped

_TRIES = 3000
_NETWORK = {"3": 2, "5": 2, "6": 4, "2": 4}
"""Digits at the beginning of a card that say which network it is of, by the first; 4 is enough alone."""
_DOCUMENTATION = ("192.0.2.", "198.51.100.", "203.0.113.")
"""Networks that are reserved for documentation (RFC 5737); of IPv6 2001:db8::/32 (RFC 3849)."""
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_PARTS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32M = 0x2BC830A3


def card(value: str, draw: Draw) -> str | None:
    """Of the same network and length, with a right check digit (Luhn)."""
    keep = _NETWORK.get(value[0], 1)
    for _ in range(_TRIES):
        made = with_luhn(value[:keep] + draw.digits(len(value) - keep - 1))
        if is_card(made.encode()):
            return made
    return None


def with_luhn(digits: str) -> str:
    """The digits and their check digit (ISO/IEC 7812-1, annex B)."""
    return next(made for last in "0123456789" if luhn((made := digits + last).encode()))


def iban(value: str, draw: Draw) -> str:
    """Of the same country, letters and digits where they were, with right check digits (ISO 13616). Checks
    inside the national part are not made right.
    """
    country, rest = value[:2], shaped(value[4:], draw)
    number = int("".join(str(int(sign, 36)) for sign in f"{rest}{country}00"))
    return f"{country}{98 - number % 97:02d}{rest}"


def government_id(value: str, draw: Draw) -> str | None:
    """Of the same shape; every check of a country that the original passes, it passes too."""
    checks = checks_of(value.encode())
    for attempt in range(_TRIES):
        keep = 0 if attempt < _TRIES // 3 else len(value) // 2  # the half with a day in it is hard to hit
        made = shaped(value, draw, keep=keep)
        if all(check(made.encode()) for check in checks):
            return made
    return None


def ip(value: str, draw: Draw) -> str:
    """In a network that is reserved for documentation."""
    if ipaddress.ip_address(value).version == 4:
        return f"{draw.one_of(_DOCUMENTATION)}{draw.below(254) + 1}"
    groups = [f"{draw.below(0xFFFF) + 1:x}" for _ in range(3)]
    return f"2001:db8:{groups[0]}::{groups[1]}:{groups[2]}"


def device(value: str, draw: Draw) -> str:
    """With a right check digit where one was; a MAC address becomes one that no maker has (IEEE 802,
    locally administered).
    """
    if value.isdigit() and len(value) == 15 and luhn(value.encode()):
        return with_luhn(shaped(value[:-1], draw))
    made = shaped(value, draw)
    return f"{made[0]}{draw.one_of('26ae')}{made[2:]}" if _is_mac(value) else made


def _is_mac(value: str) -> bool:
    return len(value) == 12 and all(sign in "0123456789abcdef" for sign in value)


def wallet(value: str, draw: Draw) -> str | None:
    """Of the same currency and length, with a right checksum where it has one."""
    if value.startswith("0x"):
        return shaped(value, draw, keep=2)
    if value.startswith("bc1"):
        return _bech32(value, draw)
    version = _decoded58(value)[:1]
    for _ in range(_TRIES):
        made = _encoded58(version + bytes(draw.below(256) for _ in range(20)))
        if len(made) == len(value) and made[0] == value[0]:
            return made
    return None


def _decoded58(word: str) -> bytes:
    number = 0
    for sign in word:
        number = number * 58 + _BASE58.index(sign)
    return number.to_bytes(25, "big")


def _encoded58(payload: bytes) -> str:
    """Base58Check (Bitcoin wiki, Base58Check encoding)."""
    raw = payload + sha256(sha256(payload).digest()).digest()[:4]
    number, made = int.from_bytes(raw, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        made = _BASE58[rest] + made
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + made


def _bech32(value: str, draw: Draw) -> str:
    """BIP 173 and 350: six signs over the five-bit words of version and programme."""
    version = _BECH32.index(value[3])
    words = [version, *(draw.below(32) for _ in range(len(value) - 10))]
    spare = (len(words) - 1) * 5 % 8
    words[-1] &= 31 << spare & 31  # bits that fill up the last word are zero
    head = [3, 3, 0, 2, 3]  # of `bc`
    rest = _polymod([*head, *words, 0, 0, 0, 0, 0, 0]) ^ (_BECH32M if version else 1)
    check = [rest >> 5 * (5 - place) & 31 for place in range(6)]
    return "bc1" + "".join(_BECH32[word] for word in (*words, *check))


def _polymod(words: list[int]) -> int:
    sum_ = 1
    for word in words:
        top, sum_ = sum_ >> 25, (sum_ & 0x1FFFFFF) << 5 ^ word
        for bit, part in enumerate(_BECH32_PARTS):
            sum_ ^= part if top >> bit & 1 else 0
    return sum_
