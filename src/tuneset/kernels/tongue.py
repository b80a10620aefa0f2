"""Which scripts a text is written in, and how many of its words belong to which of a few lists."""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

import numpy as np

from tuneset.kernels.lean import lean
from tuneset.kernels.words import Buffer, Words

SCRIPTS = ("latin", "greek", "cyrillic", "hebrew", "arabic", "indic", "thai", "kana", "han", "hangul")

_BYTES = 2000  # of a text that are looked at
_WORDS = 200


def scripts_of(texts: Buffer) -> np.ndarray:
    """`int32[n, 10]`: characters of each of `SCRIPTS` in the first 2,000 bytes; those of others are not
    counted.
    """
    found = np.zeros((len(texts.offsets) - 1, len(SCRIPTS)), np.int32)
    _scripts(*texts, found)
    return found


def votes(words: Words, keys: np.ndarray, lists: np.ndarray, *, n_lists: int) -> np.ndarray:
    """`int32[n, n_lists]`: how many of the first 200 words of each text are in each list.

    Args:
        keys: `uint64[2^k]` open-addressing table of word hashes, 0 = free. lists: `uint32[2^k]` a bit for
        each
            list that holds the word.
    """
    found = np.zeros((len(words.offsets) - 1, n_lists), np.int32)
    _votes(words.hashes, words.offsets, keys, lists, found)
    return found


def table_of(hashes: np.ndarray, bits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The table for `votes`: `uint64[k]` hashes, some of them equal, and `uint32[k]` bits."""
    size = 1 << int(4 * len(hashes)).bit_length()
    keys, lists = np.zeros(size, np.uint64), np.zeros(size, np.uint32)
    _fill(hashes, bits, keys, lists)
    return keys, lists


@lean
def _fill(hashes, bits, keys, lists):
    for k in range(len(hashes)):
        slot = np.int64(hashes[k] & np.uint64(len(keys) - 1))
        while keys[slot] != 0 and keys[slot] != hashes[k]:
            slot = (slot + 1) & (len(keys) - 1)
        keys[slot] = hashes[k]
        lists[slot] |= bits[k]


@lean
def _votes(hashes, offsets, keys, lists, found):
    for row in range(len(found)):
        for w in range(offsets[row], min(offsets[row + 1], offsets[row] + _WORDS)):
            slot = np.int64(hashes[w] & np.uint64(len(keys) - 1))
            while keys[slot] != 0 and keys[slot] != hashes[w]:
                slot = (slot + 1) & (len(keys) - 1)
            if keys[slot] != 0:
                for k in range(found.shape[1]):
                    found[row, k] += np.int32((lists[slot] >> np.uint32(k)) & np.uint32(1))


@lean
def _script(lead, second):
    """The script of a character by its first two bytes, -1 if it is none of `SCRIPTS`."""
    if (65 <= lead <= 90) or (97 <= lead <= 122) or 0xC3 <= lead <= 0xC9:
        return 0
    if lead == 0xCE or lead == 0xCF:
        return 1
    if 0xD0 <= lead <= 0xD3:
        return 2
    if lead == 0xD6 or lead == 0xD7:
        return 3
    if 0xD8 <= lead <= 0xDB:
        return 4
    if lead == 0xE0:
        return 6 if 0xB8 <= second <= 0xBB else 5
    if lead == 0xE3 and 0x81 <= second <= 0x83:
        return 7
    if 0xE4 <= lead <= 0xE9:
        return 8
    if 0xEA <= lead <= 0xED and (lead != 0xEA or second >= 0xB0):
        return 9
    return -1


@lean
def _scripts(data, offsets, found):
    for row in range(len(found)):
        stop = min(offsets[row + 1], offsets[row] + _BYTES)
        for at in range(offsets[row], stop - 1):
            script = _script(data[at], data[at + 1])
            if script >= 0:
                found[row, script] += 1
