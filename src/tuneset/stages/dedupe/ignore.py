"""Takes passages that do not count out of what is compared: signatures, disclaimers, templates.

A passage is known by its runs of six words (`kernels.winnow`), whatever their case and spacing: every such
run of an input is taken out, so a passage that was cut or repeated does not count either. An input of which
nothing would be left stays as it is. Answers are never touched, and neither is the example itself.
"""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.kernels.lean import counted
from tuneset.kernels.winnow import covered, shingles
from tuneset.kernels.words import Buffer, Words, buffer_of, no_markers, normalised, words_of

_SPEAKERS = 5
"""Bytes below say who speaks (`kernels.words`); a passage is one whoever says it."""


def without(inputs: pa.Array, ignore: Sequence[str]) -> pa.Array:
    """`large_string[n]`: the inputs of a `TextBlock` without the words of the passages.

    Inputs that change come in Unicode NFKC; all others are as they were.
    """
    if not ignore or not len(inputs):
        return inputs
    plain = normalised(inputs)
    words = _words(plain)
    inside = covered(words, _known(tuple(ignore)))
    taken = np.diff(np.concatenate([[0], np.cumsum(inside)])[words.offsets])
    changes = (taken > 0) & (taken < np.diff(words.offsets))
    if not changes.any():
        return inputs
    (rows,) = np.nonzero(changes)
    data, offsets = buffer_of(plain)
    kept, bounds = _cut(data, offsets, words.spans, words.offsets, inside, rows)
    cut = pa.LargeStringArray.from_buffers(len(rows), pa.py_buffer(bounds), pa.py_buffer(kept))
    return pc.replace_with_mask(inputs, pa.array(changes), cut)


@lru_cache(maxsize=8)
def _known(passages: tuple[str, ...]) -> np.ndarray:
    return shingles(_words(normalised(pa.array(passages, pa.large_string()))))


def _words(texts: pa.Array) -> Words:
    """The words as all say them, with where they stand."""
    data, offsets = buffer_of(texts)
    spoken = np.where(data < _SPEAKERS, np.uint8(ord(" ")), data)
    return words_of(Buffer(spoken, offsets), markers=no_markers(), spans=True)


@counted
def _cut(data, offsets, spans, texts, inside, rows):
    """The bytes of some texts without those of the words `inside`; a run that is taken out leaves a line end.
    Who speaks is kept.
    """
    room = 0
    for row in rows:
        room += offsets[row + 1] - offsets[row]
    kept = np.empty(room, np.uint8)
    bounds = np.zeros(len(rows) + 1, np.int64)
    at = 0
    for place in range(len(rows)):
        row = rows[place]
        here = offsets[row]
        word = texts[row]
        while word < texts[row + 1]:
            if not inside[word]:
                word += 1
                continue
            stop = word
            while stop + 1 < texts[row + 1] and inside[stop + 1]:
                stop += 1
            at = _copied(data, here, spans[word, 0], kept, at)
            kept[at] = 10
            at += 1
            for k in range(spans[word, 0], spans[stop, 1]):
                if data[k] < _SPEAKERS:
                    kept[at] = data[k]
                    at += 1
            here, word = spans[stop, 1], stop + 1
        at = _copied(data, here, offsets[row + 1], kept, at)
        bounds[place + 1] = at
    return kept[:at].copy(), bounds


@counted
def _copied(data, start, stop, kept, at):
    for k in range(start, stop):
        kept[at] = data[k]
        at += 1
    return at
