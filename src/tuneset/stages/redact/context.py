"""Boundaries and words around a candidate that several detectors ask for. Texts are UTF-8 bytes."""

import re
from dataclasses import dataclass

from tuneset.core.later import later
from tuneset.stages.redact.finding import Finding

BEFORE_BYTES = 64
"""How far to the left of a candidate a detector may look."""
AFTER_BYTES = 48
"""How far to the right of a window a candidate may reach or a detector may look."""
SECRET_BYTES = 320
"""How far a secret may reach beyond the keyword that announces it."""

BLANK = rb"(?:[ ]|\xc2\xa0|\xe2\x80[\x87\x89\xaf])"
"""One space: ordinary, no-break, figure, thin or narrow no-break (assistants like to write these)."""
DASH = rb"(?:-|\xe2\x80[\x90-\x95])"
"""One hyphen or dash, U+2010 to U+2015 included."""
JOINT = rb"(?:[ .\-/]|\xc2\xa0|\xe2\x80[\x87\x89\x90-\x95\xaf])"
"""What stands between the digit groups of one number."""
LEFT = rb"(?<![0-9A-Za-z_])"
RIGHT = rb"(?![0-9A-Za-z_])"

_NOT_DIGIT = later(rb"[^0-9]+")
_NOT_ALNUM = later(rb"[^0-9A-Za-z]+")


def digits(text: bytes) -> bytes:
    """Only the digits."""
    return _NOT_DIGIT.sub(b"", text)


def compact(text: bytes) -> bytes:
    """Only letters and digits, upper case."""
    return _NOT_ALNUM.sub(b"", text).upper()


def before(text: bytes, at: int) -> bytes:
    """The bytes to the left of a candidate, lower case (ASCII)."""
    return text[max(0, at - BEFORE_BYTES) : at].lower()


def after(text: bytes, at: int) -> bytes:
    """The bytes to the right of a candidate, lower case (ASCII)."""
    return text[at : at + AFTER_BYTES // 2].lower()


def words(*alternatives: str) -> re.Pattern[bytes]:
    """Any of these words: not inside a longer ASCII word, but snake_case keys count; a blank in a word may be
    an underscore, a hyphen or nothing.
    """
    joined = re.sub(r" \??", "[ _-]?", "|".join(alternatives)).encode()
    return later(rb"(?<![a-z])(?:" + joined + rb")(?![a-z])")


@dataclass(frozen=True)
class Around:
    """The characters around a cue: `text[low:]` of the bytes, decoded."""

    text: str
    low: int
    cue: int
    """Where the cue begins, in characters."""

    @staticmethod
    def of(text: bytes, start: int, stop: int, *, ahead: int = 64, behind: int = 120) -> "Around":
        """The cue `text[start:stop]` with what stands before and after it; no character is cut."""
        low, high = max(0, start - ahead), min(len(text), stop + behind)
        while low and text[low] & 0xC0 == 0x80:
            low -= 1
        while high < len(text) and text[high] & 0xC0 == 0x80:
            high += 1
        before = text[low:start].decode()
        return Around(before + text[start:high].decode(), low, len(before))

    def finding(self, start: int, stop: int, kind: str, value: str | None = None) -> Finding:
        """The finding at two places in characters; its value is what stands there unless another is given."""
        begin = self.low + len(self.text[:start].encode())
        found = self.text[start:stop]
        return Finding(begin, begin + len(found.encode()), kind, (value or found).encode())
