"""Dates in text: where they stand, and the same date some days away in exactly that form.

Example: `2024-05-12T10:30`, `12.05.2024`, `12 March 2024`, `March 3rd, 2024`, `12 de mayo de 2024`.
Known gaps, left as they are: days without a year, month names that the text cuts otherwise, numbers such as
`20240512`, and `03/04/2024` unless the spec or another date of the conversation says what comes first.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NamedTuple

from tuneset.core.later import later

Order = Literal["unknown", "day_first", "month_first"]

_MONTHS = tuple(
    tuple(names.split())
    for names in (
        "january february march april may june july august september october november december",
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "jan feb mar apr may jun jul aug sept oct nov dec",
        "januar februar märz april mai juni juli august september oktober november dezember",
        "jan feb mär apr mai jun jul aug sep okt nov dez",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "januari februari maart april mei juni juli augustus september oktober november december",
    )
)
"""Names of months by language, long and short; of names that several have, the first language counts unless
the day or the small letter says otherwise."""
_GERMAN, _DUTCH, _SHORT_GERMAN, _FRENCH = 3, 9, 4, 5
_NAMES = "|".join(sorted({name for names in _MONTHS for name in names}, key=lambda name: (-len(name), name)))
_YEAR = r"(?:19|20)\d\d"
_END = r"(?![\d/-]|[.,]\d)"
_ISO = later(rf"(?<![\w.,/-])(?P<y>{_YEAR})(?P<s>[-/.])(?P<m>\d\d?)(?P=s)(?P<d>\d\d?)(?![\d/-]|[.,]\d)")
_NUMERIC = later(
    rf"(?<![\w.,/-])(?P<a>\d\d?)(?P<s>[-/.])(?P<gap> ?)(?P<b>\d\d?)(?P=s)(?P=gap)(?P<y>{_YEAR}|\d\d){_END}"
)
_DAY_NAMED = later(
    rf"(?<![\w.,/-])(?P<d>\d\d?)(?P<th>st|nd|rd|th|er|\.|\u00ba)?(?P<j>[ -](?:of |de )?)(?P<n>{_NAMES})"
    rf"(?P<k>\.?,?[ -](?:de |del )?)(?P<y>{_YEAR}){_END}",
    re.IGNORECASE,
)
_NAMED_DAY = later(
    rf"(?<![\w])(?P<n>{_NAMES})(?P<j>\.? )(?P<d>\d\d?)(?P<th>st|nd|rd|th)?(?P<k>,? )(?P<y>{_YEAR}){_END}",
    re.IGNORECASE,
)
SCREEN = (
    r"(?:19|20)\d\d[-/.]\d\d?[-/.]\d|\d[-/.] ?\d\d?[-/.] ?\d\d"
    r"|(?i:jan|feb|f\x{e9}v|m[a\x{e4}]|apr|avr|abr|ju|gi|lu|a[ou]|se|o[cku]|nov|de[cz]|d\x{e9}c|dic|di|ene|gen)[^\d\n]{1,14}(?:19|20)\d\d"
    r"|\d(?:st|nd|rd|th|er|\.)?[ -](?i:of |de )?\pL{3,12}\.?,?[ -](?i:de |del )?(?:19|20)\d\d"
    r"|\pL{3,12}\.? \d\d?(?:st|nd|rd|th)?,? (?:19|20)\d\d"
)
"""RE2: texts that may hold a date with its year."""
_CENTURY = 70  # two digits below it are of this century
_WIDE = 2  # digits of a day or month with a leading zero


class Found(NamedTuple):
    """`text[start:stop]` is the date `day`."""

    start: int
    stop: int
    day: date
    written: "Written"


@dataclass(frozen=True)
class Written:
    """How a date was written: its parts, by which another day can be written the same way."""

    match: re.Match[str]
    day_first: bool = True

    def with_day(self, day: date) -> str:
        """The day in this form; widths, signs, order, language and case stay."""
        given = self.match.groupdict()
        year = str(day.year) if len(given["y"]) > 2 else f"{day.year % 100:02d}"
        if "n" in given:
            return self._named(day, given, year)
        if "a" in given:
            first, second = (day.day, day.month) if self.day_first else (day.month, day.day)
            joint, wide = given["s"] + given["gap"], len(given["a"]) == len(given["b"]) == _WIDE
            return f"{_written(first, wide)}{joint}{_written(second, wide)}{joint}{year}"
        sign, wide = given["s"], len(given["m"]) == len(given["d"]) == _WIDE
        return f"{year}{sign}{_written(day.month, wide)}{sign}{_written(day.day, wide)}"

    def _named(self, day: date, given: dict[str, str], year: str) -> str:
        name = _month_like(given, day.month)
        number = _written(day.day, given["d"].startswith("0")) + _ordinal(given["th"], day.day)
        if self.match.start("n") < self.match.start("d"):
            return f"{name}{given['j']}{number}{given['k']}{year}"
        return f"{number}{given['j']}{name}{given['k']}{year}"


def find(text: str, *, order: Order = "unknown") -> Iterator[Found]:
    """The dates of a text in order of place, none over another.

    `order`: what comes first in `03/04/2024`; where it is unknown such dates are left out. With dots the day
    does.
    """
    at = 0
    for match in sorted(_matches(text), key=lambda match: (match.start(), -match.end())):
        if match.start() < at:
            continue
        for found in _read(match, order):
            at = found.stop
            yield found


def order_in(texts: Iterable[str]) -> Order:
    """What comes first in the dates of a conversation, if one of them (`13/04/2024`) shows it and none shows
    the other.
    """
    shown = {_shown(match) for text in texts for match in _NUMERIC.finditer(text)} - {None}
    if len(shown) != 1:
        return "unknown"
    return "day_first" if "day_first" in shown else "month_first"


def moved(found: Found, days: int) -> str:
    """The same date some days later, in the form of the first."""
    return found.written.with_day(found.day + timedelta(days=days))


def _matches(text: str) -> Iterator[re.Match[str]]:
    for pattern in (_ISO, _NUMERIC, _DAY_NAMED, _NAMED_DAY):
        yield from pattern.finditer(text)


def _shown(match: re.Match[str]) -> Order | None:
    first, second = int(match["a"]), int(match["b"])
    if match["s"] == "." or max(first, second) > 31:
        return None
    if first > 12 >= second:
        return "day_first"
    return "month_first" if second > 12 >= first else None


def _read(match: re.Match[str], order: Order) -> Iterator[Found]:
    given = match.groupdict()
    day_first = True
    if "a" in given:
        decided = _shown(match) or ("day_first" if given["s"] == "." else order)
        if decided == "unknown":
            return
        day_first = decided == "day_first"
        number, month = (given["a"], given["b"]) if day_first else (given["b"], given["a"])
    elif "n" in given:
        number, month = given["d"], str(_number_of(given["n"]))
    else:
        number, month = given["d"], given["m"]
    day = _day(given["y"], int(month), int(number))
    if day is not None:
        yield Found(match.start(), match.end(), day, Written(match, day_first))


def _day(year: str, month: int, number: int) -> date | None:
    full = int(year) if len(year) > 2 else int(year) + (2000 if int(year) < _CENTURY else 1900)
    try:
        return date(full, month, number)
    except ValueError:
        return None


def _number_of(name: str) -> int:
    return next(names.index(name.lower()) for names in _MONTHS if name.lower() in names) + 1


def _month_like(given: dict[str, str], month: int) -> str:
    name = given["n"]
    small = name.lower()
    fitting = [which for which, names in enumerate(_MONTHS) if small in names]
    dotted = given["th"] == "." or "de " in given["j"]
    preferred = (_GERMAN, _SHORT_GERMAN) if dotted else (_DUTCH, _FRENCH) if name.islower() else ()
    which = next((language for language in preferred if language in fitting), fitting[0])
    new = _MONTHS[which][month - 1]
    return new.upper() if name.isupper() else new.capitalize() if name[0].isupper() else new


def _ordinal(written: str | None, day: int) -> str:
    if not written or not written.isalpha():
        return written or ""
    if written.lower() == "er":  # French says it of the first only
        return written if day == 1 else ""
    ending = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return ending.upper() if written.isupper() else ending


def _written(number: int, wide: bool) -> str:
    return f"{number:02d}" if wide else str(number)
