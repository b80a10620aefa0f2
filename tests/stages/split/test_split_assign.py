"""Components go whole, the sealed test set never loses or silently gains, and only ids and salt decide."""

import json
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.split.worlds import World, specs, world, worlds
from tuneset.core.errors import SpecError
from tuneset.core.spec import SplitSpec
from tuneset.stages.split import NONE, TEST, TRAIN, VALIDATION, balance


@given(worlds, specs)
def test_a_component_never_straddles_two_splits(examples: World, spec: SplitSpec) -> None:
    split = examples.assigned(spec).split
    for component in np.unique(examples.component):
        assert len(set(split[examples.component == component].tolist()) - {NONE}) <= 1


@given(worlds, specs)
def test_every_example_is_in_a_split_or_evicted(examples: World, spec: SplitSpec) -> None:
    done = examples.assigned(spec)
    assert ((done.split == NONE) == examples.evicted).all()
    assert set(done.split.tolist()) <= {NONE, TRAIN, VALIDATION, TEST}


@given(worlds, specs)
def test_sealed_examples_stay_in_test(examples: World, spec: SplitSpec) -> None:
    done = examples.assigned(spec)
    assert (done.split[examples.sealed == TEST] == TEST).all()


@given(worlds, specs, st.randoms(use_true_random=False))
def test_the_split_does_not_depend_on_the_order_of_rows_or_the_names_of_components(
    examples: World, spec: SplitSpec, random: Random
) -> None:
    order = np.array(random.sample(range(len(examples)), len(examples)), np.int64)
    moved = examples.take(order)
    renamed = World(moved.name, 1000 - 7 * moved.component, moved.cell, moved.sealed)
    assert (renamed.assigned(spec).split == examples.assigned(spec).split[order]).all()


@given(worlds, specs)
def test_what_was_trained_on_never_enters_the_test_set(examples: World, spec: SplitSpec) -> None:
    past = np.where(examples.name % 3 == 0, TRAIN, examples.sealed).astype(np.int8)
    done = World(examples.name, examples.component, examples.cell, past).assigned(spec)
    assert not ((past == TRAIN) & (done.split == TEST)).any()


@given(st.integers(20, 400), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_single_examples_meet_every_target_of_every_cell_exactly(size: int, cells: int, seed: int) -> None:
    examples = world(size, components=1, cells=cells, seed=seed)
    examples = World(examples.name, examples.name, examples.cell, examples.sealed)
    done = examples.assigned(SplitSpec(validation=0.1, test=0.2))
    count = int(examples.cell.max()) + 1
    for place, split in enumerate((TRAIN, VALIDATION, TEST)):
        assert (np.bincount(examples.cell[done.split == split], minlength=count) == done.wanted[place]).all()
    assert abs(done.wanted[2].sum() - 0.2 * size) <= 0.5
    assert (np.abs(done.wanted[2] - 0.2 * np.bincount(examples.cell)) < 1).all()


def test_groups_of_many_sizes_and_cells_come_close_to_the_targets() -> None:
    examples = world(3000, components=600, cells=12, seed=5)
    report = balance(examples.assigned(SplitSpec()), components=examples.component, cell=examples.cell)
    worst = report["worst_cell"]
    assert worst is None or abs(worst["difference"]) <= 2
    assert {name: abs(s["examples"] - s["wanted"]) <= 3 for name, s in report["splits"].items()} == {
        "train": True,
        "validation": True,
        "test": True,
    }
    json.dumps(report)


def test_a_component_larger_than_the_test_set_is_trained_on_and_reported() -> None:
    examples = world(100, components=100, cells=1, seed=1)
    component = np.where(np.arange(100) < 40, 999, np.arange(100))
    examples = World(examples.name, component, examples.cell, examples.sealed)
    done = examples.assigned(SplitSpec())
    assert (done.split[:40] == TRAIN).all()
    report = balance(done, components=component, cell=examples.cell)
    assert (report["largest_component"], report["component_too_large"]) == (40, True)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 12])
def test_tiny_data_does_not_crash_and_training_comes_first(size: int) -> None:
    examples = world(size, components=50, cells=2, seed=3)
    examples = World(examples.name, examples.name, examples.cell, examples.sealed)
    done = examples.assigned(SplitSpec(validation=0.1, test=0.1))
    assert (done.split == TRAIN).sum() >= (done.split != TRAIN).sum()
    assert balance(done, components=examples.component, cell=examples.cell)["evicted"] == 0
    if size == 12:
        assert ((done.split == TEST).sum(), (done.split == VALIDATION).sum()) == (1, 1)


def test_from_matrix_takes_as_many_as_each_cell_asks_for() -> None:
    examples = world(300, components=1, cells=3, seed=9)
    examples = World(examples.name, examples.name, examples.cell, examples.sealed)
    spec = SplitSpec(test="from_matrix", validation=0.1)
    done = examples.assigned(spec, targets=np.array([29, 0, 10_000]))
    found = np.bincount(examples.cell[done.split == TEST], minlength=3)
    assert found.tolist() == [29, 0, (examples.cell == 2).sum()]
    with pytest.raises(SpecError):
        examples.assigned(spec)


def test_the_sealed_set_is_filled_up_to_the_target_from_new_components() -> None:
    old = world(100, components=1, cells=1, seed=2)
    old = World(old.name, old.name, old.cell, old.sealed)
    sealed = old.assigned(SplitSpec()).split
    size = 200
    grown = World(
        np.arange(size),
        np.arange(size),
        np.zeros(size, np.int32),
        np.append(np.where(sealed == TEST, TEST, NONE), np.zeros(100)).astype(np.int8),
    )
    done = grown.assigned(SplitSpec())
    assert (done.split[:100][sealed == TEST] == TEST).all()
    assert (done.split == TEST).sum() == 20


def test_another_salt_draws_another_test_set() -> None:
    examples = world(200, components=1, cells=1, seed=2)
    examples = World(examples.name, examples.name, examples.cell, examples.sealed)
    one, other = (examples.assigned(SplitSpec(salt=salt)).split for salt in ("a", "b"))
    assert (one != other).any()


@pytest.mark.parametrize("grouped", [False, True])
def test_a_few_more_examples_move_few_others(*, grouped: bool) -> None:
    examples = world(4000, components=1500, cells=5, seed=7)
    if not grouped:
        examples = World(examples.name, examples.name, examples.cell, examples.sealed)
    first = examples.assigned(SplitSpec())
    chance = np.random.default_rng(1)
    sealed = np.where(first.split == TEST, TEST, NONE).astype(np.int8)
    grown = World(
        np.append(examples.name, 100_000 + np.arange(40)),
        np.append(examples.component, 100_000 + np.arange(40)),
        np.append(examples.cell, chance.integers(0, 5, 40)).astype(np.int32),
        np.append(sealed, np.full(40, NONE, np.int8)),
    )
    second = grown.assigned(SplitSpec())
    assert (second.split[:4000] != first.split).sum() < 60
