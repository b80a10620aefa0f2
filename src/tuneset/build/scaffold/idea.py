"""A dimension of the matrix that the logs offer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FactorIdea:
    """A factor, where its value stands, and why it is proposed."""

    name: str
    origin: str
    why: str
    default: str | None = None
    """Value of the examples for which nothing decides."""
