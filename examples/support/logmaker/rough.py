"""How people really type: small letters, typos, emoji, other spacing and punctuation."""

import re
from random import Random

_WORD = re.compile(r"\b[a-z]{5,}\b")
_FILLERS = ("really", "please", "just", "also", "actually", "simply", "honestly")


def typo(text: str, rng: Random) -> str:
    """The text with one slip in a word of five small letters or more; unchanged if there is none.

    Capitalised words are spared: another spelling of a name may be another name.
    """
    words = list(_WORD.finditer(text))
    if not words:
        return text
    match = rng.choice(words)
    return text[: match.start()] + _slip(match.group(), rng) + text[match.end() :]


def _slip(word: str, rng: Random) -> str:
    at = rng.randrange(1, len(word) - 2)
    kind = rng.randrange(3)
    if kind == 0 and word[at] != word[at + 1]:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at] + word[at:]
    return word[:at] + word[at + 1 :]


def filler(text: str, rng: Random) -> str:
    """The text with one filler word more, never the first or the last word."""
    words = text.split(" ")
    at = rng.randrange(1, len(words))
    return " ".join([*words[:at], rng.choice(_FILLERS), *words[at:]])


def respaced(text: str, rng: Random) -> str:
    """Other white space between the same words."""
    words = text.split(" ")
    at = rng.randrange(1, len(words))
    return "  ".join([" ".join(words[:at]), " ".join(words[at:])]) + rng.choice((" ", "\n", "  "))


def repunctuated(text: str, rng: Random) -> str:
    """Other sentence marks and no commas between words; separators inside numbers stay."""
    text = re.sub(r"(?<=[^\W\d]),(?= )", "", text)
    mark = rng.choice((" !", "...", "!!"))
    return re.sub(r"(?<=[^\W\d])[.!](?=\s|$)", mark, text)


def recased(text: str, rng: Random) -> str:
    """All small or all capital letters."""
    changed = text.upper() if text != text.upper() and rng.random() < 0.4 else text.lower()
    return changed if changed != text else text.upper()


def shingles(text: str, size: int = 5) -> set[tuple[str, ...]]:
    """Word n-grams, for telling how near two texts are."""
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[i : i + size]) for i in range(max(1, len(words) - size + 1))}


def jaccard(one: str, two: str) -> float:
    """Share of common word 5-grams, 0..1."""
    left, right = shingles(one), shingles(two)
    return len(left & right) / len(left | right)
