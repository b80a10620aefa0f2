# ruff: noqa: E501 - a pattern is read whole
"""Postal addresses.

What it finds: a street with its number as English, German, French, Spanish, Italian, Dutch and Portuguese write it,
with flat, town and postal code if they follow; post boxes; postal codes after a word for them; the parts of an
address under their keys in JSON.
Example: `710 Sunset Drive, Suite 176, Phoenix, AZ 85034`; `Hauptstraße 12, 10115 Berlin`.
Known gaps: houses with names, towns without a street, other languages.
"""

import re
from collections.abc import Iterator

from tuneset.core.later import later
from tuneset.stages.redact.context import Around
from tuneset.stages.redact.finding import Finding

_CAP = r"[A-Z\u00c0-\u00d6\u00d8-\u00de][\w'\u2019.-]*"
_WORDS = rf"{_CAP}(?: {_CAP}){{0,3}}"
_ZIP = (
    r"(?:\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{4} ?[A-Z]{2}|\d{4,5})"
)
_GAP = r"(?:,\s?|\s?\n\s?| )"
_TYPE = (
    r"(?:[Ss]treet|[Ss]t|[Rr]oad|[Rr]d|[Aa]venue|[Aa]ve|[Ll]ane|[Ll]n|[Dd]rive|[Dd]r|[Bb]oulevard|[Bb]lvd|[Cc]ourt|[Cc]t|[Ww]ay|[Pp]lace|[Pp]l|[Pp]laza"
    r"|[Ss]quare|[Ss]q|[Tt]errace|[Tt]err|[Cc]rescent|[Pp]arkway|[Pp]kwy|[Hh]ighway|[Hh]wy|[Cc]ircle|[Cc]ir|[Tt]rail|[Tt]rl|[Cc]lose|[Gg]rove|[Mm]ews)"
)
_FLAT = r"(?:(?:[Aa]pt|[Aa]partment|[Ss]uite|[Ss]te|[Uu]nit|[Ff]lat|[Ff]loor|[Rr]oom|#)\.? ?#?\w{1,6})"
_TOWN = rf"(?:(?:{_ZIP} {_WORDS})|(?:{_WORDS}(?:,? (?:[A-Z]{{2}}|{_CAP}))?(?:,? {_ZIP})))"
_ENGLISH = (
    rf"(?<![\w$.#])\d{{1,6}}[A-Za-z]?(?:[-/]\d{{1,4}})? (?:{_FLAT},? )?(?:[NSEW]\.? )?(?:(?:{_CAP}|\d{{1,3}}(?:st|nd|rd|th)) ){{1,4}}?{_TYPE}(?![\w])\.?"
    rf"(?: [NSEW]{{1,2}}(?!\w))?(?:{_GAP}{_FLAT})?"
)
_GERMAN = (
    r"(?<!\w)(?:[A-Z\u00c4\u00d6\u00dc][\w.-]*?(?:stra\u00dfe|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer)"
    r"|(?:[A-Z\u00c4\u00d6\u00dc][\w-]+[ -]){1,3}(?:Stra\u00dfe|Strasse|Str\.|Weg|Platz|Allee|Ring|Damm|Ufer)"
    r"|[A-Z][\w-]*?(?:straat|laan|plein|kade|gracht|dreef|gatan|v\u00e4gen|gade|vej)) \d{1,4}(?: ?[a-zA-Z](?!\w))?"
)
_LINK = (
    r"(?:(?:de la|de los|de las|della|delle|degli|dei|del|des|de|du|dos|das|da|do|d'|di|la|le|las|los|l') ?)?"
)
_ROMANCE_WORDS = rf"{_LINK}{_CAP}(?: {_LINK}{_CAP}){{0,3}}"
_FRENCH = rf"(?<!\w)\d{{1,4}}(?: ?(?:bis|ter))?,? (?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Pp]lace|[Aa]ll\u00e9e|[Cc]hemin|[Ii]mpasse|[Qq]uai|[Cc]ours|[Rr]oute) {_ROMANCE_WORDS}"
_SPANISH = (
    rf"(?<!\w)(?:[Cc]alle|C/|[Aa]venida|[Aa]vda\.?|[Pp]laza|[Pp]aseo|[Cc]arrera|[Cc]amino|[Vv]ia|[Vv]iale|[Pp]iazza|[Cc]orso|[Ll]argo|[Vv]icolo|[Rr]ua"
    rf"|[Tt]ravessa|[Aa]lameda|[Uu]l\.) {_ROMANCE_WORDS},? (?:[Nn][\u00ba\u00b0o.]\.? ?)?\d{{1,4}}(?: ?[A-Za-z](?!\w))?(?:, \d{{1,2}}[\u00ba\u00aa\u00b0] ?[A-Za-z]?)?"
)
_PATTERNS = tuple(
    (later(rf"(?:{street})(?:{_GAP}{_TOWN}(?!\w))?"), tuple(letters.split()))
    for street, letters in (
        (_ENGLISH, ""),
        (
            _GERMAN,
            "stra str. weg platz allee gasse ring damm ufer laan plein kade gracht dreef gatan v\u00e4gen gade vej",
        ),
        (_FRENCH, "rue avenue boulevard place all\u00e9e chemin impasse quai cours route"),
        (
            _SPANISH,
            "calle c/ aven avda plaza paseo carrera camino via piazza corso largo vicolo rua travessa alameda ul.",
        ),
    )
)
"""Streets by language, and letters of which some must be there."""
_BOX = later(
    rf"(?<!\w)(?:P\.? ?O\.? ?Box|Postfach|Post Box|Bo\u00eete postale|Apartado) \d{{1,7}}(?:{_GAP}{_TOWN}(?!\w))?"
)
_CODE = later(
    r"(?i:(?<![^\W_])(?:zip|post(?:al)?)[ _-]?codes?|\bzip|\bpostcode|\bplz|\bpostleitzahl|code postal|c\u00f3digo postal|\bcap|\bcep)(?![^\W_])"
    rf"[\"'*]*\s?(?i:is|ist|est|es|\u00e9|of|:|=|#)?\s?[\"'*]*(?P<value>{_ZIP}|\d{{5}}-\d{{3}})(?!\w)"
)
_KEYED = later(
    r"(?:^|[ .])(?:(?:street|address|addr)(?:[ _-]?(?:address|line|name))?[ _-]?[123]?|line[ _-]?[12]|address[ _-]?line[ _-]?[123]"
    r"|(?:address|location|home|billing|shipping|delivery|residence)\S* (?:\S+ )?(?:city|town|zip|zip_?code|post_?code|postal_?code|street|house_?number)"
    r"|(?:zip|post|postal)_?code|stra\u00dfe|strasse|adresse|direcci\u00f3n|direccion|indirizzo|endere\u00e7o|anschrift): \"$",
    re.IGNORECASE,
)
_PART = later(r"[\w#][\w .,'\u2019#/\u00b0\u00ba-]{1,80}")
_KEYED_DIGIT = later(r"\d|(?:city|town)", re.IGNORECASE)


def find(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """Addresses around the cue."""
    around = Around.of(text, start, stop, ahead=72, behind=110)
    lower = around.text.lower()
    for pattern, letters in (*_PATTERNS, (_BOX, ("box", "postfach", "postale", "apartado"))):
        if letters and not any(some in lower for some in letters):
            continue
        for match in pattern.finditer(around.text):
            yield around.finding(*match.span(), "address", " ".join(match[0].split()))
    coded = any(some in lower for some in ("zip", "post", "plz", "code", "cap", "cep"))
    for match in _CODE.finditer(around.text) if coded else ():
        yield around.finding(*match.span("value"), "address")


def find_keyed(text: bytes, head: int) -> Iterator[Finding]:
    """The value of a JSON string whose keys (`text[:head]`) call it part of an address."""
    lead, value = text[:head].decode(), text[head:].decode()
    if _KEYED.search(lead) and _PART.fullmatch(value) and _KEYED_DIGIT.search(lead[-16:] + value):
        yield Finding(head, len(text), "address", value.encode())
