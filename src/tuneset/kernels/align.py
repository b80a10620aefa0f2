"""What the words of two texts leave unsaid: each word that only one text has, set against the other's words.

A word is covered by the word of the other text, said by the same speaker, that means most nearly the same
(`kernels.embed`): fully if the one is a typo of the other. What stays uncovered is weighed by the length of
its vector, which is small for words that occur everywhere: `a` weighs 5, `the` 66, `card` 137, `refund` 221.
"""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from tuneset.kernels.bounds import dot
from tuneset.kernels.compare import is_typo, letter
from tuneset.kernels.embed import quantised, sums_of
from tuneset.kernels.lean import counted, lean
from tuneset.kernels.words import DIRECTION, LIGHT, MARKER, NAME, NUMBER, Words

_LIGHT = 72.0  # articles and the like, which may stand between a preposition and its noun
_STEM = 4  # bytes at the head that two forms of a word share, and at least two thirds of the longer one
_FORM = 0.5  # their cosine
_SPEAKERS = 4  # control characters up to this one name a speaker (`stages.dedupe.texts`)


class Difference(NamedTuple):
    """Of `m` pairs of texts, in the units of the word weights.

    Attributes:
        changed: `float64[m]` the heaviest uncovered word of the side where that is lighter: more than a
            little of it means that a word stands in the place of another. Words that only hold a sentence
            together (`LIGHT`) do not count here.
        added: `float64[m]` the heaviest uncovered word of either side, in the same way.
        share: `float64[m]` uncovered part of the weight of both texts, 0..1; what only holds a sentence
        together
            counts half.
        turned: `bool[m]` do the names, or the words after `from` and the like, stand in another order?
    """

    changed: np.ndarray
    added: np.ndarray
    share: np.ndarray
    turned: np.ndarray


def difference(words: Words, pairs: np.ndarray, *, data: np.ndarray) -> Difference:
    """Compares pairs of texts that have the same numbers, markers and names.

    Args:
        words: words of `n` texts with spans.
        pairs: `int64[m, 2]` texts.
        data: `uint8` the buffer that the spans refer to.

    Cost: about 1 us per distinct word, 25 ns for each uncovered word and word of the other text.
    """
    taken = np.zeros(len(words.offsets) - 1, np.bool_)
    taken[pairs] = True
    kept = np.repeat(taken, np.diff(words.offsets))
    offsets = np.concatenate([[0], np.cumsum(np.where(taken, np.diff(words.offsets), 0))])
    hashes, flags, spans = words.hashes[kept], words.flags[kept], words.spans[kept]
    _, first, ids = np.unique(hashes, return_index=True, return_inverse=True)
    sums, pieces = sums_of(_texts(data, spans[first]))
    vectors = quantised(sums)
    weights = np.round(np.sqrt((sums.astype(np.int64) ** 2).sum(axis=1)), 2)
    speaker = _speakers(data, spans[first])
    numbers = np.zeros((3, len(pairs)))
    found = Difference(numbers[0], numbers[1], numbers[2], np.zeros(len(pairs), np.bool_))
    plain = flags & (NUMBER | MARKER) == 0
    plain[:-1] &= spans[1:, 0] != spans[:-1, 0]  # the first half of a contraction is no word of its own
    tokens = (ids, plain, flags, offsets, spans[first], data)
    _differ(*tokens, vectors, weights, pieces == 1, speaker, pairs, *found)
    return found


def _texts(data: np.ndarray, spans: np.ndarray) -> pa.Array:
    """`large_string[k]`: the bytes of spans."""
    lengths = spans[:, 1] - spans[:, 0]
    ends = np.cumsum(lengths)
    offsets = np.concatenate([[0], ends]).astype(np.int64)
    place = np.repeat(spans[:, 0] - offsets[:-1], lengths) + np.arange(int(offsets[-1]))
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(data[place]))]
    return pa.Array.from_buffers(pa.large_string(), len(lengths), buffers)


def _speakers(data: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """`uint8[k]`: the control character that stands before each span; 0 if there is none."""
    (at,) = np.nonzero((data > 0) & (data <= _SPEAKERS))
    before = np.searchsorted(at, spans[:, 0]) - 1
    if not len(at):
        return np.zeros(len(spans), np.uint8)
    return np.where(before >= 0, data[at[np.maximum(before, 0)]], 0).astype(np.uint8)


@lean
def _same_stem(data, a, a_end, b, b_end):
    """Are two words forms of one (`share`, `shared`), as far as their first letters tell?"""
    shared, longer = 0, max(a_end - a, b_end - b)
    while shared < min(a_end - a, b_end - b) and letter(data, a + shared) == letter(data, b + shared):
        shared += 1
    return shared >= _STEM and 3 * shared >= 2 * longer


@lean
def _swapped(data, a, b, size):
    """Do two words of one length hold the same letters in another order? A changed letter may make another
    name.
    """
    total, squares = np.int64(0), np.int64(0)
    for k in range(size):
        one, other = np.int64(letter(data, a + k)), np.int64(letter(data, b + k))
        total += one - other
        squares += one * one - other * other
    return total == 0 and squares == 0


@lean
def _covered(word, stamp, i, texts, ids, forms, data, vectors, norms, known, speaker):
    """How nearly the words of text `i` say what `word` says, 0..1."""
    best = 0.0
    for w in range(texts[i], texts[i + 1]):
        other = ids[w]
        if stamp[other] != w or speaker[other] != speaker[word]:  # the first of equal words is enough
            continue
        cosine = 0.0
        if norms[word] > 0 and norms[other] > 0:
            cosine = dot(vectors[word], vectors[other]) / (norms[word] * norms[other])
        best = max(best, cosine)
        a, b, a_end, b_end = forms[word, 0], forms[other, 0], forms[word, 1], forms[other, 1]
        if cosine >= _FORM and (known[word] or known[other]) and _same_stem(data, a, a_end, b, b_end):
            return 1.0
        # two words that the embedder knows are two words, however alike they are written
        if known[word] and known[other]:
            continue
        one_known, one_longer = known[word] or known[other], a_end - a != b_end - b
        if (one_known or one_longer or _swapped(data, a, b, a_end - a)) and is_typo(data, a, a_end, b, b_end):
            return 1.0
    return best


@lean
def _one_side(
    i, j, texts, ids, flags, plain, forms, data, vectors, weights, norms, known, speaker, own, others
):
    """Of the words of `i`: the heaviest that `j` leaves uncovered, all that is uncovered, the whole weight.

    `own`, `others`: the first place of each word in `i`, in `j`; places outside a text mean that it lacks the
    word.
    """
    heaviest, uncovered, whole = 0.0, 0.0, 0.0
    for w in range(texts[i], texts[i + 1]):
        word = ids[w]
        whole += weights[word]
        if own[word] != w or not plain[w] or texts[j] <= others[word] < texts[j + 1]:
            continue
        open_ = weights[word] * (
            1.0 - _covered(word, others, j, texts, ids, forms, data, vectors, norms, known, speaker)
        )
        if flags[w] & LIGHT:
            uncovered += open_ / 2
        else:
            heaviest, uncovered = max(heaviest, open_), uncovered + open_
    return heaviest, uncovered, whole


@lean
def _first_places(i, texts, ids, stamp):
    for w in range(texts[i + 1] - 1, texts[i] - 1, -1):
        stamp[ids[w]] = w


@lean
def _names_turned(i, j, texts, ids, flags, own, others):
    """Do the names that both have come up in another order? `own`, `others`: first places in `i`, in `j`.

    A name at the head of a sentence is not marked as one, so a word counts if it is marked in `i`, wherever
    it stands in `j`.
    """
    last = -1
    for w in range(texts[i], texts[i + 1]):
        word = ids[w]
        if flags[w] & NAME and own[word] == w and texts[j] <= others[word] < texts[j + 1]:
            if others[word] < last:
                return True
            last = others[word]
    return False


@lean
def _noun(w, stop, ids, weights):
    """The word that a preposition at `w` leads to; -1 if there is none."""
    for k in range(w + 1, min(w + 4, stop)):
        if weights[ids[k]] >= _LIGHT:
            return ids[k]
    return -1


@lean
def _has(word, i, texts, ids):
    found = False
    for w in range(texts[i], texts[i + 1]):
        found |= ids[w] == word
    return found


@lean
def _direction_turned(i, j, texts, ids, flags, weights):
    """`from savings to checking` against `from checking to savings`: the same preposition leads to another
    word, and both texts have both words.
    """
    for w in range(texts[i], texts[i + 1]):
        if not flags[w] & DIRECTION:
            continue
        here = _noun(w, texts[i + 1], ids, weights)
        other = -1
        for k in range(texts[j], texts[j + 1]):
            if ids[k] == ids[w]:
                other = _noun(k, texts[j + 1], ids, weights)
                if other == here:
                    break
        if here < 0 or other < 0 or other == here:
            continue
        if _has(here, j, texts, ids) and _has(other, i, texts, ids):
            return True
    return False


@counted
def _differ(
    ids, plain, flags, texts, forms, data, vectors, weights, known, speaker, pairs,
    changed, added, share, turned,
):  # fmt: skip
    norms = np.empty(len(weights))
    for k in range(len(weights)):
        norms[k] = np.sqrt(np.float64(dot(vectors[k], vectors[k])))
    one, two = np.full(len(weights), -1, np.int64), np.full(len(weights), -1, np.int64)
    for p in range(len(pairs)):
        i, j = pairs[p, 0], pairs[p, 1]
        _first_places(i, texts, ids, one)
        _first_places(j, texts, ids, two)
        a = _one_side(
            i, j, texts, ids, flags, plain, forms, data, vectors, weights, norms, known, speaker, one, two
        )
        b = _one_side(
            j, i, texts, ids, flags, plain, forms, data, vectors, weights, norms, known, speaker, two, one
        )
        changed[p], added[p] = min(a[0], b[0]), max(a[0], b[0])
        share[p] = (a[1] + b[1]) / max(1.0, a[2] + b[2])
        turned[p] = (
            _names_turned(i, j, texts, ids, flags, one, two)
            or _names_turned(j, i, texts, ids, flags, two, one)
            or _direction_turned(i, j, texts, ids, flags, weights)
        )
