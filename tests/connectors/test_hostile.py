"""Damaged records of every format end in examples or rejects: none crashes, hangs, is lost or is quoted.

`make bench-hostile` tries 10,000 of every format and writes what became of them into benchmarks/hostile.md.
"""

import os
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.containers import CONTAINERS, ContainerTally
from connectors.hostile import AT_ONCE, Tally
from connectors.samples import KINDS
from tuneset.testing.hostile import BYTES, STRUCTURE, hostile_line

MUTATIONS = int(os.environ.get("TUNESET_MUTATIONS", "100"))


@pytest.mark.parametrize("name", KINDS)
def test_every_damaged_record_is_examples_or_rejects(tmp_path: Path, name: str) -> None:
    tally = Tally()

    @settings(
        deadline=None,
        max_examples=-(-MUTATIONS // AT_ONCE),
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(st.lists(st.integers(0, 2**32), min_size=AT_ONCE, max_size=AT_ONCE))
    def read(seeds: list[int]) -> None:
        tally.read(name, seeds, tmp_path)

    read()
    assert tally.examples
    assert tally.rejects


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, name: str) -> None:
    tally = ContainerTally()

    @settings(deadline=None, max_examples=max(40, MUTATIONS // 4), database=None)
    @given(st.integers(0, 2**32))
    def read(seed: int) -> None:
        tally.read(name, seed, tmp_path)

    read()
    assert tally.mutations


@pytest.mark.parametrize("seed", [42974, 13814], ids=["one name twice", "a column that lies nowhere"])
@pytest.mark.parametrize("name", CONTAINERS)
def test_what_once_crashed_does_so_no_more(tmp_path: Path, name: str, seed: int) -> None:
    tally = ContainerTally()
    tally.read(name, seed, tmp_path)
    assert tally.mutations == 1


def test_a_seed_is_a_test_case() -> None:
    for samples in KINDS.values():
        assert hostile_line(samples, Random("7")) == hostile_line(samples, Random("7"))


def test_every_kind_of_damage_changes_something() -> None:
    samples = KINDS["langfuse"]
    for name, change in STRUCTURE.items():
        found = [repr(change(samples[0], samples, Random(seed))) for seed in range(20)]
        assert any(text != repr(samples[0]) for text in found), name
    for name, damage in BYTES.items():
        assert any(
            damage(b'{"a_key":null,"b":[1]}', Random(seed)) != b'{"a_key":null,"b":[1]}' for seed in range(20)
        ), name
