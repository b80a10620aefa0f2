"""Passages that do not count: taken out wherever they stand, and nothing else is."""

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.stages.dedupe.ignore import without

FOOTER = "This message is meant for the person named above and for nobody else."
USER, ASSISTANT = "\x01", "\x02"
WORDS = st.lists(st.sampled_from(["parcel", "lost", "where", "is", "my", "blue", "the", "a"]), max_size=12)


def cut(*inputs: str, ignore: tuple[str, ...] = (FOOTER,)) -> list[str]:
    texts = without(pa.array(inputs, pa.large_string()), ignore).to_pylist()
    return [" ".join(text.split()) for text in texts]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def test_the_passage_goes_whatever_its_case_spacing_and_place() -> None:
    loud = FOOTER.upper().replace(" ", "  ")
    assert cut(f"{USER}Where is it? {FOOTER}", f"{USER}{loud}\nWhere is it?") == [
        f"{USER}Where is it? .",
        f"{USER} . Where is it?",
    ]


def test_a_part_of_six_words_goes_and_one_of_five_stays() -> None:
    six, five = "meant for the person named above", "meant for the person named"
    assert cut(f"{USER}Bags {six}", f"{USER}Bags {five}") == [f"{USER}Bags", f"{USER}Bags {five}"]


def test_who_speaks_is_kept() -> None:
    half = FOOTER.split(" named ")
    (text,) = without(
        pa.array([f"{USER}Yes {half[0]}\n{ASSISTANT}named {half[1]} No"], pa.large_string()), (FOOTER,)
    )
    assert [c for c in text.as_py() if c < "\x05"] == [USER, ASSISTANT]
    assert words(text.as_py()) == ["yes", "no"]


def test_what_would_be_nothing_stays_as_it_is() -> None:
    assert cut(f"{USER}{FOOTER}") == [f"{USER}{FOOTER}"]


def test_other_scripts_and_characters_are_cut_whole() -> None:
    footer = "Diese Nachricht ist für Frau Müller und für niemanden sonst."
    assert cut(f"{USER}Größe? 漢字 {footer} ½", ignore=(footer,)) == [f"{USER}Größe? 漢字 . 1⁄2"]


@given(before=WORDS, after=WORDS)
def test_all_else_stays_word_for_word(before: list[str], after: list[str]) -> None:
    text = f"{USER}{' '.join(before)} {FOOTER} {' '.join(after)}"
    left = before + after
    assert words(cut(text)[0]) == (left or words(FOOTER))


@pytest.mark.parametrize("ignore", [(), ("these six words occur nowhere here",)])
def test_without_a_passage_the_very_column_comes_back(ignore: tuple[str, ...]) -> None:
    inputs = pa.array([f"{USER}½ of it"], pa.large_string())
    assert without(inputs, ignore) is inputs
