"""Sentence vectors from the packaged static embedder: integer sums of word-piece vectors, so exact and
repeatable.

    text -> BERT words -> WordPiece ids -> sum of int8 vectors (int32, exact) -> int8[256], the direction of
    the sum

The mean and the sum point the same way, and only directions are compared. Words are read as the `tokenizers`
library reads them with the packaged `tokenizer.json` (clean text, ideographs apart, NFD without accents,
lower case, split at white space and punctuation, greedy longest match, words over 100 characters unknown)
with two differences on purpose: no text is cut at 512 pieces, and unknown words add nothing. Normal forms are
computed by Arrow and only for rows that are not plain ASCII.

A word of several pieces is taken apart once per call and remembered in a table of fixed size.
"""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple
from unicodedata import category

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.kernels.kept import kept
from tuneset.kernels.lean import counted, lean, lean_inline
from tuneset.kernels.words import Buffer, buffer_of, decode, mix, placeholder

DIMENSIONS = 256
MODEL = "embedder-minilm-256-int8"

_LONGEST = 100  # characters of a word; longer ones are unknown (tokenizer.json: max_input_chars_per_word)
_MEMO = 1 << 14  # words of several pieces remembered per call
_PIECES = 1 << 17  # and their pieces in all; when either is full, words are taken apart again
_PLANES = 0x20000
_WORD, _SPACE, _ALONE, _REMOVED = range(4)
_START, _INSIDE = np.uint64(0x243F6A8885A308D3), np.uint64(0x13198A2E03707344)
_PRIME = np.uint64(0x100000001B3)
_ZERO = np.uint64(0)


class Vocabulary(NamedTuple):
    """Word pieces as an open-addressing table, and their vectors.

    Attributes:
        keys: `uint64[2^k]` hash of a piece, 0 = free. ids: `int32[2^k]` its row in `vectors`.
        vectors: `int8[pieces, 256]`.
        classes: `uint8[_PLANES]`, lower: `uint32[_PLANES]` of each character.
    """

    keys: np.ndarray
    ids: np.ndarray
    vectors: np.ndarray
    classes: np.ndarray
    lower: np.ndarray


@cache
def vocabulary() -> Vocabulary:
    """The packaged embedder (8 MB); read once per process."""
    keys, ids = kept(_known_pieces, sources=(Path(__file__), _model("tokenizer.json")))
    vectors = _tensor(_model("model.safetensors").read_bytes())
    return Vocabulary(keys, ids, vectors, *kept(_letters, sources=(Path(__file__),)))


def _model(name: str) -> Path:
    return Path(str(files("tuneset.assets").joinpath(MODEL, name)))


def _known_pieces() -> tuple[np.ndarray, np.ndarray]:
    """`keys` and `ids` of a `Vocabulary`."""
    pieces = json.loads(_model("tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    pieces = {piece: row for piece, row in pieces.items() if piece not in ("[PAD]", "[UNK]")}
    hashes = _hash_pieces(list(pieces))
    if len(np.unique(hashes)) != len(hashes):
        raise ValueError("two word pieces have the same hash")
    size = 1 << (2 * len(hashes)).bit_length()
    keys, ids = np.zeros(size, np.uint64), np.zeros(size, np.int32)
    _fill(keys, ids, hashes, np.fromiter(pieces.values(), np.int32, len(pieces)))
    return keys, ids


def embed(texts: pa.Array, *, skip_placeholders: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of texts.

    Args:
        texts: `[n]` strings; null counts as empty.
        skip_placeholders: leave out `[EMAIL_1]` and the like.

    Returns:
        `int8[n, 256]`: the sum of the piece vectors times 127 / (its largest absolute entry), rounded half
        up; cosine with the exact direction is at least .9995. `bool[n]`: has the text any known word? If not,
        its vector is zero.

    Cost: about 60 ns per word.
    """
    sums, counts = sums_of(texts, skip_placeholders=skip_placeholders)
    return quantised(sums), counts > 0


def sums_of(texts: pa.Array, *, skip_placeholders: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """`int32[n, 256]` sums of piece vectors and `int64[n]` numbers of known pieces."""
    known = vocabulary()
    data, offsets = _decomposed(texts)
    sums = np.zeros((len(offsets) - 1, DIMENSIONS), np.int32)
    counts = np.zeros(len(offsets) - 1, np.int64)
    memo = (np.zeros(2 * _MEMO, np.uint64), np.zeros((2 * _MEMO, 2), np.int32), np.empty(_PIECES, np.int32))
    _sum(data, offsets, *known, *memo, skip_placeholders, sums, counts)
    return sums, counts


def quantised(sums: np.ndarray) -> np.ndarray:
    """`int8[n, 256]` directions of `int32[n, 256]` sums: 127 / (largest absolute entry) times each, rounded
    half up.

    One correctly rounded multiplication, division and addition per entry: the same bits on every machine.
    """
    vectors = np.zeros(sums.shape, np.int8)
    _quantise(sums, vectors)
    return vectors


def _decomposed(texts: pa.Array) -> Buffer:
    texts = pc.fill_null(texts, "")
    foreign = pc.invert(pc.string_is_ascii(texts))
    if pc.any(foreign).as_py():
        texts = pc.replace_with_mask(texts, foreign, pc.utf8_normalize(texts.filter(foreign), form="NFD"))
    return buffer_of(texts)


def _tensor(raw: bytes) -> np.ndarray:
    """The `embeddings` of a safetensors file: 8 bytes of header length, a JSON header, raw little-endian
    data.
    """
    size = int.from_bytes(raw[:8], "little")
    entry = json.loads(raw[8 : 8 + size])["embeddings"]
    if entry["dtype"] != "I8" or entry["shape"][1] != DIMENSIONS:
        raise ValueError("the embedder must be int8 with 256 dimensions")
    start, stop = entry["data_offsets"]
    return np.frombuffer(raw, np.int8, stop - start, 8 + size + start).reshape(entry["shape"])


def _hash_pieces(pieces: list[str]) -> np.ndarray:
    texts = [piece.removeprefix("##") if len(piece) > 2 else piece for piece in pieces]
    inside = np.array([text != piece for text, piece in zip(texts, pieces, strict=True)])
    points = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)
    offsets = np.concatenate([[0], np.cumsum([len(text) for text in texts])])
    return _hash_all(points, offsets, inside)


def _letters() -> tuple[np.ndarray, np.ndarray]:
    """`uint8[_PLANES]` how BERT's normaliser and pre-tokeniser treat each character; `uint32[_PLANES]` its
    lower case.
    """
    points = np.arange(_PLANES)
    characters = [chr(point) for point in range(_PLANES)]
    kind = np.array(list(map(category, characters)))
    space = np.array(list(map(str.isspace, characters))) & (kind != "Cc")
    space[[ord(character) for character in " \t\n\r"]] = True
    removed = np.isin(kind, ("Cc", "Cf", "Co", "Cs", "Mn")) | np.isin(points, (0, 0xFFFD))
    alone = (kind.astype("U1") == "P") | ((points < 128) & ~np.array(list(map(str.isalnum, characters))))
    for low, high in _IDEOGRAPHS:
        alone |= (points >= low) & (points <= high)
    classes = np.select([space, removed, alone], [_SPACE, _REMOVED, _ALONE], _WORD).astype(np.uint8)
    return classes, np.array([ord(one[0]) for one in map(str.lower, characters)], np.uint32)


_IDEOGRAPHS = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0xF900, 0xFAFF))


@lean
def _fill(keys, ids, hashes, rows):
    for k in range(len(hashes)):
        h = hashes[k]
        slot = h & np.uint64(len(keys) - 1)
        while keys[slot] != _ZERO:
            slot = (slot + np.uint64(1)) & np.uint64(len(keys) - 1)
        keys[slot], ids[slot] = h, rows[k]


@lean_inline
def _step(h, point):
    h = (h ^ np.uint64(point)) * _PRIME
    return h ^ (h >> np.uint64(31))


@lean_inline
def _close(h):
    return mix(h) | np.uint64(1)


@counted
def _hash_all(points, offsets, inside):
    hashes = np.empty(len(inside), np.uint64)
    for row in range(len(inside)):
        h = _INSIDE if inside[row] else _START
        for k in range(offsets[row], offsets[row + 1]):
            h = _step(h, points[k])
        hashes[row] = _close(h)
    return hashes


@lean_inline
def _find(keys, h):
    """Slot of a key, or of the free place where it would stand."""
    mask = np.uint64(len(keys) - 1)
    slot = h & mask
    while keys[slot] != _ZERO and keys[slot] != h:
        slot = (slot + np.uint64(1)) & mask
    return slot


@counted
def _pieces(word, size, keys, ids, out, at):
    """Greedy longest match: writes the pieces of a word behind `at`; their number, or 0 if the word is
    unknown.
    """
    prefixes = np.empty(size, np.uint64)
    start, count = 0, 0
    while start < size:
        h = _START if start == 0 else _INSIDE
        for k in range(start, size):
            h = _step(h, word[k])
            prefixes[k] = _close(h)
        k = size - 1
        slot = _find(keys, prefixes[k])
        while keys[slot] == _ZERO:
            k -= 1
            if k < start:
                return 0
            slot = _find(keys, prefixes[k])
        out[at + count] = ids[slot]
        count += 1
        start = k + 1
    return count


@lean
def _add(total, vector):
    for d in range(DIMENSIONS):
        total[d] += np.int32(vector[d])


@counted
def _sum(
    data, offsets, keys, ids, vectors, classes, lower, memo_keys, memo_spans, memo_pieces, skip, sums, counts
):
    word = np.empty(_LONGEST + 1, np.uint32)
    used, remembered = 0, 0
    for row in range(len(offsets) - 1):
        i, stop = offsets[row], offsets[row + 1]
        size, h = 0, _START
        while i <= stop:
            point, step, kind = 32, 1, _SPACE
            if i < stop:
                if skip and data[i] == 91:
                    after = placeholder(data, i, stop)
                    if after > i:
                        point, step, kind = 32, after - i, _SPACE
                    else:
                        point, step, kind = 91, 1, _ALONE
                else:
                    point, step = decode(data, i)
                    kind = classes[point] if point < _PLANES else (_ALONE if point < 0x30000 else _WORD)
            i += step
            if kind == _WORD:
                low = lower[point] if point < _PLANES else np.uint32(point)
                if size <= _LONGEST:
                    word[min(size, _LONGEST)] = low
                    h = _step(h, low)
                size += 1
                continue
            if kind == _REMOVED:
                continue
            if size > 0 and size <= _LONGEST:
                key = _close(h)
                slot = _find(keys, key)
                if keys[slot] == key:
                    _add(sums[row], vectors[ids[slot]])
                    counts[row] += 1
                else:
                    seen = _find(memo_keys, key)
                    if memo_keys[seen] == key:
                        begin, end = memo_spans[seen, 0], memo_spans[seen, 1]
                    else:
                        if remembered >= _MEMO or used + _LONGEST > _PIECES:
                            memo_keys[:] = _ZERO
                            used, remembered = 0, 0
                            seen = _find(memo_keys, key)
                        begin = used
                        end = used + _pieces(word, size, keys, ids, memo_pieces, used)
                        memo_keys[seen], memo_spans[seen, 0], memo_spans[seen, 1] = key, begin, end
                        used, remembered = end, remembered + 1
                    for k in range(begin, end):
                        _add(sums[row], vectors[memo_pieces[k]])
                    counts[row] += end - begin
            size, h = 0, _START
            if kind == _ALONE:
                key = _close(_step(_START, lower[point] if point < _PLANES else np.uint32(point)))
                slot = _find(keys, key)
                if keys[slot] == key:
                    _add(sums[row], vectors[ids[slot]])
                    counts[row] += 1


@lean
def _quantise(sums, vectors):
    for row in range(len(sums)):
        largest = 0
        for d in range(DIMENSIONS):
            largest = max(largest, abs(sums[row, d]))
        if largest:
            for d in range(DIMENSIONS):
                vectors[row, d] = np.int8(np.floor(sums[row, d] * 127.0 / largest + 0.5))
