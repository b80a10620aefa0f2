"""Numbers without ground and shared runs: the kernels agree with slow, obvious twins."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tuneset.kernels.support import GRAM, shared_run, ungrounded
from tuneset.kernels.words import Words, buffer_of, no_markers, words_of


def longest_run(one: list[str], other: list[str]) -> int:
    best = 0
    for i in range(len(one)):
        for j in range(len(other)):
            n = 0
            while i + n < len(one) and j + n < len(other) and one[i + n] == other[j + n]:
                n += 1
            best = max(best, n)
    return best if best >= GRAM else 0


def read(texts: list[str]) -> Words:
    return words_of(buffer_of(pa.array(texts)), markers=no_markers())


WORDS = st.lists(st.sampled_from(["ab", "cd", "ef"]), max_size=24)


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=4))
def test_the_longest_shared_run_is_that_of_the_obvious_way(pairs: list[tuple[list[str], list[str]]]) -> None:
    one, other = (read([" ".join(pair[k]) for pair in pairs]) for k in (0, 1))
    found = shared_run(one, other, pa.array(range(len(pairs))).to_numpy())
    # runs of words are found by their 8-grams, which may stand in another order in the other text
    for run, (a, b) in zip(found.tolist(), pairs, strict=True):
        assert run >= longest_run(a, b)
        assert (run == 0) == (longest_run(a, b) == 0)


def test_which_of_the_others_is_compared_is_said_by_the_caller() -> None:
    text = "one two three four five six seven eight nine"
    words = read([text, "nothing of it"])
    assert shared_run(words, words, pa.array([0, 0]).to_numpy()).tolist() == [9, 0]
    assert shared_run(words, words, pa.array([-1, -1]).to_numpy()).tolist() == [0, 0]


def missing(claim: str, ground: str) -> int:
    return int(ungrounded(buffer_of(pa.array([claim])), buffer_of(pa.array([ground])))[0][0])


@given(st.integers(32, 10**12))
def test_a_number_that_is_there_is_grounded_and_another_is_not(number: int) -> None:
    assert missing(f"it is {number}.", f"so {number} it is") == 0
    assert missing(f"it is {number:,}.", f"so {number} it is") == 0
    assert missing(f"it is {number}.", f"so {number:,} it is") == 0
    other = 3 * number + 77_777
    assert missing(f"it is {other}.", f"so {number} it is") == 1


def test_long_digit_strings_and_broken_bytes_do_no_harm() -> None:
    assert missing("9" * 60, "1") == 1
    assert missing("9" * 60, "x" + "9" * 60) == 0
    assert missing("1.2.3.4.5.6.7.8.9.10.11.12.13 99999", "") >= 1
    assert missing("", "") == 0
