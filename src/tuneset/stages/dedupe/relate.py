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
import pyarrow.compute as pc

from tuneset.core.spec import DedupeSpec
from tuneset.kernels.alike import DECIMALS, cosines_of
from tuneset.kernels.compare import LONG, Comparison, Screen, compare, may_be_alike
from tuneset.kernels.join import distinct_pairs
from tuneset.kernels.words import Words, buffer_of, normalised, words_of
from tuneset.stages.dedupe.equivalence import DIFFERENT, NAMES, Task, equivalent
from tuneset.stages.dedupe.protect import markers
from tuneset.stages.dedupe.sign import Signatures, joined
from tuneset.stages.dedupe.texts import TextBlock
from tuneset.stages.dedupe.wording import wording

KINDS = ("exact", "near", "semantic", "contrast", "conflict", "leak")
EXACT, NEAR, SEMANTIC, CONTRAST, CONFLICT, LEAK = range(6)
TWINS = KINDS[:3]
"""Kinds of link by which an example may be dropped."""
LOOSER = (KINDS[CONTRAST], KINDS[LEAK])
"""Kinds of link that hold two examples in one split, and do not say that they are about the same."""

LINKS = pa.schema(
    [
        pa.field("i", pa.int64(), nullable=False),
        pa.field("j", pa.int64(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("score", pa.float32(), nullable=False),
        pa.field("evidence", pa.string(), nullable=False),
    ]
)
"""Links between rows i < j. `score`: the similarity of the inputs that made the link, rounded to 4 decimals.
`evidence`: JSON of numbers and fixed words, no text."""

LEAK_FIVE_GRAMS = 0.5
"""Word 5-gram Jaccard of long texts from which two examples must not stand in two splits (science: section
3.12)."""

MEANING_WORDS = 64
"""Longest input, in words, whose sentence vector is believed by itself. The vector is a mean over words: of a
long
conversation it says the topic, and two conversations about restaurants are not twins."""

MEANING_OVERLAP = 0.5
"""Word-set Jaccard from which the vectors of longer inputs are believed as well."""

_DIFFERENCES = ("protected", "system", "names", "words")
"""Why two similar inputs are a contrast, in the evidence of the link."""

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
    kind = "exact" if spec.exact else "leak"
    m = len(pairs)
    columns = [
        pa.array(pairs[:, 0]),
        pa.array(pairs[:, 1]),
        pa.array([kind] * m, pa.string()),
        pa.array(np.ones(m, np.float32)),
        pa.array(['{"output":"equal"}'] * m, pa.string()),
    ]
    return pa.table(columns, schema=LINKS)


def hard_conflicts(links: pa.Table) -> np.ndarray:
    """`bool[m]`: is the link a conflict between the very same inputs?"""
    hard = pc.and_(
        pc.equal(links.column("kind"), "conflict"),
        pc.match_substring(links.column("evidence"), '"hard":true'),
    )
    return np.asarray(hard.to_numpy(), bool)


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
    evidence = _evidence(found, cosine, differs, answers, kinds, same_input)
    return _links(pairs, kinds, np.where(same_input, 1.0, scores), evidence)


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


def _evidence(
    found: Comparison,
    cosine: np.ndarray,
    differs: np.ndarray,
    answers: np.ndarray,
    kinds: np.ndarray,
    same_input: np.ndarray,
) -> list[str]:
    columns = (
        np.round(found.jaccard, DECIMALS).tolist(),
        np.round(found.words, DECIMALS).tolist(),
        found.edits.tolist(),
        np.round(cosine.astype(np.float64), DECIMALS).tolist(),
        differs.T.tolist(),
        answers.tolist(),
        kinds.tolist(),
        same_input.tolist(),
    )
    return [_sentence(*row) if row[6] >= 0 else "" for row in zip(*columns, strict=True)]


def _sentence(
    jaccard: float,
    words: float,
    edits: int,
    cosine: float,
    differs: list[bool],
    answer: int,
    kind: int,
    same_input: bool,
) -> str:
    said = f'{{"jaccard":{jaccard},"words":{words},"cosine":{cosine}'
    if edits >= 0:
        said += f',"edits":{edits}'
    if kind == CONTRAST:
        names = [f'"{name}"' for name, yes in zip(_DIFFERENCES, differs, strict=True) if yes]
        said += f',"differs":[{",".join(names)}]'
    elif kind == CONFLICT:
        said += f',"output":"different","hard":{"true" if same_input else "false"}'
    elif kind != LEAK:
        said += f',"output":"{NAMES[answer]}"'
    return said + "}"


def _links(pairs: np.ndarray, kinds: np.ndarray, scores: np.ndarray, evidence: list[str]) -> pa.Table:
    keep = kinds >= 0
    rounded = np.round(scores[keep], DECIMALS).astype(np.float32)
    columns = [
        pa.array(pairs[keep, 0]),
        pa.array(pairs[keep, 1]),
        pa.array(KINDS).take(pa.array(kinds[keep])),
        pa.array(rounded),
        pa.array(evidence, pa.string()).filter(pa.array(keep)),
    ]
    return pa.table(columns, schema=LINKS)
