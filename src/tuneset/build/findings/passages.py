"""Passages that many examples share: templates, signatures, quoted mails, disclaimers, blocks of context.

Found by the fingerprints of all examples that stay (`kernels.winnow`): those that occur in many examples are
common, and common ones with the very same set of examples are one passage. Examples are numbered by origin
id, so nothing depends on how the logs were cut. A passage is shown as the first example has it, as redacted
and masked once more.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.build.index import Index
from tuneset.build.prepare import open_ipc
from tuneset.kernels.winnow import LEAST, WIDTH, fingerprints
from tuneset.kernels.words import Words, buffer_of, mix, no_markers, normalised, words_of
from tuneset.stages.dedupe import texts_of
from tuneset.stages.dedupe.texts import READ
from tuneset.stages.redact import mask

FEWEST, SHARE = 10, 0.005
"""Examples, and share of all, in which a passage must stand to be listed."""

LOOKED_AT = 20_000
"""Kept examples that are read: the first by origin id, which is a uniform sample, since ids are hashes."""

SHOWN = 12
KEPT_CHARS = 4_000
"""Of a passage: enough to name it in `dedupe.ignore`."""

_ROWS = 2048  # read at a time


@dataclass(frozen=True)
class _Marks:
    """Distinct fingerprints of each example: `uint64[m]`, and the number of its example, `int64[m]`."""

    hashes: np.ndarray
    example: np.ndarray
    words: int


def passages(index: Index, *, stays: np.ndarray) -> dict[str, object]:
    """What a summary says of shared passages.

    `looked_at`: examples that were read, to which all other counts refer; `fewest`: examples from which a
    passage is listed; `examples`: how many hold any; `share`: of all fingerprints, those that are common,
    which is about the share of the text; `listed`: text, examples and words of the largest.
    """
    (looked_at,) = np.nonzero(stays)
    looked_at = looked_at[:LOOKED_AT]
    marks = _marks(index, looked_at)
    fewest = max(FEWEST, int(np.ceil(SHARE * len(looked_at))))
    order = np.argsort(marks.hashes, kind="stable")
    hashes, example = marks.hashes[order], marks.example[order]
    opens = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]])) if len(hashes) else order
    count = np.diff(np.append(opens, len(hashes)))
    common = count >= fewest
    if not common.any():
        return {
            "looked_at": len(looked_at),
            "fewest": fewest,
            "examples": 0,
            "share": 0.0,
            "listed": [],
        }
    sets = np.add.reduceat(mix.py_func(example.astype(np.uint64) + np.uint64(1)), opens)[common]
    inside = np.repeat(common, count)
    listed = _largest(hashes[opens][common], sets, count[common], example[opens][common])
    return {
        "looked_at": len(looked_at),
        "fewest": fewest,
        "examples": len(np.unique(example[inside])),
        "share": round(float(inside.sum() / len(hashes)), 4),
        "listed": list(_told(index, listed)),
    }


@dataclass(frozen=True)
class _Passage:
    """Fingerprints with one set of examples: how many examples, and the first of them."""

    hashes: np.ndarray
    examples: int
    first: int


def _largest(hashes: np.ndarray, sets: np.ndarray, count: np.ndarray, first: np.ndarray) -> list[_Passage]:
    """Groups of fingerprints with equal sets, those that cover most text first."""
    _, place, group = np.unique(sets, return_index=True, return_inverse=True)
    size = np.bincount(group)
    order = np.lexsort((first[place], -count[place] * size))
    return [
        _Passage(hashes[group == one], int(count[place[one]]), int(first[place[one]]))
        for one in order[: 4 * SHOWN].tolist()
    ]


def _told(index: Index, found: list[_Passage]) -> Iterator[dict[str, object]]:
    """The passages with their text; left out is what another one holds, and a run too short to be found
    everywhere.
    """
    seen: list[str] = []
    for passage in found:
        if len(seen) == SHOWN:
            return
        text, words = _text(index, passage)
        if words < LEAST or any(text in other or other in text for other in seen):
            continue
        seen.append(text)
        yield {"text": mask(text)[:KEPT_CHARS], "examples": passage.examples, "words": words}


def _text(index: Index, passage: _Passage) -> tuple[str, int]:
    """The longest run of the passage in its first example, and its words."""
    part, row = int(index.part[passage.first]), int(index.row[passage.first])
    text = _said(open_ipc(index.paths[part] / "examples.arrow").slice(row, 1).combine_chunks())
    words = _words(text, spans=True)
    found = fingerprints(words)
    places = found.places[np.isin(found.hashes, passage.hashes)]
    runs = np.split(places, np.flatnonzero(np.diff(places) > LEAST) + 1)
    run = max(runs, key=lambda places: int(places[-1] - places[0]))
    start, stop = int(run[0]), int(run[-1]) + WIDTH
    raw = buffer_of(normalised(text)).data[words.spans[start, 0] : words.spans[stop - 1, 1]]
    return raw.tobytes().decode("utf-8", "replace").translate(_SPEAKERS), stop - start


_SPEAKERS = dict.fromkeys(range(1, 5), " ")


def _words(texts: pa.Array, *, spans: bool = False) -> Words:
    return words_of(buffer_of(normalised(texts)), markers=no_markers(), spans=spans)


def _said(examples: pa.Table) -> pa.Array:
    """Input and answer of each example as one text."""
    texts = texts_of(examples)
    return pc.binary_join_element_wise(texts.inputs, texts.outputs, pa.scalar("\n", pa.large_string()))


def _marks(index: Index, looked_at: np.ndarray) -> _Marks:
    hashes, example, words = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)], 0
    for number, path in enumerate(index.paths):
        here = looked_at[index.part[looked_at] == number]
        here = here[np.argsort(index.row[here], kind="stable")]
        table = open_ipc(path / "examples.arrow").select(READ)
        for start in range(0, len(here), _ROWS):
            chosen = here[start : start + _ROWS]
            texts = _words(_said(table.take(pa.array(index.row[chosen])).combine_chunks()))
            found = fingerprints(texts)
            owner = np.repeat(chosen, np.diff(found.offsets))
            both = np.unique(np.column_stack([owner.astype(np.uint64), found.hashes]), axis=0)
            example.append(both[:, 0].astype(np.int64))
            hashes.append(both[:, 1])
            words += int(texts.offsets[-1])
    joined, owners = np.concatenate(hashes), np.concatenate(example)
    order = np.argsort(owners, kind="stable")
    return _Marks(joined[order], owners[order], words)
