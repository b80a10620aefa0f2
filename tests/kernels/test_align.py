"""What the words of one text leave unsaid in another, beside a slow reading with plain vectors."""
# ruff: noqa: ANN001, ANN002, ANN201, ANN202 - types are what the strategies and parameters say

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneset.kernels.align import difference
from tuneset.kernels.embed import embed, sums_of
from tuneset.kernels.words import DIRECTION, LIGHT, MARKER, buffer_of, markers_of, words_of

FLAGS = {"the": LIGHT, "my": LIGHT, "not": MARKER, "from": DIRECTION}
MARKERS = markers_of(FLAGS, contractions={})
VOCABULARY = [
    "the",
    "my",
    "not",
    "card",
    "cards",
    "kettle",
    "toaster",
    "refund",
    "city",
    "town",
    "buy",
    "purchase",
]
STEMS = {frozenset(("card", "cards"))}


def compared(*texts):
    buffer = buffer_of(pa.array(texts, pa.large_string()))
    words = words_of(buffer, markers=MARKERS, spans=True)
    pairs = np.array(list(itertools.combinations(range(len(texts)), 2)))
    return difference(words, pairs, data=buffer.data)


VECTORS = dict(zip(VOCABULARY, embed(pa.array(VOCABULARY))[0].astype(float), strict=True))
WEIGHTS = {
    word: round(float(np.sqrt((total.astype(float) ** 2).sum())), 2)
    for word, total in zip(VOCABULARY, sums_of(pa.array(VOCABULARY))[0], strict=True)
}


def slow_cover(word, others):
    def alike(other):
        if frozenset((word, other)) in STEMS:
            return 1.0
        a, b = VECTORS[word], VECTORS[other]
        return a @ b / np.sqrt((a @ a) * (b @ b))

    return max([0.0, *(alike(other) for other in others)])


def slow(one, other):
    """Changed, added, share."""
    heaviest, uncovered = [], 0.0
    for mine, theirs in ((one, other), (other, one)):
        left = [w for w in dict.fromkeys(mine) if w not in theirs and FLAGS.get(w) != MARKER]
        weights = {w: WEIGHTS[w] * (1 - slow_cover(w, theirs)) for w in left}
        uncovered += sum(v / 2 if FLAGS.get(w) == LIGHT else v for w, v in weights.items())
        heaviest.append(max([0.0, *(v for w, v in weights.items() if FLAGS.get(w) != LIGHT)]))
    return min(heaviest), max(heaviest), uncovered / sum(WEIGHTS[w] for w in one + other)


sentence = st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=8)


@settings(deadline=None, max_examples=150)
@given(st.lists(sentence, min_size=2, max_size=4))
def test_a_slow_twin_finds_the_same(texts):
    found = compared(*(" ".join(text) for text in texts))
    for number, (one, other) in enumerate(itertools.combinations(texts, 2)):
        changed, added, share = slow(one, other)
        assert found.changed[number] == pytest.approx(changed, abs=1e-6)
        assert found.added[number] == pytest.approx(added, abs=1e-6)
        assert found.share[number] == pytest.approx(share, abs=1e-9)


@pytest.mark.parametrize(
    ("one", "other", "covered"),
    [
        ("change my adress", "change my address", True),  # a typo: only one of the two is a known word
        ("where is john", "where is joan", False),  # two known words
        ("share my card", "shared my card", True),
        ("buy a card", "purchase a card", False),
        ("hola qwertzuiop", "hola qwertzuoip", True),  # letters swapped
        ("hola qwertzuiop", "hola qwertzuiap", False),  # another letter may be another name
    ],
)
def test_typos_and_forms_are_covered_and_other_words_are_not(one, other, covered):
    found = compared(one, other)
    assert (found.changed[0] == 0) == covered


def test_a_word_of_another_speaker_covers_nothing():
    assert compared("\x01my card\n\x02the kettle\n", "\x01my kettle\n\x02the card\n").changed[0] > 30
    assert compared("\x01my card\n\x02the kettle\n", "\x01my cards\n\x02the kettle\n").changed[0] == 0


def test_what_changes_places_is_turned():
    assert compared("money from savings to checking", "money from checking to savings").turned[0]
    assert compared("we met Anna before Peter", "we met Peter before Anna").turned[0]
    assert not compared("money from savings to checking", "to checking, money from savings").turned[0]
