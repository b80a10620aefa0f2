"""Tables are made once for an installed version, and again when what they are made of has changed."""

from pathlib import Path

import numpy as np
import pytest

from tuneset.kernels import kept as module
from tuneset.kernels.kept import kept


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Times that `_made` ran; what is kept lies in a directory of the test."""
    monkeypatch.setattr(module, "__file__", str(tmp_path / "kept.py"))
    return []


def test_a_table_is_made_once_and_again_when_its_source_changes(counted: list[int], tmp_path: Path) -> None:
    source = tmp_path / "source"

    def table() -> tuple[np.ndarray, np.ndarray]:
        counted.append(1)
        return np.arange(3), np.zeros((0, 2), np.uint8)

    for text, times in (("a", 1), ("a", 1), ("b", 2), ("a", 2)):
        source.write_text(text)
        one, other = kept(table, sources=(source,))
        assert len(counted) == times
        assert one.tolist() == [0, 1, 2]
        assert other.shape == (0, 2)
        assert other.dtype == np.uint8


def test_a_damaged_file_is_made_again(counted: list[int], tmp_path: Path) -> None:
    def table() -> tuple[np.ndarray]:
        counted.append(1)
        return (np.arange(3),)

    for damage in (b"", b"PK\x03\x04 no archive", b"nonsense"):
        kept(table, sources=())
        [place] = (tmp_path / "__pycache__").glob("table.*.npz")
        place.write_bytes(damage)
        before = len(counted)
        assert kept(table, sources=())[0].tolist() == [0, 1, 2]
        assert len(counted) == before + 1


def test_where_nothing_can_be_written_it_is_made_each_time(counted: list[int], tmp_path: Path) -> None:
    def table() -> tuple[np.ndarray]:
        counted.append(1)
        return (np.arange(3),)

    (tmp_path / "__pycache__").write_text("a file in its place")
    for _ in range(2):
        assert kept(table, sources=())[0].tolist() == [0, 1, 2]
    assert len(counted) == 2
