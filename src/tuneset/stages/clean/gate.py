"""Passes over the bytes of a text column: which texts are obviously clean."""

import numpy as np
import pyarrow as pa

from tuneset.kernels.lean import counted, lean

RETURN, CONTROL, FOREIGN = 1, 2, 4
"""A carriage return; another control character of ASCII than tab and line feed; a byte outside ASCII."""

ERROR, OBJECT = 1, 2
"""How a text begins: as an error message may; with a brace, after white space."""

_KIND = np.zeros(256, np.uint8)
_KIND[:32] = CONTROL
_KIND[127] = CONTROL
_KIND[[9, 10]] = 0
_KIND[13] = RETURN
_KIND[128:] = FOREIGN

_TAB, _FEED, _SPACE, _PRINTED = np.uint8(9), np.uint8(10), np.uint8(32), np.uint8(95)

_IN_WORD = np.zeros(256, np.uint8)
"""Letters in lower case, digits, underscore: what `\\w` is in RE2; 0 for all other bytes."""
for _byte in b"0123456789_abcdefghijklmnopqrstuvwxyz":
    _IN_WORD[_byte] = _IN_WORD[ord(chr(_byte).upper())] = _byte


def _begins(words: str) -> np.ndarray:
    """`uint32[k]`: the first four letters of each word, filled up with spaces."""
    return np.array([int.from_bytes(word.encode()[:4].ljust(4), "big") for word in words.split()], np.uint32)


_FIRST = _begins(
    "error http status code internal bad gateway service server upstream doctype html openai anthropic"
    " httpx requests urllib3 aiohttp request connection read rate traceback exception panic object"
)
_COMMON = _begins("the that this your you no")
"""Words that begin many an answer: only with a word such as one of `_SECOND` after them an error message."""
_SECOND = _begins(
    "request connection read service server engine model response prompt exceeded healthy"
) >> np.uint32(16)  # two letters will do


def marks(texts: pa.Array) -> np.ndarray:
    """`uint8[n]`: for each text (`large_string`) the kinds of bytes in it, or'ed; 0 for null. About 0.1 ns a
    byte, 0.5 ns in a text that has any.
    """
    return _marks(*_opened(texts), _KIND)


def begins_visibly(texts: pa.Array) -> np.ndarray:
    """`bool[n]`: does the text (`large_string`) begin with a visible character of ASCII? Null does not."""
    return _begins_visibly(*_opened(texts))


def openings(texts: pa.Array) -> np.ndarray:
    """`uint8[n]`: `ERROR`, `OBJECT` or 0 for each text (`large_string`); 0 for null.

    `ERROR` says yes in vain, but never no to a text that `answers` takes for an error message. It reads the
    first word, or two, so that no regular expression is tried on ordinary answers.
    """
    return _openings(*_opened(texts), _IN_WORD, _FIRST, _COMMON, _SECOND)


def _opened(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The bytes, and `int64[n + 1]` where each text begins and ends in them."""
    if not len(texts):
        return np.zeros(0, np.uint8), np.zeros(1, np.int64)
    _, offsets, data = texts.buffers()
    bounds = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8), bounds


@lean
def _is_plain(content: np.ndarray) -> bool:
    """No byte but printable ASCII, tab and line feed? No branch in the loop: SIMD."""
    odd = np.uint8(0)
    for at in range(len(content)):
        byte = content[at]
        is_odd = (np.uint8(byte - _SPACE) >= _PRINTED) & (byte != _FEED) & (byte != _TAB)  # below 32 it wraps
        odd = np.uint8(odd | np.uint8(is_odd))
    return odd == 0


@counted
def _marks(content: np.ndarray, bounds: np.ndarray, kind: np.ndarray) -> np.ndarray:
    found = np.zeros(len(bounds) - 1, np.uint8)
    for i in range(len(found)):
        if _is_plain(content[bounds[i] : bounds[i + 1]]):
            continue
        seen = np.uint8(0)
        for at in range(bounds[i], bounds[i + 1]):
            seen |= kind[content[at]]
        found[i] = seen
    return found


@counted
def _begins_visibly(content: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    found = np.zeros(len(bounds) - 1, np.bool_)
    for i in range(len(found)):
        found[i] = bounds[i] < bounds[i + 1] and 32 < content[bounds[i]] < 127
    return found


@counted
def _openings(
    content: np.ndarray,
    bounds: np.ndarray,
    in_word: np.ndarray,
    first: np.ndarray,
    common: np.ndarray,
    second: np.ndarray,
) -> np.ndarray:
    found = np.zeros(len(bounds) - 1, np.uint8)
    for i in range(len(found)):
        at, stop = bounds[i], bounds[i + 1]
        while at < stop and content[at] <= 32:
            at += 1
        if at < stop and content[at] == 123:
            found[i] = OBJECT
        if _may_be_error(content, at, stop, in_word, first, common, second):
            found[i] |= ERROR
    return found


@lean
def _may_be_error(
    content: np.ndarray,
    at: int,
    stop: int,
    in_word: np.ndarray,
    first: np.ndarray,
    common: np.ndarray,
    second: np.ndarray,
) -> bool:
    """By the first word from `at` on. Letters outside ASCII may fold to letters of ASCII: then yes."""
    while at < stop and content[at] < 128 and not in_word[content[at]]:
        at += 1
    begin, word = at, np.uint32(0)
    while at < stop and in_word[content[at]]:
        if at < begin + 4:
            word = word << np.uint32(8) | np.uint32(in_word[content[at]])
        at += 1
    if at == stop and at == begin:
        return False
    for _ in range(at - begin, 4):
        word = word << np.uint32(8) | np.uint32(32)
    after = content[at] if at < stop else np.uint8(32)
    if after >= 128 or after == 46 or after == 36 or after == 58 or after == 10:
        return True  # my.Error, mine$Error, Error: and its line end
    if word >> np.uint32(24) == 52 or word >> np.uint32(24) == 53:
        return True  # 404, 502
    for one in first:
        if word == one:
            return True
    for one in common:
        if word == one and after == 32 and at + 2 < stop:
            return _is_any(content, at + 1, in_word, second)
    return False


@lean
def _is_any(content: np.ndarray, at: int, in_word: np.ndarray, second: np.ndarray) -> bool:
    """Are the two letters from `at` on some of these, or not ASCII?"""
    if content[at] >= 128 or content[at + 1] >= 128:
        return True
    two = np.uint32(in_word[content[at]]) << np.uint32(8) | np.uint32(in_word[content[at + 1]])
    found = False
    for other in second:
        found |= two == other
    return found
