"""Words of a text as hashes: the one reading of text that every comparison between examples is built on.

A text is a slice of a flat UTF-8 buffer. Its words are runs of letters and digits, without case. Spacing and
sentence punctuation mean nothing; what changes a meaning does:

    1.5, 1,000, 2026-10-01, 10:30   one word each: a separator between two digits belongs to the number
    -5                              one word: a minus that follows a space and precedes a digit
    $ € %                           a word each (`%`, `+`, `=`, `<`... only beside a digit)
    don't, don’t, dont, do not      the same two words: apostrophes join, contractions are taken apart
    C++, F#                         one word: `+` and `#` stick to one or two letters
    漢字かな, emoji                  a word for each character
    [EMAIL_1]                       no word: a redaction placeholder says nothing about the customer's text

The bytes 1 to 4 change the speaker: a word is hashed together with its speaker, so `ok` by a customer and
`ok` by an assistant are different words and no marker word enters a similarity.

Rows with non-ASCII text pass through Unicode NFKC first (`normalised`); everything else happens in the
kernel.
"""
# ruff: noqa: ANN001, ANN201, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple
from unicodedata import category

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.kernels.bits import leading_zeros
from tuneset.kernels.kept import kept
from tuneset.kernels.lean import counted, lean, lean_inline

NUMBER, MARKER, NAME, DIRECTION, LIGHT = 1, 2, 4, 8, 16
"""Flags of a word: holds a digit (or is a currency or an operator at a number); is in the list of markers
(negations, antonyms, number words, dates); is written like a name (Capital in mid-sentence); says where
something comes from, so that what follows must not change places (`from`); is one of the words that hold a
sentence together (`the`, `do`)."""

_SEPARATOR, _LETTER, _DIGIT, _SINGLE, _APOSTROPHE, _IGNORED, _INNER, _SYMBOL, _CURRENCY = range(9)
_PLANES = 0x20000  # characters above are ideographs (planes 2 and 3) or mean nothing here

_SEED = np.uint64(0x9E3779B97F4A7C15)
_PRIME = np.uint64(0x100000001B3)
_MIX1 = np.uint64(0xFF51AFD7ED558CCD)
_MIX2 = np.uint64(0xC4CEB9FE1A85EC53)
_SHIFT = np.uint64(33)
_ZERO = np.uint64(0)
_EIGHT = np.uint64(8)
_BYTES = 0x0101010101010101  # a value in each of eight bytes is a multiple of this
_HIGH, _LOW, _CASE = np.uint64(0x80 * _BYTES), np.uint64(0x7F * _BYTES), np.uint64(0x20 * _BYTES)
_FROM_A, _AFTER_Z = (
    np.uint64((0x80 - 97) * _BYTES),
    np.uint64((0x80 - 123) * _BYTES),
)  # added: the top bit is set
_FROM_0, _AFTER_9 = np.uint64((0x80 - 48) * _BYTES), np.uint64((0x80 - 58) * _BYTES)  # from that character on
_CONTRACTED = 128  # a marker value with this bit is an index into the contractions


class Markers(NamedTuple):
    """Words that carry more meaning than their share of a text, as an open-addressing table of word hashes.

    Attributes:
        gate: `uint64[1024]` the bit numbered by the upper 16 bits of a hash is set if the hash may be a key.
        keys: `uint64[2^k]` word hashes, 0 = free.
        values: `uint16[2^k]` flags of the word, or `_CONTRACTED << 8 | index` of a contraction.
        pairs: `uint64[c, 2]` the two words each contraction stands for.
        pair_flags: `uint8[c, 2]` their flags.
    """

    gate: np.ndarray
    keys: np.ndarray
    values: np.ndarray
    pairs: np.ndarray
    pair_flags: np.ndarray


class Words(NamedTuple):
    """Words of `n` texts, `w` in all.

    Attributes:
        hashes: `uint64[w]`, never 0.
        flags: `uint8[w]`, a sum of `NUMBER`, `MARKER`, `NAME`, `DIRECTION`, `LIGHT`.
        offsets: `int64[n + 1]`; the words of text `i` are `offsets[i]:offsets[i + 1]`.
        spans: `int64[w, 2]` first and last + 1 byte of each word in the buffer; `[0, 2]` if not asked for.
    """

    hashes: np.ndarray
    flags: np.ndarray
    offsets: np.ndarray
    spans: np.ndarray


class Buffer(NamedTuple):
    """Texts laid end to end: `data` `uint8[bytes]` UTF-8, `offsets` `int64[n + 1]`."""

    data: np.ndarray
    offsets: np.ndarray


def normalised(texts: pa.Array) -> pa.Array:
    """The texts with Unicode NFKC applied to those that are not plain ASCII; nulls become empty."""
    texts = pc.fill_null(texts, "") if texts.null_count else texts
    data, offsets = buffer_of(texts)
    if (data[offsets[0] : offsets[-1]] < 128).all():  # half of what `string_is_ascii` needs
        return texts
    foreign = pc.invert(pc.string_is_ascii(texts))
    return pc.replace_with_mask(texts, foreign, pc.utf8_normalize(texts.filter(foreign), form="NFKC"))


def buffer_of(texts: pa.Array) -> Buffer:
    """The bytes of an Arrow string array (no nulls), without a copy where its offsets are already 64 bit."""
    width = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    _, offsets, data = texts.buffers()
    if len(texts) == 0:
        return Buffer(np.zeros(0, np.uint8), np.zeros(1, np.int64))
    bounds = np.frombuffer(offsets, width)[texts.offset : texts.offset + len(texts) + 1].astype(
        np.int64, copy=False
    )
    return Buffer(np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8), bounds)


def markers_of(flags: Mapping[str, int], *, contractions: Mapping[str, Sequence[str]]) -> Markers:
    """Builds the table of markers.

    Args:
        flags: word -> flags it gets.
        contractions: word written together (`cant`) -> the two words it stands for (`can`, `not`).
    """
    keys = _hash_each(list(flags))
    short = _hash_each(list(contractions))
    pairs = np.array([_hash_each(list(pair)) for pair in contractions.values()], np.uint64).reshape(-1, 2)
    pair_flags = np.array(
        [[flags.get(w, 0) for w in pair] for pair in contractions.values()], np.uint8
    ).reshape(-1, 2)
    size = 1 << max(4, int(4 * (len(keys) + len(short))).bit_length())
    table, values = np.zeros(size, np.uint64), np.zeros(size, np.uint16)
    for key, value in zip(keys, flags.values(), strict=True):
        _put(table, values, key=int(key), value=value)
    for index, key in enumerate(short):
        _put(table, values, key=int(key), value=_CONTRACTED << 8 | index)
    return Markers(_gate(np.concatenate([keys, short])), table, values, pairs, pair_flags)


@cache
def no_markers() -> Markers:
    """A table that marks nothing."""
    return markers_of({}, contractions={})


def words_of(texts: Buffer, *, markers: Markers, spans: bool = False, symbols: bool = False) -> Words:
    """Splits texts into words.

    Args:
        texts: the texts, already `normalised`.
        markers: words to be flagged and contractions to be taken apart.
        spans: say where each word stands.
        symbols: every `+ * / = < > ^ % & | ~ { } [ ]` is a word, not only beside a digit (for outputs: code,
            JSON).

    Cost: about 3 ns per ASCII byte.
    """
    classes, fold, ascii_fold = _tables()
    room = int(texts.offsets[-1] - texts.offsets[0]) + 1
    hashes, flags = np.empty(room, np.uint64), np.empty(room, np.uint8)
    where = np.empty((room if spans else 0, 2), np.int64)
    offsets = np.zeros(len(texts.offsets), np.int64)
    count = _split(
        texts.data, texts.offsets, classes, fold, ascii_fold, *markers, symbols, hashes, flags, where, offsets
    )
    return Words(
        hashes[:count], flags[:count], offsets, where[:count]
    )  # views: memory never touched costs nothing


def count_words(texts: Buffer) -> np.ndarray:
    """`int64[n]`: stretches of each text between ASCII white space: what `wc -w` counts."""
    return _stretches(texts.data, texts.offsets)


def sequence_digest(hashes: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """`uint64[n]` digest of each text's words in their order; 0 for a text without words."""
    return _sequences(hashes, offsets)


def _hash_each(texts: list[str]) -> np.ndarray:
    """`uint64[n]` hash of each one-word text."""
    found = words_of(buffer_of(normalised(pa.array(texts, pa.string()))), markers=_bare())
    if not np.array_equal(np.diff(found.offsets), np.ones(len(texts), np.int64)):
        raise ValueError("a marker must be exactly one word")
    return found.hashes


@cache
def _bare() -> Markers:
    return Markers(
        _gate(np.zeros(0, np.uint64)),
        np.zeros(1, np.uint64),
        np.zeros(1, np.uint16),
        np.zeros((0, 2), np.uint64),
        np.zeros((0, 2), np.uint8),
    )


def _gate(keys: np.ndarray) -> np.ndarray:
    gate = np.zeros(1024, np.uint64)
    np.bitwise_or.at(gate, keys >> np.uint64(54), np.uint64(1) << (keys >> np.uint64(48) & np.uint64(63)))
    return gate


def _put(keys: np.ndarray, values: np.ndarray, *, key: int, value: int) -> None:
    slot = key & (len(keys) - 1)
    while keys[slot] and int(keys[slot]) != key:
        slot = (slot + 1) & (len(keys) - 1)
    keys[slot] = key
    values[slot] = value


@cache
def _tables() -> tuple[np.ndarray, ...]:
    return kept(_characters, sources=(Path(__file__),))


def _characters() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`uint8[_PLANES]` class and `uint32[_PLANES]` case-folded form of each character; `uint8[256]` the
    latter for ASCII letters and digits, 0 for every other byte.
    """
    characters = [chr(point) for point in range(_PLANES)]
    kind = np.array(list(map(category, characters)))
    classes = np.full(_PLANES, _SEPARATOR, np.uint8)
    for name, value in _CLASS_OF_CATEGORY.items():
        classes[kind == name] = value
    for low, high in _UNSPACED:
        letters = np.isin(kind[low : high + 1].astype("U1"), ("L", "N"))
        classes[low : high + 1][letters] = _SINGLE
    for some, value in _CLASS_OF.items():
        classes[[ord(character) for character in some]] = value
    for low, high in ((0xAD, 0xAD), (0xFE00, 0xFE0F), (0x1F3FB, 0x1F3FF)):
        classes[low : high + 1] = _IGNORED
    fold = np.array([ord(one[0]) for one in map(str.lower, characters)], np.uint32)
    for point, folded in enumerate(map(str.casefold, characters)):
        if len(folded) == 1:  # of the others only `ß` is folded, by the kernel
            fold[point] = ord(folded)
    for minus in (0x2010, 0x2011, 0x2012, 0x2013, 0x2212):
        fold[minus] = ord("-")
    short = np.where(np.isin(classes[:256], (_LETTER, _DIGIT)) & (np.arange(256) < 128), fold[:256], 0)
    return classes, fold, short.astype(np.uint8)


_UNSPACED = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x3005, 0x30FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
)
"""Scripts written without spaces: Thai and Lao, Burmese, Khmer, kana, ideographs (Unicode blocks)."""

_CLASS_OF = {
    "'\u2019\u2018\u02bc": _APOSTROPHE,
    ".,:/-\u2010\u2011\u2012\u2013\u2212": _INNER,
    "*%&^": _SYMBOL,
}
_CLASS_OF_CATEGORY = {
    **dict.fromkeys(("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me"), _LETTER),
    **dict.fromkeys(("Nd", "Nl", "No"), _DIGIT),
    "So": _SINGLE,
    "Cf": _IGNORED,
    "Sm": _SYMBOL,
    "Sc": _CURRENCY,
}


@counted
def _stretches(data, offsets):
    counts = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(counts)):
        before = True
        for k in range(offsets[row], offsets[row + 1]):
            space = data[k] == 32 or 9 <= data[k] <= 13
            counts[row] += before and not space
            before = space
    return counts


@lean_inline
def mix(value):
    """Spreads the bits of a 64-bit value (finaliser of MurmurHash3, public domain)."""
    value ^= value >> _SHIFT
    value *= _MIX1
    value ^= value >> _SHIFT
    value *= _MIX2
    return value ^ (value >> _SHIFT)


@lean_inline
def decode(data, i):
    """Code point at byte `i` of valid UTF-8, and its length in bytes."""
    b = np.int64(data[i])
    if b < 0x80:
        return b, 1
    if b < 0xE0:
        return (b & 0x1F) << 6 | (np.int64(data[i + 1]) & 0x3F), 2
    if b < 0xF0:
        return (b & 0x0F) << 12 | (np.int64(data[i + 1]) & 0x3F) << 6 | (np.int64(data[i + 2]) & 0x3F), 3
    tail = (
        (np.int64(data[i + 1]) & 0x3F) << 12
        | (np.int64(data[i + 2]) & 0x3F) << 6
        | (np.int64(data[i + 3]) & 0x3F)
    )
    return (b & 0x07) << 18 | tail, 4


@lean_inline
def _kind(classes, point):
    if point < _PLANES:
        return classes[point]
    return _SINGLE if point < 0x40000 else _IGNORED


@lean
def _kind_at(data, i, stop, classes):
    if i >= stop:
        return _SEPARATOR
    point, _ = decode(data, i)
    return _kind(classes, point)


@lean
def placeholder(data, i, stop):
    """First byte after a placeholder like `[EMAIL_1]` that starts at `i`, or `i` if there is none."""
    k = i + 1
    while k < stop and (65 <= data[k] <= 90 or data[k] == 95):
        k += 1
    if k == i + 1 or k >= stop or data[k - 1] != 95 or k - i < 3:
        return i
    digits = k
    while k < stop and 48 <= data[k] <= 57:
        k += 1
    return k + 1 if digits < k < stop and data[k] == 93 else i


@lean
def _beside_digit(data, i, size, start, stop):
    """Is the nearest character that is not a space, on either side of the symbol at `i`, a digit?"""
    k = i - 1
    while k > start and data[k] == 32:
        k -= 1
    if k >= start and 48 <= data[k] <= 57:
        return True
    k = i + size
    while k < stop - 1 and data[k] == 32:
        k += 1
    return k < stop and 48 <= data[k] <= 57


@lean
def _operator(point):
    return point in (91, 93, 123, 125, 124, 126, 47)  # [ ] { } | ~ /


@lean_inline
def _absorb(h, value):
    h = (h ^ value) * _PRIME
    return h ^ (h >> np.uint64(29))


@lean_inline
def _eight(data, i, stop) -> tuple[object, ...]:
    """Eight bytes from `i` on, the first on top: folded if they are ASCII letters; how many of them, from the
    first on, are ASCII letters or digits; and whether one of those is a digit.

    All eight at once (bytes in parallel in one register): a loop over the letters would guess the end of
    each word wrongly.
    """
    chunk = _ZERO
    if i + 8 <= len(data):
        at = np.uint64(i)
        for k in range(np.uint64(8)):  # one load: the compiler joins them
            chunk = chunk << _EIGHT | np.uint64(data[at + k])
    else:
        for k in range(i, i + 8):
            chunk = chunk << _EIGHT | np.uint64(data[k] if k < len(data) else np.uint8(0))
    low = chunk & _LOW
    small = low | _CASE
    letters = ((small + _FROM_A) ^ (small + _AFTER_Z)) & ~chunk & _HIGH
    digits = ((low + _FROM_0) ^ (low + _AFTER_9)) & ~chunk & _HIGH
    count = np.int64(leading_zeros((letters | digits) ^ _HIGH) >> np.uint64(3))
    count = min(count, stop - i)
    return (
        chunk | (letters >> np.uint64(2)),
        count,
        count > 0 and digits >> np.uint64(64 - 8 * count) != _ZERO,
    )


@lean_inline
def _append(h, pack, length, chunk, count):
    """Adds the `count` (1 to 8) topmost bytes of `chunk` to a hash: (hash, pack, length)."""
    pending, length = length & 7, length + count
    added = chunk >> np.uint64(64 - 8 * count)
    if pending + count < 8:
        return h, pack << np.uint64(8 * count) | added, length
    if pending:
        chunk = pack << np.uint64(64 - 8 * pending) | chunk >> np.uint64(8 * pending)
    return _absorb(h, chunk), added & ((np.uint64(1) << np.uint64(8 * (length & 7))) - np.uint64(1)), length


@lean_inline
def _plain_word(data, i, stop, sentence):
    """Reads the word at byte `i` if it is of ASCII letters and digits up to a space or a mark before a space,
    as nearly all are: (hash, flags, next byte); the next byte is `i` if it is not. Says what `_word` says.
    """
    h, pack, length, number = _SEED, _ZERO, 0, False
    title = i + 1 < stop and 65 <= data[i] <= 90 and data[i + 1] >= 97
    k, count = i, 8
    while count == 8 and k < stop:
        chunk, count, digit = _eight(data, k, stop)
        if count:
            h, pack, length = _append(h, pack, length, chunk, count)
            number |= digit
            k += count
    if k < stop and data[k] != 32:
        mark = data[k] < 64 and data[k] != 35 and data[k] != 43  # C#, C++
        if not mark or (k + 1 < stop and data[k + 1] > 32):
            return h, 0, i
    flags = NUMBER if number else NAME if title and not sentence and length > 1 else 0
    return mix(_absorb(h, pack) ^ np.uint64(length)) | np.uint64(1), flags, k


@lean
def _word(data, i, stop, classes, fold, ascii_fold, sentence):
    """Reads the word at byte `i`: (hash, flags, next byte).

    Eight folded ASCII characters are hashed at a time (`pack`); any other character closes the pack.
    """
    h, pack, flags, length = _SEED, _ZERO, 0, 0
    begin, number, last = i, False, _SEPARATOR
    title = (
        i + 1 < stop and 65 <= data[i] <= 90 and data[i + 1] >= 97
    )  # Capital, then a small or foreign letter
    while True:
        count = 8
        while count == 8 and i < stop:  # ASCII letters and digits: the usual case, kept tight
            chunk, count, digit = _eight(data, i, stop)
            if count:
                h, pack, length = _append(h, pack, length, chunk, count)
                number |= digit
                i += count
        if i >= stop or data[i] == 32:
            break
        if i > begin and ascii_fold[data[i - 1]]:
            last = _DIGIT if data[i - 1] <= 57 else _LETTER
        point, size = decode(data, i)
        kind = _kind(classes, point)
        if point == 0xDF:  # ß folds to ss
            for _ in range(2):
                pack = pack << np.uint64(8) | np.uint64(115)
                length += 1
                if length & 7 == 0:
                    h, pack = _absorb(h, pack), _ZERO
            last = _LETTER
        elif kind in (_LETTER, _DIGIT):
            folded = fold[point]
            title = title or (i == begin and folded != point)
            h, pack = _absorb(_absorb(h, pack), np.uint64(folded) << np.uint64(32)), _ZERO
            if kind == _DIGIT:
                flags = NUMBER
            length += 8 - (length & 7)  # the next pack begins here
            last = kind
        elif kind == _APOSTROPHE:
            after = _kind_at(data, i + size, stop, classes)
            if after != _LETTER and after != _DIGIT:
                break
            if last == _DIGIT and after == _DIGIT:
                h, pack, length = _absorb(_absorb(h, pack), np.uint64(39)), _ZERO, length + 8 - (length & 7)
        elif kind == _INNER:
            if last != _DIGIT or _kind_at(data, i + size, stop, classes) != _DIGIT:
                break
            h, pack, length = (
                _absorb(_absorb(h, pack), np.uint64(fold[point])),
                _ZERO,
                length + 8 - (length & 7),
            )
        elif (point == 43 or point == 35) and length <= 2 and last == _LETTER:
            k = i
            while k < stop and (data[k] == 43 or data[k] == 35):
                k += 1
            after = _kind_at(data, k, stop, classes)
            if after != _LETTER and after != _DIGIT:
                for sign in data[i:k]:
                    h, pack = _absorb(_absorb(h, pack), np.uint64(sign)), _ZERO
                i = k
            break
        elif kind != _IGNORED:
            break
        i += size
    if number:
        flags = NUMBER
    if title and not sentence and length > 1 and not flags:
        flags |= NAME
    return mix(_absorb(h, pack) ^ np.uint64(length)) | np.uint64(1), flags, i


@lean
def _split(
    data,
    texts,
    classes,
    fold,
    ascii_fold,
    gate,
    keys,
    values,
    pairs,
    pair_flags,
    symbols,
    hashes,
    flags,
    spans,
    offsets,
):
    at = 0
    mask = np.uint64(len(keys) - 1)
    for row in range(len(texts) - 1):
        start, stop = texts[row], texts[row + 1]
        i, speaker, sentence, minus = start, _ZERO, True, False
        while i < stop:
            if data[i] == 32:
                i += 1
                continue
            point, size, kind = np.int64(data[i]), 1, _LETTER
            if not ascii_fold[data[i]]:
                point, size = decode(data, i)
                kind = np.int64(_kind(classes, point))
            if kind in (_SEPARATOR, _APOSTROPHE, _INNER, _IGNORED):
                if point == 91:
                    after = placeholder(data, i, stop)
                    if after > i:
                        i, sentence = after, False
                        continue
                if not (symbols and _operator(point)):
                    if 1 <= point <= 4:
                        speaker, sentence = mix(np.uint64(point)) << np.uint64(1), True
                    elif kind != _IGNORED:
                        before = data[i - 1] if i > start else np.uint8(32)
                        minus = fold[point] == 45 and (before <= 32 or before == 40)
                        minus = minus and _kind_at(data, i + size, stop, classes) == _DIGIT
                        if point != 44 and kind != _APOSTROPHE and point != 45:
                            sentence = True
                    i += size
                    continue
                kind = _SYMBOL
            begin = i
            if kind in (_LETTER, _DIGIT):
                h, flag, i = _plain_word(data, begin, stop, sentence)
                if i == begin:
                    h, flag, i = _word(data, begin, stop, classes, fold, ascii_fold, sentence)
                if minus:
                    h = mix(h ^ np.uint64(45)) | np.uint64(1)
                sentence = False
            else:
                i += size
                if kind == _SYMBOL and not symbols and not _beside_digit(data, begin, size, start, stop):
                    continue
                folded = np.int64(fold[point]) if point < _PLANES else point
                h = mix((_SEED ^ np.uint64(folded)) * _PRIME) | np.uint64(1)
                flag = (
                    NUMBER
                    if kind == _CURRENCY
                    or (kind == _SYMBOL and _beside_digit(data, begin, size, start, stop))
                    else 0
                )
            minus = False
            value = np.uint16(0)
            if gate[h >> np.uint64(54)] >> (h >> np.uint64(48) & np.uint64(63)) & np.uint64(1):
                slot = h & mask
                while keys[slot] != _ZERO and keys[slot] != h:
                    slot = (slot + np.uint64(1)) & mask
                value = values[slot] if keys[slot] == h else np.uint16(0)
            second = _ZERO
            if value >> 8:
                pair = value & 0xFF
                second = pairs[pair, 1]
                h = pairs[pair, 0]
                flag = np.int64(pair_flags[pair, 0])
            elif value:
                flag = (flag & NUMBER) | np.int64(value)
            hashes[at] = h ^ speaker
            flags[at] = flag
            if len(spans):
                spans[at, 0], spans[at, 1] = begin, i
            at += 1
            if second != _ZERO:
                hashes[at] = second ^ speaker
                flags[at] = pair_flags[value & 0xFF, 1]
                if len(spans):
                    spans[at, 0], spans[at, 1] = begin, i
                at += 1
        offsets[row + 1] = at
    return at


@counted
def _sequences(hashes, offsets):
    digests = np.zeros(len(offsets) - 1, np.uint64)
    for row in range(len(digests)):
        digest = _ZERO  # in a register: each step waits for the one before
        for w in range(offsets[row], offsets[row + 1]):
            digest = mix(digest * _PRIME + hashes[w]) | np.uint64(1)
        digests[row] = digest
    return digests
