"""Where values that are already known stand in texts, as whole words, however they are grouped.

A value is known by its *signs*: its ASCII letters and digits in lower case. `29 049 583 163`, `29049583163`
and `29-049-583-163` have the same. The kernel marks places; `stages/redact/known.py` confirms them.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from tuneset.kernels.lean import lean

_LOWER = np.zeros(256, np.uint8)
"""Letters in lower case, digits; 0 for all other bytes."""
for _byte in b"0123456789abcdefghijklmnopqrstuvwxyz":
    _LOWER[_byte] = _LOWER[ord(chr(_byte).upper())] = _byte

_MAX_GAP = 8  # characters between two signs of one value
_BACKSLASH, _SMALL_U = 92, 117


def occurrences(texts: pa.Array, owner: np.ndarray, values: Sequence[Sequence[bytes]]) -> np.ndarray:
    r"""`int64[k, 4]` of (text, start, stop, value): where a value of a text's owner may stand, in order.

    Args:
        texts: `large_string[m]`; nulls hold nothing.
        owner: `int64[m]`, index into `values`.
        values: for each owner the signs of its values.

    Cost: about two nanoseconds a byte, and a look at each value of the owner for every word. In a text that
    begins like JSON an escape such as `\n` or `\u00a0` is one character that is no sign.
    """
    flat = [signs for known in values for signs in known]
    if not len(texts) or not flat:
        return np.empty((0, 4), np.int64)
    texts = pa.concat_arrays([pa.array([], pa.large_string()), texts.cast(pa.large_string()).fill_null("")])
    _, bounds, data = texts.buffers()
    offsets = np.frombuffer(bounds, np.int64, len(texts) + 1, texts.offset * 8)
    raw = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    first = np.concatenate([[0], np.cumsum([len(known) for known in values])]).astype(np.int64)
    ends = np.concatenate([[0], np.cumsum([len(signs) for signs in flat])]).astype(np.int64)
    signs = np.frombuffer(b"".join(flat), np.uint8)
    found = np.empty((256, 4), np.int64)
    count = _all(raw, offsets, owner.astype(np.int64), first, signs, ends, found)
    if count > len(found):
        found = np.empty((count, 4), np.int64)
        _all(raw, offsets, owner.astype(np.int64), first, signs, ends, found)
    return found[:count]


@lean
def _escape(data: np.ndarray, at: int, high: int) -> int:
    """Bytes of the JSON escape at `at`."""
    return 6 if at + 1 < high and data[at + 1] == _SMALL_U else 2


@lean
def _end(
    data: np.ndarray, at: int, high: int, signs: np.ndarray, start: int, stop: int, is_json: bool
) -> int:
    """Where the value whose signs are `signs[start:stop]` ends if it begins at `at`, else -1."""
    gap = 0
    while start < stop:
        if at >= high or gap > _MAX_GAP:
            return -1
        if is_json and data[at] == _BACKSLASH:
            gap += 1
            at += _escape(data, at, high)
        elif _LOWER[data[at]]:
            if _LOWER[data[at]] != signs[start]:
                return -1
            gap = 0
            start += 1
            at += 1
        else:
            gap += not 128 <= data[at] < 192
            at += 1
    return -1 if at < high and _LOWER[data[at]] else at


@lean
def _all(
    data: np.ndarray,
    offsets: np.ndarray,
    owner: np.ndarray,
    first: np.ndarray,
    signs: np.ndarray,
    ends: np.ndarray,
    found: np.ndarray,
) -> int:
    """Fills `found` as far as it reaches; the count says how many there are."""
    count = 0
    for text in range(len(offsets) - 1):
        at, high = offsets[text], offsets[text + 1]
        low_value, high_value = first[owner[text]], first[owner[text] + 1]
        if low_value == high_value or at == high:
            continue
        low = at
        is_json = data[at] == 123 or data[at] == 91
        in_word = False
        while at < high:
            if is_json and data[at] == _BACKSLASH:
                in_word = False
                at += _escape(data, at, high)
                continue
            sign = _LOWER[data[at]]
            if sign and not in_word:
                for value in range(low_value, high_value):
                    if signs[ends[value]] != sign:
                        continue
                    stop = _end(data, at, high, signs, ends[value], ends[value + 1], is_json)
                    if stop > 0:
                        if count < len(found):
                            found[count, 0], found[count, 1] = text, at - low
                            found[count, 2], found[count, 3] = stop - low, value - low_value
                        count += 1
            in_word = sign != 0
            at += 1
    return count
