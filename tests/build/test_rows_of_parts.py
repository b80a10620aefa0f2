"""Rows gathered from the arrays of parts."""

from pathlib import Path

import numpy as np
import pytest

from tuneset.build.index import rows_of


@pytest.mark.parametrize("order", [("empty", "full"), ("full", "empty")])
def test_a_part_without_examples_does_not_say_how_wide_a_row_is(
    order: tuple[str, str], tmp_path: Path
) -> None:
    for name, vectors in {"empty": np.zeros((0, 256), np.int8), "full": np.ones((2, 3), np.int8)}.items():
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "vectors.npy", vectors)
    part = np.full(2, order.index("full"))
    found = rows_of("vectors.npy", [tmp_path / name for name in order], part=part, row=np.array([1, 0]))
    assert found.tolist() == [[1, 1, 1], [1, 1, 1]]
