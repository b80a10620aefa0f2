"""One pass over the bytes of many texts that marks the few windows in which an identifier may stand.

The kernel never decides. It looks for *anchors* (an `@`, seven digits, a token of letters and digits, a
word like `password:`), widens each to the run of bytes an identifier could cover, and says which families
of detectors should look there. `stages/redact` confirms. What has no anchor costs one table look-up per
byte.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tuneset.kernels.lean import lean, lean_inline

EMAIL, URL, NUMBER, TOKEN, IDENT, IBAN, IP, KEYWORD, PEM, ESCAPE, CHAIN = (1 << bit for bit in range(11))
"""Families of a window. `ESCAPE`: JSON that hides ASCII behind \\u escapes; what it holds shows after
decoding.
"""

_ALNUM, _DIGIT, _KEYCHAR, _LOCAL, _DOMAIN, _HEX, _JOIN = (1 << bit for bit in range(7))
_TABLE = np.zeros(256, np.uint8)
for _byte in range(256):
    _char = chr(_byte)
    _ascii = _byte < 128
    _alnum = _ascii and _char.isalnum()
    _TABLE[_byte] = (
        _ALNUM * _alnum
        + _DIGIT * (_ascii and _char.isdigit())
        + _KEYCHAR * (_alnum or _char in "_-.=+/~:")
        + _LOCAL * (_alnum or not _ascii or _char in "._%+'&-")
        + _DOMAIN * (_alnum or not _ascii or _char in ".-")
        + _HEX * (_ascii and _char in "0123456789abcdefABCDEF:.")
        + _JOIN * (not _ascii or _char in " .-/()+\\")
    )

_NUMBER_DONE, _IDENT_DONE, _TOKEN_DONE, _HEX_DONE, _PEM_DONE, _ANNOUNCED = range(6)
"""Per kind of window, how far the current text has been covered: keeps the cost linear. `_ANNOUNCED`: the
announcing words of the whole text if it is JSON, -1 before they have been looked for.
"""

_NEAR, _BEHIND, _PAPER = 1, 2, 4
"""What a word announces: a number near it, a number just before it, the number of a document."""
_ANNOUNCING = {
    _NEAR: """
        phone phones telep tel tels telef call calle calli mobil cell cellp cellu fax whats
        sms dial callb hotli msisd handy rufnu anruf errei m\u00f3vil mobie tel\u00e9fono
        t\u00e9l t\u00e9l\u00e9phone ll\u00e1mame celul porta appel joind chiam ligue telem
        bell belle komor kom\u00f3rka numer number numbe answe conta text ring signa reach
        \u0442\u0435\u043b \u0442\u0435\u043b\u0435\u0444\u043e\u043d \u043c\u043e\u0431
        \u043d\u043e\u043c \u7535\u8bdd \u96fb\u8a71 \u624b\u673a \u624b\u6a5f \u8054\u7cfb
        \u643a\u5e2f \uc804\ud654 \uc5f0\ub77d my tax taxid taxnu taxno taxpa taxfi natio
        gover perso perma incom pan ssn socia tin itin nhs nhsnu nino ninum ni insur bsn
        burge sofi sofin citiz steue idnr ident dni nie nif docum cpf pesel aadha adhar
        uidai uid sin nas assur tfn tckn tck tckim tc kimli f\u00f8ds fodse fnr cpr rijks
        regis nrn insz niss resid rrn amka \u03b1\u03bc\u03ba\u03b1 \u0391\u039c\u039a\u0391 afm
        \u03b1\u03c6\u03bc \u0391\u03a6\u039c rodne rodn\u00e9 birth svnr sozia sv versi ahv avs navs
        teuda zehut mispa
        \u05ea\u05e2\u05d5\u05d3\u05ea \u05d6\u05d4\u05d5\u05ea \u30de\u30a4\u30ca\u30f3
        \u500b\u4eba indiv
        cuit cuil libre rut rfc cnp ird inlan ein fein emplo utr uniqu pps ppsn fisca spi stnr abgab
        nip vkn vergi medic mbi clabe oib egn \u0435\u0433\u043d \u0415\u0413\u041d asmen isiku perso
        jmbg emso em\u0161o thai citiz \u0e1a\u0e31\u0e15 abn austr cnpj nric mykad cnic nadra contr
        nipc vat vatin ust umsat tva btw mwst iva moms parti
    """,
    _BEHIND: """
        is home work offic
    """,
    _PAPER: """
        passp reise pass passn passe pasap passa paspo auswe perso ident card cards idcar
        drive driver drivi licen f\u00fchrerschein permi patent rijbe dowod dow\u00f3d carta
        sozia rente versi svnr rvnr vat vatin ust umsat tva btw mwst iva moms parti pps ppsn epic voter
        elect rfc cartao cart\u00e3o citiz medic mbi dvla
    """,
}
"""Words without which digits that stand together are no number of a person (five bytes count). They must
cover those of `stages.redact.phone` and `stages.redact.national`; a test compares.
"""
_HASH_BITS = 16


def _sign_of(word: str) -> int:
    return int.from_bytes(word.encode()[:5].ljust(5), "big")


_WORDS = np.zeros(1 << _HASH_BITS, np.uint8)
for _kind, _list in _ANNOUNCING.items():
    for _word in _list.split():
        _WORDS[((_sign_of(_word) * 0xD6E8FEB86659FD93) & (2**64 - 1)) >> (64 - _HASH_BITS)] |= _kind
_MIX, _SHIFT = np.uint64(0xD6E8FEB86659FD93), np.uint64(64 - _HASH_BITS)
_AHEAD, _AFTER = 76, 40
"""Bytes before and after a number in which a word may announce it."""

_BEGINNINGS = """
    AKI ASI ABI ACC ABS ghp gho ghu ghs ghr git glp gld glr glc gls gli gla glf glo glw xox xap hoo
    AIz ya2 GOC 1// sk- sk_ pk_ rk_ whs SG. hf_ api npm pyp gsk r8_ dap key dop doo dor shp lin ntn
    sec AGE eyJ aio pat LTA ATA ATC ATS ATB xke bku bkc csk CCI v1. CFP cio pub dis dck dp. sl. dt0
    EAA fig fw_ FLW fm1 fm2 fo1 fo2 hvb hvs hvr atl HRK AKC lsv ls_ nap nfp nfc nfo nfu NRA NRI NRJ
    NRR oy2 nva ops ppl pcs acc psc PMA pnu pnb pul rzp rnd shi re_ rub snt squ sqp sqa sq0 sbp sb_ tvl
    AKI tgp tfp xai MD MT Mj Mz ND NT Nj Nz OD OT Oj Oz SK
"""
"""How the keys that `stages.redact.tokens` knows begin, or a word in them: three bytes, or two."""
_STARTS = np.zeros(1 << 16, np.bool_)
"""By a hash of three bytes: may a key begin so?"""
_START_MIX, _START_SHIFT = np.uint32(0x9E3779B1), np.uint32(16)
for _start in _BEGINNINGS.split():
    for _third in _start[2:] or map(chr, range(128)):
        _three = int.from_bytes((_start[:2] + _third).encode(), "big")
        _STARTS[(_three * int(_START_MIX) & (2**32 - 1)) >> 16] = True
_CASE, _ZERO, _TEN = np.uint8(32), np.uint8(48), np.uint8(10)

_MAX_JOIN = 6  # bytes between two digits of one number: ") - (" or two non-breaking characters
_MAX_LOCAL = 96
_MAX_URL = 320
_WORD_BEFORE = 40  # a keyword and what may stand between it and its colon


@dataclass(frozen=True)
class Windows:
    """`k` windows in order of text: `text[owner][start:stop]` in bytes, and the families to try there."""

    owner: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    family: np.ndarray

    def __len__(self) -> int:
        return len(self.owner)

    def rows(self) -> Iterable[tuple[int, int, int, int]]:
        """(owner, start, stop, family) of each."""
        columns = (self.owner, self.start, self.stop, self.family)
        return zip(*(column.tolist() for column in columns), strict=True)


def scan(texts: pa.Array) -> Windows:
    """Windows worth a look in `texts` (`string` or `large_string` `[n]`; nulls have none).

    Cost: about one nanosecond a byte, plus the length of each window once.
    """
    width = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    if len(texts) == 0 or texts.null_count == len(texts):
        nothing = np.empty(0, np.int64)
        return Windows(nothing, nothing, nothing, np.empty(0, np.uint32))
    _, bounds, data = texts.buffers()
    offsets = np.frombuffer(bounds, width, len(texts) + 1, texts.offset * np.dtype(width).itemsize).astype(
        np.int64
    )
    flat = (
        np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]] if data is not None else np.empty(0, np.uint8)
    )
    found = _all_windows(flat, offsets - offsets[0])
    return Windows(found[:, 0], found[:, 1], found[:, 2], found[:, 3].astype(np.uint32))


@lean
def _put(found: np.ndarray, count: int, text: int, start: int, stop: int, family: int) -> int:
    """Appends a window if there is room; the count says how many there would be."""
    if count < len(found):
        found[count, 0], found[count, 1], found[count, 2], found[count, 3] = text, start, stop, family
    return count + 1


@lean
def _run_back(data: np.ndarray, at: int, low: int, kind: int) -> int:
    """Start of the run of `kind` bytes that ends before `at`."""
    while at > low and _TABLE[data[at - 1]] & kind:
        at -= 1
    return at


@lean
def _run_on(data: np.ndarray, at: int, high: int, kind: int) -> int:
    """End of the run of `kind` bytes that begins at `at`."""
    while at < high and _TABLE[data[at]] & kind:
        at += 1
    return at


@lean
def _lower(byte: int) -> int:
    return byte | 32 if 65 <= byte <= 90 else byte


@lean
def _is_upper(byte: int) -> bool:
    return 65 <= byte <= 90


@lean
def _number(data: np.ndarray, at: int, high: int) -> tuple[int, int, int]:
    """The chunk of digits and joints from `at`: (end after its last digit, number of digits, number of
    dots).
    """
    end, digits, dots, gap, dots_in_gap = at, 0, 0, 0, 0
    i = at
    while i < high and gap <= _MAX_JOIN:
        byte = data[i]
        if _TABLE[byte] & _DIGIT:
            digits += 1
            dots += dots_in_gap  # only dots between digits count
            end = i + 1
            gap = dots_in_gap = 0
        elif _TABLE[byte] & _JOIN:
            gap += 1
            dots_in_gap += byte == 46
        else:
            break
        i += 1
    return end, digits, dots


@lean
def _is_date(data: np.ndarray, at: int, low: int, end: int, digits: int) -> bool:
    """Is the chunk a day of 1900 to 2099 such as 2024-05-12, perhaps with an hour? No identifier looks like
    that.
    """
    if digits > 10 or end < at + 10 or (at > low and (data[at - 1] == 43 or data[at - 1] == 40)):
        return False
    for place in (0, 1, 2, 3, 5, 6, 8, 9):
        if not _TABLE[data[at + place]] & _DIGIT:
            return False
    if data[at + 4] != data[at + 7] or not (45 <= data[at + 4] <= 47):
        return False
    if end > at + 10 and _TABLE[data[at + 10]] & _DIGIT:
        return False
    century = 10 * data[at] + data[at + 1] - 528  # 528 = 11 * ord("0")
    month = 10 * data[at + 5] + data[at + 6] - 528
    day = 10 * data[at + 8] + data[at + 9] - 528
    return 19 <= century <= 20 and 1 <= month <= 12 and 1 <= day <= 31


@lean
def _url_start(data: np.ndarray, at: int, low: int) -> int:
    """Start of the `://name:secret` that ends before the `@` at `at`, or -1."""
    colons = 0
    floor = max(low, at - _MAX_URL)
    i = at - 1
    while i >= floor:
        byte = data[i]
        if byte <= 32 or byte == 34 or byte == 64:
            return -1
        if byte == 58:
            colons += 1
        if byte == 47 and i - 2 >= floor and data[i - 1] == 47 and data[i - 2] == 58:
            return i - 2 if colons else -1
        i -= 1
    return -1


@lean_inline
def _names_secret(data: np.ndarray, at: int, low: int) -> bool:
    """Does the word before the `:` or `=` at `at` end like password, secret, token, key, auth or
    passphrase?
    """
    i = at - 1
    while (
        i >= low
        and at - i <= 6
        and (
            data[i] == 32
            or data[i] == 34
            or data[i] == 39
            or data[i] == 92
            or data[i] == 96
            or data[i] == 42
            or data[i] == 58
        )
    ):
        i -= 1
    if i - 2 < low:
        return False
    a, b, c = _lower(data[i - 2]), _lower(data[i - 1]), _lower(data[i])
    if c == 100:  # password, passwd, pwd
        return (a == 111 and b == 114) or (b == 119 and (a == 115 or a == 112))
    if c == 101:  # passphrase, passcode
        return (a == 97 and b == 115) or (a == 111 and b == 100)
    if c == 115:  # pass
        return a == 97 and b == 115 and i - 3 >= low and _lower(data[i - 3]) == 112
    return (
        (a == 114 and b == 101 and c == 116)  # secret
        or (a == 107 and b == 101 and c == 110)  # token
        or (a == 107 and b == 101 and c == 121)  # key
        or (a == 117 and b == 116 and c == 104)  # auth
        or (a == 119 and b == 111 and c == 114)  # passwor(t)
        or (a == 111 and b == 114 and c == 116)  # passwort
    )


@lean
def _key_prefix(data: np.ndarray, at: int, low: int) -> bool:
    """Does a known key prefix end at the dash or underscore `at`? `sk-`, `xoxb-`, `glpat-`, `ghp_`, `hf_`,
    …
    """
    if at - 2 < low:
        return False
    b, c = _lower(data[at - 2]), _lower(data[at - 1])
    if data[at] == 45:
        if (
            (b == 115 and c == 107)
            or (b == 97 and c == 116)
            or (b == 101 and c == 121)
            or (b == 112 and c == 105)
        ):
            return True  # sk- glpat- key- pypi-
        return (at - 4 >= low and _lower(data[at - 4]) == 120 and b == 120) or (
            b == 112 and c == 112
        )  # xox?- xapp-
    if c == 107 and (b == 115 or b == 112 or b == 114 or b == 115):
        return True  # sk_ pk_ rk_ gsk_
    if at - 3 >= low and _lower(data[at - 3]) == 103 and b == 104:
        return True  # ghp_ gho_ ghu_ ghs_ ghr_
    return (
        (b == 104 and c == 102)  # hf_
        or (b == 112 and c == 109)  # npm_
        or (b == 97 and c == 116)  # github_pat_ shpat_
        or (b == 118 and c == 49)  # dop_v1_
        or (b == 101 and c == 99)  # whsec_
        or (b == 112 and c == 105)  # lin_api_
    )


@lean
def _iban_end(data: np.ndarray, at: int, high: int) -> int:
    """End of the letters, digits and single blanks from `at`, if there are at least 15 letters and digits,
    else -1.
    """
    i, signs = at, 0
    while i < high and signs < 34:
        if _TABLE[data[i]] & _ALNUM:
            signs += 1
            i += 1
        elif (data[i] == 32 or data[i] == 45) and i + 1 < high and _TABLE[data[i + 1]] & _ALNUM:
            i += 1
        elif data[i] == 194 and i + 2 < high and data[i + 1] == 160 and _TABLE[data[i + 2]] & _ALNUM:
            i += 2  # no-break space
        else:
            break
    return i if signs >= 15 else -1


@lean
def _pem_end(data: np.ndarray, at: int, high: int) -> int:
    """End of the armoured block whose `-----BEGIN` starts at `at`, or -1 if none starts there."""
    begin = (66, 69, 71, 73, 78)
    if at + 10 > high:
        return -1
    for k in range(5):
        if data[at + k] != 45 or data[at + 5 + k] != begin[k]:
            return -1
    i = at + 10
    while i + 8 <= high:
        if (
            data[i] == 45
            and data[i + 5] == 69
            and data[i + 6] == 78
            and data[i + 7] == 68
            and data[i + 4] == 45
        ):
            i += 8
            while i < high and data[i] != 45 and data[i] != 10:
                i += 1
            return _dashes_end(data, i, min(i + 5, high))
        i += 1
    return high


@lean
def _dashes_end(data: np.ndarray, at: int, high: int) -> int:
    while at < high and data[at] == 45:
        at += 1
    return at


@lean
def _ipv6(data: np.ndarray, at: int, low: int, high: int) -> tuple[int, int]:
    """The run of hexadecimal digits and colons around `at` if it may be an IPv6 address: (start, end), else
    (-1, end).
    """
    start = _run_back(data, at, low, _HEX)
    end = _run_on(data, at, high, _HEX)
    colons, double = 0, False
    for i in range(start, end):
        if data[i] == 58:
            colons += 1
            double = double or (i > start and data[i - 1] == 58)
    if colons >= 6 or (double and end - start > 3):
        return start, end
    return -1, end


@lean
def _is_mixed(data: np.ndarray, start: int, end: int) -> bool:
    """At least four digits and a letter?"""
    digits = 0
    for i in range(start, end):
        digits += (_TABLE[data[i]] & _DIGIT) != 0
    return 4 <= digits < end - start


@lean
def _is_letter(byte: int) -> bool:
    return 97 <= byte <= 122 or byte >= 128


@lean_inline
def _word_at(data: np.ndarray, at: int, high: int) -> int:
    """What the word that begins at `at` announces; it ends before a capital or a sign that is no letter."""
    sign = np.uint64(0)
    ended = False
    for k in range(5):
        byte = 32
        if not ended and at + k < high:
            byte = _lower(data[at + k])
            ended = not _is_letter(byte) or (
                k > 0 and _is_upper(data[at + k]) and 97 <= data[at + k - 1] <= 122
            )
        sign = (sign << np.uint64(8)) | np.uint64(32 if ended else byte)
    return _WORDS[(sign * _MIX) >> _SHIFT]


@lean
def _announced(data: np.ndarray, low: int, high: int) -> int:
    """What all words between two places announce."""
    bits = 0
    for i in range(low, high):
        byte = data[i]
        if not _is_letter(_lower(byte)):
            continue
        if (
            i == low
            or byte >= 128
            or not 97 <= _lower(data[i - 1]) <= 122
            or (_is_upper(byte) and 97 <= data[i - 1] <= 122)
        ):
            bits |= _word_at(data, i, high)
    return bits


@lean
def _context(data: np.ndarray, at: int, end: int, low: int, high: int, done: np.ndarray) -> int:
    """What the words around a number announce; in JSON the words of the whole text, since keys may be far."""
    bits = _announced(data, max(low, at - _AHEAD), at) & ~_BEHIND
    bits |= _announced(data, end, min(high, end + _AFTER))
    if bits & _NEAR and bits & _PAPER:
        return bits
    if data[low] == 123 or data[low] == 91 or data[low] <= 32:
        if done[_ANNOUNCED] < 0:
            done[_ANNOUNCED] = _announced(data, low, high) & ~_BEHIND
        bits |= done[_ANNOUNCED]
    return bits


@lean
def _luhn(data: np.ndarray, start: int, end: int) -> bool:
    total = 0
    for i in range(end - start):
        digit = np.int64(data[end - 1 - i]) - 48
        if i & 1:
            digit = 2 * digit - 9 if digit > 4 else 2 * digit
        total += digit
    return total % 10 == 0


@lean
def _stands_alone(data: np.ndarray, at: int, end: int, low: int, high: int, done: np.ndarray) -> bool:
    """May the digits from `at` to `end`, with no other group beside them, be a number of a person?"""
    count = end - at
    before = data[at - 1] if at > low else 32
    after = data[end] if end < high else 32
    if before == 43:
        return True
    if count >= 14:
        if count == 15 or count == 18 or (count <= 19 and _luhn(data, at, end)):
            return True
        if count > 17:
            return False
    hyphened = before == 45 and at - 2 >= low and _TABLE[data[at - 2]] & _ALNUM
    if data[at] == 48 and 10 <= count <= 11 and not hyphened:
        return True
    if count == 13 and data[at + 2] <= 49 and data[at + 4] <= 51:  # born on that day: the year, month, day
        return True
    if count == 8 and after == 45 and end + 1 < high and data[end + 1] >= 65:
        return True  # 12345678-Z
    if count == 7 and hyphened and _lower(data[at - 2]) >= 120:
        return True  # X-1234567-L
    return _context(data, at, end, low, high, done) != 0


@lean
def _is_day_first(data: np.ndarray, at: int, end: int) -> bool:
    """Is the chunk a day such as 12.05.2024 or 05/12/2024?"""
    if end - at != 10 or data[at + 2] != data[at + 5] or not 45 <= data[at + 2] <= 47:
        return False
    for place in (0, 1, 3, 4, 6, 7, 8, 9):
        if not _TABLE[data[at + place]] & _DIGIT:
            return False
    century = 10 * data[at + 6] + data[at + 7] - 528
    return 19 <= century <= 20 and data[at] <= 51 and data[at + 3] <= 51


@lean
def _may_be_number(
    data: np.ndarray, at: int, end: int, digits: int, low: int, high: int, done: np.ndarray
) -> bool:
    """Is the chunk worth a look: not a day, not digits of a machine that no word announces?"""
    if _is_date(data, at, low, end, digits):
        return False
    group = _run_on(data, at, end, _DIGIT)
    signed = at > low and (data[at - 1] == 43 or data[at - 1] == 40)
    if group == end:
        return _stands_alone(data, at, end, low, high, done)
    if _is_day_first(data, at, end) and not signed:
        return False
    hyphened = at - 2 >= low and data[at - 1] == 45 and _TABLE[data[at - 2]] & _ALNUM
    decimal = data[group] == 46 and _run_on(data, group + 1, end, _DIGIT) == end and data[at] != 48
    if (decimal and group - at < 14 and not signed) or (hyphened and digits <= 8):
        return _context(data, at, end, low, high, done) != 0
    return True


@lean
def _is_shaped(data: np.ndarray, start: int, end: int) -> bool:
    """Do letters and digits stand where a number of some state has them?"""
    letters = 0
    for i in range(start, end):
        if not _TABLE[data[i]] & _DIGIT:
            letters |= 1 << (i - start)
    size = end - start
    if size == 8:  # 1234567L after X-, X1234567 before -L
        return letters == 1 << 7 or letters == 1
    if size == 9:  # es-dni, es-nie, uk-nino
        return letters == 1 << 8 or letters == 257 or letters == 259
    if size == 10:  # in-pan
        return letters == 31 | 1 << 9
    if size == 11:  # fi-hetu
        return letters == 1 << 6 or letters == 1 << 6 | 1 << 10
    if size == 16:  # it-cf
        needed = 63 | 1 << 8 | 1 << 11 | 1 << 15
        return letters & needed == needed
    if size == 18:  # mx-curp, cn-ric
        return letters & 64527 == 64527 or letters == 1 << 17
    return False


@lean
def _is_wallet(data: np.ndarray, start: int, end: int) -> bool:
    """May the letters and digits be the address of a wallet: `0x…`, `bc1…`, Base58 with capitals?"""
    first, size = data[start], end - start
    if first == 48:
        return size == 42 and data[start + 1] == 120
    if first == 98:
        return data[start + 1] == 99 and data[start + 2] == 49
    if size > 35 or first not in (49, 51, 68, 76, 77, 84, 88):  # 1 3 D L M T X
        return False
    capitals = 0
    for i in range(start + 1, end):
        capitals += _is_upper(data[i])
    return 2 <= capitals < size - 6


@lean
def _at_digit(
    data: np.ndarray, at: int, low: int, high: int, text: int, found: np.ndarray, count: int, done: np.ndarray
) -> int:
    """Windows around the first digit of a run: a number, an address, a word of letters and digits, a key."""
    if at >= done[_NUMBER_DONE]:
        end, digits, dots = _number(data, at, high)
        if at > low and (_TABLE[data[at - 1]] & _ALNUM or data[at - 1] == 95):
            end, digits, dots = _run_on(data, at, high, _DIGIT), 0, 0  # inside a word: nothing begins here
        is_number = digits >= 7 and _may_be_number(data, at, end, digits, low, high, done)
        family = NUMBER * is_number + IP * (dots >= 3)
        if digits == 6 and at - 3 >= low and (_is_upper(data[at - 2]) or _is_upper(data[at - 3])):
            family |= IDENT  # AB 12 34 56 C
        if family:
            count = _put(found, count, text, max(low, at - 4) - low, end - low, family)
        done[_NUMBER_DONE] = end
    if at >= done[_IDENT_DONE]:
        start = _run_back(data, at, done[_IDENT_DONE], _ALNUM)
        end = _run_on(data, at, high, _ALNUM)
        if (
            8 <= end - start <= 18
            and _is_mixed(data, start, end)
            and (_is_shaped(data, start, end) or _context(data, start, end, low, high, done) & _PAPER)
        ):
            count = _put(found, count, text, start - low, end - low, IDENT)
        if 26 <= end - start <= 74 and _is_wallet(data, start, end):
            count = _put(found, count, text, start - low, end - low, CHAIN)
        if at == start + 2 and at + 1 < high and _TABLE[data[at + 1]] & _DIGIT:
            stop = _iban_end(data, start, high)
            if stop > 0:
                count = _put(found, count, text, start - low, stop - low, IBAN)
        done[_IDENT_DONE] = end
    return _token(data, at, low, high, text, found, count, done)


@lean
def _token(
    data: np.ndarray, at: int, low: int, high: int, text: int, found: np.ndarray, count: int, done: np.ndarray
) -> int:
    """A window over the run of key characters around `at`, if it is long enough for a key."""
    if at < done[_TOKEN_DONE]:
        return count
    start = _run_back(data, at, done[_TOKEN_DONE], _KEYCHAR)
    done[_TOKEN_DONE] = end = _run_on(data, at, high, _KEYCHAR)
    if end - start >= 16 and (_follows_bearer(data, start, low) or _holds_key_prefix(data, start, end)):
        count = _put(found, count, text, start - low, end - low, TOKEN)
    return count


@lean
def _follows_bearer(data: np.ndarray, start: int, low: int) -> bool:
    """Does a word that ends like bearer or basic, and a space, stand before the token?"""
    if start - 5 < low or data[start - 1] != 32:
        return False
    last = _lower(data[start - 2])
    return last == 114 or last == 99


@lean
def _holds_key_prefix(data: np.ndarray, start: int, end: int) -> bool:
    """Does a word of the token begin like a known key, or like the number and colon of a bot's key?"""
    for i in range(start, end - 10):
        if i > start and _TABLE[data[i - 1]] & _ALNUM:
            continue
        if _TABLE[data[i]] & _DIGIT:
            stop = _run_on(data, i, end, _DIGIT)
            if stop - i >= 8 and stop < end and data[stop] == 58:
                return True
        three = (
            np.uint32(data[i]) << np.uint32(16)
            | np.uint32(data[i + 1]) << np.uint32(8)
            | np.uint32(data[i + 2])
        )
        if _STARTS[np.uint32(three * _START_MIX) >> _START_SHIFT]:
            return True
    return False


@lean
def _at_sign(data: np.ndarray, at: int, low: int, high: int, text: int, found: np.ndarray, count: int) -> int:
    """Windows around an `@`: an e-mail address, the login of a URL."""
    start = _run_back(data, at, max(low, at - _MAX_LOCAL), _LOCAL)
    end = _run_on(data, at + 1, high, _DOMAIN)
    if start < at and end > at + 3:
        count = _put(found, count, text, start - low, end - low, EMAIL)
    start = _url_start(data, at, low)
    if start >= 0:
        count = _put(found, count, text, start - low, at + 1 - low, URL)
    return count


@lean
def _at_assignment(
    data: np.ndarray, at: int, low: int, high: int, text: int, found: np.ndarray, count: int, done: np.ndarray
) -> int:
    """Windows around a colon or equals sign: the name of a secret before it, an IPv6 address around it."""
    if _names_secret(data, at, low):
        count = _put(found, count, text, max(low, at - _WORD_BEFORE) - low, at + 1 - low, KEYWORD)
    if data[at] == 58 and at >= done[_HEX_DONE]:
        start, end = _ipv6(data, at, max(low, done[_HEX_DONE]), high)
        if start >= 0:
            count = _put(found, count, text, start - low, end - low, IP)
        done[_HEX_DONE] = end
    return count


@lean
def _at_dash(
    data: np.ndarray, at: int, low: int, high: int, text: int, found: np.ndarray, count: int, done: np.ndarray
) -> int:
    """Windows around a dash: an armoured block, or a key whose prefix ends there."""
    if at >= done[_PEM_DONE] and at + 10 < high and data[at + 1] == 45:
        end = _pem_end(data, at, high)
        if end > 0:
            count = _put(found, count, text, at - low, end - low, PEM)
            done[_PEM_DONE] = end
    if _key_prefix(data, at, low):
        count = _token(data, at, low, high, text, found, count, done)
    return count


@lean
def _at(
    data: np.ndarray, at: int, low: int, high: int, text: int, found: np.ndarray, count: int, done: np.ndarray
) -> int:
    """Windows around one marked byte."""
    byte = data[at]
    if _TABLE[byte] & _DIGIT:
        return _at_digit(data, at, low, high, text, found, count, done)
    if byte == 64:
        return _at_sign(data, at, low, high, text, found, count)
    if byte == 58 or byte == 61:
        return _at_assignment(data, at, low, high, text, found, count, done)
    if byte == 45:
        return _at_dash(data, at, low, high, text, found, count, done)
    if byte == 95:
        return _token(data, at, low, high, text, found, count, done) if _key_prefix(data, at, low) else count
    if byte == 73 or byte == 74:  # AKIA, ASIA, AIza, eyJ
        return _token(data, at, low, high, text, found, count, done)
    if byte == 92:
        if at + 1 >= high or data[at + 1] != 117:
            return count
        return _put(found, count, text, at - low, min(at + 6, high) - low, ESCAPE)
    if at - 4 >= low and _lower(data[at - 4]) == 112:  # password is …, passwort lautet …
        return _put(found, count, text, at - 4 - low, at + 1 - low, KEYWORD)
    return count


@lean_inline
def _is_nothing(data: np.ndarray, at: int, low: int, high: int, done: np.ndarray) -> bool:
    """Does a glance show that `_at` would find nothing at this place? Then it is covered as `_at` would.

    Most anchors are amounts such as `8119` and colons of prose and JSON. It says no to all that is not plain:
    whatever touches what was covered before, or has a neighbour that an identifier could go on with.
    """
    if _TABLE[data[at]] & _DIGIT:
        if at < done[_NUMBER_DONE] or at < done[_IDENT_DONE] or at < done[_TOKEN_DONE]:
            return False
        if at > low and _TABLE[data[at - 1]] & _KEYCHAR:
            return False
        number = at
        while number < high and _TABLE[data[number]] & _DIGIT:
            number += 1
        joined = number
        while joined < high and joined <= number + _MAX_JOIN and _TABLE[data[joined]] & _JOIN:
            joined += 1
        if number > at + 5 or (
            joined < high and joined <= number + _MAX_JOIN and _TABLE[data[joined]] & _DIGIT
        ):
            return False
        word = number
        while word < high and _TABLE[data[word]] & _ALNUM:
            word += 1
        token = word
        while token < high and _TABLE[data[token]] & _KEYCHAR:
            token += 1
        if word >= at + 8 or token >= at + 16:
            return False
        done[_NUMBER_DONE], done[_IDENT_DONE], done[_TOKEN_DONE] = number, word, token
        return True
    if data[at] == 58 and not _names_secret(data, at, low):
        if at >= done[_HEX_DONE]:
            if at > max(low, done[_HEX_DONE]) and _TABLE[data[at - 1]] & _HEX:
                return False
            if at + 1 < high and _TABLE[data[at + 1]] & _HEX:
                return False
            done[_HEX_DONE] = at + 1
        return True
    return False


@lean
def _may_be_anchor(byte: int) -> bool:
    """One of the bytes that `_at` knows; a place at the edge has no neighbours to judge by."""
    return (
        48 <= byte <= 58
        or byte == 61
        or byte == 64
        or byte == 45
        or byte == 95
        or 73 <= byte <= 74
        or byte == 92
    )


@lean
def _mark(data: np.ndarray, marks: np.ndarray) -> None:
    """Sets `marks` (`uint8`, as long as `data`) where a byte and its neighbours may begin something. No
    branches: SIMD.

    A digit counts only after something else, a dash or underscore only after the end of a key prefix, and
    so on. The three bytes at either end are marked if they could be an anchor at all.
    """
    for i in range(min(3, len(data))):
        marks[i] = _may_be_anchor(data[i])
        marks[len(data) - 1 - i] = _may_be_anchor(data[len(data) - 1 - i])
    if len(data) <= 6:
        return
    _mark_inside(data[:-6], data[1:-5], data[2:-4], data[3:-3], data[4:-2], marks[3 : len(data) - 3])


@lean
def _mark_inside(
    third: np.ndarray,
    second: np.ndarray,
    first: np.ndarray,
    here: np.ndarray,
    following: np.ndarray,
    marks: np.ndarray,
) -> None:
    """`_mark` for the bytes of `here`, whose neighbours are at the same place of the other arrays."""
    for i in range(len(marks)):
        x, a, b = third[i] | _CASE, second[i] | _CASE, first[i] | _CASE
        byte, y = here[i], following[i]
        digit = (np.uint8(byte - _ZERO) < _TEN) & (np.uint8(first[i] - _ZERO) >= _TEN)
        sign = (byte == 64) | (byte == 58) | (byte == 61)
        dash = (byte == 45) & (
            (y == 45) | ((a == 115) & (b == 107)) | ((a == 97) & (b == 116)) | ((a == 101) & (b == 121))
            | ((a == 112) & ((b == 105) | (b == 112))) | ((a == 120) & (x == 111))
        )  # fmt: skip
        underscore = (byte == 95) & (
            (b == 107) | (a == 104) | ((a == 112) & ((b == 109) | (b == 105))) | ((a == 97) & (b == 116))
            | (b == 49) | ((a == 101) & (b == 99))
        )  # fmt: skip
        capital = ((byte == 73) & ((b == 107) | (b == 115) | (b == 97))) | ((byte == 74) & (b == 121))
        escape = (byte == 92) & (y == 117)
        marks[i] = (
            digit | sign | dash | underscore | capital | escape | (((byte | _CASE) == 119) & (b == 115))
        )


@lean_inline
def _next(marks: np.ndarray, words: np.ndarray, at: int, high: int) -> int:
    """The first marked place from `at` on, or `high`; `words` are the marks eight at a time."""
    while at < high and at & 7:
        if marks[at]:
            return at
        at += 1
    while at + 8 <= high and words[at >> 3] == 0:
        at += 8
    while at < high and not marks[at]:
        at += 1
    return at


@lean
def _scan(
    data: np.ndarray,
    offsets: np.ndarray,
    marks: np.ndarray,
    words: np.ndarray,
    found: np.ndarray,
    done: np.ndarray,
    first: int,
    count: int,
) -> tuple[int, int]:
    """Scans texts from `first` on until all are done or `found` is full: (next text, windows so far).

    `words`: `marks` by eight. `done`: room for six numbers.
    """
    for text in range(first, len(offsets) - 1):
        before, low, high = count, offsets[text], offsets[text + 1]
        done[:] = low
        done[_ANNOUNCED] = -1
        if low < high and _TABLE[data[low]] & _DIGIT:
            marks[low] = 1  # the text before may have ended in a digit
        at = _next(marks, words, low, high)
        while at < high:
            if not _is_nothing(data, at, low, high, done):
                count = _at(data, at, low, high, text, found, count, done)
            at = _next(marks, words, at + 1, high)
        if count > len(found):
            return text, before
    return len(offsets) - 1, count


def _all_windows(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """`int64[k, 4]` of (text, start, stop, family); makes room as needed."""
    marks = np.empty(len(data) + -len(data) % 8, np.uint8)
    marks[len(data) :] = 0
    _mark(data, marks)
    words, done, found = marks.view(np.uint64), np.empty(6, np.int64), np.empty((1024, 4), np.int64)
    text = count = 0
    while text < len(offsets) - 1:
        text, count = _scan(data, offsets, marks, words, found, done, text, count)
        if text < len(offsets) - 1:
            found = np.concatenate([found, np.empty_like(found)])
    return found[:count]
