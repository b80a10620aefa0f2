"""Chance that is none: numbers drawn from the project's secret and what they are drawn for."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import TypeVar

_T = TypeVar("_T")
_SMALL, _LARGE, _DIGITS = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
_HEX = frozenset("0123456789abcdefABCDEF")


class Draw:
    """A stream of numbers: the same for the same secret and the same words, unknowable without the secret."""

    def __init__(self, key: bytes, *words: bytes) -> None:
        """`words`: what is drawn for. Each counts with its length, so that no two lists run into one."""
        self._key = key[:64]
        self._seed = b"".join(len(word).to_bytes(4, "big") + word for word in words)

    @cached_property
    def _numbers(self) -> Iterator[int]:
        def stream() -> Iterator[int]:
            block = 0
            while True:
                made = blake2b(
                    self._seed + block.to_bytes(4, "big"), key=self._key, person=b"tuneset:redraw"
                ).digest()
                yield from (int.from_bytes(made[at : at + 8], "big") for at in range(0, 64, 8))
                block += 1

        return stream()

    def below(self, bound: int) -> int:
        """A number from 0 to `bound - 1`."""
        return next(self._numbers) % bound

    def one_of(self, some: Sequence[_T]) -> _T:
        """One of several."""
        return some[self.below(len(some))]

    def digits(self, count: int) -> str:
        """So many digits."""
        return "".join(self.one_of(_DIGITS) for _ in range(count))


def shaped(text: str, draw: Draw, *, keep: int = 0) -> str:
    """Other letters and digits in the places and cases of those of `text`, from character `keep` on.

    Zeros at the beginning of a run of digits stay zeros and others do not become any, so that numbers stay
    numbers of that size. Where all letters and digits are hexadecimal, so are the new ones. Signs that JSON
    would have to escape become hyphens, letters beyond ASCII plain ones.
    """
    signs = [sign for sign in text[keep:] if sign.isalnum()]
    is_hex = len(signs) >= 8 and _HEX.issuperset(signs) and any(sign.isalpha() for sign in signs)
    small, large = (_SMALL[:6], _LARGE[:6]) if is_hex else (_SMALL, _LARGE)
    made, before = [text[:keep]], text[keep - 1 : keep]
    for sign in text[keep:]:
        made.append(_other(sign, draw, small=small, large=large, leads=not before.isdigit()))
        before = sign
    return "".join(made)


def _other(sign: str, draw: Draw, *, small: str, large: str, leads: bool) -> str:
    if sign.isdigit():
        if not leads:
            return draw.one_of(_DIGITS)
        return "0" if sign == "0" else draw.one_of(_DIGITS[1:])
    if sign.isalpha():
        return draw.one_of(large if sign.isupper() else small)
    return "-" if sign in '"\\' else sign


def placed(signs: str, like: str, *, fits: Callable[[str], bool] = str.isalnum) -> str | None:
    """`signs` in the places of those characters of `like` that fit, in their case; None if the counts
    differ.
    """
    if sum(map(fits, like)) != len(signs):
        return None
    new = iter(signs)
    return "".join(_cased(next(new), sign) if fits(sign) else sign for sign in like)


def _cased(sign: str, like: str) -> str:
    return sign.lower() if like.islower() else sign.upper() if like.isupper() else sign
