"""People that a model calls otherwise or overlooks: by their given names, and in small letters."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from tuneset.core.later import later
from tuneset.stages.redact.folded import STOP
from tuneset.stages.redact.given import is_given
from tuneset.stages.redact.names import NOT_NAMES
from tuneset.stages.redact.person import name_at

_WORD = later(r"(?<![\w@#/\\])[^\W\d_]+(?:-[^\W\d_]+)*(?![\w@/])")
_BEFORE = later(r"(?<!\w)([^\W\d_]+)\.? $")
_SAINT = later(r"(?i:(?<!\w)(?:san|santa|santo|s\u00e3o|saint|st\.?|los|las|el|fort|port|mount|lake) )$")
_THING = later(
    r"(?i:&|(?<!\w)(?:inc|ltd|llc|llp|plc|corp|co|gmbh|ag|sa|group|company|bank|brothers|bros|sons|partners|associates|foundation"
    r"|institute|university|college|school|academy|hospital|clinic|hotel|inn|restaurant|cafe|grill|bar|pub|kitchen|bakery|diner|pizza|theat(?:er|re)"
    r"|museum|church|cathedral|airport|station|stadium|arena|park|garden|gardens|square|plaza|street|st|road|rd|avenue|ave|drive|lane|boulevard|blvd"
    r"|court|bridge|island|beach|bay|lake|river|valley|county|city|town|village|hill|hills|heights|award|awards|cup|prize|show|day)(?!\w))"
)
_MOST = 3
_TOLD = later(
    r"(?<![^\W_])(?:this is|i am|i['\u2019]?m|it['\u2019]?s|name is|name of|names?|named|called)"
    r"(?: (?:mr|mrs|ms|dr)\.?)? (?=([^\W\d_]{3,})(?: ([^\W\d_]+))?(?: ([^\W\d_]+))?)"
)
"""What comes before a name that somebody tells, and up to three words behind it."""
_BARE = later(r"([^\W\d_]{3,})(?: ([^\W\d_]+))?(?: ([^\W\d_]+))?[.!]?")
"""Nothing but a few words."""
_NO_NAME = later(r"\w(?:ing|ed|ly)$|^(?:set|flexible|perfect|unsure|pretty|somewhat|suppose)$")
_SHORTEST_SMALL = 4
"""Letters of a name in small letters: shorter ones are words of some language."""


def is_person(said: str) -> bool:
    """Does it begin with a given name, and say of no thing that it is called so?"""
    words = said.split()
    return bool(words) and len(words) <= _MOST and is_given(words[0]) and not _THING.search(said)


def overlooked(sentence: str, *, but: Sequence[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """(start, stop, "person") of the given names outside the names that are known, with what is capitalised
    behind.
    """
    reached = 0
    for match in _WORD.finditer(sentence):
        start, stop = match.span()
        if start < reached or not is_given(match[0]) or any(a < stop and start < b for a, b, _ in but):
            continue
        if not _stands_for_itself(sentence, match):
            continue
        reached = stop
        if sentence[stop : stop + 2] not in ("'s", "\u2019s"):
            whole, tokens = name_at(sentence, start)
            reached = min([a for a, _, _ in but if start < a < whole], default=whole) if tokens else stop
        if not _THING.search(sentence, start, reached):
            yield start, len(sentence[:reached].rstrip()), "person"


def _stands_for_itself(sentence: str, match: re.Match[str]) -> bool:
    """In small letters a name is long enough; else it is no part of what a capitalised word begins (`Camino
    Ramon`, `San Mateo`), unless that one only begins the sentence.
    """
    word, before = match[0], sentence[max(0, match.start() - 24) : match.start()]
    if word.islower():
        return len(word) >= _SHORTEST_SMALL and not _SAINT.search(before)
    if not (word.istitle() or word.isupper()) or _SAINT.search(before):
        return False
    bigger = _BEFORE.search(before)
    if not bigger or not bigger[1][0].isupper() or bigger[1].lower() in NOT_NAMES:
        return True
    return match.start() == bigger.end() - bigger.start(1)  # the first word of the sentence


def capitalised(sentence: str, *, alone: bool) -> tuple[str, list[tuple[int, int]]]:
    """A sentence in small letters with capitals where it may tell a name, and the places of these words: a
    model of written English knows a name by its capital. No places if there is none.

    `alone`: is it a whole text, such as the answer to the question for a name?
    """
    if not sentence.islower():
        return sentence, []
    places = [
        place
        for match in _TOLD.finditer(sentence)
        for place in takewhile(lambda place: _may_be_name(sentence[place[0] : place[1]]), _words(match))
    ]
    bare = _BARE.fullmatch(sentence) if alone else None
    if bare and all(_may_be_name(sentence[start:stop]) for start, stop in _words(bare)):
        places = _words(bare)
    letters = list(sentence)
    for start, _ in places:
        capital = letters[start].upper()
        letters[start] = capital if len(capital) == 1 else letters[start]
    return "".join(letters), places


def _words(match: re.Match[str]) -> list[tuple[int, int]]:
    return [match.span(group) for group in range(1, _MOST + 1) if match[group]]


def _may_be_name(word: str) -> bool:
    return word not in STOP and word not in NOT_NAMES and (not _NO_NAME.search(word) or is_given(word))
