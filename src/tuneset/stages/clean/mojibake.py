"""Text that was decoded with the wrong encoding: where to look, and a careful repair by ftfy."""

import re
from collections.abc import Callable
from functools import cache, partial

from tuneset.core.later import later

# A lead byte of UTF-8 read as Latin-1 or Windows-1252, then as many continuation bytes as it announces. The
# characters of Windows-1252 above U+00FF stand for the bytes 80 to 9F.
_TAIL = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
PATTERN = f"[Â-ß][{_TAIL}]|[à-ï][{_TAIL}][{_TAIL}]|[ð-ô][{_TAIL}][{_TAIL}][{_TAIL}]|[\u0080-\u009f]"
"""Necessary for any repair made here; valid in RE2 and in Python. Few texts match it, most of them
rightly."""

_SUSPICIOUS = later(PATTERN)
_CODE = later(r"(```.*?(?:```|\Z)|`[^`\n]+`)", re.DOTALL)
_ABOUT_ENCODINGS = later(
    r"mojibake|encod|decod|charset|unicode|\butf-?8|\blatin-?1|\biso-?8859|\bcp-?125\d|windows-125\d",
    re.IGNORECASE,
)


def repaired_encoding(text: str) -> str:
    """The text with mojibake repaired, line by line.

    Left alone: code spans and blocks; texts that speak of encodings; texts that show a broken character
    beside its right form, because they are about the breakage. ftfy decides by its own measure of implausible
    sequences.
    """
    if not _SUSPICIOUS.search(text) or _ABOUT_ENCODINGS.search(text):
        return text
    pieces = _CODE.split(text)  # odd positions are code
    fixed = [piece if i % 2 else _prose(piece) for i, piece in enumerate(pieces)]
    return "".join(fixed) if not _shows_both(pieces, fixed) else text


def _prose(piece: str) -> str:
    lines = piece.split("\n")
    return "\n".join(_line(line) if _SUSPICIOUS.search(line) else line for line in lines)


def _line(line: str) -> str:
    # ftfy's measure needs a few characters around; what it decodes to must not be worse than what was there.
    fixed = _repair()(line)
    return line if "\ufffd" in fixed and "\ufffd" not in line and "ï¿½" not in line else fixed


@cache
def _repair() -> Callable[[str], str]:
    """Ftfy's repair of encodings, and nothing else of it; loaded with the first broken text."""
    from ftfy import TextFixerConfig, fix_encoding

    config = TextFixerConfig(
        unescape_html=False,
        remove_terminal_escapes=False,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        remove_control_chars=False,
        normalization=None,
        explain=False,
    )
    return partial(fix_encoding, config=config)


def _shows_both(before: list[str], after: list[str]) -> bool:
    """Does a letter that the repair brings in stand in the broken text already?"""
    old, new = "".join(before), "".join(after)
    letters = {c for c in new if c.isalpha() and not c.isascii()}
    return any(new.count(c) > old.count(c) > 0 for c in letters)
