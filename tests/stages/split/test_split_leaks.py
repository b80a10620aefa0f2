"""The check of a split misses no twin: it agrees with comparing every pair."""

import sys
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.stages.split import NEAR, SEMANTIC, cosine, leaks
from tuneset.stages.split.few import PER_ROW
from tuneset.stages.split.leaks import Leaks, material

Rows = list[list[int]]


def run(
    texts: Rows, vectors: np.ndarray, tests: int, *, jaccard: float = 0.8, cosine: float = 0.9, k: int = 20
) -> Leaks:
    """Rows before `tests` are test; words are spread over 64 bits, as hashes are."""
    flat = np.array([word for text in texts for word in text], np.uint64) * np.uint64(0xD6E8FEB86659FD93)
    offsets = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
    return leaks(
        np.arange(tests),
        np.arange(tests, len(texts)),
        within=material(flat, offsets, vectors=vectors, valid=vectors.any(axis=1), leak_cosine=cosine),
        leak_jaccard=jaccard,
        leak_cosine=cosine,
        k=k,
    )


def overlap(one: list[int], other: list[int]) -> float:
    """The slow, obvious Jaccard similarity; two empty texts have none."""
    a, b = set(one), set(other)
    return len(a & b) / len(a | b) if a | b else 0.0


def cosines(vectors: np.ndarray) -> np.ndarray:
    exact = vectors.astype(np.float64)
    length = np.linalg.norm(exact, axis=1)
    return exact @ exact.T / np.where(np.outer(length, length) > 0, np.outer(length, length), np.inf)


def found(result: Leaks, kind: int) -> dict[tuple[int, int], float]:
    twins = result.twins
    rows = zip(
        twins.test.tolist(), twins.other.tolist(), twins.score.tolist(), twins.kind.tolist(), strict=True
    )
    return {(a, b): score for a, b, score, k in rows if k == kind}


texts = st.lists(st.lists(st.integers(1, 12), max_size=8), min_size=1, max_size=20)


@given(texts, st.integers(0, 2**32 - 1), st.data())
def test_every_twin_is_found_and_nothing_else(some: Rows, seed: int, data: st.DataObject) -> None:
    tests = data.draw(st.integers(0, min(len(some), PER_ROW)))
    jaccard = data.draw(st.sampled_from([0.3, 0.5, 0.8, 1.0]))
    vectors = np.random.default_rng(seed).integers(-2, 3, (len(some), 3)).astype(np.int8)
    result = run(some, vectors, tests, jaccard=jaccard)
    pairs = list(product(range(tests), range(tests, len(some))))
    near = {pair: overlap(some[pair[0]], some[pair[1]]) for pair in pairs}
    wanted = {pair: score for pair, score in near.items() if score >= jaccard - 1e-9}
    assert found(result, NEAR) == pytest.approx(wanted)
    similar = cosines(vectors)
    sure = {pair for pair in pairs if similar[pair] >= 0.9 + 1e-6}
    unsure = {pair for pair in pairs if similar[pair] >= 0.9 - 1e-6}
    assert sure <= found(result, SEMANTIC).keys() <= unsure


@given(texts, st.data())
def test_the_closest_pair_is_the_closest_of_all_pairs(some: Rows, data: st.DataObject) -> None:
    tests = data.draw(st.integers(0, len(some)))
    vectors = np.zeros((len(some), 4), np.int8)
    result = run(some, vectors, tests, k=3)
    scores = (
        sorted(
            (max(overlap(some[t], some[o]) for t in range(tests)) for o in range(tests, len(some))),
            reverse=True,
        )
        if tests
        else []
    )
    known = [score for score in scores[:3] if score >= result.overlap_floor - 1e-9]
    assert result.closest.score.tolist() == pytest.approx(known)


def test_every_row_with_a_twin_is_named_even_if_all_rows_are_the_same() -> None:
    size = 60
    result = run([[1, 2, 3]] * size, np.ones((size, 4), np.int8), 30)
    for kind in (NEAR, SEMANTIC):
        others = [other for _, other in found(result, kind)]
        assert set(others) == set(range(30, size))
        assert max(others.count(other) for other in others) == PER_ROW


def test_repeated_words_and_their_order_do_not_matter() -> None:
    result = run([[1, 2, 3, 3, 3], [3, 2, 1, 1]], np.zeros((2, 4), np.int8), 1)
    assert found(result, NEAR) == {(0, 1): 1.0}


def test_rows_without_words_or_vector_are_twins_of_nothing() -> None:
    result = run([[], [], []], np.zeros((3, 4), np.int8), 1)
    assert len(result.twins) == len(result.closest) == 0


def test_cosines_are_exact_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, rows in (("_FEW", 16), ("_OTHERS", 64)):
        monkeypatch.setattr(cosine, name, rows)
    vectors = np.random.default_rng(0).integers(-127, 128, (500, 8)).astype(np.int8)
    vectors[490] = vectors[77]
    result = run([[]] * 500, vectors, 150, cosine=0.8)
    similar = cosines(vectors)[:150, 150:]
    assert (77, 490) in found(result, SEMANTIC)
    assert result.closest.score.tolist() == pytest.approx(np.sort(similar.max(axis=0))[::-1][:20], abs=1e-6)
    wanted = set(zip(*np.nonzero(similar >= 0.8), strict=True))
    assert {(test, other - 150) for test, other in found(result, SEMANTIC)} <= wanted
    assert {other - 150 for _, other in found(result, SEMANTIC)} == {other for _, other in wanted}


def test_what_was_compared_before_saves_work_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    module, pairs = sys.modules["tuneset.stages.split.leaks"], []
    whole = module.cosines_across

    def watched(test: np.ndarray, others: np.ndarray, **asked: object) -> object:
        pairs.append(len(test) * len(others))
        return whole(test, others, **asked)

    monkeypatch.setattr(module, "cosines_across", watched)
    rng = np.random.default_rng(11)
    base = rng.integers(-60, 61, (90, 16))
    vectors = (base[rng.integers(0, 90, 700)] + rng.integers(-9, 10, (700, 16))).astype(np.int8)
    vectors[300:312] = vectors[3]  # more twins than are listed of one row
    texts = [rng.integers(1, 12, 5) for _ in range(700)]
    flat = np.concatenate(texts).astype(np.uint64) * np.uint64(0xD6E8FEB86659FD93)
    within = material(
        flat, np.arange(701) * 5, vectors=vectors, valid=rng.random(700) < 0.95, leak_cosine=0.98
    )
    split = rng.random(700)
    known, shares = None, []
    for _ in range(4):
        test, others = np.flatnonzero(split < 0.2), np.flatnonzero((split >= 0.2) & (split < 0.9))
        asked = {"within": within, "leak_jaccard": 0.9, "leak_cosine": 0.98}
        pairs.clear()
        again = leaks(test, others, **asked, known=known)
        shares.append(sum(pairs))
        scratch = leaks(test, others, **asked)
        shares[-1] /= pairs[-1]
        for name in ("twins", "closest"):
            for column in ("test", "other", "score", "kind"):
                mine, theirs = (getattr(getattr(each, name), column) for each in (again, scratch))
                assert mine.tolist() == theirs.tolist()
        known = again.met
        moved = rng.random(700) < 0.05
        split[moved] = rng.random(int(moved.sum()))
    assert shares[0] == 1
    assert max(shares[1:]) < 0.5
    assert len(scratch.twins) > 20
