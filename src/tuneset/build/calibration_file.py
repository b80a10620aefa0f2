"""The calibration of deduplication as a file beside the spec, and what a report says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from tuneset.core.errors import SpecError
from tuneset.core.spec import Spec
from tuneset.kernels.embed import MODEL
from tuneset.stages.dedupe.calibrate import STEP, Point

SCHEMA_VERSION = 2


def read_calibration(spec: Spec, *, root: Path) -> dict[str, object] | None:
    """What `dedupe.calibration` holds, in the terms of a report; None if the spec names none.

    Raises:
        SpecError: the file is not there, is no calibration, is of another embedder, or does not know the
            wording.
    """
    name = spec.dedupe.calibration
    if name is None:
        return None
    try:
        held = orjson.loads((root / name).read_bytes())
        if (held["schema_version"], held["embedder"]) != (SCHEMA_VERSION, MODEL):
            raise _no_calibration(root / name, "was made for another embedder or by another version")
        made = held["wordings"].get(spec.dedupe.wording)
        curve = [Point(**point) for point in made["curve"]] if made else []
        told = {key: held[key] for key in ("judged", "duplicates")}
        told |= {key: made[key] for key in ("proposed", "threshold_interval")} if made else {}
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise _no_calibration(root / name, "is no calibration") from None
    if made is None:
        raise _no_calibration(root / name, f"has too few pairs for `wording: {spec.dedupe.wording}`")
    return {**told, "at_threshold": _at(curve, spec.dedupe.semantic_cosine)}


def standing(settings: Mapping[str, Any]) -> str:
    """What is known of the threshold for semantic twins: `settings` is the `dedupe` of a summary."""
    calibration = settings["calibration"]
    if calibration is None:
        return "uncalibrated"
    at, pairs = calibration["at_threshold"], calibration["judged"]
    if at is None:
        return f"calibrated on {pairs:,} judged pairs, none of them near this threshold"
    between = f"{at['precision_low']:.2f} to {at['precision_high']:.2f}"
    return f"precision {at['precision']:.2f} ({between}), recall {at['recall']:.2f} by {pairs:,} judged pairs"


def _at(curve: Sequence[Point], threshold: float) -> dict[str, object] | None:
    """The point of the curve for a threshold: its own step, or the next above, which holds the same pairs as
    the curve leaves out steps that add none. None if no pair was judged above it.
    """
    below = [point for point in curve if threshold - STEP < point.threshold - 1e-9 <= threshold]
    above = [point for point in curve if point.threshold >= threshold - 1e-9]
    nearest = min(below or above, key=lambda point: point.threshold, default=None)
    return asdict(nearest) if nearest else None


def _no_calibration(path: Path, what: str) -> SpecError:
    return SpecError(
        f"`dedupe.calibration`: the file {what}",
        where=str(path),
        code="TS110",
        fix="`tuneset dedupe --judged FILE` writes it; without the key nothing is calibrated",
    )
