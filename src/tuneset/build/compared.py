"""Which test examples an earlier build set against which others (`build.remembered`, kind `leaks`).

For each kind of similarity, by place in the parts:

    <kind>-test.npy, <kind>-others.npy   `int32[t]`, `int32[o]`, who was compared with whom
    <kind>-pairs.npy, <kind>-scores.npy  `int32[p, 2]`, `float64[p]`: all pairs of them from the gate on
    <kind>-gate.npy                      `float64[]`
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tuneset.build.remembered import Remembered
from tuneset.stages.split.few import Found
from tuneset.stages.split.leaks import KINDS
from tuneset.stages.split.met import Met


def met_before(before: Remembered | None, kept: np.ndarray) -> dict[int, Met]:
    """Kind → what an earlier build compared, in places of `int64[k]` kept examples (by number)."""
    if before is None:
        return {}
    place = np.full(len(before.met) + 1, -1)  # the last one for those who are gone
    place[kept] = np.arange(len(kept))

    def read(name: str) -> np.ndarray:
        return place[before.numbers(f"{name}.npy")]

    found: dict[int, Met] = {}
    for kind, name in enumerate(KINDS):
        if (before.path / f"{name}-gate.npy").exists():
            pairs, scores = read(f"{name}-pairs"), np.load(before.path / f"{name}-scores.npy")
            there = (pairs >= 0).all(axis=1)
            known = Found(pairs[there, 0], pairs[there, 1], scores[there])
            test, others = (_marked(read(f"{name}-{side}"), len(kept)) for side in ("test", "others"))
            found[kind] = Met(test, others, known, float(np.load(before.path / f"{name}-gate.npy")))
    return found


def write_met(directory: Path, place: np.ndarray, *, met: Mapping[int, Met], kept: np.ndarray) -> None:
    """Writes the knowledge `leaks`.

    Args:
        directory, place: as of `remembered.remember`. met, kept: as of `met_before`.
    """
    at = place[kept].astype(np.int32)
    for kind, known in met.items():
        name = KINDS[kind]
        for side in ("test", "others"):
            np.save(directory / f"{name}-{side}.npy", at[getattr(known, side)])
        np.save(directory / f"{name}-pairs.npy", at[np.column_stack([known.pairs.test, known.pairs.other])])
        np.save(directory / f"{name}-scores.npy", known.pairs.score)
        np.save(directory / f"{name}-gate.npy", np.float64(known.gate))


def _marked(rows: np.ndarray, n: int) -> np.ndarray:
    marks = np.zeros(n, bool)
    marks[rows[rows >= 0]] = True
    return marks
