"""What an earlier build's search by meaning found (`build.remembered`, kind `links`).

By place in the parts:

    alike-rows.npy   `int32[m]`, who was compared           alike-pairs.npy   `int32[p, 2]`, pairs of them
    alike-near.npy   `int32[m, c]`, in which cells          alike-scores.npy  `float32[p]`, their cosines
    alike-axes.npy, alike-outlines.npy   `float32[d, w]`, `int16[m, w]` (`kernels.outlines`)
"""

from pathlib import Path

import numpy as np

from tuneset.build.prepare import open_npy
from tuneset.build.remembered import Remembered, with_nobody
from tuneset.kernels.alike import Alike
from tuneset.kernels.neighbours import UNKNOWN
from tuneset.kernels.outlines import Outlines


def alike_before(before: Remembered | None, chosen: np.ndarray) -> Alike | None:
    """The search in places of `int64[k]` examples that are compared now (by number); None if none."""
    if before is None or not (before.path / "alike-rows.npy").exists():
        return None
    place = np.full(len(before.met) + 1, UNKNOWN)  # the last one for those who are gone
    place[chosen] = np.arange(len(chosen))
    now = with_nobody(place[before.number].astype(np.int32))

    def read(name: str) -> np.ndarray:
        return now[np.load(before.path / f"alike-{name}.npy")]

    axes = np.load(before.path / "alike-axes.npy")
    outlines = Outlines(axes, open_npy(before.path / "alike-outlines.npy"))
    scores = np.load(before.path / "alike-scores.npy")
    return Alike(read("pairs"), scores, read("rows"), read("near"), outlines)


def write_alike(directory: Path, place: np.ndarray, *, alike: Alike, chosen: np.ndarray) -> None:
    """Writes a search; `directory`, `place` as of `remembered.remember`, `chosen` as of `alike_before`."""
    at = with_nobody(place[chosen].astype(np.int32))
    for name in ("rows", "near", "pairs"):
        np.save(directory / f"alike-{name}.npy", at[getattr(alike, name)])
    np.save(directory / "alike-scores.npy", alike.scores)
    np.save(directory / "alike-axes.npy", alike.outlines.axes)
    np.save(directory / "alike-outlines.npy", alike.outlines.numbers)
