"""What the other examples say: planted errors come first, and chance, order and kin have no say."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from tuneset.kernels.compare import bits_of
from tuneset.kernels.embed import embed
from tuneset.kernels.words import buffer_of, no_markers, words_of
from tuneset.stages.suspicion import Facts, alarms, calibrated, classes_of, isotonic, reasons_of, suspect
from tuneset.stages.suspicion.classifier import confident_class, folds_of, thresholds
from tuneset.stages.suspicion.combine import combined, known, ranks
from tuneset.stages.suspicion.length import length_outliers

TOPICS = {
    1: ["parcel", "late", "courier", "deliver", "track", "depot", "doorstep"],
    2: ["invoice", "pay", "refund", "charge", "card", "price", "bank"],
    3: ["password", "login", "account", "reset", "email", "locked", "profile"],
}


FILLERS = ["now", "again", "today", "still"]


def facts(n: int = 360, *, wrong: int = 18, seed: int = 0) -> tuple[Facts, np.ndarray]:
    """Questions on three topics, labelled by topic; some labels are another's."""
    rng = np.random.default_rng(seed)
    topic = rng.integers(1, 4, n)
    texts = [
        " ".join(["please help with my", *rng.choice(TOPICS[t], 4), *rng.choice(FILLERS, 2)])
        for t in topic.tolist()
    ]
    bad = np.zeros(n, bool)
    bad[rng.permutation(n)[:wrong]] = True
    labels = np.where(bad, topic % 3 + 1, topic).astype(np.uint64)
    words = words_of(buffer_of(pa.array(texts)), markers=no_markers())
    found = Facts(
        component=np.arange(n),
        hashes=rng.integers(0, 2**63, n, dtype=np.uint64),
        classes=classes_of(labels, np.zeros(n, np.uint64), labelled=True),
        vectors=embed(pa.array(texts))[0],
        answers=np.zeros((n, 256), np.int8),
        bits=np.ascontiguousarray(bits_of(words)[:, 0]),
        outvoted=np.full(n, np.nan),
        words=np.zeros(n, np.int32),
        group=np.zeros(n, np.int64),
        checks={},
    )
    return found, bad


def test_planted_errors_come_first() -> None:
    given, bad = facts()
    found = suspect(given, off=(), k=10, folds=5)
    order = np.argsort(-found.suspicion)
    assert bad[order[:18]].mean() >= 0.9
    raised = alarms(found.signals)
    likely = pa.array(["parcels"] * len(bad))
    reasons = reasons_of(raised, found.signals, likely=likely, most=found.most).to_pylist()
    assert all("expects `parcels`" in reasons[row][0] for row in order[:10])
    assert not any(reasons[row] for row in order[200:])


def test_the_numbers_do_not_depend_on_the_order_in_which_neighbours_stand_in_memory() -> None:
    given, _ = facts()
    one, two = (suspect(given, off=(), k=10, folds=5) for _ in range(2))
    assert one.suspicion.tolist() == two.suspicion.tolist()
    padded = replace(given, bits=np.asfortranarray(given.bits), vectors=np.asfortranarray(given.vectors))
    assert suspect(padded, off=(), k=10, folds=5).suspicion.tolist() == one.suspicion.tolist()


def test_a_component_is_never_parted_by_the_folds() -> None:
    component = np.array([0, 0, 2, 0, 2])
    hashes = np.arange(5, dtype=np.uint64) * np.uint64(7)
    fold = folds_of(component, hashes, folds=3)
    assert len(set(fold[[0, 1, 3]].tolist())) == len(set(fold[[2, 4]].tolist())) == 1


def test_kin_cannot_vouch_for_a_wrong_label() -> None:
    given, bad = facts()
    row = int(np.flatnonzero(bad)[0])
    twins = np.r_[np.arange(len(bad)), np.full(8, row)]

    def again(values: np.ndarray) -> np.ndarray:
        return values[twins]

    labels = given.classes.digests[given.classes.classes][twins]
    kin = Facts(
        component=again(given.component),
        hashes=again(given.hashes),
        classes=classes_of(labels, np.zeros(len(twins), np.uint64), labelled=True),
        vectors=again(given.vectors),
        answers=again(given.answers),
        bits=again(given.bits),
        outvoted=again(given.outvoted),
        words=again(given.words),
        group=again(given.group),
        checks={},
    )
    found = suspect(kin, off=(), k=10, folds=5)
    assert (found.signals["confidence"][-8:] > 0.8).all()
    assert (found.signals["neighbours"][-8:] > 0.8).all()


def test_what_could_not_run_is_said_with_what_would_unlock_it() -> None:
    given, _ = facts()
    labels = np.arange(len(given.component), dtype=np.uint64)
    rare = replace(given, classes=classes_of(labels, np.zeros_like(labels), labelled=True))
    found = suspect(rare, off=("length",), k=10, folds=5)
    said = {row.signal: row for row in found.not_run}
    assert said["confidence"].reason == "fewer than two classes with 5 examples"
    assert said["length"].status == "off"
    assert not set(said) & set(found.signals)
    blind = replace(given, vectors=np.zeros((len(labels), 0), np.int8))
    assert "neighbours" in {row.signal for row in suspect(blind, off=(), k=10, folds=5).not_run}


def test_examples_that_stand_for_more_outvote_the_others() -> None:
    given, _ = facts()
    votes = given.outvoted.copy()
    votes[[3, 4, 7, 8]] = [0.98, 0.02, 0.5, 0.5]
    found = suspect(replace(given, outvoted=votes), off=("confidence", "neighbours"), k=10, folds=5)
    assert found.suspicion.argmax() == 3
    assert alarms(found.signals)["conflict"].nonzero()[0].tolist() == [3, 7, 8], "one against one is a reason"


def test_nothing_kept_is_no_error() -> None:
    given, _ = facts()
    nobody, nothing = np.zeros(0, np.int64), np.zeros(0, np.uint64)
    classes = classes_of(nothing, nothing, labelled=False)
    vectors, bits = given.vectors[:0], given.bits[:0]
    empty = Facts(nobody, nothing, classes, vectors, vectors, bits, np.zeros(0), nobody, nobody, {})
    assert len(suspect(empty, off=(), k=10, folds=5).suspicion) == 0


def test_confident_learning_gives_the_numbers_of_cleanlab() -> None:
    """The example of cleanlab's `count.get_confident_thresholds` and `confident_joint`, worked out by hand:
    thresholds are the mean of each class's own probability; 3 is confidently class 1.
    """
    probability = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.2, 0.8], [0.1, 0.9], [0.4, 0.6]])
    classes = np.array([0, 0, 0, 0, 1, 1])
    own = probability[np.arange(6), classes]
    least = thresholds(own, classes, n_classes=2)
    assert np.allclose(least, [0.65, 0.75])
    assert confident_class(probability, least).tolist() == [0, 0, 0, 1, 1, -1]


def test_ranks_share_ties_and_leave_out_the_unknown() -> None:
    assert np.allclose(ranks(np.array([3.0, 1.0, np.nan, 1.0])), [0.75, 0.375, np.nan, 0.375], equal_nan=True)


def test_whole_numbers_rank_as_the_same_numbers_with_decimals() -> None:
    rng = np.random.default_rng(3)
    counts = rng.integers(-1, 101, 500).astype(np.int8)
    other = np.where(counts < 0, np.nan, counts.astype(np.float64))
    assert ranks(counts).tobytes() == ranks(other).tobytes()
    assert known(counts).tolist() == known(other).tolist()
    weights = {"a": 0.3}
    found = [combined({"a": values}, weights=weights, n=500) for values in (counts, other)]
    assert found[0].tobytes() == found[1].tobytes()


def test_one_strong_signal_counts_more_than_two_weak_ones() -> None:
    strong, weak = np.linspace(0, 1, 100), np.linspace(0, 1, 100)
    strong, weak = np.roll(strong, 1), np.roll(weak, 1)  # row 0 is the highest
    other = np.zeros(100)
    other[50] = 1
    weak[50] = 0.6
    found = combined({"a": weak, "b": other}, weights={"a": 0.2, "b": 1.0}, n=100)
    assert found.argmax() == 50
    assert 0 < found.min() < found.max() < 1


def test_isotonic_steps_are_the_pooled_means() -> None:
    """Barlow et al. 1972: 0, 1, 0, 1, 1 in order pools the middle pair."""
    steps = isotonic(np.array([0.1, 0.2, 0.3, 0.4, 0.5]), np.array([0, 1, 0, 1, 1], bool))
    found = calibrated(np.array([0.0, 0.1, 0.25, 0.3, 0.45, 0.9]), steps)
    assert found.tolist() == [0.0, 0.0, 0.5, 0.5, 1.0, 1.0]


@pytest.mark.parametrize("ends", [True, False])
def test_isotonic_does_not_depend_on_the_order_of_equal_scores(ends: bool) -> None:
    steps = isotonic(np.array([0.5, 0.5, 0.5]), np.array([ends, not ends, False]))
    assert np.allclose(steps[1], [1 / 3])


def test_lengths_are_compared_within_their_group() -> None:
    words = np.r_[np.full(30, 10), np.full(30, 100), 100, 3, 0]
    group = np.r_[np.zeros(30, int), np.ones(30, int), 0, 2, 0]
    found = length_outliers(words, group)
    assert found[60] > 4
    assert np.isnan(found[61])
    assert np.isnan(found[62])
    assert found[:60].max() == 0
