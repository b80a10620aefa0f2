"""Values by example: near enough, and clearly nearer than to any other; else nothing."""

import numpy as np
import pyarrow as pa
import pytest

from tuneset.stages.cases import PrototypeVectors, nearest

NAMED = {
    "refund": (
        "I want my money back for the shoes",
        "Please refund my order",
        "Can I get a refund for this jacket?",
        "Give me back the money I paid",
    ),
    "delivery": (
        "Where is my parcel?",
        "When will the delivery arrive?",
        "My package has not come yet",
        "How long does shipping take?",
    ),
}


def test_a_text_belongs_to_the_value_it_is_nearest_to() -> None:
    texts = ["could you refund the money for my order", "my parcel still has not arrived"]
    assert nearest(pa.array(texts), PrototypeVectors(NAMED), min_margin=0.05).value.to_pylist() == [
        "refund",
        "delivery",
    ]


@pytest.mark.parametrize("text", ["What is the capital of Peru?", "", "12", "Sing me a song about frogs"])
def test_a_text_that_is_far_from_all_belongs_to_none(text: str) -> None:
    assert nearest(pa.array([text]), PrototypeVectors(NAMED), min_margin=0.05).value.to_pylist() == [None]


def test_a_text_between_two_values_belongs_to_none() -> None:
    text = pa.array(["refund my order or tell me where my parcel is and when the delivery will arrive"])
    found = nearest(text, PrototypeVectors(NAMED), min_margin=0.3)
    assert found.margin[0] < 0.3
    assert found.value.to_pylist() == [None]


def test_the_order_of_the_named_examples_does_not_matter() -> None:
    turned = {value: NAMED[value][::-1] for value in reversed(NAMED)}
    texts = pa.array([*NAMED["refund"], *NAMED["delivery"], "Hello there, shop"])
    one, other = (nearest(texts, PrototypeVectors(named), min_margin=0.0) for named in (NAMED, turned))
    assert one.value.to_pylist() == other.value.to_pylist()
    np.testing.assert_allclose(one.score, other.score, atol=1e-6)


def test_thresholds_keep_most_named_examples_and_let_few_of_the_others_in() -> None:
    vectors = PrototypeVectors(NAMED)
    scores = vectors.scores(pa.array([*NAMED["refund"], *NAMED["delivery"]]))
    assert (scores[:4, 1] < vectors.thresholds[1]).all()
    assert (scores[4:, 0] < vectors.thresholds[0]).all()


def test_a_single_example_of_a_value_takes_a_usual_threshold() -> None:
    assert PrototypeVectors({"only": ("Where is my parcel?",)}).thresholds.tolist() == [0.5]
