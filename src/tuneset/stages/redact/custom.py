"""Patterns of the spec.

What it finds: what a tenant's own regular expression matches, and nothing else.
Example: `{name: booking, pattern: "BK-[0-9]{6}"}` gives `[BOOKING_1]`.
Known gaps: RE2 has no look-around and no back references; the spec is refused if a pattern needs them.

RE2 runs in time linear in the text, so no pattern and no log can make a build hang. It is reached through
pyarrow, which replaces but does not say where: each match is wrapped in two marks that no text holds, and
the marks are read back.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.errors import SpecError
from tuneset.core.spec import CustomPattern
from tuneset.stages.redact.finding import Finding

_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
"""Unicode noncharacters: reserved for use inside a program, never for interchange (Unicode 15, §23.7)."""
_MARKS = f"[{_OPEN}{_CLOSE}]"


@cache
def label(name: str) -> str:
    """The word in the placeholder: `booking-no` gives `BOOKING_NO`."""
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")


class Custom:
    """One pattern, compiled by RE2."""

    def __init__(self, pattern: CustomPattern) -> None:
        """Raises `SpecError` when RE2 does not take the pattern."""
        self.type = pattern.name
        self._pattern = pattern.pattern
        try:
            self.screen(pa.array([""], pa.large_string()))
        except pa.ArrowInvalid:
            raise SpecError(
                f"`redact.custom`: the pattern of `{pattern.name}` is not RE2",
                fix="RE2 has no look-around and no back references; match the identifier itself",
            ) from None

    def screen(self, texts: pa.Array) -> np.ndarray:
        """`bool[n]`: does the pattern match anywhere? Nulls do not."""
        hits = pc.match_substring_regex(texts, self._pattern)
        return pc.fill_null(hits, False).to_numpy(zero_copy_only=False)

    def find(self, texts: Sequence[bytes]) -> Iterator[tuple[int, list[Finding]]]:
        """(place, findings) of each text in which something matches."""
        strings = pa.array([text.decode() for text in texts], pa.large_string())
        places = np.flatnonzero(self.screen(strings))
        held = pc.replace_substring_regex(strings.take(pa.array(places)), _MARKS, " " * len(_OPEN.encode()))
        marked = pc.replace_substring_regex(held, f"({self._pattern})", f"{_OPEN}\\1{_CLOSE}")
        for place, text in zip(places.tolist(), marked.to_pylist(), strict=True):
            yield place, list(self._read(text))

    def _read(self, text: str) -> Iterator[Finding]:
        at = 0
        for piece in text.split(_OPEN)[:1]:
            at = len(piece.encode())
        for piece in text.split(_OPEN)[1:]:
            match, _, rest = piece.partition(_CLOSE)
            value = match.encode()
            if value:
                yield Finding(at, at + len(value), self.type, value)
            at += len(value) + len(rest.encode())
