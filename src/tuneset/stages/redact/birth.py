# ruff: noqa: E501 - a pattern is read whole
"""Dates of birth.

What it finds: a date next to a word such as born, date of birth, DOB, geboren, né le, nacido el, nato il.
Example: `born on 12 May 1984`.
Known gaps: ages, years alone, dates that no word calls a birthday.
"""

import re
from collections.abc import Iterator

from tuneset.core.later import later
from tuneset.stages.redact.context import Around
from tuneset.stages.redact.finding import Finding

MONTHS = (
    "jan(?:uary|uar|vier)?|feb(?:ruary|ruar)?|f\u00e9vr?(?:ier)?|mar(?:ch|s|zo|\u00e7o)?|m\u00e4rz|maart|apr(?:il|ile)?|avr(?:il)?"
    "|may|mai|mei|mayo|maggio|maio|june?|juni|juin|junio|giugno|junho|july?|juli|juil(?:let)?|julio|luglio|julho"
    "|aug(?:ust|ustus)?|ao\u00fbt|ago(?:sto)?|sep(?:t|tember|tembre)?|septiembre|settembre|setembro|o[ck]t(?:ober|obre)?"
    "|octubre|ottobre|outubro|nov(?:ember|embre|iembre|embro)?|de[cz](?:ember)?|d\u00e9c(?:embre)?|diciembre|dicembre|dezembro"
    "|enero|ene|gennaio|janeiro|febrero|febbraio|fevereiro|abril|abr"
)
"""Names of months in seven languages, long and short."""
DATE = (
    r"(?<![\d.,/-])(?:(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:3[01]|[12]\d|0?[1-9])"
    r"|(?:3[01]|[12]\d|0?[1-9])[-/.] ?(?:3[01]|[12]\d|0?[1-9])[-/.] ?(?:(?:19|20)\d\d|\d\d)"
    rf"|(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th|er|\.|\u00ba)?[ -](?:of |de )?(?:{MONTHS})\.?,?[ -](?:de |del )?(?:19|20)\d\d"
    rf"|(?:{MONTHS})\.? (?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?,? (?:19|20)\d\d)(?![\d/-]|[.,]\d)"
)
"""A day, a month and a year in the ways that letters and forms write them."""

_DATE = later(DATE, re.IGNORECASE)
_CUE = later(
    r"(?<![^\W_])(?:born|birth(?:day|date)?|dob|date[_ ]?of[_ ]?birth|geboren|geb|geburts(?:datum|tag)|n\u00e9e?|naissance"
    r"|nacid[oa]|nacimiento|nat[oa]|nascita|nascid[oa]|nascimento|geboorte(?:datum)?|urodz\w*)(?![^\W_])",
    re.IGNORECASE,
)
_BETWEEN = later(r"[^.!?\n]{0,40}|\.[^.!?\n]{0,38}")
_BEHIND = later(
    r"\W{0,3}(?:is|was|ist|est|es)?\W{0,2}(?:my|his|her|their|the|mein|ma|mi)?\W{0,2}$", re.IGNORECASE
)


def find(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """Dates beside a word for being born."""
    around = Around.of(text, start, stop)
    if not _CUE.search(around.text, max(0, around.cue - 12)):
        return
    word = len(text[start:stop].decode())
    for date in _DATE.finditer(around.text):
        if date.start() > around.cue:
            between = around.text[around.cue + word : date.start()]
            is_it = _BETWEEN.fullmatch(between) is not None and not _DATE.search(between)
        else:
            is_it = _BEHIND.fullmatch(around.text[date.end() : around.cue].replace("date of", "")) is not None
        if is_it:
            yield around.finding(*date.span(), "date_of_birth", " ".join(date[0].lower().split()))
