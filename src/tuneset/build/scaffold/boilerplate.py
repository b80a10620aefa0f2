"""Passages that many users' turns of a sample share: what `dedupe.ignore` should name from the start."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.build.findings.passages import FEWEST, KEPT_CHARS, largest
from tuneset.build.scaffold.look import Seen
from tuneset.core.example import USER, Messages
from tuneset.stages.dedupe.shared import marks, shared
from tuneset.stages.redact import mask

LOOKED_AT = 5_000
"""Examples that are read, the first by id, which is a uniform sample."""

NAMED, TAKEN = 0.05, 0.2
"""Share of the examples from which a passage is written as a comment, and as an entry: one in a fifth of all
inputs brings examples together that have nothing else in common."""

SHOWN = 5


@dataclass(frozen=True)
class Shared:
    """A passage as masked, in which share of the inputs it stands, and its words."""

    text: str
    share: float
    words: int

    @property
    def taken(self) -> bool:
        """Is it written as an entry, not as a comment?"""
        return self.share >= TAKEN


def boilerplate(sources: Sequence[Seen]) -> Iterator[Shared]:
    """The passages of the inputs that are worth naming, those that cover most text first."""
    examples = pa.concat_tables([source.examples.select(("origin_id", "messages")) for source in sources])
    first = pc.sort_indices(examples.column("origin_id"))[:LOOKED_AT]
    asked = _asked(Messages.of(examples.take(first)))
    fewest = max(FEWEST, int(np.ceil(NAMED * len(asked))))
    found = shared(*marks(asked, np.arange(len(asked))), fewest=fewest, most=4 * SHOWN)
    told = largest(
        found.passages, asked.take(pa.array([passage.first for passage in found.passages], pa.int64()))
    )
    for passage, text, words in islice(told, SHOWN):
        yield Shared(" ".join(mask(text).split())[:KEPT_CHARS], passage.texts / len(asked), words)


def _asked(messages: Messages) -> pa.Array:
    """`large_string[n]`: the users' turns of each example."""
    user = messages.role == USER
    said = pc.fill_null(messages.content.filter(pa.array(user)), "").cast(pa.large_string())
    ends = np.concatenate([[0], np.cumsum(user)])[messages.offsets]
    turns = pa.LargeListArray.from_arrays(pa.array(ends, pa.int64()), said)
    return pc.binary_join(turns, pa.scalar("\n", pa.large_string()))
