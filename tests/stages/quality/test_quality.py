"""Signals about the data as a whole: what they notice, and what they leave alone."""

import numpy as np
import pyarrow as pa
import pytest

from tuneset.stages import quality
from tuneset.stages.quality.intents import leaders

N = 400


def mixed(codes: np.ndarray, *, train: np.ndarray, traffic: np.ndarray | None = None) -> quality.Signal:
    names = [f"kind {code}" for code in range(codes.max() + 1)]
    weights = np.ones(len(codes)) if traffic is None else traffic
    return quality.mix("intent", codes, names=names, train=train, traffic=weights, draws=float(weights.sum()))


def test_a_training_set_drawn_from_the_traffic_has_its_mix() -> None:
    codes = np.arange(N) % 4
    found = mixed(codes, train=np.arange(N) % 5 > 0)
    assert found.verdict == "good"
    assert found.value < 0.01


def test_a_kind_that_merging_made_rare_is_named() -> None:
    codes = np.arange(N) % 4
    traffic = np.where(codes == 2, 9.0, 1.0)  # each of these stands for eight merged twins
    found = mixed(codes, train=np.ones(N, bool), traffic=traffic)
    assert found.verdict == "poor"
    assert "`kind 2`" in found.words
    assert found.value == pytest.approx(0.75 - 0.25)


def test_few_examples_leave_the_mix_undecided() -> None:
    codes = np.array([0, 1] * 8)
    assert mixed(codes, train=np.arange(16) < 9).verdict == "undecided"


def test_refusals_out_of_proportion_are_poor_and_few_are_undecided() -> None:
    refusal = np.arange(N) < 200
    traffic = np.where(refusal, 0.1, 1.0)
    options = {"train": np.ones(N, bool), "traffic": traffic, "draws": 220.0}
    assert quality.refusals(refusal, **options).verdict == "poor"
    options["traffic"] = np.ones(N)
    assert quality.refusals(refusal, **options).verdict == "good"
    assert quality.refusals(np.arange(N) < 2, **options).verdict == "undecided"


def test_a_class_below_the_least_is_named() -> None:
    codes = np.concatenate([np.zeros(50, int), np.ones(5, int)])
    found = quality.smallest("label", codes, names=["a", "b"], train=np.ones(55, bool), wanted=20)
    assert (found.verdict, found.value) == ("poor", 5)
    assert "`b`" in found.words


def directions(*kinds: int, spread: float = 0.05) -> np.ndarray:
    draw = np.random.default_rng(1)
    centres = np.eye(64, dtype=np.float32)
    units = centres[list(kinds)] + spread * draw.standard_normal((len(kinds), 64)).astype(np.float32) / 8
    return units / np.linalg.norm(units, axis=1, keepdims=True)


def test_leaders_are_the_kinds_whatever_the_block_they_fall_into() -> None:
    kinds = np.arange(700) % 30
    found = leaders(directions(*kinds), min_cosine=0.6)
    assert len(np.unique(found)) == 30
    for kind in range(30):
        assert len(np.unique(found[kinds == kind])) == 1


def test_kinds_seen_once_are_unseen_mass() -> None:
    often = quality.unseen_kinds(directions(*(np.arange(300) % 10)), times=np.ones(300, np.int64))
    once = quality.unseen_kinds(directions(*range(60)), times=np.ones(60, np.int64))
    assert often.verdict == "good"
    assert once.verdict == "poor"
    twins = quality.unseen_kinds(directions(*range(60)), times=np.full(60, 5))
    assert twins.verdict == "good"  # each was asked five times, so it is no surprise


def test_values_counted_by_name_need_no_vectors() -> None:
    codes = np.concatenate([np.zeros(170, int), np.arange(1, 31)])
    found = quality.unseen_values("label", codes, times=np.ones(200, np.int64))
    assert found.value == pytest.approx(30 / 200, abs=0.01)
    assert "30 of 31" in found.words


def test_a_held_out_input_without_a_training_input_of_its_kind_counts_once_a_group() -> None:
    units = directions(0, 0, 1, 1, 2, 2)
    found = quality.reached(
        units, train=np.array([0, 2]), held=np.array([1, 3, 4, 5]), group=np.array([0, 1, 2, 3, 4, 4])
    )
    assert (found.value, found.n) == (pytest.approx(2 / 3), 3)


def test_kinds_phrased_in_one_way_are_found() -> None:
    codes = np.repeat([0, 1], 30)
    units = np.concatenate([directions(*[0] * 30), directions(*range(30))])
    found = quality.thin("intent", units, codes=codes, names=["stiff", "rich"])
    assert found is not None
    assert found.verdict == "poor"
    assert "`stiff`" in found.words.split(",")[0]
    assert quality.thin("intent", units[:10], codes=codes[:10], names=["stiff"]) is None


def test_shapes_of_answers() -> None:
    answers = {
        "tool call": '[{"name": "f"}]',
        "JSON object": ' {"a": 1}',
        "JSON list": "[1, 2]",
        "code": "Try\n```python\nprint(1)\n```",
        "table": "So:\n| a | b |\n| 1 | 2 |",
        "list": "Do this:\n- one\n- two",
        "heading": "# Title\ntext",
        "one word": "refund",
        "one line": "Your order left today.",
        "text": "First.\n\nThen [see] {x}.",
    }
    called = np.array([name == "tool call" for name in answers])
    found = quality.shapes_of(pa.array(answers.values(), pa.large_string()), called=called)
    assert [quality.SHAPES[code] for code in found] == list(answers)


def test_braces_that_are_no_json_are_text() -> None:
    found = quality.shapes_of(pa.array(["{name}, hello there", "[sic] yes"]), called=np.zeros(2, bool))
    assert {quality.SHAPES[code] for code in found} == {"one line"}


def test_strays_among_json_answers_are_poor_and_prose_has_nothing_to_pass() -> None:
    json, line = quality.SHAPES.index("JSON object"), quality.SHAPES.index("one line")
    assert quality.answer_shapes(np.array([json] * 50 + [line]), task="instruction").verdict == "poor"
    assert quality.answer_shapes(np.array([json] * 50), task="instruction").verdict == "good"
    assert quality.answer_shapes(np.array([line] * 50), task="instruction").verdict == "note"


def test_keys_of_json_answers() -> None:
    same = quality.json_keys(pa.array(['{"a": 1, "b": 2}', '{"b": 0, "a": 0}'] * 20))
    stray = quality.json_keys(pa.array(['{"a": 1}'] * 30 + ['{"A": 1}']))
    assert same is not None
    assert stray is not None
    assert (same.verdict, stray.verdict) == ("good", "poor")
    assert quality.json_keys(pa.array([], pa.string())) is None


def test_a_formula_at_the_beginning_of_answers_matters_for_style() -> None:
    texts = pa.array(
        [f"Thank you for writing about {thing} today." for thing in "abcdefgh"], pa.large_string()
    )
    style, other = (quality.openings(texts, task=task) for task in ("style", "instruction"))
    assert style is not None
    assert other is not None
    assert (style.verdict, style.value, other.verdict) == ("poor", 1.0, "note")


def test_words_that_training_lacks_are_counted_and_numbers_are_not() -> None:
    train = pa.array(["the turbine hums", ""], pa.large_string())
    held = pa.array(["the gearbox hums 4711", "", "turbine"], pa.large_string())
    found = quality.unheard(train, held, group=np.arange(3), decides=True)
    assert (found.value, found.n) == (pytest.approx(1 / 4), 4)
    assert quality.unheard(train, held, group=np.arange(3), decides=False).verdict == "note"


@pytest.mark.parametrize(
    ("count", "verdict"), [(10, "poor"), (400, "undecided"), (600, "good"), (9000, "good")]
)
def test_size_is_held_against_what_is_usual(count: int, verdict: str) -> None:
    assert quality.size("classification", count).verdict == verdict
