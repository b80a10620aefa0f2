"""One pass over the words of many texts that marks where a word announces personal data.

`scan` marks what an identifier looks like; this marks what is said about it: `born on`, `Dear Mr`, `account
no`, a street, the key of a name. Most words are no cue and cost one table look-up; a cue counts only if what
it announces may follow (a digit, a capital). The kernel never decides: `stages/redact` confirms.
"""

import numpy as np
import pyarrow as pa

from tuneset.kernels.bits import trailing_zeros
from tuneset.kernels.lean import lean, lean_inline
from tuneset.kernels.scan import Windows

NAME, ADDRESS, BIRTH, ACCOUNT, BOOKING, DEVICE, PLATE = (1 << bit for bit in range(7))
"""Families of a window."""

_GREETS, _CALLS, _CLOSES, _KEYS, _DIGITS, _BEHIND, _AROUND, _ALWAYS, _NUMBERED = (
    1 << bit for bit in range(8, 17)
)
"""What must stand by a cue: a capital behind a few words (`_GREETS` none, `_CALLS` up to five), a capital on
the next line, a colon or quote and then a letter, a digit within reach behind it, right behind it or around
it, nothing, a number before it with nothing but names between (`710 Sunset Drive`). What announces an address
counts with any digit around it where it is a key.
"""

_SAYS = 1 << 16
"""What must stand by a cue as well: a verb that says what the name is; or, behind a title or a closing, any
word, whatever its case."""

_STANDS = 1 << 17
"""What must stand by a cue that follows a name: a few words of its clause, and behind it the end of that."""
_CLAUSE_WORDS = 5

_CUES: dict[int, str] = {
    NAME | _GREETS: """
        hi hello hey dear hallo liebe lieber bonjour hola ciao olá caro cara estimado estimada cher
        chère beste geachte prezado prezada gentile szanowny cześć hej mr mrs ms miss dr prof mister
        madam herr herrn frau monsieur madame mme mlle señor señora senor senora signor signora sr sra
        meneer mevrouw pani pan senhor senhora heiße heisse appelle llamo chiamo nazywam chamo i'm
    """,
    NAME | _ALWAYS: "speaking apparat",
    NAME | _STANDS: "here calling hier",
    NAME | _CALLS: """
        thanks thank danke merci gracias grazie obrigado bedankt name named names nom nombre naam nome
        imię nazwisko this am speaking sorry welcome bye called
    """,
    NAME | _CLOSES: """
        regards sincerely cheers best thanks thank grüße grüßen gruß mfg cordialement saludos
        atentamente saluti groet groeten truly wishes respectfully faithfully love obrigado
    """,
    NAME | _SAYS: """
        name nombre nom prénom naam nome heiße heisse appelle llamo chiamo chamo heet nazywam mr mrs herr
        herrn regards sincerely truly faithfully grüße grüßen grüsse grüssen grÜsse grÜssen grÜße
        gruesse mfg cordialement saludo saludos
        atentamente saluti groet groeten atenciosamente wishes username
    """,
    NAME | _KEYS: """
        name names firstname lastname fullname surname forename nickname username userid user customer
        client passenger guest patient employee contact recipient sender holder cardholder traveler
        traveller member applicant owner beneficiary tenant buyer attendee vorname nachname familienname
        prénom prenom nom nombre apellido apellidos cognome voornaam achternaam sobrenome login kunde
        kundenname first last display author signed
    """,
    ADDRESS | _NUMBERED: """
        street st road rd avenue ave av lane ln drive dr boulevard blvd court ct way place pl plaza
        square sq terrace terr crescent parkway pkwy highway hwy circle cir trail trl close grove mews
        suite apt apartment unit floor rue allée allee chemin impasse quai cours route
    """,
    ADDRESS | _BEHIND: """
        box postfach apartado str straße strasse weg platz allee gasse ring damm ufer straat laan plein
        kade gracht ulica gatan vej gade
    """,
    ADDRESS | _DIGITS: """
        calle avenida avda plaza paseo carrera camino via viale piazza corso largo vicolo rua travessa
        alameda rodovia ul
    """,
    ADDRESS | _AROUND: "zip zipcode postal postcode plz cap cep postleitzahl",
    ADDRESS: "address adresse dirección direccion indirizzo endereço",
    BIRTH | _AROUND: """
        born birth birthday birthdate dob geboren geburtsdatum geburtstag geb née naissance nacido
        nacida nacimiento nato nata nascita nascido nascida nascimento geboortedatum geboorte urodzony
        urodzona urodzenia birthyear dateofbirth
    """,
    ACCOUNT | _DIGITS: """
        account acct accounts konto kontonummer ktonr compte cuenta conto rekening rekeningnummer conta
        customer kunden kundennummer kundennr client cliente klant klantnummer member membership
        mitglied mitgliedsnummer policy police póliza polizza routing sort aba bsb swift bankleitzahl
        blz versicherungsnummer polizzennummer patient mrn medical loyalty frequent insurance subscriber
        employee personnel student meter flyer mileage
    """,
    BOOKING | _DIGITS: """
        booking reservation confirmation pnr buchung buchungsnummer buchungscode réservation reserva
        prenotazione localizador locator itinerary order bestellung bestellnummer auftrag commande
        pedido ordine bestelling ticket tracking case
    """,
    DEVICE | _ALWAYS: "imei imeisv meid udid idfa idfv gaid aaid",
    DEVICE | _DIGITS: "device serial hardware advertising android mac seriennummer gerätenummer geräte",
    PLATE | _DIGITS: """
        plate plates registration kennzeichen nummernschild immatriculation plaque matrícula matricula
        targa kenteken placa rego licence license vrn
    """,
}  # fmt: skip
"""Family and condition → the words. Eight bytes of a word count: what is longer is known by its beginning."""

BEGINNINGS = frozenset(word.encode()[:8] for words in _CUES.values() for word in words.split())
"""What a cue begins with, or all of it."""
_BITS = 12
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(64 - _BITS)
_MIX32, _SHIFT32 = np.uint32(0x9E3779B1), np.uint32(16)


def _sign_of(word: str) -> int:
    return int.from_bytes(word.encode()[:8].ljust(8, b" "), "big")


_SIGNS = np.zeros(1 << _BITS, np.uint64)
_MEANS = np.zeros(1 << _BITS, np.uint32)
_SHORT_WORDS = np.zeros(1 << 16, np.uint8)
"""By the first two bytes: may a cue of two or three bytes begin so?"""
_LONG_WORDS = np.zeros(1 << 16, np.uint8)
"""By a hash of the first four bytes: may a longer cue begin so?"""


def _learn(word: str, means: int) -> None:
    sign = _sign_of(word)
    at = (sign * int(_MIX) & (2**64 - 1)) >> (64 - _BITS)
    while _SIGNS[at] and int(_SIGNS[at]) != sign:
        at = (at + 1) % (1 << _BITS)
    _SIGNS[at] = sign
    _MEANS[at] |= means
    four = [byte | 32 for byte in word.encode()[:4]]
    if len(four) == 4:
        _LONG_WORDS[(int.from_bytes(bytes(four), "big") * int(_MIX32) & (2**32 - 1)) >> 16] = 1
    else:
        _SHORT_WORDS[four[0] << 8 | four[1]] = 1


for _kind, _list in _CUES.items():
    for _word in _list.split():
        _learn(_word, _kind)

_LETTER, _UPPER, _NUMBER, _HEX = 1, 2, 4, 8
_KIND = np.zeros(256, np.uint8)
for _byte in range(256):
    _char = chr(_byte)
    _KIND[_byte] = (
        _LETTER * (_byte >= 128 or _char.isalpha())
        + _UPPER * (_byte < 128 and _char.isupper())
        + _NUMBER * (_byte < 128 and _char.isdigit())
        + _HEX * (_byte < 128 and _char in "0123456789abcdefABCDEF")
    )

_CASE, _A, _CAPITAL_A, _LETTERS, _WIDE = np.uint8(32), np.uint8(97), np.uint8(65), np.uint8(26), np.uint8(128)
_ZERO, _TEN = np.uint8(48), np.uint8(10)
_REACH = 40  # bytes in which a digit may stand
_NAME_WORDS = 9  # between number and street: four names, a direction, a flat and its number
_LINE = 60  # bytes to the end of a closing line


def cues(texts: pa.Array, families: int = 255) -> Windows:
    """The cues of some families in `texts` (`string` or `large_string` `[n]`; nulls have none).

    Cost: about one nanosecond a byte.
    """
    if len(texts) == 0 or texts.null_count == len(texts) or not families:
        nothing = np.empty(0, np.int64)
        return Windows(nothing, nothing, nothing, nothing)
    width = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    _, bounds, data = texts.buffers()
    offsets = np.frombuffer(bounds, width, len(texts) + 1, texts.offset * np.dtype(width).itemsize)
    flat = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    first, last = int(offsets[0]), int(offsets[-1])
    flat, offsets = flat[first:last], offsets.astype(np.int64) - first
    marks = np.zeros(len(flat) + -len(flat) % 8 + 8, np.uint8)
    if len(flat):
        _mark(flat[:-1], flat[1:], marks[1 : len(flat)])
        if len(flat) > 3:
            _mark_signs(flat[:-3], flat[1:-2], flat[3:], marks)
        marks[max(0, len(flat) - 3) : len(flat)] |= flat[-3:] == ord(" ")
        _mark_beginnings(flat, offsets, marks)
    found = np.empty((max(1024, len(texts)), 4), np.int64)
    count = _cues(flat, offsets, families, marks, found)
    if count > len(found):
        found = np.empty((count, 4), np.int64)
        _cues(flat, offsets, families, marks, found)
    return Windows(found[:count, 0], found[:count, 1], found[:count, 2], found[:count, 3])


@lean_inline
def _lower(byte: int) -> int:
    return byte | 32 if 65 <= byte <= 90 else byte


@lean
def _mark(before: np.ndarray, here: np.ndarray, marks: np.ndarray) -> None:
    """Sets `marks` where a word begins: a letter after none, or a capital after a small one. No branches:
    SIMD.
    """
    for i in range(len(marks)):
        a, b = before[i], here[i]
        letter = (np.uint8((b | _CASE) - _A) < _LETTERS) | (b >= _WIDE)
        small = np.uint8(a - _A) < _LETTERS
        was = (np.uint8((a | _CASE) - _A) < _LETTERS) | (a >= _WIDE)
        capital = np.uint8(b - _CAPITAL_A) < _LETTERS
        marks[i] = letter & ((not was) | (capital & small))


@lean
def _mark_signs(data: np.ndarray, following: np.ndarray, ahead: np.ndarray, marks: np.ndarray) -> None:
    """Adds marks of a sign that is repeated three bytes further (`00:1A:2B`), and of a blank before a digit.
    SIMD.
    """
    for i in range(len(ahead)):
        pairs = ((data[i] == 58) | (data[i] == 45)) & (data[i] == ahead[i])
        marks[i] |= pairs | ((data[i] == 32) & (np.uint8(following[i] - _ZERO) < _TEN))


@lean
def _end_of(data: np.ndarray, at: int, high: int) -> int:
    """End of the word that begins at `at`: before what is no letter or a capital that follows a small
    letter.
    """
    i = at + 1
    while i < high:
        kind = _KIND[data[i]]
        if not kind & _LETTER or (kind & _UPPER and 97 <= data[i - 1] <= 122):
            return i
        i += 1
    return i


@lean
def _meaning(data: np.ndarray, at: int, end: int) -> int:
    """Families and conditions of the word from `at` to `end`."""
    sign = np.uint64(0)
    for k in range(8):
        byte = _lower(data[at + k]) if at + k < end else 32
        sign = (sign << np.uint64(8)) | np.uint64(byte)
    place = (sign * _MIX) >> _SHIFT
    while _SIGNS[place]:
        if _SIGNS[place] == sign:
            return int(_MEANS[place])
        place = (place + np.uint64(1)) & np.uint64((1 << _BITS) - 1)
    return 0


@lean
def _begins_name(data: np.ndarray, at: int, high: int) -> bool:
    """A capital and a letter behind it that is none, or a letter beyond ASCII?"""
    if at + 1 >= high:
        return False
    if data[at] >= 0xC3:
        return True
    return (_KIND[data[at]] & _UPPER) != 0 and (_KIND[data[at + 1]] & _LETTER != 0 or data[at + 1] == 39)


@lean
def _capital_after(data: np.ndarray, at: int, high: int, words: int, title: bool) -> bool:
    """Does a capital come after at most so many small words, with no end of a sentence between?

    `title`: may the cue be short for a title? Only behind a title, a word with a capital, a dot ends nothing.
    """
    while at < high:
        byte = data[at]
        kind = _KIND[byte]
        if kind & _UPPER or byte >= 0xC3:
            if _begins_name(data, at, high):
                return True
            words -= 1
        elif kind & _LETTER:
            words -= 1
            title = False
        elif byte in (32, 34, 39, 42, 44, 58, 61, 95, 45, 92):
            at += 1
            continue
        elif byte == 46 and title and words >= 0 and at + 1 < high and data[at + 1] == 32:
            at += 1  # the dot of Mr. or Dr.
            continue
        else:
            return False
        if words < 0:
            return False
        while at < high and (_KIND[data[at]] & _LETTER or data[at] == 39):
            at += 1
    return False


@lean
def _closes(data: np.ndarray, at: int, high: int) -> bool:
    """Is the line over after a sign or a word or two, and does the next one begin with a capital?"""
    i, floor = at, min(high, at + _LINE)
    while i < floor and data[i] != 10:
        if data[i] == 92 and i + 1 < floor and data[i + 1] == 110:
            break
        if data[i] == 46 or data[i] == 63 or data[i] == 58:
            return False
        i += 1
    if i >= floor:
        return False
    while i < high and (data[i] in (10, 13, 32, 45, 42, 92) or (data[i] == 110 and data[i - 1] == 92)):
        i += 1
    return i < high and _begins_name(data, i, high)


@lean
def _is_key(data: np.ndarray, at: int, high: int) -> bool:
    """Do a few words, a quote, a colon or an equals sign, and then a letter follow?"""
    i, marked = at, False
    while i < high and i < at + 28:
        byte = data[i]
        if byte == 58 or byte == 61:
            marked = True
        elif _KIND[byte] & _LETTER:
            if marked:
                return True
        elif byte not in (32, 34, 39, 95, 45, 42, 92, 9):
            return False
        i += 1
    return False


@lean
def _is_said(data: np.ndarray, start: int, end: int, high: int) -> bool:
    """Does a word follow the cue, after a verb of being if the cue is a word for name (it begins with n or
    p)?
    """
    if end + 2 >= high:
        return False
    first = _lower(data[start])
    if (first == 110 or first == 112) and _lower(data[start + 2]) != 122:  # not nazywam
        if data[end] == 39 or data[end] == 0xE2:
            return True  # 's
        after = _lower(data[end + 1])
        return data[end] == 32 and (after == 105 or after == 101 or after == 0xC3)  # is, ist, es, è
    i = end
    while i < high and i < end + 6 and not _KIND[data[i]] & _LETTER:
        i += 1
    return i < high and _KIND[data[i]] & _LETTER != 0


@lean
def _ends_clause(data: np.ndarray, start: int, end: int, low: int, high: int) -> bool:
    """Does a clause of a few words end here: by a sign, the end, or `and` or `from`?"""
    at, words = start - 1, 0
    while at >= low and words <= _CLAUSE_WORDS and data[at] not in (10, 33, 44, 46, 63):
        words += data[at] == 32
        at -= 1
    if not 0 < words <= _CLAUSE_WORDS:
        return False
    if end >= high or data[end] in (10, 13, 33, 44, 46, 63):
        return True
    if data[end] != 32 or end + 4 >= high:
        return False
    a, b = _lower(data[end + 1]), _lower(data[end + 2])
    return (
        (a == 97 and b == 110)
        or (a == 102 and b == 114)
        or (a == 117 and b == 110)
        or (a == 118 and b == 111)
    )


@lean
def _digit_in(data: np.ndarray, low: int, high: int) -> bool:
    for i in range(low, high):  # noqa: SIM110 - numba has no generators in any()
        if _KIND[data[i]] & _NUMBER:
            return True
    return False


@lean
def _is_after_key(byte: int) -> bool:
    """Does it end the key of a value, or go on with it? `"street": "…"`, `street_1`."""
    return byte in (34, 39, 58, 61, 92, 95) or (_KIND[byte] & _NUMBER) != 0


@lean
def _number_behind(data: np.ndarray, end: int, high: int) -> bool:
    """Does a number follow at once? `Platz 12`, `Str. 12`, `Box 12`."""
    if end < high and data[end] == 46:
        end += 1
    return end + 1 < high and data[end] == 32 and (_KIND[data[end + 1]] & _NUMBER) != 0


@lean
def _is_part_of_name(byte: int) -> bool:
    """A letter, a digit, or a sign that stands in the name of a street or the number of a flat: '.-/#_"""
    return _KIND[byte] & (_LETTER | _NUMBER) != 0 or byte in (39, 46, 45, 47, 35, 95)


@lean
def _stands_in_address(data: np.ndarray, at: int) -> bool:
    """May the small word at `at` stand between number and street? apt, apartment, suite, ste, unit, flat,
    floor, room; bis, ter.
    """
    a, b, c = data[at], data[at + 1], data[at + 2]
    return (
        (a == 97 and b == 112 and (c == 116 or c == 97))
        or (a == 115 and ((b == 117 and c == 105) or (b == 116 and c == 101)))
        or (a == 117 and b == 110 and c == 105)
        or (a == 102 and b == 108 and (c == 97 or c == 111))
        or (a == 114 and b == 111 and c == 111)
        or (a == 98 and b == 105 and c == 115)
        or (a == 116 and b == 101 and c == 114)
    )


@lean
def _numbered(data: np.ndarray, start: int, low: int) -> bool:
    """Does a number stand before the word at `start`, with nothing but names and flats between?"""
    at = start
    for _ in range(_NAME_WORDS):
        end = at
        while at > low and (data[at - 1] == 32 or data[at - 1] == 44):
            at -= 1
        last = at
        while at > low and _is_part_of_name(data[at - 1]):
            at -= 1
            inside = at > low and _is_part_of_name(data[at - 1]) and data[at - 1] < 128
            if _KIND[data[at]] & _NUMBER and not (inside and _KIND[data[at - 1]] & (_LETTER | _NUMBER)):
                return True
        if last == end or at == last:
            return False
        named = _KIND[data[at]] & _UPPER or data[at] >= 0xC3 or data[at] == 35
        if not named and not (at + 2 < last and _stands_in_address(data, at)):
            return False
    return False


@lean
def _held(data: np.ndarray, start: int, end: int, low: int, high: int, means: int) -> int:
    """The families of a cue whose condition holds."""
    family = means & 255
    behind = _digit_in(data, end, min(high, end + _REACH))
    if means & _ALWAYS:
        return family
    holds = 0
    if means & _DIGITS and behind:
        holds |= family & ~NAME
    if family & ADDRESS and (
        (means & _NUMBERED and _numbered(data, start, low))
        or (means & _BEHIND and _number_behind(data, end, high))
        or (end < high and _is_after_key(data[end]) and _digit_in(data, max(low, start - _REACH), start))
        or (behind and end < high and _is_after_key(data[end]))
    ):
        holds |= ADDRESS
    if means & _AROUND and (behind or _digit_in(data, max(low, start - _REACH), start)):
        holds |= family & ~NAME
    if family & NAME and (
        (means & _GREETS and _capital_after(data, end, high, 1, True))
        or (means & _CALLS and _capital_after(data, end, high, 5, False))
        or (means & _CLOSES and _closes(data, end, high))
        or (means & _KEYS and _is_key(data, end, high))
        or (means & _SAYS and _is_said(data, start, end, high))
        or (means & _STANDS and _ends_clause(data, start, end, low, high))
    ):
        holds |= NAME
    return holds


@lean
def _is_street(data: np.ndarray, end: int) -> bool:
    """Do the seven letters before `end` end like a street (-weg, -str, -straße, -straat, -laan, -platz,
    -gade, …)?
    """
    for i in range(end - 7, end):
        if not _KIND[data[i]] & _LETTER:
            return False
    a, b, c, d = _lower(data[end - 4]), _lower(data[end - 3]), _lower(data[end - 2]), _lower(data[end - 1])
    return (
        (b == 119 and c == 101 and d == 103)  # weg
        or (b == 115 and c == 116 and d == 114)  # str
        or (a == 97 and b == 195 and d == 101)  # aße
        or (a == 97 and b == 115 and c == 115 and d == 101)  # asse
        or (a == 114 and b == 97 and c == 97 and d == 116)  # raat
        or (a == 108 and b == 97 and (c == 97 or c == 116) and (d == 110 or d == 122))  # laan, latz
        or (a == 108 and c == 101 and (d == 101 or b == 108))  # llee
        or (a == 108 and b == 101 and c == 105 and d == 110)  # lein
        or (a == 114 and b == 97 and c == 99 and d == 104)  # (g)rach(t)
        or (a == 97 and b == 99 and c == 104 and d == 116)  # acht
        or (a == 97 and b == 116 and c == 97 and d == 110)  # atan
        or (b == 118 and c == 101 and d == 106)  # vej
        or (a == 103 and b == 97 and c == 100 and d == 101)  # gade
        or (a == 164 and b == 103 and c == 101 and d == 110)  # vägen
        or (a == 114 and b == 101 and c == 101 and d == 102)  # dreef
    )


@lean
def _is_mac(data: np.ndarray, at: int, low: int, high: int) -> bool:
    """Do three pairs of hexadecimal digits with the same sign between stand around the sign at `at`?"""
    if at - 2 < low or at + 5 >= high or data[at + 3] != data[at]:
        return False
    for place in (-2, -1, 1, 2, 4, 5):
        if not _KIND[data[at + place]] & _HEX:
            return False
    return at - 3 < low or not _KIND[data[at - 3]] & _HEX


@lean
def _add(found: np.ndarray, count: int, text: int, start: int, stop: int, family: int) -> int:
    if count < len(found):
        found[count, 0], found[count, 1], found[count, 2], found[count, 3] = text, start, stop, family
    return count + 1


@lean
def _at_word(
    data: np.ndarray, at: int, low: int, high: int, families: int, text: int, found: np.ndarray, count: int
) -> int:
    """Adds the cue that begins at `at`, if one does."""
    end = _end_of(data, at, high)
    if at + 2 < high and data[at + 1] == 39 and _lower(data[at + 2]) == 109:
        end = at + 3  # I'm
    means = _meaning(data, at, end)
    if means:
        family = _held(data, at, end, low, high, means) & families
        if family:
            count = _add(found, count, text, at - low, end - low, family)
    return count


@lean_inline
def _may_be_cue(data: np.ndarray, at: int, high: int) -> bool:
    """Does the word at `at` begin like one?"""
    a = np.uint32(data[at] | _CASE)
    b = np.uint32(data[at + 1] | _CASE) if at + 1 < high else np.uint32(32)
    c = np.uint32(data[at + 2] | _CASE) if at + 2 < high else np.uint32(32)
    d = np.uint32(data[at + 3] | _CASE) if at + 3 < high else np.uint32(32)
    pair = (a << np.uint32(8)) | b
    four = (pair << np.uint32(16)) | (c << np.uint32(8)) | d
    if _LONG_WORDS[np.uint32(four * _MIX32) >> _SHIFT32]:
        return True
    return bool(_SHORT_WORDS[pair]) and (not _KIND[c] & _LETTER or not _KIND[d] & _LETTER)


@lean
def _mark_beginnings(data: np.ndarray, offsets: np.ndarray, marks: np.ndarray) -> None:
    """Marks the first letter of each text; the one before may have ended in a letter."""
    for text in range(len(offsets) - 1):
        if offsets[text] < offsets[text + 1] and _KIND[data[offsets[text]]] & _LETTER:
            marks[offsets[text]] = 1


@lean
def _cues(data: np.ndarray, offsets: np.ndarray, families: int, marks: np.ndarray, found: np.ndarray) -> int:
    """Fills `found` as far as it reaches; the count says how many there are."""
    count, text = 0, 0
    eights = marks.view(np.uint64)
    for eight in range(len(eights)):
        left = eights[eight]
        while left:
            at = np.int64(8 * eight + (trailing_zeros(left) >> 3))  # pyright: ignore[reportCallIssue]
            left &= left - np.uint64(1)
            while at >= offsets[text + 1]:
                text += 1
            low, high = offsets[text], offsets[text + 1]
            if _KIND[data[at]] & _LETTER and not _may_be_cue(data, at, high):
                continue
            if _KIND[data[at]] & _LETTER:
                count = _at_word(data, at, low, high, families, text, found, count)
            elif data[at] != 32:
                if families & DEVICE and _is_mac(data, at, low, high):
                    count = _add(found, count, text, at - 2 - low, at - low, DEVICE)
            elif families & ADDRESS:
                end = at - (at > low and data[at - 1] == 46)
                is_number = at + 1 < high and _KIND[data[at + 1]] & _NUMBER
                if is_number and end - 7 >= low and _is_street(data, end):
                    count = _add(found, count, text, end - 3 - low, end - low, ADDRESS)
    return count
