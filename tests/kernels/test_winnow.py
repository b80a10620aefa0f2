"""Fingerprints of passages: against a slow twin, and the promise that a long shared run is always found."""
# ruff: noqa: ANN001, ANN002, ANN201 - types are what the strategies and parameters say

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneset.kernels.winnow import LEAST, WIDTH, WINDOW, covered, fingerprints, shingles
from tuneset.kernels.words import buffer_of, mix, no_markers, words_of

WORDS = st.lists(st.sampled_from("one two three four five six seven eight".split()), max_size=60)  # noqa: SIM905


def found(*texts):
    words = words_of(buffer_of(pa.array([" ".join(text) for text in texts])), markers=no_markers())
    return words, fingerprints(words)


def slow(hashes):
    shingles = []
    for start in range(len(hashes) - WIDTH + 1):
        h = np.uint64(0)
        for k in range(WIDTH):
            h = mix.py_func(h * np.uint64(0x100000001B3) + hashes[start + k])
        shingles.append(int(h | np.uint64(1)))
    windows = [range(s, s + WINDOW) for s in range(len(shingles) - WINDOW + 1)] or [range(len(shingles))]
    chosen = {min(window, key=lambda s: (shingles[s], -s)) for window in windows if len(window)}
    return [(shingles[s], s) for s in sorted(chosen)]


@settings(deadline=None, max_examples=60)
@given(st.lists(WORDS, min_size=1, max_size=4))
def test_a_slow_twin_chooses_the_same(texts):
    with np.errstate(over="ignore"):
        words, made = found(*texts)
        for row in range(len(texts)):
            here = slice(made.offsets[row], made.offsets[row + 1])
            expected = slow(words.hashes[words.offsets[row] : words.offsets[row + 1]])
            assert list(zip(made.hashes[here].tolist(), made.places[here].tolist(), strict=True)) == expected


@settings(deadline=None, max_examples=100)
@given(WORDS, WORDS, WORDS, WORDS, st.lists(st.sampled_from(["x", "y", "z"]), min_size=LEAST, max_size=30))
def test_a_long_run_that_two_texts_share_has_a_fingerprint_in_both(a, b, c, d, run):
    _, made = found([*a, *run, *b], [*c, *run, *d])
    one, other = (set(made.hashes[made.offsets[i] : made.offsets[i + 1]].tolist()) for i in (0, 1))
    assert one & other


def naive_covered(text, known):
    inside = [False] * len(text)
    for start in range(len(text) - WIDTH + 1):
        if tuple(text[start : start + WIDTH]) in known:
            inside[start : start + WIDTH] = [True] * WIDTH
    return inside


FEW = st.lists(st.sampled_from(["one", "two"]), max_size=30)


@settings(deadline=None, max_examples=100)
@given(st.lists(FEW, min_size=1, max_size=3), st.lists(FEW, min_size=1, max_size=3))
def test_covered_are_the_words_in_a_run_of_another_text(texts, others):
    known = {tuple(text[s : s + WIDTH]) for text in others for s in range(len(text) - WIDTH + 1)}
    (words, _), (passages, _) = found(*texts), found(*others)
    expected = [one for text in texts for one in naive_covered(text, known)]
    assert covered(words, shingles(passages)).tolist() == expected
