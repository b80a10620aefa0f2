"""Columns of text are looked at as Python strings and regular expressions would."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given
from hypothesis import strategies as st

from tuneset.kernels.text import opens_json, same_texts

texts = st.lists(st.none() | st.sampled_from(["", "a", "b", "ab" * 20, "ab" * 20 + "c", "é"]), max_size=5)


@given(
    texts,
    st.lists(
        st.tuples(st.none() | st.sampled_from(["", "a", "ab" * 20, "é"]), st.integers(-1, 4)), max_size=6
    ),
)
def test_texts_are_the_same_if_equal_and_not_empty(
    these: list[str | None], others: list[tuple[str | None, int]]
) -> None:
    others = [(text, min(at, len(these) - 1)) for text, at in others]
    column = pa.array(["x", *these], pa.large_string()).slice(1)
    other = pa.array(["y", *(text for text, _ in others)], pa.string()).slice(1)
    found = same_texts(column, np.array([at for _, at in others], np.int64), other)
    assert found.tolist() == [at >= 0 and bool(text) and these[at] == text for text, at in others]


@given(st.lists(st.none() | st.text('{["\t\n\x0b\x0c\r \xa0x', max_size=4), max_size=6))
def test_json_opens_where_a_pattern_says_so(batch: list[str | None]) -> None:
    column = pa.array(["{", *batch], pa.large_string()).slice(1)
    matched = pc.fill_null(pc.match_substring_regex(column, r"^\s*[\[{]"), False)
    assert opens_json(column).tolist() == matched.to_pylist()
