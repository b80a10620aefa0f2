"""How close the splits came to what was wanted."""

import numpy as np

from tuneset.stages.split.assign import NONE, TRAIN, Assigned

_NAMES = ("train", "validation", "test")
_LARGE = 0.1  # of all examples, in one component: a warning


def balance(assigned: Assigned, *, components: np.ndarray, cell: np.ndarray) -> dict[str, object]:
    """Numbers for the report, as JSON.

    `splits`: examples had and wanted per split; `worst_cell`: the largest difference between had and wanted
    in one cell, in examples, and where; `mean_deviation`: the mean of these differences; `components` and the
    largest of them, with `component_too_large` if it holds more than a tenth of the examples; `evicted`.
    """
    kept = assigned.split != NONE
    cells = assigned.wanted.shape[1]
    place = (assigned.split[kept].astype(np.int64) - TRAIN) * cells + cell[kept]
    have = np.bincount(place, minlength=3 * cells).reshape(3, cells)
    away = have - assigned.wanted
    sizes = np.bincount(components[kept])
    sizes = sizes[sizes > 0]
    largest = int(sizes.max(initial=0))
    return {
        "splits": {
            name: {"examples": int(have[i].sum()), "wanted": int(assigned.wanted[i].sum())}
            for i, name in enumerate(_NAMES)
        },
        "worst_cell": _worst(away),
        "mean_deviation": round(float(np.abs(away).mean()), 4) if cells else 0.0,
        "components": len(sizes),
        "largest_component": largest,
        "component_too_large": largest > _LARGE * max(1, int(kept.sum())) and largest > 1,
        "evicted": int((~kept).sum()),
    }


def _worst(away: np.ndarray) -> dict[str, object] | None:
    if not away.size or not away.any():
        return None
    split, cell = np.unravel_index(int(np.abs(away).argmax()), away.shape)
    return {"split": _NAMES[int(split)], "cell": int(cell), "difference": int(away[split, cell])}
