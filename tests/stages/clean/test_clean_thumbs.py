"""An answer with a thumb down stays, and nobody learns it."""

import numpy as np
import orjson
import pyarrow as pa
import pytest

from stages.conversations import dropped_for, happened, table
from tuneset.core.event import drops_in
from tuneset.core.example import Messages
from tuneset.core.spec import CleanSpec, DedupeSpec
from tuneset.stages.clean import Clean
from tuneset.stages.dedupe import KINDS, relate, sign, texts_of

TALK = [
    ("user", "Is the kiosk open?"),
    ("assistant", "Which one?"),
    ("user", "At pier 7."),
    ("assistant", "No."),
]
DOWN = [
    {"label": False},
    {"thumb": "down"},
    {"rating": -1},
    [{"name": "user-feedback", "value": 0}],
    {"feedback": [{"key": "thumbs", "score": 0}]},
]
NOT_DOWN = [
    {"label": True},
    {"thumb": "up"},
    {"rating": 4},
    [{"name": "correctness", "value": 0}],
    [{"name": "thumb", "value": 0}, {"name": "thumb", "value": 1}],
]


def rated(feedback: object, **columns: object) -> pa.Table:
    return table(TALK, feedback=orjson.dumps(feedback).decode(), **columns)


def masks(examples: pa.Table) -> list[bool]:
    return Messages.of(examples).train.to_pylist()


@pytest.mark.parametrize("feedback", DOWN)
def test_a_thumb_down_masks_the_answer_that_it_is_on(feedback: object) -> None:
    done = Clean(CleanSpec())(rated(feedback))
    assert (masks(done.examples), happened(done)) == ([True, True, True, False], [("edit", "disliked")])


@pytest.mark.parametrize("feedback", NOT_DOWN)
def test_what_is_no_clear_thumb_down_masks_nothing(feedback: object) -> None:
    done = Clean(CleanSpec())(rated(feedback))
    assert (masks(done.examples), happened(done)) == ([True] * 4, [])


def test_the_thumb_of_a_corrected_example_is_on_another_answer() -> None:
    assert happened(Clean(CleanSpec())(rated({"thumb": "down"}, kind="corrected"))) == []


def test_the_spec_may_drop_them_or_teach_them() -> None:
    down = rated({"thumb": "down"})
    assert dropped_for(Clean(CleanSpec(disliked="drop"))(down)) == ["disliked"]
    kept = Clean(CleanSpec(disliked="keep"))(down)
    assert (masks(kept.examples), happened(kept)) == ([True] * 4, [])


def test_a_mask_of_the_log_is_no_news() -> None:
    masked = table([*TALK[:-1], ("assistant", "No.", {"train": False})], feedback='{"thumb":"down"}')
    done = Clean(CleanSpec())(masked)
    assert (masks(done.examples), happened(done)) == ([True, True, True, False], [])
    assert len(drops_in(done.events)) == 0


def _kind(one: tuple[str, bool], other: tuple[str, bool]) -> str | None:
    talks = [
        [("user", "Which pier does the ferry leave from?"), ("assistant", text, {"train": learned})]
        for text, learned in (one, other)
    ]
    examples, spec = table(*talks), DedupeSpec(semantic=False)
    links = relate(
        np.array([[0, 1]]),
        sign(examples, spec=spec),
        lambda rows: texts_of(examples.take(pa.array(rows))),
        spec=spec,
        task="instruction",
    )
    return KINDS[links.column("kind").to_pylist()[0]] if len(links) else None


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (("From pier 7.", True), ("From pier 7.", True), "exact"),
        (("From pier 7.", False), ("From pier 7.", False), "exact"),
        (("From pier 7.", True), ("From pier 7.", False), "contrast"),
        (("From pier 7.", True), ("From pier 4.", True), "conflict"),
        (("From pier 7.", True), ("From pier 4.", False), "contrast"),
        (("From pier 7.", False), ("From pier 4.", False), "contrast"),
    ],
)
def test_an_answer_that_nobody_learns_is_a_twin_of_its_like_and_contradicts_nobody(
    one: tuple[str, bool], other: tuple[str, bool], kind: str
) -> None:
    assert kind in KINDS
    assert _kind(one, other) == kind
