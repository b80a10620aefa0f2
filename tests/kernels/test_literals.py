"""Many literals in one pass find what looking for each of them finds."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tuneset.kernels.literals import Literals
from tuneset.kernels.words import buffer_of

WORDS = st.text(st.sampled_from("abcAB é’"), min_size=1, max_size=4)


def slow_groups(text: str, groups: list[list[str]]) -> int:
    """Folds ASCII only, as the kernel does."""
    folded = "".join(c.lower() if c.isascii() else c for c in text)
    lowered = [["".join(c.lower() for c in literal) for literal in group] for group in groups]
    return sum(1 << i for i, group in enumerate(lowered) if any(literal in folded for literal in group))


@given(
    st.lists(st.lists(WORDS, min_size=1, max_size=3), min_size=1, max_size=8),
    st.lists(st.text(st.sampled_from("abcAB é’"), max_size=30), max_size=5),
)
def test_the_kernel_finds_what_looking_for_each_literal_finds(
    groups: list[list[str]], texts: list[str]
) -> None:
    found = Literals.of(groups).groups_in(buffer_of(pa.array(texts, pa.large_string())))
    assert found.tolist() == [slow_groups(text, groups) for text in texts]


def test_a_literal_inside_another_is_found_too() -> None:
    found = Literals.of([["she sells"], ["he"], ["sell"]]).groups_in(buffer_of(pa.array(["SHE sells", "he"])))
    np.testing.assert_array_equal(found, [0b111, 0b010])


def test_a_literal_does_not_reach_into_the_next_text() -> None:
    found = Literals.of([["ab"]]).groups_in(buffer_of(pa.array(["xa", "bx", "ab"])))
    assert found.tolist() == [0, 0, 1]
