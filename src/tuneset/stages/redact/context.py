"""Boundaries and words around a candidate that several detectors ask for. Texts are UTF-8 bytes."""

import re

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

_NOT_DIGIT = re.compile(rb"[^0-9]+")
_NOT_ALNUM = re.compile(rb"[^0-9A-Za-z]+")


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
    return re.compile(rb"(?<![a-z])(?:" + joined + rb")(?![a-z])")
