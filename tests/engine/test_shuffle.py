"""Rows change hands without loss, in an order that nothing can change."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies import corpora
from tuneset.engine import shuffle


def _table(keys: list[int]) -> pa.Table:
    return pa.table({"key": pa.array(keys, pa.int64()), "at": pa.array(range(len(keys)), pa.int64())})


@given(st.lists(st.lists(st.integers(0, 4), max_size=12), min_size=1, max_size=4))
def test_every_row_is_in_its_bucket_in_the_order_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[int]]
) -> None:
    directory = tmp_path_factory.mktemp("shuffle")
    paths = [directory / f"{n}.arrow" for n in range(len(files))]
    for path, keys in zip(paths, files, strict=True):
        shuffle.write(path, _table(keys), np.array(keys, np.int64), buckets=5)
    for p in range(5):
        expected = [(key, at) for keys in files for at, key in enumerate(keys) if key == p]
        found = shuffle.read(paths, p)
        assert list(zip(*(found.column(name).to_pylist() for name in ("key", "at")), strict=True)) == expected


@given(corpora())
def test_any_column_can_be_shuffled(tmp_path_factory: pytest.TempPathFactory, table: pa.Table) -> None:
    directory = tmp_path_factory.mktemp("shuffle")
    bucket = np.arange(table.num_rows) % 3
    for name in ("a", "b"):
        shuffle.write(directory / name, table, bucket, buckets=3)
    for p in range(3):
        half = table.filter(pa.array(bucket == p))
        both = shuffle.read([directory / "a", directory / "b"], p)
        assert both.to_pylist() == half.to_pylist() * 2
        assert both.schema.equals(table.schema)


def test_dictionaries_of_different_files_are_one_in_a_bucket(tmp_path: Path) -> None:
    for name, words in (("a", ["x", "y"]), ("b", ["y", "z"])):
        table = pa.table({"word": pa.array(words).dictionary_encode()})
        shuffle.write(tmp_path / name, table, np.zeros(2, np.int64), buckets=1)
    read = shuffle.read([tmp_path / "a", tmp_path / "b"], 0)
    assert read.column("word").to_pylist() == ["x", "y", "y", "z"]


def test_a_table_in_pieces_gives_the_same_bytes(tmp_path: Path) -> None:
    whole = pa.table({"word": pa.array(["x", "y", "x", "z"]).dictionary_encode()})
    pieces = pa.concat_tables([whole.slice(0, 1), whole.slice(1)])
    bucket = np.array([1, 0, 1, 1])
    shuffle.write(tmp_path / "whole", whole, bucket, buckets=2)
    shuffle.write(tmp_path / "pieces", pieces, bucket, buckets=2)
    assert (tmp_path / "whole").read_bytes() == (tmp_path / "pieces").read_bytes()


@pytest.mark.parametrize("bucket", [[0, 2], [0, 5], [0]])
def test_a_bucket_that_does_not_exist_is_refused(tmp_path: Path, bucket: list[int]) -> None:
    with pytest.raises(ValueError, match="bucket"):
        shuffle.write(tmp_path / "x", _table([1, 2]), np.array(bucket), buckets=2)
