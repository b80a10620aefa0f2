"""Telephone numbers.

What it finds: international numbers (`+…`, `00…`), North American and other national forms with an area
code in brackets, a leading zero or the usual grouping, extensions; other groups of 7 to 13 digits only
after a word such as phone, call, mobile, WhatsApp or the like in one of ten languages, or as the value of
such a key.
Example: `+49 151 2345 6789`, `(415) 555-0134 x12`.
Known gaps: bare digits without such a word; two numbers with only a space between; words instead of digits.
Order numbers, dates, prices, versions and ids are left alone; digits after letters and a hyphen are an id.
International numbers must have the country and a length that the numbering plans know (phonenumberslite), or
such a word.
"""

from collections.abc import Iterator
from functools import lru_cache

from tuneset.core.later import later
from tuneset.stages.redact.context import JOINT, after, before, digits
from tuneset.stages.redact.finding import Finding

_GAP = rb"(?:" + JOINT + rb"|[()]){0,4}"
_EXTENSION = rb"(?:,? ?(?:x|ext\.?|extension|#) ?\d{1,6}(?!\d))?"
_ENDS = rb"(?=[^A-Za-z_@%]|x\d|ext|$)"
_CHUNK = later(  # look-behinds follow the first sign: a pattern that begins with a set is searched fast
    rb"[+(\d](?<![0-9A-Za-z_$#][+(\d])(?<![A-Za-z_]-\d)(?<![A-Za-z_]\xe2\x80[\x90\x91]\d)"
    rb"(?:(?<=\+)\(?\d|(?<=[(\d])(?<![0-9][ .,:/(\-][(\d])(?<![0-9][ .\-/][ (\-][(\d])"
    rb"(?:(?<=\d)|(?<=\()\+?\d))"
    rb"(?:" + _GAP + rb"\d){6,16}(?!" + _GAP + rb"\d|[,:]\d)" + _ENDS + _EXTENSION
)
_AMERICAN = later(
    rb"(?<![0-9A-Za-z_.\-/])(?:\+?1[-. ])?(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[-.]\d{4}(?!\d|[-.]\d)"
    + _ENDS
    + _EXTENSION
)
_LONGEST_EXTENSION = 24
_GROUP = later(rb"\d+")
_EXTENSION_MARK = later(rb"[x#e]")
_TWO = ord("2")
"""North American area codes and exchanges begin with 2 to 9."""
_DATE = later(
    rb"(?<!\d)(?:(?:19|20)\d\d[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:0?[1-9]|[12]\d|3[01])"
    rb"|(?:0?[1-9]|[12]\d|3[01])[-./ ](?:0?[1-9]|[12]\d|3[01])[-./ ](?:19|20)\d\d)(?!\d)"
)
_YEARS = later(rb"(?:(?:19|20)\d\d\D{1,3})+(?:19|20)\d\d")
_MONEY_AHEAD = later(rb"(?:[$#]|\xe2\x82\xac|\xc2\xa3|\xc2\xa5|usd|eur|gbp|inr|rs\.?)\s?$")
_UNIT_BEHIND = later(
    rb"\s?(?:%|\xe2\x82\xac|\xc2\xa3|\$|(?:usd|eur|gbp|dollars?|euros?|kg|km|ms|mb|gb|kb|bytes?|px|rows?|users?|people|units?|miles?)(?![a-z]))"
)
_CALLED = frozenset(
    """phone phones telephone telephones tel telefon telefono telefone telefonnummer call called calling
    mobile mobil mobilnummer cell cellphone cellular fax whatsapp sms dial callback hotline msisdn handy
    handynummer rufnummer anrufen erreichbar móvil teléfono llámame llámenme celular tél téléphone portable
    appeler appelez joindre cellulare chiamami chiamare ligue telemóvel telefoon telefoonnummer bellen
    mobiel komórka komórkowy numer
    телефон тел моб номер""".encode().split()
)
"""Words after which any group of 7 to 13 digits is a telephone number."""
_CALLED_IN_WORDS = later(
    rb"(?<![a-z])(?:my number|number is|answer(?:ing)? (?:at|on)|contact n"
    rb"|(?:text|ring|signal|contact|reach(?:ed)?) (?:me|us|him|her|them|number))"
)
_THING = later(
    rb"(?<![a-z])(?:phone|mobile|cell|mobil|handy|call|tel|telephone)s?[ _-]"
    rb"(?:cases?|covers?|contracts?|plans?|lines?|chargers?|cables?|holders?|stands?|screens?|routers?|network|data|apps?"
    rb"|internet|hotspots?|bills?|tariffs?|subscriptions?|models?|accessor[a-z]+|batter[a-z]+|cent(?:er|re)s?"
    rb"|vertrag|h\xc3\xbclle)(?![a-z])"
)
"""Things that are sold or used; the word for the device in them announces no number."""
_SENTENCE_END = later(
    rb"(?:[a-z0-9\x80-\xff)\]\"']{3}(?<!tel)(?<!mob)(?<!fax)(?<!num)(?<!cel)(?<!lef)\.|[!?])[\"')\]]*\s"
    rb"|\xe3\x80\x82|\xef\xbc[\x81\x9f]"
)
_CALLED_ASIAN = later("电话|電話|手机|手機|联系|携帯|전화|연락처".encode())
_WORD = later(rb"[a-z\x80-\xff]+")
_CALLED_AFTER = later(
    rb"^[\s,.;:)\]\-]{0,3}(?:is my (?:phone|cell|mobile|number)"
    rb"|\(?(?:mobile|cell|home|work|office|phone|fax|whatsapp)\b)"
)
_COUNTED = later(
    rb"(?<![a-z])(?:orders?|invoices?|tickets?|tracking|parcel|shipment|references?|ref|case|booking|confirmation|reservation"
    rb"|transactions?|accounts?|acct|policy|claim|serial|sku|items?|products?|parts?|models?|isbn|issn|ean|upc|gtin|doi|pmid"
    rb"|versions?|builds?|commits?|ids?|uuids?|codes?|pin|zip|postal|amount|total|price|timestamps?|epoch|created|size|pages?"
    rb"|rows?|lines?|bestell(?:ung|nummer)|rechnung(?:snummer)?|kundennummer|auftrag(?:snummer)?|sendungsnummer|pedido|factura"
    rb"|commande|facture|ordine|fattura|encomenda|bestelling|factuur|zam\xc3\xb3wieni[ea])"
    rb"[^a-z0-9]{0,4}(?:(?:numbers?|no|nr|num|nummer|is|was|were|are|ids?|codes?|of|de|del|n)[^a-z0-9]{1,4}){0,3}$"
)


def find(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """Telephone numbers that begin in the window."""
    end = min(len(text), stop + _LONGEST_EXTENSION)
    has_joints = text.find(b"-", start, end) >= 0 or text.find(b".", start, end) >= 0
    for pattern in (_AMERICAN, _CHUNK) if has_joints else (_CHUNK,):
        for match in pattern.finditer(text, start, end):
            if match.start() >= stop:
                break
            begin = match.start() + (
                match[0].startswith(b"(") and match[0].count(b"(") > match[0].count(b")")
            )
            chunk = text[begin : match.end()]
            if _is_phone(chunk, before(text, begin), after(text, match.end())):
                yield Finding(begin, match.end(), "phone", _normal(chunk))


def _normal(chunk: bytes) -> bytes:
    value = digits(chunk)
    return value[2:] if value.startswith(b"00") else value


def _is_phone(chunk: bytes, ahead: bytes, behind: bytes) -> bool:
    groups = _GROUP.findall(_EXTENSION_MARK.split(chunk, maxsplit=1)[0])
    count = sum(map(len, groups))
    if chunk.lstrip(b"(")[:1] == b"+":
        fits = 8 <= count <= 15 and not groups[0].startswith(b"0")
        return fits and (_is_possible(_plus(chunk)) or _is_announced(ahead, behind))
    if not _has_phone_shape(chunk, groups, count) and not (7 <= count <= 13 and _is_announced(ahead, behind)):
        return False
    if _DATE.search(chunk) or _YEARS.fullmatch(chunk) or (groups[0] == b"0" and chunk[1:2] == b"."):
        return False
    is_counted = not chunk.startswith(b"(") and _COUNTED.search(
        ahead
    )  # no order number has an area code in brackets
    return not (is_counted or _MONEY_AHEAD.search(ahead) or _UNIT_BEHIND.match(behind))


def _has_phone_shape(chunk: bytes, groups: list[bytes], count: int) -> bool:
    """Shapes that are telephone numbers without a word that says so."""
    if len(groups) == 1 and not chunk.startswith(b"0"):
        return False
    if chunk[:1] == b"(":
        return 8 <= count <= 13 and len(groups) > 1 and chunk.find(b")") in (3, 4, 5, 6)
    first = groups[0]
    if _is_american(chunk, groups):
        return True
    if first.startswith(b"00"):
        fits = 10 <= count <= 17 and len(groups) > 1 and first[2:3] != b"0"
        return fits and _is_possible(_plus(chunk))
    if first.startswith(b"0") and len(first) > 1:
        return 9 <= count <= 12 if len(groups) > 1 else count in (10, 11)
    return False


def _plus(chunk: bytes) -> str:
    """The digits after a plus sign, without the zero in brackets that only callers at home dial."""
    plain = digits(_EXTENSION_MARK.split(chunk.replace(b"(0)", b""), maxsplit=1)[0]).decode()
    return "+" + plain.removeprefix("00")


@lru_cache(maxsize=4096)
def _is_possible(number: str) -> bool:
    """Is there such a country, and has it numbers of that length? Asked of the tables of libphonenumber.

    Not whether the number is in use: numbers of fiction and of tests are written like others.
    """
    from phonenumbers import NumberParseException, is_possible_number, parse

    try:
        return is_possible_number(parse(number))
    except NumberParseException:
        return False


def _is_american(chunk: bytes, groups: list[bytes]) -> bool:
    """Three, three and four digits, perhaps after a 1; between blanks, the threes begin with 2 to 9."""
    if [len(group) for group in groups[-3:]] != [3, 3, 4] or groups[:-3] not in ([], [b"1"]):
        return False
    is_joined = b"-" in chunk or b"." in chunk or b"\xe2\x80" in chunk
    return is_joined or (groups[-3][0] >= _TWO and groups[-2][0] >= _TWO)


def _is_announced(ahead: bytes, behind: bytes) -> bool:
    near = _THING.sub(b" ", _SENTENCE_END.split(ahead)[-1][-40:])
    if (
        not _CALLED.isdisjoint(_WORD.findall(near))
        or _CALLED_IN_WORDS.search(near)
        or _CALLED_AFTER.match(behind)
    ):
        return True
    return not near.isascii() and bool(_CALLED_ASIAN.search(near))
