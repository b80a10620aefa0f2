"""Which pairs are worth a look: by hash, by bands, by vectors; for small corpora every pair, without loss."""

import numpy as np

from tuneset.kernels.alike import Alike, cosine_pairs
from tuneset.kernels.compare import LONG, Screen, allowed_edits
from tuneset.kernels.join import bucket_pairs, distinct, distinct_pairs, unpacked
from tuneset.kernels.order import grouped
from tuneset.kernels.sets import set_pairs
from tuneset.kernels.words import Words, buffer_of, mix, normalised, words_of
from tuneset.stages.dedupe.protect import markers
from tuneset.stages.dedupe.sign import Signatures
from tuneset.stages.dedupe.texts import TextBlock

EXACT_UP_TO = 15_000
"""Examples up to which `all_pairs` is affordable."""

_PER_INPUT = 4  # examples with the same input but other outputs that take part in the search


def exact_pairs(signatures: Signatures) -> np.ndarray:
    """`int64[m, 2]`: each example with the first of its exact twins, and with the first of its input."""
    found = [signatures.by_exact.order[:0]]
    for values, groups in ((signatures.exact, signatures.by_exact), (signatures.input, signatures.by_input)):
        rows = groups.order[np.repeat(groups.counts > 1, groups.counts)]
        found.append(bucket_pairs(values[rows], rows))
    return unpacked(distinct(np.concatenate(found)))


def representatives(signatures: Signatures) -> np.ndarray:
    """`int64[k]` rows that take part in the near and semantic search: one per exact twin, 4 per input.

    The others are linked by `exact_pairs`, so ten thousand equal rows cost nothing here.
    """
    first = np.zeros(len(signatures), np.bool_)
    first[signatures.by_exact.first] = True
    crowded = signatures.by_input.each(signatures.by_input.counts > _PER_INPUT) & first
    (rows,) = np.nonzero(crowded)
    same = grouped(signatures.input[rows])
    place = np.arange(len(rows)) - np.repeat(same.starts[:-1], same.counts)
    first[rows[same.order[place >= _PER_INPUT]]] = False
    return np.flatnonzero(first)


def near_pairs(
    keys: np.ndarray, rows: np.ndarray, *, order: np.ndarray, screen: Screen, texts: np.ndarray
) -> np.ndarray:
    """`int64[k]` candidates of one MinHash band, packed: see `kernels.join.bucket_pairs`."""
    return bucket_pairs(keys, rows, order=order, screen=screen, texts=texts)


def semantic_pairs(
    vectors: np.ndarray,
    *,
    min_cosine: float,
    keys: np.ndarray | None = None,
    min_apart: float = 1.0,
    before: Alike | None = None,
) -> Alike:
    """Pairs of `int8[n, 256]` vectors and their cosines: see `kernels.alike.cosine_pairs`.

    Args:
        keys: `relate.meaning_keys`; None: all have the same. Two examples with different keys are no twins,
            so they only matter from `min_apart` on, which is what makes a leak.
        before: an earlier search; it saves work and changes nothing.
    """
    return cosine_pairs(vectors, min_cosine=min_cosine, keys=keys, min_apart=min_apart, before=before)


def all_pairs(texts: TextBlock, *, five_grams: float = 0.5, words: float = 0.8) -> np.ndarray:
    """Every pair of inputs that may be near twins or a leak; nothing is missed.

    Args:
        texts: up to about 50,000 examples.
        five_grams: Jaccard of word 5-grams from which texts of 20 words and more are a pair.
        words: Jaccard of word sets from which any two texts are a pair; less for texts of under 9 words, as
            far as one light edit (a typo, an added word) asks.

    Returns:
        `int64[m, 2]` row numbers (i < j), sorted.
    """
    found = words_of(buffer_of(normalised(texts.inputs)), markers=markers())
    by_words = set_pairs(found.hashes, found.offsets, min_jaccard=_word_thresholds(found, words))
    grams, offsets = _five_grams(found)
    by_grams = set_pairs(grams, offsets, min_jaccard=np.full(len(texts), five_grams))
    return distinct_pairs(np.concatenate([by_words, by_grams]))


def _word_thresholds(words: Words, usual: float) -> np.ndarray:
    """With e edits among n words, word sets keep a Jaccard similarity of (n - e) / (n + e) or more."""
    n = np.diff(words.offsets)
    edits = np.array([allowed_edits(k) for k in range(10)])[np.minimum(n, 9)]
    return np.where((n < 10) & (n > 0), np.minimum(usual, (n - edits) / np.maximum(n + edits, 1)), usual)


def _five_grams(words: Words) -> tuple[np.ndarray, np.ndarray]:
    """Hashes of word 5-grams of the texts of at least `LONG` words; shorter texts have none."""
    sizes = np.diff(words.offsets)
    counts = np.where(sizes >= LONG, sizes - 4, 0)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    start = np.repeat(words.offsets[:-1] - offsets[:-1], counts) + np.arange(offsets[-1])
    grams = np.zeros(len(start), np.uint64)
    for k in range(5):
        grams = _mixed(grams * np.uint64(0x100000001B3) + words.hashes[start + k])
    return grams, offsets


def _mixed(values: np.ndarray) -> np.ndarray:
    """`kernels.words.mix` on whole columns."""
    return mix.py_func(values)
