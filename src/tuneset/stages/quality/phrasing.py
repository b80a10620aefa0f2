"""Is everything said in one way? Effective numbers of different inputs, as a whole and kind by kind."""

import numpy as np

from tuneset.stages.quality.signal import Signal
from tuneset.stats.diversity import vendi

THIN_FROM = 20
"""Examples from which the phrasing of a kind is judged."""
LEAST_VENDI = 3.0
"""Effective number of phrasings below which a kind is said in one way. Source: benchmarks/curate.md,
quality."""
_NAMED = 3


def phrasing(units: np.ndarray) -> Signal:
    """The Vendi score of training inputs (`float32[n, d]` of length 1)."""
    value = vendi(units)
    return Signal(
        "input_diversity",
        "",
        value,
        "score",
        len(units),
        None,
        None,
        "note",
        f"the inputs are as diverse as {value:.0f} inputs that have nothing in common "
        f"(Vendi score; at most {units.shape[1]})",
    )


def thin(about: str, units: np.ndarray, *, codes: np.ndarray, names: list[str]) -> Signal | None:
    """Kinds whose inputs are phrased in one way; None if none is large enough to be judged.

    Args:
        about: the factor, or `label`.
        units: `float32[n, d]` training inputs.
        codes: `int64[n]` index into `names`.
        names: what the codes stand for.
    """
    large = np.flatnonzero(np.bincount(codes, minlength=len(names)) >= THIN_FROM)
    if not len(large):
        return None
    scores = np.array([vendi(units[codes == code]) for code in large])
    order = np.argsort(scores, kind="stable")
    poor = int((scores < LEAST_VENDI).sum())
    named = ", ".join(f"`{names[large[i]]}` {scores[i]:.1f}" for i in order[:_NAMED])
    return Signal(
        "phrasing_by_kind",
        about,
        float(scores[order[0]]),
        "score",
        len(units),
        None,
        None,
        "poor" if poor else "good",
        f"{poor:,} of {len(large):,} kinds are phrased in one way; the least diverse: {named}",
        f"a Vendi score of at least {LEAST_VENDI:g} where there are {THIN_FROM} examples (a convention)",
        "collect other ways to say these" if poor else "",
    )
