"""What a detector reports, and how findings that overlap become one."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

HARD = ("credential", "card", "government_id", "iban")
SOFT = (
    "email", "phone", "ip", "person", "username", "address", "date_of_birth", "account", "device",
    "wallet", "plate",
)  # fmt: skip
"""What is replaced unless the spec says otherwise."""
ASKED = ("booking", "place", "organisation")
"""What the spec has to ask for."""
SHIFTED = "date"
"""The type of dates that are shifted: only by `dates: shift`, by no detector."""
_RANKS = {name: rank for rank, name in enumerate((*HARD, *SOFT, *ASKED))}


class Finding(NamedTuple):
    """`text[start:stop]` (bytes) holds an identifier of `type`; `value` is its normalised form, equal for
    equal ones.
    """

    start: int
    stop: int
    type: str
    value: bytes


class Detector(Protocol):
    """One family: a pure function of the bytes around a window."""

    def __call__(self, text: bytes, start: int, stop: int) -> Iterator[Finding]:
        """Findings that begin in `text[start:stop]`; the rest of `text` is context."""
        ...


def settled(findings: Iterable[Finding]) -> list[Finding]:
    """The findings without overlaps, in order of place.

    Of two findings of which one holds the other, the longer stays. Two that overlap in part become one over
    both, so that no half of an identifier is left: of the hard type if one is hard, else of the longer.
    """
    findings = list(findings)
    if len(findings) == 1:
        return findings
    kept: list[Finding] = []
    for finding in sorted(set(findings), key=_order):
        if kept and finding.start < kept[-1].stop:
            kept[-1] = _merged(kept[-1], finding)
        else:
            kept.append(finding)
    return kept


def _order(finding: Finding) -> tuple[int, int, int, str, bytes]:
    """Complete, so that no order of a set shows through."""
    rank = _RANKS.get(finding.type, len(_RANKS))
    return finding.start, -finding.stop, rank, finding.type, finding.value


def _merged(first: Finding, second: Finding) -> Finding:
    if second.stop <= first.stop:
        return first
    ahead = max(first, second, key=lambda found: (found.type in HARD, found.stop - found.start))
    return Finding(first.start, second.stop, ahead.type, ahead.value)
