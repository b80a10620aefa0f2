"""Rows gathered from the arrays of parts."""

from pathlib import Path

import numpy as np
import pytest

from tuneset.build import index
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


def test_rows_in_a_file_are_the_rows_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_BLOCK", 16)
    chance = np.random.default_rng(1)
    for name, size in {"a": 30, "b": 0, "c": 25}.items():
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "vectors.npy", chance.integers(-9, 9, (size, 3)).astype(np.int8))
    part, paths = chance.choice([0, 2], 100), [tmp_path / name for name in "abc"]
    row = chance.integers(0, 25, 100)
    found = rows_of("vectors.npy", paths, part=part, row=row)
    assert found.tolist() == [
        np.load(paths[p] / "vectors.npy")[r].tolist() for p, r in zip(part, row, strict=True)
    ]
    file = rows_of("vectors.npy", paths, part=part, row=row, into=tmp_path / "some.npy")
    assert np.array_equal(file, found)
    assert np.array_equal(np.load(tmp_path / "some.npy"), found)
