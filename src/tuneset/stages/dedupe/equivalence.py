"""When two outputs teach the same: equal labels, equal JSON, or free text that says the same with the same
numbers.
"""

from typing import Literal

import numpy as np
import pyarrow as pa

from tuneset.kernels.alike import cosines
from tuneset.kernels.compare import compare
from tuneset.kernels.embed import embed
from tuneset.kernels.words import buffer_of, normalised, words_of
from tuneset.stages.dedupe.protect import markers, protected_digest
from tuneset.stages.dedupe.sign import structured

Task = Literal["classification", "instruction", "domain", "style"]

DIFFERENT, EQUAL, SIMILAR = 0, 1, 2
NAMES = ("different", "equal", "similar")

_LABEL_WORDS = 3
"""Answers of up to so many words are labels: one other word is another answer."""


def equivalent(
    outputs: pa.Array, digests: np.ndarray, pairs: np.ndarray, *, task: Task, min_similarity: float
) -> np.ndarray:
    """How the outputs of pairs relate.

    Args:
        outputs: `large_string[n]` as `texts_of` writes them (tool calls and JSON canonical).
        digests: `uint64[n]` their `Signatures.output`: equal for the same words, or the same JSON whatever
            the order of keys.
        pairs: `int64[m, 2]` rows of `outputs`.
        task: in a classification only equal labels are equivalent.
        min_similarity: from which word-set Jaccard or cosine two free texts are equivalent, provided that
            they have the same numbers, negations and names.

    Returns:
        `int8[m]`: `DIFFERENT`, `EQUAL` or `SIMILAR`.
    """
    answers = np.where(digests[pairs[:, 0]] == digests[pairs[:, 1]], EQUAL, DIFFERENT).astype(np.int8)
    (open_,) = np.nonzero(answers == DIFFERENT)
    if task == "classification" or len(open_) == 0:
        return answers
    similar = _similar_text(outputs, pairs[open_], min_similarity)
    answers[open_[similar]] = SIMILAR
    return answers


def _similar_text(outputs: pa.Array, pairs: np.ndarray, min_similarity: float) -> np.ndarray:
    """`bool[m]`: free text on both sides, alike enough and with the same protected words and names?"""
    rows, local = np.unique(pairs, return_inverse=True)
    local = local.reshape(-1, 2)
    texts = normalised(outputs.take(pa.array(rows)))
    buffer = buffer_of(texts)
    words = words_of(buffer, markers=markers(), spans=True)
    protected, json_like, sizes = protected_digest(words), structured(texts), np.diff(words.offsets)
    left, right = local[:, 0], local[:, 1]
    possible = (protected[left] == protected[right]) & ~json_like[left] & ~json_like[right]
    possible &= np.minimum(sizes[left], sizes[right]) > _LABEL_WORDS
    (candidates,) = np.nonzero(possible)
    found = compare(words, local[candidates], data=buffer.data)
    vectors, _ = embed(texts)
    cosine = cosines(vectors[left[candidates]], vectors[right[candidates]])
    alike = (found.words >= min_similarity) | (cosine >= np.float32(min_similarity))
    possible[candidates] = alike & ~found.names
    return possible
