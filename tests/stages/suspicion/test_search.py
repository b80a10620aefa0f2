"""An earlier search for neighbours saves work and changes nothing: neither who they are nor what they say."""

import numpy as np
import pytest

from tuneset.stages.suspicion import neighbours as module
from tuneset.stages.suspicion.neighbours import (
    NOT_COMPARED,
    Answered,
    Neighbours,
    Seen,
    disagreement,
    dissimilarity,
    neighbours,
)

K = 4
Found = tuple[Neighbours, Answered, np.ndarray]


def _vectors(rng: np.random.Generator, n: int, *, spread: int) -> np.ndarray:
    """Vectors around a few others, some of them equal and some empty."""
    centres = rng.integers(-90, 91, (8, 32))
    vectors = (centres[rng.integers(0, 8, n)] + rng.integers(-spread, spread + 1, (n, 32))).astype(np.int8)
    vectors[rng.integers(0, n, n // 20)] = vectors[0]
    vectors[rng.integers(0, n, n // 20)] = 0
    return vectors


def _found(
    vectors: np.ndarray,
    answers: np.ndarray,
    component: np.ndarray,
    rows: np.ndarray,
    seen: Seen | None = None,
) -> Found:
    found = neighbours(vectors, component, rows=rows, k=K, seen=seen)
    answered = dissimilarity(found, answers, seen=seen)
    return found, answered, disagreement(found, vectors, rows % 3)


def _same(one: Found, other: Found) -> None:
    assert one[0].near[:, :K].tolist() == other[0].near[:, :K].tolist()
    assert one[1].unlike.tobytes() == other[1].unlike.tobytes()
    assert one[2].tobytes() == other[2].tobytes()


@pytest.mark.parametrize("among", [3, 200])
def test_lists_that_lost_or_won_somebody_are_those_of_a_new_search(
    among: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_AMONG", among)
    monkeypatch.setattr(module, "_READ", 37)
    rng = np.random.default_rng(8)
    vectors, answers = _vectors(rng, 300, spread=30), _vectors(rng, 300, spread=20)
    component, rows, seen = rng.integers(0, 90, 300), np.arange(0), None
    told: list[int] = []
    for turn in range(6):
        before, rows = rows, np.sort(rng.choice(300, 285, replace=False))
        if turn % 2:  # some part
            component[rng.integers(0, 300, 4)] = 1000 + np.arange(4)
        elif turn:  # some come together
            component[np.isin(component, rng.choice(component, 6))] = 2000 + turn
        found = _found(vectors, answers, component, rows, seen)
        _same(found, _found(vectors, answers, component, rows))
        seen = found[0].as_seen(component, found[1])
        assert set(found[0].rows[found[0].changed].tolist()) >= set(rows.tolist()) - set(before.tolist())
        told.append(int((~np.isnan(found[1].unlike)).sum()))
    assert min(told) > 0 or among < K


def test_what_did_not_change_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_AMONG", 50)
    rng = np.random.default_rng(9)
    vectors, answers = _vectors(rng, 300, spread=30), _vectors(rng, 300, spread=20)
    component, rows = rng.integers(0, 200, 300), np.arange(299)
    found, answered, _ = _found(vectors, answers, component, rows)
    component[component < 3] = 0  # components that grow cost no new search
    again = neighbours(vectors, component, rows=np.arange(300), k=K, seen=found.as_seen(component, answered))
    assert again.changed.tolist() == [299], "only the new one"


def test_empty_vectors_and_no_rows_have_no_neighbours() -> None:
    vectors = np.zeros((5, 32), np.int8)
    found = neighbours(vectors, np.arange(5), rows=np.arange(5), k=K)
    assert (found.near < 0).all()
    assert np.isnan(dissimilarity(found, vectors).unlike).all()
    seen = found.as_seen(np.arange(5), NOT_COMPARED)
    again = neighbours(vectors, np.arange(5), rows=np.arange(0), k=K, seen=seen)
    assert again.near.shape[0] == 0
