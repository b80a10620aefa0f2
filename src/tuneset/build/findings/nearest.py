"""Who the neighbours of an example were in an earlier build (`build.remembered`, kind `neighbours`).

For each signal that asks for neighbours, by place in the parts:

    <signal>-rows.npy   `int32[m]`, who was looked at     <signal>-similar.npy  `uint8[m]`
    <signal>-among.npy  `int32[a]`, where                 <signal>-alike.npy    `float64[m]`
    <signal>-near.npy   `int16[m, k]`, their neighbours   <signal>-kin.npy      `int32[m]`, their components
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tuneset.build.prepare import open_npy
from tuneset.build.remembered import Remembered
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
    now = place[before.number]

    def read(signal: str) -> Seen:
        files = {name: before.path / f"{signal}-{name}.npy" for name in Seen._fields}
        told = {name: open_npy(file) for name, file in files.items()}
        return Seen(**{**told, "rows": now[told["rows"]], "among": now[told["among"]]})

    found = sorted(file.name.removesuffix("-kin.npy") for file in before.path.glob("*-kin.npy"))
    return {signal: read(signal) for signal in found}


def write_seen(directory: Path, place: np.ndarray, *, seen: Mapping[str, Seen], who: np.ndarray) -> None:
    """Writes the knowledge `neighbours`.

    Args:
        directory, place: as of `remembered.remember`. seen, who: as of `seen_before`.
    """
    at = place[who].astype(np.int32)
    for signal, search in seen.items():
        told = search._replace(rows=at[search.rows], among=at[search.among], kin=search.kin.astype(np.int32))
        for name, values in told._asdict().items():
            np.save(directory / f"{signal}-{name}.npy", values)
