"""One kind of number in the tables of `national` and `countries`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

Check = Callable[[bytes], bool]

ANY = ("tax id", "tax number", "tax no", "national id", "government id", "personal (?:id|number|code)")
"""Keys and words that announce the number of any country; only for numbers with a check of their own."""


@dataclass(frozen=True)
class Id:
    """One kind of number: what it looks like, how it is checked, and by which words it is announced."""

    name: str
    pattern: bytes
    check: Check
    near: re.Pattern[bytes] | None = None
    """Words of which one must stand near by; none needed if absent."""
    shape: bytes = b""
    """Sizes of its groups of digits (9 for nine and more), where it is written in groups."""
    type: str = "government_id"


def stdnum(module: str) -> Check:
    """The check of one python-stdnum module, imported when first asked."""

    def check(number: bytes) -> bool:
        return bool(import_module(f"stdnum.{module}").is_valid(number.decode()))

    return check
