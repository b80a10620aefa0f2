"""Words of a text: what counts as one word, what means nothing, what is flagged."""
# ruff: noqa: ANN001, ANN002, ANN003, ANN201 - types are what the strategies and parameters say

import re
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneset.kernels import words as kernel
from tuneset.kernels.words import (
    MARKER,
    NAME,
    NUMBER,
    buffer_of,
    markers_of,
    normalised,
    sequence_digest,
    words_of,
)

MARKERS = markers_of(
    {"not": MARKER, "never": MARKER, "größe": MARKER},
    contractions={"dont": ("do", "not"), "cannot": ("can", "not"), "cant": ("can", "not")},
)


def words(*texts, **options):
    return words_of(buffer_of(normalised(pa.array(texts, pa.large_string()))), markers=MARKERS, **options)


def hashes(text, **options):
    return words(text, **options).hashes.tolist()


def slow_words(text):
    """An obvious reading of ASCII text, with regular expressions."""
    text = re.sub(r"\[[A-Z_]+_[0-9]+\]", " ", text)
    pattern = r"[A-Za-z0-9](?:[A-Za-z0-9]|(?<=[0-9])[.,:/\-'](?=[0-9])|'(?=[A-Za-z0-9]))*"
    found = []
    for word in re.findall(pattern, text):
        joined = re.sub(r"(?<![0-9])'|'(?![0-9])", "", word).lower()
        found += {"dont": ["do", "not"], "cannot": ["can", "not"], "cant": ["can", "not"]}.get(
            joined, [joined]
        )
    return found


_atoms = [*"abdnotcAZ019 .,:'!?\n[]_E-", "don't ", "cannot ", "[EMAIL_1]", "  ", "1.5"]
plain = st.lists(st.sampled_from(_atoms), max_size=50).map("".join)


@settings(deadline=None, max_examples=300)
@given(st.lists(plain, min_size=1, max_size=8))
def test_the_kernel_reads_the_same_words_as_a_slow_twin(texts):
    texts = [
        re.sub(r"(^|[\s(])-(?=[0-9])", r"\1", re.sub(r"''+", "'", t)) for t in texts
    ]  # signs: their own test
    found = words(*texts)
    names = {}
    for row, text in enumerate(texts):
        expected = slow_words(text)
        mine = found.hashes[found.offsets[row] : found.offsets[row + 1]].tolist()
        assert len(mine) == len(expected)
        for word, value in zip(expected, mine, strict=True):
            assert names.setdefault(word, value) == value
    assert len(set(names.values())) == len(names)


long_words = st.text(alphabet="abcXYZ019", min_size=1, max_size=30)
endings = st.sampled_from(["", " ", ". ", ", and", "-x", "'s", "#", "\n", "é", "?!"])


@settings(deadline=None, max_examples=300)
@given(long_words, endings, st.booleans())
def test_the_quick_reading_of_a_word_says_what_the_careful_one_says(word, ending, sentence):
    data = np.frombuffer((word + ending).encode(), np.uint8)
    quick = kernel._plain_word(data, 0, len(data), sentence)
    if ending in ("", " ", ". "):
        assert quick[2] == len(word)
    if quick[2]:
        classes, fold, ascii_fold = kernel._tables()
        careful = kernel._word(data, 0, len(data), classes, fold, ascii_fold, sentence)
        assert [int(part) for part in quick] == [int(part) for part in careful]


def test_words_are_counted_between_white_space():
    texts = ["", "  ", "one", " two\nwords ", "three\tshort words", "é è"]
    assert kernel.count_words(buffer_of(pa.array(texts))).tolist() == [len(text.split()) for text in texts]


@pytest.mark.parametrize(
    "texts",
    [
        ("I don't know", "i DON’T know!!", "I dont know", "I do not know", "  I do\n\nnot -- know."),
        ("You cannot pay", "you can't pay", "You can not pay", "YOU CANT PAY"),
        ("Straße 5", "STRASSE 5", "strasse, 5"),
        ("Größe", "GRÖSSE", "größe", "Gro\u0308ße"),
        ("call [EMAIL_1] now", "call now", "call [PHONE_12] now", "call [GOVERNMENT_ID_3], now"),
        ("ｆｕｌｌ width", "full width"),
        ("5 – 7 days", "5 - 7 days"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
    ],
)
def test_case_spacing_punctuation_and_contractions_mean_nothing(texts):
    assert len({tuple(hashes(text)) for text in texts}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pay 1.5", "pay 15"),
        ("pay 1,000", "pay 1000"),
        ("at 10:30", "at 1030"),
        ("2026-10-01", "20261001"),
        ("x -5", "x 5"),
        ("$5", "€5"),
        ("5%", "5"),
        ("2 + 3", "2 * 3"),
        ("2+3", "2*3"),
        ("C++", "C"),
        ("C#", "C++"),
        ("C++ code", "C code"),
        ("👍", "👎"),
        ("不好", "好"),
        ("[EMAIL_1]", "[email_1]"),
        ("ok", "ok ok"),
        ("résumé", "resume"),
    ],
)
def test_what_changes_a_meaning_changes_the_words(one, other):
    assert hashes(one) != hashes(other)


def test_scripts_without_spaces_give_a_word_for_each_character():
    assert np.diff(words("漢字かな交じり", "한국어 문장", "สวัสดี", "👍🏽👍").offsets).tolist()[:2] == [7, 2]
    assert hashes("漢字") == hashes("漢 字")


def test_numbers_markers_and_names_are_flagged():
    found = words("We never ship to Berlin. Please wait 3 days, IBAN or I'm lost")
    flags = found.flags.tolist()
    assert flags == [0, MARKER, 0, 0, NAME, 0, 0, NUMBER, 0, 0, 0, 0, 0]


def test_a_contraction_carries_the_flag_of_its_negation():
    assert words("don't").flags.tolist() == [0, MARKER]


def test_the_same_word_of_another_speaker_is_another_word():
    assert hashes("\x01ok\n\x02sure") != hashes("\x01ok\n\x01sure")
    assert hashes("\x01ok") == hashes("\x01 OK.")


def test_symbols_are_words_where_they_are_asked_for():
    assert hashes("a + b", symbols=True) != hashes("a = b", symbols=True)
    assert hashes("a + b") == hashes("a = b")


@settings(deadline=None, max_examples=150)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_a_text_reads_the_same_alone_and_among_others(texts):
    together = words(*texts, spans=True)
    for row, text in enumerate(texts):
        assert together.hashes[together.offsets[row] : together.offsets[row + 1]].tolist() == hashes(text)
    assert not (together.hashes == 0).any()
    assert (together.spans[:, 0] < together.spans[:, 1]).all()


@settings(deadline=None, max_examples=150)
@given(
    st.text(alphabet=st.characters(whitelist_categories=("Lu", "Ll", "Nd"), max_codepoint=0x17F), max_size=30)
)
def test_upper_and_lower_case_read_the_same(text):
    text = "".join(
        c
        for c in text
        if len(c.upper()) == len(c.lower()) == 1 and c.upper().lower() == c.lower() and c not in "ıſŉ"
    )
    text = unicodedata.normalize("NFKC", text)
    assert hashes(text.upper()) == hashes(text.lower())


def test_order_matters_to_the_sequence_digest_and_nothing_gives_zero():
    found = words("a b", "b a", "", "...", "A, b")
    digest = sequence_digest(found.hashes, found.offsets)
    assert digest[0] != digest[1]
    assert digest[0] == digest[4]
    assert digest[2] == digest[3] == 0


def test_sliced_and_null_texts_are_read_as_they_are():
    texts = pa.array(["aa", None, "bb cc", "dd"])
    assert words_of(buffer_of(normalised(texts.slice(1, 2))), markers=MARKERS).hashes.tolist() == hashes(
        "bb cc"
    )
