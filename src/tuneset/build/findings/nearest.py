"""Who the neighbours of an example were in an earlier build (`build.remembered`, kind `neighbours`).

For each signal that asks for neighbours, by place in the parts:

    <signal>-rows.npy   `int32[m]`, who was looked at       <signal>-near.npy  `int32[m, k]`, their neighbours
    <signal>-among.npy  `int32[a]`, where they were sought  <signal>-kin.npy   `int32[m]`, their components
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tuneset.build.remembered import Remembered, with_nobody
from tuneset.stages.suspicion import GONE, Seen


def seen_before(before: Remembered | None, who: np.ndarray) -> dict[str, Seen]:
    """Signal → what an earlier build saw.

    Args:
        who: `int64[k]` the examples of this build by number; `Seen` names their places in this list.
    """
    if before is None:
        return {}
    place = np.full(len(before.met) + 1, GONE, np.int32)  # the last one for those who are gone
    place[who] = np.arange(len(who), dtype=np.int32)
    now = with_nobody(place[before.number])

    def read(name: str) -> np.ndarray:
        return now[np.load(before.path / f"{name}.npy")]

    return {
        (signal := file.name.removesuffix("-kin.npy")): Seen(
            read(f"{signal}-rows"), read(f"{signal}-near"), read(f"{signal}-among"), np.load(file)
        )
        for file in sorted(before.path.glob("*-kin.npy"))
    }


def write_seen(directory: Path, place: np.ndarray, *, seen: Mapping[str, Seen], who: np.ndarray) -> None:
    """Writes the knowledge `neighbours`.

    Args:
        directory, place: as of `remembered.remember`. seen, who: as of `seen_before`.
    """
    at = with_nobody(place[who].astype(np.int32))
    for signal, search in seen.items():
        for name in ("rows", "near", "among"):
            np.save(directory / f"{signal}-{name}.npy", at[getattr(search, name)])
        np.save(directory / f"{signal}-kin.npy", search.kin.astype(np.int32))
