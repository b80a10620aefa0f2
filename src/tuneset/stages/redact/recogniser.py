"""The entity recogniser of a packaged spaCy pipeline: its words remembered, its sentences taken together.

The weights are those of the installed package, and so is the tokeniser; what runs them is
`kernels.entities`. What stands between blanks is tokenised once and a word embedded once, so a sentence costs
little more than the products of its words. The entities are those that spaCy itself finds, up to ties of
floating point.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from tuneset.core.later import later
from tuneset.kernels import entities as kernel

_PIECE = later(r"(?:(?<=\S) )?+(\s+|\S+)")
"""What the tokeniser looks at by itself: what stands between white space; white space but for one blank."""
_SEEN = ["NORM", "PREFIX", "SUFFIX", "SHAPE"]
_AT_ONCE = 2048
"""Sentences that are taken together."""
_MOST_PIECES = 50_000
"""Pieces that are remembered before all are forgotten: they and their words take some 50 MB."""
_KINDS = {"B": kernel.BEGIN, "I": kernel.INSIDE, "L": kernel.LAST, "U": kernel.UNIT, "O": kernel.OUT}


class Entity(NamedTuple):
    """`sentence[start:stop]` is one of `label`."""

    start: int
    stop: int
    label: str


class Recogniser:
    """Finds entities in sentences. What it remembers changes its speed only."""

    def __init__(self, pipeline: Any) -> None:  # noqa: ANN401 - spaCy and its types are optional
        """`pipeline`: its `ner` is made as in spaCy's small English one, with an embedding of its own."""
        ner = pipeline.get_pipe("ner")
        self._pipeline = pipeline
        self._tables = _nodes(ner.model, "hashembed")
        self._mix, self._mixed, self._layers = _layers(ner.model)
        moves = [ner.moves.get_class_name(move) for move in range(ner.moves.n_moves)]
        self._labels = sorted({move[2:] for move in moves})
        self._walk = _walk(ner.model, moves, self._labels)
        self._forget()

    def find(self, sentences: Sequence[str]) -> Iterator[list[Entity]]:
        """The entities of each sentence, in order."""
        for start in range(0, len(sentences), _AT_ONCE):
            if len(self._pieces) > _MOST_PIECES:
                self._forget()
            with self._pipeline.memory_zone():  # spaCy remembers every string it has seen, unless told not to
                found = self._found(sentences[start : start + _AT_ONCE])
            yield from found

    def _found(self, sentences: Sequence[str]) -> list[list[Entity]]:
        words, bounds = list[int](), [0]
        for sentence in sentences:
            for piece in _PIECE.findall(sentence):
                words += self._pieces.get(piece) or self._learn(piece)
            bounds.append(len(words))
        self._embed()
        found = kernel.entities(
            self._vectors,
            np.array(words, np.int64),
            np.array(bounds, np.int64),
            np.array(self._blank, np.bool_),
            layers=self._layers,
            walk=self._walk,
        )
        return self._told(sentences, np.array(bounds, np.int64), found)

    def _told(self, sentences: Sequence[str], bounds: np.ndarray, found: np.ndarray) -> list[list[Entity]]:
        """The entities as places in their sentences."""
        told: list[list[Entity]] = [[] for _ in sentences]
        owners = np.searchsorted(bounds, found[:, 0], side="right") - 1
        first, last = found[:, 0] - bounds[owners], found[:, 1] - bounds[owners] - 1
        places: dict[int, list[tuple[int, int]]] = {}
        rows: list[list[int]] = np.column_stack([owners, first, last, found[:, 2]]).tolist()
        for owner, a, b, label in rows:
            if owner not in places:
                places[owner] = list(self._places_in(sentences[owner]))
            told[owner].append(Entity(places[owner][a][0], places[owner][b][1], self._labels[label]))
        return told

    def _places_in(self, sentence: str) -> Iterator[tuple[int, int]]:
        for match in _PIECE.finditer(sentence):
            for start, stop in self._places[match[1]]:
                yield match.start(1) + start, match.start(1) + stop

    def _forget(self) -> None:
        self._pieces: dict[str, list[int]] = {}
        self._places: dict[str, list[tuple[int, int]]] = {}
        self._words: dict[tuple[int, ...], int] = {}
        self._blank: list[bool] = []
        self._vectors = np.empty((1024, len(self._mixed.gain)), np.float32)
        self._embedded = 0

    def _learn(self, piece: str) -> list[int]:
        """The words of a piece, from now on known."""
        tokens = self._pipeline.tokenizer(piece)
        seen = tokens.to_array([*_SEEN, "IS_SPACE", "IDX", "LENGTH"]).tolist()
        self._places[piece] = [(start, start + length) for *_, start, length in seen]
        self._pieces[piece] = [self._word(tuple(row[: len(_SEEN) + 1])) for row in seen]
        return self._pieces[piece]

    def _word(self, seen: tuple[int, ...]) -> int:
        if seen not in self._words:
            self._words[seen] = len(self._blank)
            self._blank.append(bool(seen[-1]))
        return self._words[seen]

    def _embed(self) -> None:
        """Makes the vectors of the words that are new."""
        known = len(self._blank)
        if known == self._embedded:
            return
        if known > len(self._vectors):
            room = np.empty((2 * known, self._vectors.shape[1]), np.float32)
            room[: self._embedded] = self._vectors[: self._embedded]
            self._vectors = room
        fresh = np.array(list(self._words)[self._embedded :], np.uint64)
        parts = [table.predict(fresh[:, column]) for column, table in enumerate(self._tables)]
        self._vectors[self._embedded : known] = kernel.embedded(
            np.concatenate(parts, axis=1), self._mix, self._mixed
        )
        self._embedded = known


def _nodes(network: Any, name: str) -> list[Any]:  # noqa: ANN401
    return [node for node in network.walk() if node.name == name]


def _layers(network: Any) -> tuple[np.ndarray, kernel.Layer, tuple[kernel.Layer, ...]]:  # noqa: ANN401
    """What mixes the parts of a word (`float32[d, 3 * w]`, and a layer without neighbours), and the layers.

    A window layer has weights `[w, 3, 3 * w]`: unit, piece, and the word before, at hand and after.
    """
    made = list[kernel.Layer]()
    mix = np.empty(0, np.float32)
    for maxout, norm in zip(_nodes(network, "maxout"), _nodes(network, "layernorm"), strict=True):
        weights = maxout.get_param("W").transpose(1, 0, 2)
        width = weights.shape[1]
        across = weights.reshape(kernel.PIECES * width, -1).T
        if made:
            across = np.concatenate(np.split(across, 3), axis=1)
        else:
            mix = _plain(across)
        bias = maxout.get_param("b").T.reshape(-1)
        made.append(kernel.Layer(*map(_plain, (across, bias, norm.get_param("G"), norm.get_param("b")))))
    return mix, made[0], tuple(made[1:])


def _walk(network: Any, moves: Sequence[str], labels: Sequence[str]) -> kernel.Walk:  # noqa: ANN401
    """The last linear layer of the words is taken together with what they give to a state."""
    narrow, lower, upper = (network.get_ref(name) for name in ("tok2vec", "lower", "upper"))
    narrow = narrow.layers[-1]
    by_piece = lower.get_param("W").transpose(0, 2, 1, 3)  # role, piece, unit, input
    across = by_piece.reshape(-1, by_piece.shape[-1]).T.astype(np.float64)
    return kernel.Walk(
        across=_plain(narrow.get_param("W").T.astype(np.float64) @ across),
        bias=_plain(narrow.get_param("b").astype(np.float64) @ across),
        missing=_plain(lower.get_param("pad")[0].transpose(0, 2, 1).reshape(-1)),
        hidden=_plain(lower.get_param("b").T.reshape(-1)),
        scores=_plain(upper.get_param("W").T),
        score_bias=_plain(upper.get_param("b")),
        kinds=np.array([_KINDS[move[0]] if move != "U-" else kernel.NEVER for move in moves]),
        labels=np.array([labels.index(move[2:]) for move in moves]),
    )


def _plain(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array, np.float32)
