"""Decides what a pair of similar examples is: twins, a contrast, a conflict, or only too close to be parted.

Similar input alone never makes twins. In this order:

    input similar                                    no: leak, if close enough to hold them in one split
    numbers, negations, dates, names, system equal   no: contrast, both stay, in one split
    no word in the place of another                  no: contrast, too; a rewording is none (`wording.py`)
    outputs equivalent                               no: conflict, both stay; hard if the inputs are the same
    otherwise                                        exact, near or semantic twins

A contrast or a conflict is close, too: alike in words, or above the (higher) cosine of a leak.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from tuneset.core.spec import DedupeSpec
from tuneset.kernels.alike import DECIMALS, cosines_of
from tuneset.kernels.compare import LONG, Screen, compare, may_be_alike
from tuneset.kernels.join import distinct_pairs
from tuneset.kernels.words import Words, buffer_of, normalised, words_of
from tuneset.stages.dedupe.equivalence import DIFFERENT, EQUAL, Task, equivalent
from tuneset.stages.dedupe.protect import markers
from tuneset.stages.dedupe.sign import Signatures, joined
from tuneset.stages.dedupe.texts import TextBlock
from tuneset.stages.dedupe.wording import wording

KINDS = ("exact", "near", "semantic", "contrast", "conflict", "leak", "repeat")
EXACT, NEAR, SEMANTIC, CONTRAST, CONFLICT, LEAK, REPEAT = range(7)
TWINS = KINDS[:3]
"""Kinds of link by which an example may be dropped. A `repeat` is not found here: a call that stays although
a longer one repeats it (`build.thumbs`)."""
LOOSER = (CONTRAST, LEAK)
"""Kinds of link that hold two examples in one split, and do not say that they are about the same."""

LINKS = pa.schema(
    [
        pa.field("i", pa.int64(), nullable=False),
        pa.field("j", pa.int64(), nullable=False),
        pa.field("kind", pa.int8(), nullable=False),
        pa.field("score", pa.float32(), nullable=False),
        pa.field("jaccard", pa.float32(), nullable=False),
        pa.field("words", pa.float32(), nullable=False),
        pa.field("cosine", pa.float32(), nullable=False),
        pa.field("edits", pa.int32(), nullable=False),
        pa.field("differs", pa.uint8(), nullable=False),
        pa.field("output", pa.int8(), nullable=False),
        pa.field("same_input", pa.bool_(), nullable=False),
    ]
)
"""Links between rows i < j: numbers only, because there are many of them.

`kind`: place in `KINDS`. `score`: the similarity of the inputs that made the link. `jaccard`, `words`,
`cosine`: what was measured of the inputs (word 5-grams, words, sentence vectors), `UNMEASURED` where nothing
was; all four are rounded to 4 decimals. `edits`: words to change, -1 if they are no light edit of each other.
`differs`: a bit for each of `DIFFERENCES`. `output`: place in `equivalence.NAMES`, -1 if outputs were not
compared.
"""

LEAK_FIVE_GRAMS = 0.5
"""Word 5-gram Jaccard of long texts from which two examples must not stand in two splits (science: section
3.12)."""

MEANING_WORDS = 64
"""Longest input, in words, whose sentence vector is believed by itself. The vector is a mean over words: of a
long
conversation it says the topic, and two conversations about restaurants are not twins."""

MEANING_OVERLAP = 0.5
"""Word-set Jaccard from which the vectors of longer inputs are believed as well."""

UNMEASURED = -2.0
"""Below every similarity."""

DIFFERENCES = ("protected", "system", "names", "words")
"""Why two similar inputs are a contrast."""

_NEVER = 2.0  # a similarity that nothing reaches
_CHUNK = 20_000  # pairs whose texts are held at a time

Texts = Callable[[np.ndarray], TextBlock]
"""Fetches the texts of sorted distinct row numbers, `int64[k]`."""


def relate(
    pairs: np.ndarray,
    signatures: Signatures,
    texts: Texts,
    *,
    spec: DedupeSpec,
    task: Task,
    leak_jaccard: float = 0.8,
    leak_cosine: float = 0.9,
) -> pa.Table:
    """Verifies candidate pairs.

    Args:
        pairs: `int64[m, 2]` candidate rows; any order, may repeat.
        signatures: of all rows that the pairs name.
        texts: fetches texts by row number; never called for pairs that are exact twins.
        spec: thresholds, and which kinds of twins are wanted.
        task: decides when two outputs are equivalent.
        leak_jaccard: word-set Jaccard from which a pair that is nothing else is a `leak`.
        leak_cosine: cosine from which it is.

    Returns:
        `LINKS` rows, one per pair that is anything, sorted by (i, j). A pure function of each pair: it does
        not matter
        how pairs are cut into calls.
    """
    pairs = distinct_pairs(pairs)
    same = signatures.exact[pairs[:, 0]] == signatures.exact[pairs[:, 1]]
    tables = [exact_links(pairs[same], spec=spec)]
    rest = pairs[~same]
    rest = rest[_worth_a_look(rest, signatures, spec, task, leak_jaccard, leak_cosine)]
    for start in range(0, len(rest), _CHUNK):
        chunk = rest[start : start + _CHUNK]
        tables.append(_relate_chunk(chunk, signatures, texts, spec, task, leak_jaccard, leak_cosine))
    return pa.concat_tables(tables).sort_by([("i", "ascending"), ("j", "ascending")])


def exact_links(pairs: np.ndarray, *, spec: DedupeSpec) -> pa.Table:
    """Links of pairs whose `Signatures.exact` are equal; leaks if exact twins are not to be dropped."""
    return links_of(pairs, EXACT if spec.exact else LEAK, output=EQUAL, same_input=True)


def links_of(
    pairs: np.ndarray,
    kind: np.ndarray | int,
    *,
    score: np.ndarray | float = 1.0,
    jaccard: np.ndarray | float = UNMEASURED,
    words: np.ndarray | float = UNMEASURED,
    cosine: np.ndarray | float = UNMEASURED,
    edits: np.ndarray | int = -1,
    differs: np.ndarray | int = 0,
    output: np.ndarray | int = -1,
    same_input: np.ndarray | bool = False,
) -> pa.Table:
    """`LINKS` of `int64[m, 2]` pairs; one value stands for all."""
    facts = (kind, score, jaccard, words, cosine, edits, differs, output, same_input)
    columns = [pa.array(pairs[:, 0], pa.int64()), pa.array(pairs[:, 1], pa.int64())]
    for values, field in zip(facts, list(LINKS)[2:], strict=True):
        array = np.broadcast_to(np.asarray(values).astype(field.type.to_pandas_dtype()), len(pairs))
        columns.append(pa.array(np.ascontiguousarray(array)))
    return pa.table(columns, schema=LINKS)


def kinds_of(links: pa.Table) -> np.ndarray:
    """`int8[m]`: the place of each link's kind in `KINDS`."""
    return links.column("kind").to_numpy()


def hard_conflicts(links: pa.Table) -> np.ndarray:
    """`bool[m]`: is the link a conflict between the very same inputs?"""
    return (kinds_of(links) == CONFLICT) & links.column("same_input").to_numpy()


def screen_of(bits: np.ndarray, lengths: np.ndarray, *, spec: DedupeSpec, leak_jaccard: float) -> Screen:
    """Refuses pairs that `relate` would find to be nothing but, perhaps, alike in meaning.

    Args:
        bits: `kernels.compare.folded` of `Signatures.bits`. lengths: `Signatures.words`.
    """
    return Screen(bits, lengths, leak_jaccard, _least_jaccard(spec))


def _least_jaccard(spec: DedupeSpec) -> float:
    return min(spec.near_jaccard - 10.0**-DECIMALS, LEAK_FIVE_GRAMS)


def _worth_a_look(
    pairs: np.ndarray,
    signatures: Signatures,
    spec: DedupeSpec,
    task: Task,
    leak_jaccard: float,
    leak_cosine: float,
) -> np.ndarray:
    """`bool[m]`; the other pairs are nothing to each other, and their texts need not be fetched."""
    worth = np.empty(len(pairs), np.bool_)
    bits, words, alike = signatures.bits, signatures.words, _least_jaccard(spec)
    for start in range(0, len(pairs), _CHUNK):
        some = pairs[start : start + _CHUNK]
        left, right = some[:, 0], some[:, 1]
        cosine = cosines_of(signatures.vector, left, right)
        similar = cosine >= np.float32(leak_cosine)
        similar |= (cosine >= np.float32(spec.semantic_cosine)) & _may_be_one(some, signatures, task)
        short = np.maximum(words[left], words[right]) <= MEANING_WORDS
        similar &= short | may_be_alike(bits, words, some, min_words=MEANING_OVERLAP, min_jaccard=_NEVER)
        similar |= signatures.input[left] == signatures.input[right]
        similar |= may_be_alike(bits, words, some, min_words=leak_jaccard, min_jaccard=alike)
        worth[start : start + _CHUNK] = similar
    return worth


def _may_be_one(pairs: np.ndarray, signatures: Signatures, task: Task) -> np.ndarray:
    """`bool[m]`: could they be twins by meaning? Then nothing that a digest tells parts them."""
    left, right = pairs[:, 0], pairs[:, 1]
    keys = meaning_keys(signatures, task=task)
    return keys[left] == keys[right]


def meaning_keys(signatures: Signatures, *, task: Task) -> np.ndarray:
    """`uint64[n]`: equal for two examples that have the same protected words, system prompt and tools, and,
    where only equal labels are equivalent, the same label. Twins by meaning have the same key.
    """
    named = [signatures.protected, signatures.system]
    return joined(*named, signatures.output) if task == "classification" else joined(*named)


def _relate_chunk(
    pairs: np.ndarray,
    signatures: Signatures,
    texts: Texts,
    spec: DedupeSpec,
    task: Task,
    leak_jaccard: float,
    leak_cosine: float,
) -> pa.Table:
    rows, local = _numbered(pairs)
    block = texts(rows)
    buffer = buffer_of(normalised(block.inputs))
    words = words_of(buffer, markers=markers(), spans=True)
    left, right = pairs[:, 0], pairs[:, 1]
    cosine = cosines_of(signatures.vector, left, right)
    found = compare(words, local, data=buffer.data)
    fewer = np.minimum(signatures.words[left], signatures.words[right])
    more = np.maximum(signatures.words[left], signatures.words[right])

    same_input = signatures.input[left] == signatures.input[right]
    lexical = same_input | (np.round(found.jaccard, DECIMALS) >= spec.near_jaccard) | (found.edits >= 0)
    lexical &= spec.near
    believed = (more <= MEANING_WORDS) | (found.words >= MEANING_OVERLAP)
    by_meaning = (cosine >= np.float32(spec.semantic_cosine)) & spec.semantic & believed
    similar = lexical | by_meaning | same_input
    close = (found.words >= leak_jaccard) | (cosine >= np.float32(leak_cosine)) & believed
    close |= (found.jaccard >= LEAK_FIVE_GRAMS) & (fewer >= LONG)

    differs = np.stack(
        [
            signatures.protected[left] != signatures.protected[right],
            signatures.system[left] != signatures.system[right],
            found.names & ~same_input,
            np.zeros(len(pairs), bool),
        ]
    )
    open_ = similar & ~same_input & ~differs.any(axis=0) & (spec.wording == "strict")
    differs[3], reworded = _worded(words, local, open_, data=buffer.data)
    similar &= lexical | ~open_ | differs[3] | reworded
    comparable = similar & ~differs.any(axis=0)
    answers = np.zeros(len(pairs), np.int8)
    answers[comparable] = equivalent(
        block.outputs,
        signatures.output[rows],
        local[comparable],
        task=task,
        min_similarity=spec.output_similarity,
    )
    kinds = _kinds(similar, lexical, np.asarray(differs.any(axis=0)), answers != DIFFERENT)
    # two texts that merely mean nearly the same and then differ in what matters are two texts, no contrast
    kinds = np.where((kinds >= CONTRAST) & ~(lexical | same_input | close), np.int8(-1), kinds)
    kinds = np.where((kinds < 0) & close, LEAK, kinds)
    scores = np.where(
        lexical | ~similar & (found.words >= cosine), np.maximum(found.jaccard, found.words), cosine
    )
    (keep,) = np.nonzero(kinds >= 0)
    kinds, compared = kinds[keep], _asks_of_outputs(kinds[keep])
    return links_of(
        pairs[keep],
        kinds,
        score=np.round(np.where(same_input, 1.0, scores)[keep], DECIMALS),
        jaccard=np.round(found.jaccard[keep], DECIMALS),
        words=np.round(found.words[keep], DECIMALS),
        cosine=np.where(_both_spoken(signatures.vector, pairs[keep]), cosine[keep], UNMEASURED),
        edits=found.edits[keep],
        differs=np.where(kinds == CONTRAST, np.packbits(differs[:, keep], axis=0, bitorder="little")[0], 0),
        output=np.where(compared, answers[keep], -1),
        same_input=same_input[keep],
    )


def _asks_of_outputs(kinds: np.ndarray) -> np.ndarray:
    """`bool[m]`: is a link of this kind because of its outputs, too?"""
    return (kinds != CONTRAST) & (kinds != LEAK)


def _both_spoken(vectors: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """`bool[m]`: has each row a vector that says anything?"""
    spoken = np.asarray(vectors.any(axis=1), bool)
    return spoken[pairs[:, 0]] & spoken[pairs[:, 1]]


def _worded(
    words: Words, pairs: np.ndarray, asked: np.ndarray, *, data: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """`bool[m]` each, of the pairs asked about: is one word another, are the two one in other words?"""
    changed, same = np.zeros(len(pairs), bool), np.zeros(len(pairs), bool)
    if asked.any():
        changed[asked], same[asked] = wording(words, pairs[asked], data=data)
    return changed, same


def _numbered(pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`int64[k]` the rows that pairs name, sorted, and the pairs in places of these rows."""
    named = np.zeros(int(pairs.max(initial=-1)) + 1, np.bool_)
    named[pairs] = True
    return np.flatnonzero(named), (np.cumsum(named) - 1)[pairs]


def _kinds(
    similar: np.ndarray, lexical: np.ndarray, differs: np.ndarray, equivalent_: np.ndarray
) -> np.ndarray:
    """`int8[m]` index into `KINDS`, -1 for none."""
    twins = np.where(lexical, NEAR, SEMANTIC)
    decided = np.where(differs, CONTRAST, np.where(equivalent_, twins, CONFLICT))
    return np.where(similar, decided, -1).astype(np.int8)
