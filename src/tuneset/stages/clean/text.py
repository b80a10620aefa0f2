"""Repairs of one text. Slow and exact: `repair.py` calls this only for the texts its gate lets through."""

import unicodedata
from collections.abc import Callable

from tuneset.core.later import later
from tuneset.core.spec import CleanSpec
from tuneset.stages.clean.mojibake import repaired_encoding

Step = tuple[str, Callable[[str], str]]

# Blocks of the Unicode character database. Scripts that join letters or stack vowels: Arabic to Myanmar,
# Khmer and Mongolian, Limbu to Lepcha, Syloti to Meetei, Arabic forms, Brahmic supplements, Adlam.
_JOINING = (
    "\u0600-\u109f\u1780-\u18af\u1900-\u1c4f\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefe"
    "\U00010a00-\U00010aff\U00011000-\U00011fff\U0001e900-\U0001e95f"
)
# Thai to Myanmar, Khmer, Tai scripts, Javanese: a zero-width space is where a line may break.
_SPACELESS = "\u0e00-\u109f\u1780-\u17ff\u1950-\u1aaf\ua980-\ua9df"
_EMOJI = "\u20e3\u2190-\u2bff\u3030\u303d\ufe0f\U0001f000-\U0001faff"
_RIGHT_TO_LEFT = later("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001eeff]")
_DIRECTION = later("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_INVISIBLE = later(
    "(\U0001f3f4[\U000e0020-\U000e007f]+)"  # the flag of England is a black flag and tag characters: kept
    "|[\U000e0000-\U000e007f]"
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2060\ufeff]"
    f"|(?<![{_SPACELESS}])\u200b(?![{_SPACELESS}])"
    f"|(?<![{_JOINING}])\u200c(?![{_JOINING}])"
    f"|(?<![{_JOINING}])\u200d(?![{_JOINING}{_EMOJI}])"
    f"|(?<![{_JOINING}{_EMOJI}])\u200d(?![{_JOINING}])"
)


def newlines(text: str) -> str:
    """Every line end as a single line feed."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def without_control_characters(text: str) -> str:
    """Without characters that nobody sees and no script needs; tabs and line feeds stay.

    Joiners stay inside emoji and next to letters of scripts that join, zero-width spaces in scripts without
    spaces, direction marks in a text that has letters written right to left.
    """
    if not _RIGHT_TO_LEFT.search(text):
        text = _DIRECTION.sub("", text)
    return _INVISIBLE.sub(r"\1", text)


def composed(text: str) -> str:
    """Unicode normal form C."""
    return unicodedata.normalize("NFC", text)


def steps(spec: CleanSpec) -> tuple[Step, ...]:
    """The repairs that a spec asks for, as (reason, function), in order.

    Mojibake comes before control characters, because half of its bytes look like some.
    """
    chosen: list[Step] = [("newlines", newlines)]
    if spec.mojibake:
        chosen.append(("mojibake", repaired_encoding))
    if spec.control_characters:
        chosen.append(("control-characters", without_control_characters))
    if spec.unicode == "NFC":
        chosen.append(("nfc", composed))
    return tuple(chosen)


def mended(text: str, *, todo: tuple[Step, ...]) -> tuple[str, frozenset[str]]:
    """The text after all repairs, repeated until nothing changes, and the reasons of those that did
    something.
    """
    reasons: set[str] = set()
    for _ in range(8):  # one repair may uncover work for another; each of them only shortens or composes
        before = text
        for reason, repair in todo:
            after = repair(text)
            if after != text:
                reasons.add(reason)
                text = after
        if text == before:
            break
    return text, frozenset(reasons)
