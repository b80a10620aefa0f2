"""What only the whole shows: seldom values and input far longer than usual, where nothing else decided."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tuneset.core.example import EXAMPLES
from tuneset.core.spec import Coverage
from tuneset.stages.coverage import retagged, seldom

FACTORS: dict[str, Any] = {
    "intent": {"from": "field:intent"},
    "case": {"from": "case", "default": "typical", "rare": {"factor": "intent", "below": 0.02}},
}


def keys(*rows: tuple[str, str], words: list[int] | None = None) -> pa.Table:
    tags = [[("channel", "chat"), ("intent", intent), ("case", case)] for intent, case in rows]
    return pa.table(
        {
            "tags": pa.array(tags, EXAMPLES.field("tags").type),
            "words": pa.array(words or [10] * len(rows), pa.int32()),
            "turns": pa.array([1] * len(rows), pa.int32()),
        }
    )


def spec(**changes: Any) -> Coverage:
    return Coverage.model_validate({"factors": {**FACTORS, "case": {**FACTORS["case"], **changes}}})


def cases(table: pa.Table, coverage: Coverage) -> list[str]:
    changed = retagged(table, coverage, seldom(table, coverage))
    assert changed.type == EXAMPLES.field("tags").type
    return [dict(pairs)["case"] for pairs in changed.to_pylist()]


COMMON = [("refund", "typical")] * 199


def test_examples_with_a_seldom_value_are_rare() -> None:
    found = cases(keys(*COMMON, ("warranty", "typical")), spec())
    assert found == ["typical"] * 199 + ["rare"]


@pytest.mark.parametrize(
    "row", [("warranty", "refusal"), ("unknown", "typical"), ("refund", "typical")], ids=str
)
def test_what_is_decided_unknown_or_common_is_not_rare(row: tuple[str, str]) -> None:
    assert cases(keys(*COMMON, row), spec())[-1] == row[1]


def test_input_far_longer_than_the_rest_is_a_boundary() -> None:
    table = keys(*COMMON, ("refund", "typical"), words=[10] * 199 + [500])
    assert cases(table, spec())[-1] == "boundary"
    (found,) = seldom(table, spec())
    assert json.loads("{" + found.evidence[0] + "}") == {
        "rule": "longer-than-usual",
        "strength": "weak",
        "usual": 10,
        "words": 500,
    }
    near = keys(*COMMON, ("refund", "typical"), words=[10] * 199 + [70])
    assert seldom(near, spec()) == []


def test_only_listed_values_are_given_and_a_few_examples_are_no_whole() -> None:
    table = keys(*COMMON, ("warranty", "typical"), words=[10] * 199 + [500])
    assert seldom(table, spec(values=["typical", "refusal"])) == []
    assert [one.value for one in seldom(table, spec(values=["typical", "rare"]))] == ["rare"]
    assert seldom(keys(*COMMON[:90], ("warranty", "typical")), spec()) == []


def test_the_order_of_examples_does_not_matter_and_other_tags_stay() -> None:
    rows = [*COMMON, ("warranty", "typical")]
    order = np.random.default_rng(1).permutation(len(rows))
    straight, mixed = cases(keys(*rows), spec()), cases(keys(*(rows[i] for i in order)), spec())
    assert mixed == [straight[i] for i in order]
    table = keys(*rows)
    tags = retagged(table, spec(), seldom(table, spec())).to_pylist()
    assert all(dict(pairs)["channel"] == "chat" for pairs in tags)


def test_rare_needs_another_factor() -> None:
    for factor in ("case", "mood"):
        with pytest.raises(ValueError, match="no other factor"):
            spec(rare={"factor": factor})
