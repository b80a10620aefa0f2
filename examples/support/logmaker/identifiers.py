"""Invented identifiers with valid check digits, and look-alikes that must be left alone.

Reserved ranges are used where they exist: example domains (RFC 2606), telephone numbers for drama (Ofcom,
the North American 555-01xx, the Bundesnetzagentur's 030 23125), documentation addresses (RFC 5737, RFC 3849),
test card prefixes. Everything else is drawn at random and belongs to nobody we know of.
"""

import string
from collections.abc import Callable
from itertools import pairwise
from random import Random

_ALNUM = string.ascii_letters + string.digits
_LOCAL = (
    "m.keller",
    "ines_r",
    "callum",
    "oona.w",
    "t.berg",
    "priya77",
    "greta-l",
    "rafa",
    "bethan.jones",
    "yusuf.k",
)


def email(rng: Random) -> str:
    """A mail address in a reserved domain."""
    local = f"{rng.choice(_LOCAL)}{rng.choice(('', '.', '-', '_', '+shop'))}{rng.randrange(10, 9999)}"
    host = rng.choice(("example.com", "example.org", "example.net", "mail.example.com", "post.example.org"))
    address = f"{local}@{host}"
    return address.upper() if rng.random() < 0.08 else address


def phone(rng: Random) -> str:
    """A telephone number of Britain, North America, Germany or France, from ranges kept for fiction."""
    drama = rng.randrange(1000)
    tail = f"{rng.randrange(100):02d}"
    return rng.choice(
        (
            f"+44 20 7946 0{drama:03d}",
            f"020 7946 0{drama:03d}",
            f"+44 7700 900{drama:03d}",
            f"07700 900{drama:03d}",
            f"(212) 555-01{tail}",
            f"+1-303-555-01{tail}",
            f"415-555-01{tail}",
            f"+1 (646) 555-01{tail}",
            f"+49 30 23125{drama:03d}",
            f"030 23125 {drama:03d}",
            f"+49 (0)30 23125-{drama:03d}",
            f"01 99 00 {tail} {rng.randrange(100):02d}",
            f"+33 6 39 98 {tail} {rng.randrange(100):02d}",
        )
    )


def luhn_digit(digits: str) -> str:
    """The digit that makes the number pass. Source: ISO/IEC 7812-1, annex B."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def card(rng: Random) -> str:
    """A card number from a test prefix: 16 digits, or 15 for the prefix 3782; plain or grouped."""
    prefix, length = rng.choice(
        (("400000", 16), ("411111", 16), ("510510", 16), ("555555", 16), ("378282", 15))
    )
    digits = prefix + _digits(rng, length - len(prefix) - 1)
    digits += luhn_digit(digits)
    gap = rng.choice(("", " ", " ", "-"))
    if length == 15:
        return gap.join((digits[:4], digits[4:10], digits[10:]))
    return gap.join(digits[i : i + 4] for i in range(0, 16, 4))


def iban(rng: Random) -> str:
    """An account of DE, GB, FR or NL with right check digits (ISO 13616), sometimes grouped."""
    number = rng.choice((_iban_de, _iban_gb, _iban_fr, _iban_nl))(rng)
    shape = rng.random()
    if shape < 0.45:
        return number
    grouped = " ".join(number[i : i + 4] for i in range(0, len(number), 4))
    return grouped.lower() if shape > 0.95 else grouped


def with_iban_check(country: str, account: str) -> str:
    """Country, two check digits, account. Source: ISO 13616, mod 97."""
    as_digits = "".join(str(int(char, 36)) for char in f"{account}{country}00")
    return f"{country}{98 - int(as_digits) % 97:02d}{account}"


def _iban_de(rng: Random) -> str:
    return with_iban_check("DE", "10000000" + _digits(rng, 10))


def _iban_gb(rng: Random) -> str:
    return with_iban_check("GB", "TEST" + _digits(rng, 14))


def _iban_fr(rng: Random) -> str:
    bank, branch, account = "30099", _digits(rng, 5), _digits(rng, 11)
    key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97
    return with_iban_check("FR", f"{bank}{branch}{account}{key:02d}")


def _iban_nl(rng: Random) -> str:
    body = _digits(rng, 9)
    total = sum(int(digit) * weight for digit, weight in zip(body, range(10, 1, -1), strict=True))
    last = -total % 11
    return _iban_nl(rng) if last == 10 else with_iban_check("NL", f"TEST{body}{last}")


def us_ssn(rng: Random) -> str:
    """A social security number of valid form (areas 100 to 665 without the advertised 219)."""
    area = rng.choice([area for area in range(100, 666) if area != 219])
    return f"{area:03d}-{rng.randrange(1, 100):02d}-{rng.randrange(1, 10000):04d}"


def ip(rng: Random) -> str:
    """An address from the documentation ranges, version 4 or 6."""
    if rng.random() < 0.25:
        return f"2001:db8:{rng.getrandbits(16):x}:{rng.getrandbits(16):x}::{rng.randrange(1, 0xFFFF):x}"
    return f"{rng.choice(('192.0.2', '198.51.100', '203.0.113'))}.{rng.randrange(1, 255)}"


def url_credentials(rng: Random) -> tuple[str, str]:
    """A URL and the secret inside it."""
    secret = _word(rng, 14)
    login = f"{rng.choice(('till', 'camera', 'admin', 'sync'))}{rng.randrange(10, 99)}"
    host = rng.choice(("api.example.com", "cam.example.org", "db.example.net"))
    shapes = (
        f"https://{login}:{secret}@{host}/v2/orders",
        f"postgres://{login}:{secret}@{host}:5432/till",
        f"rtsp://{login}:{secret}@{host}/live",
        f"https://{host}/export?token={secret}&page=2",
        f"https://{host}/hook?api_key={secret}",
    )
    return rng.choice(shapes), secret


def api_key(rng: Random) -> str:
    """A key in the shape of a well-known issuer."""
    shapes: tuple[Callable[[], str], ...] = (
        lambda: "sk-proj-" + _word(rng, 40),
        lambda: "AKIA" + "".join(rng.choice(string.ascii_uppercase + "234567") for _ in range(16)),
        lambda: "ghp_" + _word(rng, 36),
        lambda: f"xoxb-{_digits(rng, 12)}-{_digits(rng, 12)}-{_word(rng, 24)}",
        lambda: "AIza" + _word(rng, 35),
        lambda: "sk_live_" + _word(rng, 24),
        lambda: f"eyJhbGciOiJIUzI1NiJ9.eyJ{_word(rng, 30)}.{_word(rng, 43)}",
    )
    return rng.choice(shapes)()


def booking(rng: Random) -> str:
    """The shop's own number for an assembly."""
    return "BK-" + "".join(rng.choice("23456789ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(6))


def es_dni(rng: Random) -> str:
    """Spain: eight digits and a letter by mod 23."""
    number = rng.randrange(10**7, 10**8)
    return f"{number}{rng.choice(('', '-'))}{_SPANISH[number % 23]}"


def es_nie(rng: Random) -> str:
    """Spain, foreigners: X, Y or Z stands for 0, 1, 2 in front of seven digits."""
    lead, body = rng.randrange(3), _digits(rng, 7)
    return f"{'XYZ'[lead]}{body}{_SPANISH[int(f'{lead}{body}') % 23]}"


_SPANISH = "TRWAGMYFPDXBNJZSQVHLCKE"


def fr_nir(rng: Random) -> str:
    """France: 13 digits and a key, 97 minus the number mod 97."""
    head = f"{rng.choice('12')}{rng.randrange(40, 100)}{rng.randrange(1, 13):02d}{rng.randrange(1, 20):02d}"
    number = f"{head}{rng.randrange(1, 990):03d}{rng.randrange(1, 999):03d}"
    key = f"{97 - int(number) % 97:02d}"
    if rng.random() < 0.5:
        return number + key
    return f"{number[0]} {number[1:3]} {number[3:5]} {number[5:7]} {number[7:10]} {number[10:]} {key}"


def uk_nino(rng: Random) -> str:
    """Britain: two letters, six digits, a letter; there is no check digit."""
    letters = rng.choice("ABCEHJKLMPRSTWXYZ") + rng.choice("ABCEHJKLMPRSTWXYZ")
    if letters in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ"):
        return uk_nino(rng)
    digits, last = _digits(rng, 6), rng.choice("ABCD")
    spaced = f"{letters} {digits[:2]} {digits[2:4]} {digits[4:]} {last}"
    return spaced if rng.random() < 0.5 else f"{letters}{digits}{last}"


def nl_bsn(rng: Random) -> str:
    """The Netherlands: nine digits that pass the test of eleven."""
    body = str(rng.randrange(10**7, 10**8))
    total = sum(int(digit) * weight for digit, weight in zip(body, range(9, 1, -1), strict=True))
    return nl_bsn(rng) if total % 11 == 10 else f"{body}{total % 11}"


def de_idnr(rng: Random) -> str:
    """Germany, tax: ten digits of which exactly one occurs twice, and a check digit by ISO 7064 mod 11,10."""
    digits = rng.sample(range(10), 9)
    digits.insert(rng.randrange(1, 10), rng.choice(digits))
    if digits[0] == 0 or any(a == b for a, b in pairwise(digits)):
        return de_idnr(rng)
    product = 10
    for digit in digits:
        product = ((digit + product) % 10 or 10) * 2 % 11
    text = "".join(map(str, digits)) + str((11 - product) % 10)
    return text if rng.random() < 0.5 else f"{text[:2]} {text[2:5]} {text[5:8]} {text[8:]}"


GOVERNMENT: dict[str, Callable[[Random], str]] = {
    "es_dni": es_dni,
    "es_nie": es_nie,
    "fr_nir": fr_nir,
    "uk_nino": uk_nino,
    "nl_bsn": nl_bsn,
    "de_idnr": de_idnr,
}

PERSONAL: dict[str, Callable[[Random], str]] = {
    "email": email,
    "phone": phone,
    "card": card,
    "iban": iban,
    "us_ssn": us_ssn,
    "ip": ip,
    "api_key": api_key,
    "booking": booking,
}


def long_order(rng: Random) -> str:
    """Sixteen digits like a card's that fail its check."""
    digits = rng.choice(("4000", "5105", "4111")) + _digits(rng, 11)
    wrong = (int(luhn_digit(digits)) + rng.randrange(1, 10)) % 10
    digits += str(wrong)
    gap = rng.choice(("", " "))
    return gap.join(digits[i : i + 4] for i in range(0, 16, 4))


def version(rng: Random) -> str:
    """A program version of three parts."""
    return f"{rng.choice(('', 'v'))}{rng.randrange(1, 30)}.{rng.randrange(20)}.{rng.randrange(20)}"


def written_date(rng: Random) -> str:
    """A date with digits only."""
    day, month = rng.randrange(1, 29), rng.randrange(1, 13)
    return rng.choice(
        (f"2026-{month:02d}-{day:02d}", f"{day:02d}.{month:02d}.2026", f"{month:02d}/{day:02d}/2026")
    )


def price(rng: Random) -> str:
    """A price of four or five digits."""
    euros, cents = rng.randrange(1000, 90000), rng.randrange(100)
    grouped = f"{euros:,}"
    return rng.choice(
        (f"{grouped.replace(',', '.')},{cents:02d} €", f"${grouped}.{cents:02d}", f"£{grouped}")
    )


def tracking(rng: Random) -> str:
    """A parcel number in the postal S10 form or as 20 digits."""
    return rng.choice((f"RR{_digits(rng, 9)}DE", f"003404{_digits(rng, 14)}", f"JJD0{_digits(rng, 15)}"))


def uuid(rng: Random) -> str:
    """A random UUID."""
    raw = f"{rng.getrandbits(128):032x}"
    return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-a{raw[17:20]}-{raw[20:]}"


def part_number(rng: Random) -> str:
    """Digits grouped like a social security number with an area that is never given out."""
    return f"{rng.choice(('000', '666'))}-{rng.randrange(1, 100):02d}-{rng.randrange(1, 10000):04d}"


def size(rng: Random) -> str:
    """Width, depth, height."""
    return f"{rng.randrange(30, 250)} x {rng.randrange(30, 250)} x {rng.randrange(30, 250)} cm"


def handle(rng: Random) -> str:
    """A name on a public platform."""
    return rng.choice(("@loomtel_help", "@kestrelandloom", "@loomparcel"))


def clock(rng: Random) -> str:
    """A time with seconds."""
    return f"{rng.randrange(24):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}"


TRAPS: dict[str, Callable[[Random], str]] = {
    "long_order": long_order,
    "version": version,
    "date": written_date,
    "price": price,
    "tracking": tracking,
    "uuid": uuid,
    "part_number": part_number,
    "size": size,
    "handle": handle,
    "clock": clock,
}


def _digits(rng: Random, count: int) -> str:
    return "".join(rng.choice(string.digits) for _ in range(count))


def _word(rng: Random, count: int) -> str:
    return "".join(rng.choice(_ALNUM) for _ in range(count))
