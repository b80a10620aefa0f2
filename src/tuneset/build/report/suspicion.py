"""What the page says about suspicion: how it is spread over signals, and whom to look at first."""

from dataclasses import dataclass
from typing import Any

from tuneset.build.findings.suspects import Suspect, suspects
from tuneset.build.result import Build

SHOWN = 20


@dataclass(frozen=True)
class Suspicious:
    """Attributes:
    alarms: signal → kept examples for which it is a reason; applies: to how many it applies at all.
    counts: reasons per example → examples. top: the most suspicious.
    with_a_reason, expected_wrong: of all kept ones; the second is None until people have looked.
    """

    alarms: dict[str, int]
    applies: dict[str, int]
    counts: dict[str, int]
    top: list[Suspect]
    with_a_reason: int
    expected_wrong: float | None


def suspicious(build: Build) -> Suspicious | None:
    """None if nobody looked, or nothing was kept."""
    numbers: dict[str, Any] | None = build.summary.get("suspicion")
    if not numbers or not numbers["signals"]:
        return None
    return Suspicious(
        {entry["signal"]: entry["alarms"] for entry in numbers["signals"]},
        {entry["signal"]: entry["applies"] for entry in numbers["signals"]},
        numbers["reasons_per_example"],
        suspects(build, top=SHOWN),
        numbers["with_a_reason"],
        numbers["expected_wrong"],
    )
