"""Surrogates of telephone numbers: out of ranges that are reserved for fiction, where a country has some.

Source: NANPA (555-0100 to 0199), Ofcom (numbers for drama use), Bundesnetzagentur (notice 148/2021), ARCEP
(decision 2012-0856), ACMA (numbers for use in radio, film and television), PTS (070-1740605 to 699 and
three towns), ComReg (020 91).
Other countries have none that we know of: there the country and the first digit stay and the rest is drawn.
"""

from tuneset.stages.redact.surrogates.draw import Draw, placed, shaped

_FICTION = {
    "44": ("7700900XXX", "2079460XXX", "1632960XXX", "1134960XXX", "1614960XXX", "3069990XXX"),
    "49": ("3023125XXX", "6990009XXX", "4066969XXX", "2214710XXX", "8999998XXX"),
    "33": ("19900XXXX", "26191XXXX", "35301XXXX", "46571XXXX", "53649XXXX", "63998XXXX"),
    "61": ("491570006", "491570156", "491570157", "491570158", "491570159", "25550XXXX", "27010XXXX"),
    "46": ("8465004XX", "3139006XX", "70174061X", "70174062X", "70174063X", "70174064X", "70174065X"),
    "353": ("2091XXXXX",),
}
"""Country → national numbers, X is any digit."""
_AREAS = (
    "201", "202", "206", "212", "213", "214", "215", "303", "305", "312", "313", "314", "404", "412", "415",
    "416", "503", "504", "512", "514", "602", "604", "612", "613", "617", "702", "713", "716", "719", "801",
)  # fmt: skip
_AMERICAN = 10


def phone(value: bytes, forms: list[str], draw: Draw) -> list[str]:
    """Another number in each of the `forms` that one was written in; `value`: its digits."""
    digits = value.decode()
    international = any(form.lstrip("(").startswith(("+", "00")) for form in forms)
    number = _other(digits, draw, international=international)
    return [_placed(number, form) or shaped(form, draw) for form in forms]


def _placed(number: str, form: str) -> str | None:
    plain = "".join(sign for sign in form if sign.isdigit())
    more = "00" if plain.startswith("00") and len(plain) == len(number) + 2 else ""
    return placed(more + number, form, fits=str.isdigit)


def _other(digits: str, draw: Draw, *, international: bool) -> str:
    if _is_american(digits, international=international):
        head, extension = digits[: digits.startswith("1")], digits[digits.startswith("1") + _AMERICAN :]
        return f"{head}{draw.one_of(_AREAS)}55501{draw.digits(2)}{draw.digits(len(extension))}"
    for country, numbers in _FICTION.items() if international else ():
        fitting = [number for number in numbers if len(country + number) == len(digits)]
        if digits.startswith(country) and fitting:
            return country + "".join(draw.digits(1) if sign == "X" else sign for sign in draw.one_of(fitting))
    return shaped(digits, draw, keep=3 if international else 1)


def _is_american(digits: str, *, international: bool) -> bool:
    """With a 1, or without any sign of another country; an extension may follow."""
    rest = digits[1:] if digits.startswith("1") else digits
    if (international and rest is digits) or len(rest) < _AMERICAN:
        return False
    return rest[0] > "1" and rest[3] > "1" and len(rest) <= _AMERICAN + 6
