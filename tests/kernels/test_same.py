"""Columns of text are compared as Python strings are."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tuneset.kernels.same import same_texts

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
