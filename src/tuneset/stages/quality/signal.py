"""One measured quality of the data, with what it is worth."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["good", "poor", "undecided", "note"]


@dataclass(frozen=True)
class Signal:
    """A number about the kept examples, and what it means.

    Attributes:
        name: stable id, as `class_balance`.
        about: what it is measured on: `label`, a factor, or empty.
        value: the number; `unit` says of what: share, ratio, score (a count that may be broken), count.
        n: examples (or groups of them) behind it.
        low, high: 95 % interval, or None where the number is an exact count.
        verdict: good, poor, undecided (the interval allows both), or note (nothing to pass).
        words: what was found, in a sentence without customer text.
        limit: what it was held against, with where that comes from; empty for a note.
        next: what to do about it; empty if nothing.
    """

    name: str
    about: str
    value: float
    unit: Literal["share", "ratio", "score", "count"]
    n: int
    low: float | None
    high: float | None
    verdict: Verdict
    words: str
    limit: str = ""
    next: str = ""


@dataclass(frozen=True)
class Missing:
    """A signal that could not be measured, and what would make it possible."""

    what: str
    unlock: str


def at_most(limit: float, *, low: float, high: float) -> Verdict:
    """Does the whole interval lie at or below the limit, above it, or on both sides?"""
    if high <= limit:
        return "good"
    return "poor" if low > limit else "undecided"


def at_least(limit: float, *, low: float, high: float) -> Verdict:
    """Does the whole interval lie at or above the limit, below it, or on both sides?"""
    if low >= limit:
        return "good"
    return "poor" if high < limit else "undecided"


def percent(share: float) -> str:
    """For a sentence: `12 %`, with a digit below 10 %."""
    return (
        f"{share:.0%}".replace("%", " %") if share >= 0.1 or not share else f"{share:.1%}".replace("%", " %")
    )
