"""Passages that many examples share: templates, signatures, quoted mails, disclaimers, blocks of context.

Of all examples that stay (`stages.dedupe.shared`). Examples are numbered by origin id, so nothing depends on
how the logs were cut. A passage is shown as the first example has it, as redacted and masked once more.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.build.index import Index
from tuneset.build.prepare import open_ipc
from tuneset.core.example import concat
from tuneset.kernels.winnow import LEAST
from tuneset.stages.dedupe import texts_of
from tuneset.stages.dedupe.shared import Passage, longest_runs, marks, shared
from tuneset.stages.dedupe.texts import READ
from tuneset.stages.redact import mask

FEWEST, SHARE = 10, 0.005
"""Examples, and share of all, in which a passage must stand to be listed."""

LOOKED_AT = 10_000
"""Kept examples that are read: the first by origin id, which is a uniform sample, since ids are hashes."""

SHOWN = 12
KEPT_CHARS = 4_000
"""Of a passage: enough to name it in `dedupe.ignore`."""

_ROWS = 2048  # read at a time


def passages(index: Index, *, stays: np.ndarray) -> dict[str, object]:
    """What a summary says of shared passages.

    `looked_at`: examples that were read, to which all other counts refer; `fewest`: examples from which a
    passage is listed; `examples`: how many hold any; `share`: of all fingerprints, those that are common,
    which is about the share of the text; `listed`: text, examples and words of the largest.
    """
    (looked_at,) = np.nonzero(stays)
    looked_at = looked_at[:LOOKED_AT]
    fewest = max(FEWEST, int(np.ceil(SHARE * len(looked_at))))
    parts = [open_ipc(path / "examples.arrow").select(READ) for path in index.paths]
    found = shared(*_marks(index, looked_at, parts), fewest=fewest, most=4 * SHOWN)
    return {
        "looked_at": len(looked_at),
        "fewest": fewest,
        "examples": found.texts,
        "share": round(found.share, 4),
        "listed": list(_told(index, found.passages, parts)),
    }


def _told(index: Index, found: Sequence[Passage], parts: Sequence[pa.Table]) -> Iterator[dict[str, object]]:
    for passage, text, words in largest(found, _texts(index, found, parts)):
        yield {"text": mask(text)[:KEPT_CHARS], "examples": passage.texts, "words": words}


def largest(found: Sequence[Passage], texts: pa.Array) -> Iterator[tuple[Passage, str, int]]:
    """The passages with their text and words, `SHOWN` at most; left out is what another one holds, and a run
    too short to be found everywhere.

    Args:
        texts: the first text of each passage.
    """
    seen: list[str] = []
    for passage, (text, words) in zip(found, longest_runs(texts, found), strict=True):
        if len(seen) == SHOWN:
            return
        if words < LEAST or any(text in other or other in text for other in seen):
            continue
        seen.append(text)
        yield passage, text, words


def _texts(index: Index, found: Sequence[Passage], parts: Sequence[pa.Table]) -> pa.Array:
    """The first text of each passage."""
    firsts = [passage.first for passage in found]
    rows = [parts[int(index.part[first])].slice(int(index.row[first]), 1) for first in firsts]
    return _said(concat(rows).combine_chunks()) if rows else pa.array([], pa.large_string())


def _said(examples: pa.Table) -> pa.Array:
    """Input and answer of each example as one text."""
    texts = texts_of(examples)
    return pc.binary_join_element_wise(texts.inputs, texts.outputs, pa.scalar("\n", pa.large_string()))


def _marks(index: Index, looked_at: np.ndarray, parts: Sequence[pa.Table]) -> tuple[np.ndarray, np.ndarray]:
    hashes, numbers = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    for number, table in enumerate(parts):
        here = looked_at[index.part[looked_at] == number]
        here = here[np.argsort(index.row[here], kind="stable")]
        for start in range(0, len(here), _ROWS):
            chosen = here[start : start + _ROWS]
            texts = _said(table.take(pa.array(index.row[chosen])).combine_chunks())
            found, owners = marks(texts, chosen)
            hashes.append(found)
            numbers.append(owners)
    joined, owners = np.concatenate(hashes), np.concatenate(numbers)
    order = np.argsort(owners, kind="stable")
    return joined[order], owners[order]
