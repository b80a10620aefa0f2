"""What could not run, and what would unlock it: said by any detector, shown in one table of the report."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NotRun:
    """A signal that says nothing about this data.

    Attributes:
        signal: its name. status: `off` (the spec says so) or `not run`.
        reason: why, without text of a log. unlock: what would change that.
    """

    signal: str
    status: str
    reason: str
    unlock: str
