"""What stands in place of an identifier: `[EMAIL_1]`, the same number for the same value throughout an
example.

Where a type gets realistic surrogates, a *token* that looks like a placeholder stands for each form in which
a value was written, until everything has been found; then `Numbering.tokens` says what becomes of each.
"""

from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import NamedTuple

from tuneset.stages.redact.custom import label
from tuneset.stages.redact.finding import HARD, Finding

_ANY_CASE = frozenset({"person", "username", "address", "place", "organisation"})
"""Types whose values count as one whatever their case: a capital must not part two messages."""
_FORMS = 100_000
"""A token's number is that of its value plus so many for each form before it."""


class Token(NamedTuple):
    """What a token stands for."""

    placeholder: str
    type: str
    value: bytes
    written: str
    is_number: bool
    """Was it a number in JSON? Then its surrogate is one."""


class Numbering:
    """Numbers of one example: per type, in order of first appearance, after any placeholder the log already
    had; or, if asked, numbers that the value alone decides.
    """

    def __init__(
        self,
        taken: Iterable[tuple[str, int]],
        *,
        realistic: Callable[[str], bool] = lambda _: False,
        fixed: Callable[[str, bytes], int] | None = None,
    ) -> None:
        """`taken`: label and number of the placeholders that stand in the example; `realistic`: does a type
        get tokens? `fixed`: the number of a value; two values of an example with one number count on.
        """
        self._numbers: dict[tuple[str, bytes], int] = {}
        self._last: dict[str, int] = {}
        self._taken = set(taken)
        self._realistic, self._fixed = realistic, fixed
        self._tokens: dict[tuple[str, bytes, str, bool], str] = {}
        self.tokens: dict[str, Token] = {}
        """What each token that was handed out stands for."""
        for name, number in self._taken:
            self._last[name] = max(number, self._last.get(name, 0))

    def placeholder(self, finding: Finding, written: str = "", *, is_number: bool = False) -> str:
        """`[TYPE_n]` for a finding; or a token, for the form in which it was `written`."""
        hard = next((kind for kind in HARD if (kind, finding.value) in self._numbers), finding.type)
        finding = finding._replace(type=hard)  # a tax number stays one where it is called a customer's
        name = label(finding.type)
        key = (finding.type, finding.value)
        if key not in self._numbers and (same := self._same_person(finding)):
            self._numbers[key] = same
        if key not in self._numbers:
            self._numbers[key] = self._next(name, finding)
        placeholder = f"[{name}_{self._numbers[key]}]"
        if not self._realistic(finding.type):
            return placeholder
        return self._token(placeholder, (finding.type, finding.value, written, is_number))

    def _next(self, name: str, finding: Finding) -> int:
        if self._fixed is None:
            self._last[name] = self._last.get(name, 0) + 1
            return self._last[name]
        number = self._fixed(finding.type, finding.value)
        while (name, number) in self._taken:
            number += 1
        self._taken.add((name, number))
        return number

    def _token(self, placeholder: str, form: tuple[str, bytes, str, bool]) -> str:
        if form not in self._tokens:
            name, number = label(form[0]), self._numbers[form[0], form[1]] + _FORMS
            while (name, number) in self._taken or f"[{name}_{number}]" in self.tokens:
                number += _FORMS
            self._tokens[form] = f"[{name}_{number}]"
            self.tokens[self._tokens[form]] = Token(placeholder, *form)
        return self._tokens[form]

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
        """Sum of keyed hashes of the distinct values: the same for the same set, in whatever order, names in
        whatever case; never 0.
        """
        values = {(kind, _folded(kind, value)) for kind, value in self._numbers}
        total = sum(_hashed(kind, value, key) for kind, value in values)
        return total % 2**64 or 1


def _folded(kind: str, value: bytes) -> bytes:
    return value.decode().lower().encode() if kind in _ANY_CASE else value


def _tokens(name: bytes) -> frozenset[bytes]:
    return frozenset(name.decode().lower().encode().replace(b",", b" ").split())


def _hashed(kind: str, value: bytes, key: bytes) -> int:
    digest = blake2b(kind.encode() + b"\0" + value, digest_size=8, key=key[:64], person=b"tuneset:redact")
    return int.from_bytes(digest.digest(), "little")
