"""What stands in place of an identifier: `[EMAIL_1]`, the same number for the same value throughout an
example.
"""

from collections.abc import Iterable
from hashlib import blake2b

from tuneset.stages.redact.custom import label
from tuneset.stages.redact.finding import HARD, Finding


class Numbering:
    """Numbers of one example: per type, in order of first appearance, after any placeholder the log already
    had.
    """

    def __init__(self, taken: Iterable[tuple[str, int]]) -> None:
        """`taken`: label and number of the placeholders that stand in the example."""
        self._numbers: dict[tuple[str, bytes], int] = {}
        self._last: dict[str, int] = {}
        for name, number in taken:
            self._last[name] = max(number, self._last.get(name, 0))

    def placeholder(self, finding: Finding) -> str:
        """`[TYPE_n]` for a finding."""
        hard = next((kind for kind in HARD if (kind, finding.value) in self._numbers), finding.type)
        finding = finding._replace(type=hard)  # a tax number stays one where it is called a customer's
        name = label(finding.type)
        key = (finding.type, finding.value)
        if key not in self._numbers and (same := self._same_person(finding)):
            self._numbers[key] = same
        if key not in self._numbers:
            self._last[name] = self._numbers[key] = self._last.get(name, 0) + 1
        return f"[{name}_{self._numbers[key]}]"

    def _same_person(self, finding: Finding) -> int:
        """The number of the first person of whom this is the first or last name, or who is part of this; or
        0.
        """
        if finding.type != "person":
            return 0
        tokens = _tokens(finding.value)
        for (kind, value), number in self._numbers.items():
            if kind == "person" and (tokens <= _tokens(value) or _tokens(value) <= tokens):
                return number
        return 0

    def values(self) -> list[tuple[str, bytes]]:
        """Type and normalised value of everything that has a number."""
        return list(self._numbers)

    def digest(self, key: bytes) -> int:
        """Sum of keyed hashes of the distinct values: the same for the same set, in whatever order; never
        0.
        """
        total = sum(_hashed(kind, value, key) for kind, value in self._numbers)
        return total % 2**64 or 1


def _tokens(name: bytes) -> frozenset[bytes]:
    return frozenset(name.lower().replace(b",", b" ").split())


def _hashed(kind: str, value: bytes, key: bytes) -> int:
    digest = blake2b(kind.encode() + b"\0" + value, digest_size=8, key=key[:64], person=b"tuneset:redact")
    return int.from_bytes(digest.digest(), "little")
