"""The recogniser's pass over sentences against a slow twin that pads with zeros and takes word by word."""

import numpy as np
import pytest

from tuneset.kernels import entities as kernel

WIDTH, UNITS, LABELS = 8, 8, ["PERSON", "PLACE"]
MOVES = [
    *((kind, label) for kind in range(4) for label in range(len(LABELS))),
    (kernel.NEVER, 0),
    (kernel.OUT, 0),
]
FAR = 4
"""Empty words beyond both ends: more than a word sees through four layers."""


def network(chance: np.random.Generator) -> tuple[tuple[kernel.Layer, ...], kernel.Walk]:
    def drawn(*shape: int) -> np.ndarray:
        return chance.standard_normal(shape).astype(np.float32)

    layers = tuple(
        kernel.Layer(drawn(WIDTH, 9 * WIDTH), drawn(3 * WIDTH), drawn(WIDTH), drawn(WIDTH)) for _ in range(4)
    )
    walk = kernel.Walk(
        across=drawn(WIDTH, 6 * UNITS),
        bias=drawn(6 * UNITS),
        missing=drawn(6 * UNITS),
        hidden=drawn(2 * UNITS),
        scores=drawn(UNITS, len(MOVES)),
        score_bias=drawn(len(MOVES)),
        kinds=np.array([kind for kind, _ in MOVES]),
        labels=np.array([label for _, label in MOVES]),
    )
    return layers, walk


def slow(
    vectors: np.ndarray,
    words: list[int],
    blank: np.ndarray,
    layers: tuple[kernel.Layer, ...],
    walk: kernel.Walk,
) -> list[list[int]]:
    """The entities of one sentence."""
    rows = [np.zeros(WIDTH)] * FAR + [vectors[word].astype(float) for word in words] + [np.zeros(WIDTH)] * FAR
    for layer in layers:
        edged = [np.zeros(WIDTH), *rows, np.zeros(WIDTH)]
        rows = [edged[i + 1] + window(edged[i : i + 3], layer) for i in range(len(rows))]
    states = [row @ walk.across + walk.bias for row in rows[FAR : len(rows) - FAR]]
    return walked(states, [bool(blank[word]) for word in words], walk)


def window(three: list[np.ndarray], layer: kernel.Layer) -> np.ndarray:
    """A layer gives what a word gives to the next word first: the word before is `three[0]`."""
    blocks = np.split(layer.across.astype(float), 3, axis=1)
    units = sum(row @ block for row, block in zip(three, blocks, strict=True)) + layer.bias
    most = units.reshape(3, WIDTH).max(axis=0)
    return (most - most.mean()) / np.sqrt(most.var() + 1e-8) * layer.gain + layer.shift


def walked(states: list[np.ndarray], blank: list[bool], walk: kernel.Walk) -> list[list[int]]:
    found, first, label = [], None, None
    for at in range(len(states)):
        roles = [at, first, at - 1 if first is not None else None]
        parts = [
            (walk.missing if role is None else states[role]).reshape(3, -1)[i] for i, role in enumerate(roles)
        ]
        hidden = (sum(parts) + walk.hidden).reshape(2, UNITS).max(axis=0)
        scores = hidden @ walk.scores + walk.score_bias
        final = at + 1 == len(states)
        allowed = []
        for move, (kind, of) in enumerate(MOVES):
            if first is None:
                fits = kind == kernel.OUT or (
                    not blank[at] and (kind == kernel.UNIT or (kind == kernel.BEGIN and not final))
                )
            else:
                fits = of == label and (kind == kernel.LAST or (kind == kernel.INSIDE and not final))
            if fits:
                allowed.append(move)
        kind, of = MOVES[max(allowed, key=lambda move: scores[move])]
        if kind == kernel.BEGIN:
            first, label = at, of
        elif kind == kernel.UNIT:
            found.append([at, at + 1, of])
        elif kind == kernel.LAST:
            found.append([first, at + 1, of])
            first = None
    return found


def drawn_sentences(chance: np.random.Generator, count: int, words: int) -> list[list[int]]:
    return [chance.integers(0, words, chance.integers(0, 14)).tolist() for _ in range(count)]


def run(
    sentences: list[list[int]], vectors: np.ndarray, blank: np.ndarray, net: tuple
) -> list[list[list[int]]]:
    bounds = np.cumsum([0, *map(len, sentences)])
    words = np.array([word for sentence in sentences for word in sentence], np.int64)
    found = kernel.entities(vectors, words, bounds, blank, layers=net[0], walk=net[1])
    return [
        [[a - low, b - low, label] for a, b, label in found.tolist() if low <= a < high]
        for low, high in zip(bounds.tolist(), bounds[1:].tolist(), strict=False)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_entities_are_those_of_the_slow_twin(seed: int) -> None:
    chance = np.random.default_rng(seed)
    net, vectors = network(chance), chance.standard_normal((40, WIDTH)).astype(np.float32)
    blank, sentences = chance.random(40) < 0.1, drawn_sentences(chance, 120, 40)
    expected = [slow(vectors, sentence, blank, *net) for sentence in sentences]
    assert run(sentences, vectors, blank, net) == expected
    assert len({label for found in expected for _, _, label in found}) == len(LABELS)
    assert any(b - a > 2 for found in expected for a, b, _ in found)


def test_a_sentence_has_the_same_entities_in_any_company() -> None:
    chance = np.random.default_rng(9)
    net, vectors = network(chance), chance.standard_normal((40, WIDTH)).astype(np.float32)
    blank, sentences = np.zeros(40, np.bool_), drawn_sentences(chance, 300, 40)
    together = run(sentences, vectors, blank, net)
    assert [run([sentence], vectors, blank, net)[0] for sentence in sentences[:60]] == together[:60]
    assert run(sentences[::-1], vectors, blank, net) == together[::-1]


def test_no_sentences_have_no_entities() -> None:
    net = network(np.random.default_rng(1))
    assert run([], np.zeros((1, WIDTH), np.float32), np.zeros(1, np.bool_), net) == []


def test_words_are_mixed_by_maxout_and_normalisation() -> None:
    chance = np.random.default_rng(3)
    layer = network(chance)[0][0]
    parts, across = (chance.standard_normal(shape).astype(np.float32) for shape in ((5, 16), (16, 3 * WIDTH)))
    most = (parts.astype(float) @ across + layer.bias).reshape(5, 3, WIDTH).max(axis=1)
    scaled = (most - most.mean(axis=1, keepdims=True)) / np.sqrt(most.var(axis=1, keepdims=True) + 1e-8)
    made = kernel.embedded(parts, across, layer)
    np.testing.assert_allclose(made, scaled * layer.gain + layer.shift, rtol=1e-4, atol=1e-4)
