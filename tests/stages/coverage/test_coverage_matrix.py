"""The matrix says what there is, what was wanted, and what can be claimed."""

import json
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.core.example import EXAMPLES
from tuneset.core.spec import Coverage
from tuneset.stages.coverage import SpotCheck, cell_of, matrix, test_targets

FACTORS: dict[str, Any] = {"intent": {"values": ["refund", "lost"]}, "case": {"values": ["plain", "hard"]}}


def tagged(*pairs: tuple[str, str]) -> pa.Table:
    tags = [[("case", case), ("intent", intent)] for intent, case in pairs]  # not in the order of the spec
    return pa.table({"tags": pa.array(tags, EXAMPLES.field("tags").type)})


def coverage(*cells: dict[str, Any], factors: dict[str, Any] = FACTORS) -> Coverage:
    return Coverage.model_validate({"factors": factors, "cells": list(cells)})


def test_cells_are_named_in_the_order_of_the_factors() -> None:
    codes, names = cell_of(tagged(("refund", "plain"), ("lost", "hard"), ("refund", "plain")), coverage())
    assert names == ["intent=lost|case=hard", "intent=refund|case=plain"]
    assert codes.tolist() == [1, 0, 1]
    assert codes.dtype == np.int32


def test_without_factors_there_is_one_cell() -> None:
    codes, names = cell_of(tagged(("a", "b")), Coverage())
    assert (codes.tolist(), names) == ([0], ["all"])


def test_values_with_bars_cannot_be_mistaken_for_other_cells() -> None:
    factors = {"intent": {}, "case": {}}
    _, names = cell_of(tagged(("a|case=b", "c"), ("a", "b|c")), coverage(factors=factors))
    assert len(set(names)) == 2


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), min_size=1), st.randoms())
def test_the_cell_of_an_example_does_not_depend_on_the_order_of_rows(pairs: list, random: Random) -> None:
    order = random.sample(range(len(pairs)), len(pairs))
    codes, names = cell_of(tagged(*pairs), coverage())
    moved, same_names = cell_of(tagged(*(pairs[i] for i in order)), coverage())
    assert names == same_names
    assert moved.tolist() == codes[order].tolist()
    assert [names[code] for code in codes] == [f"intent={a}|case={b}" for a, b in pairs]


def test_targets_count_per_split_and_say_full_thin_or_empty() -> None:
    examples = tagged(*[("refund", "plain")] * 6, *[("refund", "hard")] * 4)
    split = np.array([1, 1, 1, 1, 2, 3, 1, 3, 3, 0], np.int8)
    found = matrix(
        examples,
        split,
        coverage(
            {"where": {"intent": "refund"}, "train": 5, "test": 3},
            {"where": {"intent": "refund", "case": "hard"}, "train": 4, "test": 2, "critical": True},
            {"where": {"case": "hard", "intent": "lost"}, "train": 1, "test": 1},
            {"where": {}, "train": 10, "test": 0},
        ),
    )
    targets: Any = found["targets"]
    assert [t["verdict"] for t in targets] == ["full", "thin", "empty", "thin"]
    assert [(t["train"], t["validation"], t["test"]) for t in targets] == [
        (5, 1, 3),
        (1, 0, 2),
        (0, 0, 0),
        (5, 1, 3),
    ]
    assert [t["fill"] for t in targets] == [1.0, 0.5, 0.0, 0.5]
    assert [t["train_fill"] for t in targets] == [1.0, 0.25, 0.0, 0.5]
    assert [t["critical"] for t in targets] == [False, True, False, False]
    assert found["fill"] == round((8 + 3 + 0 + 5) / 26, 4)


@pytest.mark.parametrize(
    ("tests", "claimable", "too_thin"),
    [(0, 0.0, True), (8, 0.6877, True), (9, 0.7169, False), (29, 0.9019, False), (59, 0.9505, False)],
)
def test_a_cell_claims_only_what_its_test_examples_prove(
    tests: int, claimable: float, too_thin: bool
) -> None:
    examples = tagged(*[("refund", "plain")] * (tests + 1))
    cells: Any = matrix(examples, np.array([1] + [3] * tests, np.int8), coverage())["cells"]
    assert (cells[0]["claimable"], cells[0]["too_thin"]) == (claimable, too_thin)


def test_claims_are_those_of_the_zero_failure_table() -> None:
    claims: Any = matrix(tagged(), np.zeros(0, np.int8), coverage())["claims"]
    assert [(c["pass_rate"], c["test_examples"]) for c in claims] == [(0.7, 9), (0.9, 29), (0.95, 59)]


def test_pairs_that_never_occur_are_a_list_of_things_to_collect() -> None:
    factors = {**FACTORS, "channel": {"values": ["mail"]}}
    found: Any = matrix(
        tagged(("refund", "plain"), ("lost", "plain")), np.ones(2, np.int8), coverage(factors=factors)
    )
    assert found["pairs"]["possible"] == 4 + 2 + 2
    assert found["pairs"]["covered"] == 2
    assert {"intent": "lost", "case": "hard"} in found["pairs"]["missing"]
    assert {"intent": "lost", "case": "plain"} not in found["pairs"]["missing"]


def test_declared_values_without_examples_are_counted_as_zero() -> None:
    found: Any = matrix(tagged(("refund", "odd")), np.ones(1, np.int8), coverage())
    assert list(found["factors"]["case"]) == ["plain", "hard", "odd"]
    assert found["factors"]["case"]["plain"]["examples"] == 0
    assert found["factors"]["case"]["odd"] == {"examples": 1, "train": 1, "validation": 0, "test": 0}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.integers(0, 3))))
def test_the_matrix_is_json_counts_everyone_and_forgets_the_order(rows: list) -> None:
    def built(some: list) -> dict[str, Any]:
        return matrix(
            tagged(*((a, b) for a, b, _ in some)), np.array([s for *_, s in some], np.int8), coverage()
        )

    found = built(rows)
    assert json.dumps(found) == json.dumps(built(rows[::-1]))
    assert sum(cell["examples"] for cell in found["cells"]) == len(rows)
    assert sum(value["examples"] for value in found["factors"]["intent"].values()) == len(rows)


def test_a_target_is_shared_out_among_its_cells_by_size() -> None:
    examples = tagged(*[("refund", "plain")] * 60, *[("refund", "hard")] * 30, *[("lost", "hard")] * 10)
    wanted = test_targets(examples, coverage({"where": {"intent": "refund"}, "train": 10, "test": 9}))
    assert wanted.tolist() == [0, 3, 6]  # lost·hard, refund·hard, refund·plain


def test_a_scarce_cell_is_both_tested_and_taught() -> None:
    examples = tagged(*[("refund", "plain")] * 10)
    assert test_targets(
        examples, coverage({"where": {"case": "plain"}, "train": 40, "test": 29})
    ).tolist() == [4]
    assert test_targets(examples, coverage({"where": {"case": "plain"}, "test": 29})).tolist() == [5]
    assert test_targets(examples, coverage({"where": {"case": "hard"}, "test": 29})).tolist() == [0]


# Spot checks: what people said of the tags.


def told(right: int, wrong: int, *, tag: str = "hard", count: int = 100) -> tuple[pa.Table, list[SpotCheck]]:
    """`count` examples with the tag, of which so many were looked at and were right, or something else."""
    table = tagged(*[("lost", tag)] * count)
    ids = [number.to_bytes(16, "big") for number in range(count)]
    values = [tag] * right + ["plain"] * wrong
    checks = [SpotCheck(origin, "case", value) for origin, value in zip(ids, values, strict=False)]
    return table.append_column("origin_id", pa.array(ids, EXAMPLES.field("origin_id").type)), checks


def checked_target(table: pa.Table, checks: list[SpotCheck], **cell: Any) -> dict[str, Any]:
    split = np.ones(len(table), np.int8)
    (target,) = matrix(table, split, coverage({"where": {"case": "hard"}, **cell}), checks=checks)["targets"]
    return target


def test_a_target_counts_only_what_is_certainly_right() -> None:
    table, checks = told(20, 0)
    target = checked_target(table, checks, train=90)
    share = 0.05 ** (1 / 20)  # the closed form of the bound when all are right
    assert target["sure"] == {"share": pytest.approx(share, abs=1e-4), "train": int(100 * share), "test": 0}
    assert (target["train"], target["verdict"]) == (100, "thin")
    assert target["fill"] == pytest.approx(int(100 * share) / 90, abs=1e-4)
    assert checked_target(table, [], train=90)["verdict"] == "full"
    assert checked_target(table, checks, train=86)["verdict"] == "full"


def test_wrong_tags_cost_examples_and_the_matrix_says_the_precision() -> None:
    table, checks = told(15, 5)
    found = matrix(table, np.ones(100, np.int8), coverage(), checks=checks)["spot_checks"]
    assert found == [
        {
            "factor": "case",
            "value": "hard",
            "checked": 20,
            "right": 15,
            "precision": 0.75,
            "at_least": pytest.approx(0.5444, abs=1e-4),  # Clopper-Pearson, one-sided 95 %, 15 of 20
        }
    ]


def test_two_checked_values_may_both_be_wrong() -> None:
    table, checks = told(20, 0)
    checks += [SpotCheck(check.origin_id, "intent", "lost") for check in checks]
    target = checked_target(table, checks, where={"case": "hard", "intent": "lost"})
    assert target["sure"]["share"] == pytest.approx(1 - 2 * (1 - 0.025 ** (1 / 20)), abs=1e-4)


def test_checks_of_other_examples_and_values_say_nothing() -> None:
    table, checks = told(5, 0)
    elsewhere = [SpotCheck(b"\xff" * 16, "case", "plain")]
    assert checked_target(table, elsewhere)["sure"] is None
    assert checked_target(table, [*checks, *elsewhere])["sure"] == checked_target(table, checks)["sure"]
    assert matrix(table, np.ones(100, np.int8), coverage())["spot_checks"] == []
