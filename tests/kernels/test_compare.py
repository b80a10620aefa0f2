"""Comparing two texts: similarities against plain sets, and what counts as a light edit."""
# ruff: noqa: ANN001, ANN201 - types are what the strategies and parameters say

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneset.kernels.compare import LONG, bits_of, compare, may_be_alike
from tuneset.kernels.words import MARKER, buffer_of, markers_of, normalised, words_of

MARKERS = markers_of({"not": MARKER}, contractions={})


def compared(one, other):
    buffer = buffer_of(normalised(pa.array([one, other])))
    words = words_of(buffer, markers=MARKERS, spans=True)
    return compare(words, np.array([[0, 1]]), data=buffer.data)


def shingles(words):
    if len(words) >= LONG:
        return {tuple(words[k : k + 5]) for k in range(len(words) - 4)}
    return {(w,) for w in words} | set(itertools.pairwise(words))


sentence = st.lists(
    st.sampled_from(["red", "green", "blue", "one", "two", "three", "four", "five"]), min_size=1, max_size=30
)


@settings(deadline=None, max_examples=200)
@given(sentence, sentence)
def test_similarities_are_those_of_plain_sets(one, other):
    found = compared(" ".join(one), " ".join(other))
    assert found.words[0] == pytest.approx(len(set(one) & set(other)) / len(set(one) | set(other)))
    if (len(one) >= LONG) == (len(other) >= LONG):
        a, b = shingles(one), shingles(other)
        assert found.jaccard[0] == pytest.approx(len(a & b) / len(a | b))


@settings(deadline=None, max_examples=200)
@given(st.lists(sentence, min_size=2, max_size=6), st.floats(0.2, 1.0), st.floats(0.2, 1.0))
def test_the_quick_look_loses_no_pair(texts, min_words, min_jaccard):
    buffer = buffer_of(pa.array([" ".join(text) for text in texts]))
    words = words_of(buffer, markers=MARKERS, spans=True)
    pairs = np.array(list(itertools.combinations(range(len(texts)), 2)))
    found = compare(words, pairs, data=buffer.data)
    possible = may_be_alike(
        bits_of(words), np.diff(words.offsets), pairs, min_words=min_words, min_jaccard=min_jaccard
    )
    alike = (found.words >= min_words) | (found.jaccard >= min_jaccard) | (found.edits >= 0)
    assert not (alike & ~possible).any()


def test_the_quick_look_turns_most_unlike_pairs_away():
    chance = np.random.default_rng(0)
    texts = [" ".join(f"w{k}" for k in chance.integers(0, 500, 40)) for _ in range(60)]
    words = words_of(buffer_of(pa.array(texts)), markers=MARKERS)
    pairs = np.array(list(itertools.combinations(range(60), 2)))
    possible = may_be_alike(bits_of(words), np.diff(words.offsets), pairs, min_words=0.8, min_jaccard=0.5)
    assert not possible.any()


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [
        ("when will my parcel come", "when will my parcel come", 0),
        ("when will my parcel come", "when will my new parcel come", 1),
        ("when will my parcel come", "when will my pracel come", 1),
        ("when will my parcel come", "when will my parcle come please", -1),
        ("when will my parcel come", "when will my package come", -1),
        ("when will my parcel come", "when will the card come", -1),
        ("see you", "see you soon", -1),
        ("I paid 15 for this thing", "I paid 16 for this thing", -1),
        ("this is not what I meant", "this is now what I meant", 1),
        ("this is not what I now meant", "this is now what I not meant", -1),
    ],
)
def test_a_typo_or_an_added_word_is_a_light_edit(one, other, edits):
    assert compared(one, other).edits[0] == edits
    assert compared(other, one).edits[0] == edits


def test_a_long_text_may_have_an_edit_for_every_ten_words():
    text = [f"word{chr(97 + k)}{chr(97 + k)}" for k in range(25)]
    two, three = list(text), list(text)
    two[3:3] = ["really"]
    two[15] = two[15][:-1] + "q"
    three = [*two, "thanks"]
    assert compared(" ".join(text), " ".join(two)).edits[0] == 2
    assert compared(" ".join(text), " ".join(three)).edits[0] == -1


def test_a_name_on_one_side_only_is_seen_and_case_alone_is_not():
    assert compared("send it to Berlin please", "send it to Munich please").names[0]
    assert compared("send it to Berlin please", "send it please").names[0]
    assert not compared("send it to Berlin please", "send it to berlin please").names[0]
    assert not compared("Send it. Please", "Please send it").names[0]
