"""An entity recogniser's pass over many sentences at once: vectors of words in, spans out.

The network is the one that spaCy's small pipelines use: window layers of three words (maxout, layer
normalisation, residual), then a greedy walk that begins, continues and closes entities, scored from the
word at hand, the first word of the open entity and the one before. What a layer makes of a word is the sum
of what its two neighbours and itself give to it, so each word is multiplied once; what a word gives in the
first layer is the same wherever it stands, and made once for each distinct word. Products are made by
`bounds.products`, whose rows do not depend on each other: a sentence gives the same bits in any company.

Source: Honnibal & Montani's spaCy 3 (`MaxoutWindowEncoder.v2`, `TransitionBasedParser.v2`, `ner.pyx`);
maxout, Goodfellow et al. 2013; layer normalisation, Ba et al. 2016.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from tuneset.kernels.bounds import products
from tuneset.kernels.lean import counted, counted_loose

BEGIN, INSIDE, LAST, UNIT, OUT, NEVER = range(6)
"""What a move does. `NEVER`: a move that is not made without entities that were given before."""

PIECES = 3
"""Pieces of a maxout unit of a layer."""
_HALVES = 2  # pieces of a unit that scores
_ROWS = 512  # words of a round: what is made of them stays in the second cache
_MARGINS = (0, 1, 2, 1, 0)
"""Words beyond both ends of a sentence that the input of a layer holds. There is nothing there, but a layer
makes something of nothing beside a word, and the next layers see it."""


class Layer(NamedTuple):
    """A window layer of width `w`.

    Attributes:
        across: `float32[w, 3 * 3 * w]`: what a word gives to the next word, to itself and to the one before;
            of each the pieces one after another.
        bias: `float32[3 * w]`. gain, shift: `float32[w]`.
    """

    across: np.ndarray
    bias: np.ndarray
    gain: np.ndarray
    shift: np.ndarray


class Walk(NamedTuple):
    """What scores the moves, `h` hidden units, `c` moves.

    Attributes:
        across: `float32[w, 3 * 2 * h]`: what a word gives as the one at hand, the first of the open entity,
            the one before.
        bias: `float32[3 * 2 * h]`, added to it. missing: the same for a word that is not there.
        hidden: `float32[2 * h]`, added to the sum.
        scores: `float32[h, c]`. score_bias: `float32[c]`.
        kinds: `int64[c]`, one of the constants above. labels: `int64[c]`, below `c`.
    """

    across: np.ndarray
    bias: np.ndarray
    missing: np.ndarray
    hidden: np.ndarray
    scores: np.ndarray
    score_bias: np.ndarray
    kinds: np.ndarray
    labels: np.ndarray


def entities(
    vectors: np.ndarray,
    words: np.ndarray,
    bounds: np.ndarray,
    blank: np.ndarray,
    *,
    layers: tuple[Layer, ...],
    walk: Walk,
) -> np.ndarray:
    """`int64[m, 3]`: first word, one past the last, and label of each entity, in order.

    Args:
        vectors: `float32[v, w]` of the distinct words.
        words: `int64[n]`: which of them stand in the sentences.
        bounds: `int64[s + 1]` of the sentences among `words`.
        blank: `bool[v]`: words of white space, with which no entity begins.

    Cost: 12 us a word, of which the products are 9.
    """
    starts = _rounds(bounds)
    found = [
        _round(vectors, words[bounds[a] : bounds[b]], bounds[a : b + 1], blank, layers=layers, walk=walk)
        for a, b in pairwise(starts)
    ]
    return np.concatenate([np.empty((0, 3), np.int64), *found])


def embedded(parts: np.ndarray, across: np.ndarray, layer: Layer) -> np.ndarray:
    """`float32[n, w]`: the vectors of words of which `float32[n, d]` are known; of `layer` all but `across`
    counts.
    """
    made = np.empty((len(parts), len(layer.gain)), np.float32)
    _settle(products(parts, across), layer.bias, layer.gain, layer.shift, made)
    return made


def _rounds(bounds: np.ndarray) -> list[int]:
    """Sentences with which a round begins, and their number."""
    starts = [0]
    while starts[-1] < len(bounds) - 1:
        reached = int(np.searchsorted(bounds, bounds[starts[-1]] + _ROWS, side="right")) - 1
        starts.append(max(reached, starts[-1] + 1))
    return starts


def _round(
    vectors: np.ndarray,
    words: np.ndarray,
    bounds: np.ndarray,
    blank: np.ndarray,
    *,
    layers: tuple[Layer, ...],
    walk: Walk,
) -> np.ndarray:
    """The entities of a few sentences."""
    distinct, place = np.unique(words, return_inverse=True)
    given = products(vectors[distinct], layers[0].across)[place]
    here, sizes, beyond = vectors[words], np.diff(bounds), np.zeros(vectors.shape[1], np.float32)
    for number, layer in enumerate(layers):
        if number:
            given = products(here, layer.across)
        margin, rest = _MARGINS[number], _MARGINS[number + 1]
        nothing = products(beyond[None], layer.across)[0]
        made = np.empty((int(sizes.sum()) + 2 * rest * len(sizes), here.shape[1]), np.float32)
        _layer(here, given, beyond, nothing, sizes, margin, rest, *layer[1:], made)
        beyond = _far(beyond, nothing, layer)
        here = made
    states = products(here, walk.across)
    states += walk.bias
    idle = np.empty((len(here), walk.scores.shape[0]), np.float32)
    _idle(states, walk.missing, walk.hidden, idle)
    scores = products(idle, walk.scores)
    scores += walk.score_bias
    moves = _walk(states, scores, bounds - bounds[0], blank[words], *walk[3:])
    moves[:, :2] += bounds[0]
    return moves


def _far(beyond: np.ndarray, nothing: np.ndarray, layer: Layer) -> np.ndarray:
    """What a layer makes where no word is near."""
    made = np.empty((1, len(beyond)), np.float32)
    _layer(beyond[None], nothing[None], beyond, nothing, np.ones(1, np.int64), 0, 0, *layer[1:], made)
    return made[0]


@counted_loose
def _settled(most: np.ndarray, gain: np.ndarray, shift: np.ndarray, out: np.ndarray) -> None:
    """Layer normalisation of one word, added to `out`."""
    width = len(most)
    total = np.float32(0)
    for i in range(width):
        total += most[i]
    mean = total / np.float32(width)
    spread = np.float32(0)
    for i in range(width):
        spread += (most[i] - mean) * (most[i] - mean)
    scale = np.float32(1) / np.sqrt(spread / np.float32(width) + np.float32(1e-8))
    for i in range(width):
        out[i] += (most[i] - mean) * scale * gain[i] + shift[i]


@counted_loose
def _settle(
    given: np.ndarray, bias: np.ndarray, gain: np.ndarray, shift: np.ndarray, made: np.ndarray
) -> None:
    """Maxout and normalisation of each row."""
    width = made.shape[1]
    most = np.empty(width, np.float32)
    for row in range(len(given)):
        one = given[row]
        for i in range(width):
            a, b = one[i] + bias[i], one[width + i] + bias[width + i]
            most[i] = max(a, b, one[2 * width + i] + bias[2 * width + i])
        made[row] = np.float32(0)
        _settled(most, gain, shift, made[row])


@counted
def _row(data: np.ndarray, far: np.ndarray, first: int, size: int, at: int) -> np.ndarray:
    """The row of the word `at` places into a sentence, or what stands where no word is near."""
    return data[first + at] if 0 <= at < size else far


@counted_loose
def _layer(
    here: np.ndarray,
    given: np.ndarray,
    beyond: np.ndarray,
    nothing: np.ndarray,
    sizes: np.ndarray,
    margin: int,
    rest: int,
    bias: np.ndarray,
    gain: np.ndarray,
    shift: np.ndarray,
    made: np.ndarray,
) -> None:
    """Fills `made`, sentence after sentence with `rest` words beyond both ends, from `here` and what its
    words give, which have `margin`; farther out stand `beyond` and `nothing`.
    """
    width = here.shape[1]
    most = np.empty(width, np.float32)
    first, row = 0, 0
    for sentence in range(len(sizes)):
        size = sizes[sentence] + 2 * margin
        for at in range(margin - rest, size - margin + rest):
            left = _row(given, nothing, first, size, at - 1)[: PIECES * width]
            self = _row(given, nothing, first, size, at)[PIECES * width : 2 * PIECES * width]
            right = _row(given, nothing, first, size, at + 1)[2 * PIECES * width :]
            for i in range(width):
                j, k = i + width, i + 2 * width
                a = left[i] + self[i] + right[i] + bias[i]
                b = left[j] + self[j] + right[j] + bias[j]
                c = left[k] + self[k] + right[k] + bias[k]
                most[i] = max(a, b, c)
            made[row] = _row(here, beyond, first, size, at)
            _settled(most, gain, shift, made[row])
            row += 1
        first += size


@counted_loose
def _idle(states: np.ndarray, missing: np.ndarray, hidden: np.ndarray, idle: np.ndarray) -> None:
    """The hidden units of each word while no entity is open."""
    units = idle.shape[1]
    both = _HALVES * units
    for row in range(len(states)):
        for i in range(units):
            a = states[row, i] + missing[both + i] + missing[2 * both + i] + hidden[i]
            j = i + units
            b = states[row, j] + missing[both + j] + missing[2 * both + j] + hidden[j]
            idle[row, i] = max(a, b)


@counted_loose
def _score(
    states: np.ndarray,
    first: int,
    at: int,
    hidden: np.ndarray,
    scores: np.ndarray,
    score_bias: np.ndarray,
    move: int,
) -> float:
    """The score of one move at a word, while the entity that begins at `first` is open."""
    units = len(scores)
    both = _HALVES * units
    total = np.float32(0)
    for i in range(units):
        j = i + units
        a = states[at, i] + states[first, both + i] + states[at - 1, 2 * both + i] + hidden[i]
        b = states[at, j] + states[first, both + j] + states[at - 1, 2 * both + j] + hidden[j]
        total += max(a, b) * scores[i, move]
    return total + score_bias[move]


@counted
def _best(scores: np.ndarray, kinds: np.ndarray, blank: bool, final: bool) -> int:
    """The best move while no entity is open."""
    best = -1
    for move in range(len(kinds)):
        kind = kinds[move]
        fits = kind == OUT or (not blank and (kind == UNIT or (kind == BEGIN and not final)))
        if fits and (best < 0 or scores[move] > scores[best]):
            best = move
    return best


@counted
def _walk(
    states: np.ndarray,
    idle: np.ndarray,
    bounds: np.ndarray,
    blank: np.ndarray,
    hidden: np.ndarray,
    scores: np.ndarray,
    score_bias: np.ndarray,
    kinds: np.ndarray,
    labels: np.ndarray,
) -> np.ndarray:
    """`int64[m, 3]`, the entities of the sentences; `idle` are the scores of the words while none is open."""
    inside, last = np.zeros(len(kinds), np.int64), np.zeros(len(kinds), np.int64)
    for move in range(len(kinds)):
        if kinds[move] == INSIDE:
            inside[labels[move]] = move
        elif kinds[move] == LAST:
            last[labels[move]] = move
    found, count = np.empty((len(states), 3), np.int64), 0
    for sentence in range(len(bounds) - 1):
        first, label = -1, 0
        for at in range(bounds[sentence], bounds[sentence + 1]):
            final = at + 1 == bounds[sentence + 1]
            if first >= 0:
                goes_on = not final and _score(
                    states, first, at, hidden, scores, score_bias, inside[label]
                ) >= _score(states, first, at, hidden, scores, score_bias, last[label])
                if not goes_on:
                    found[count] = first, at + 1, label
                    count, first = count + 1, -1
                continue
            move = _best(idle[at], kinds, blank[at], final)
            label = labels[move]
            if kinds[move] == BEGIN:
                first = at
            elif kinds[move] == UNIT:
                found[count] = at, at + 1, label
                count += 1
    return found[:count]
