"""Input at the edge of what is possible: none, no words, figures and dates at their limits, very long."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.kernels.literals import Literals
from tuneset.kernels.words import buffer_of
from tuneset.stages.cases.seen import Seen

BOUNDARIES = ("empty-input", "input-without-words", "value-at-a-limit", "very-long-input")
LONG_BYTES = 12_000
"""About 2,000 words: more than fits beside a policy and tools in many context windows."""

_LIMIT = (
    r"[$€£] ?(?:0(?:[.,]0{1,2})?(?:\D|$)|-\d|\d{1,3}(?:[,.]\d{3}){2,})"
    r"|\b0 ?(?:items?|pieces?|nights?|people|persons?|guests?|seats?|days?|hours?|minutes?|percent|units?|%)"
    r"|\b(?:feb(?:ruary)?\.?) (?:29|30|31)(?:st|th)?\b"
    r"|\b(?:29|30|31)(?:st|nd|th)?\.? (?:of )?feb(?:ruary|ruar)?\b"
    r"|\b\d{4}-02-(?:29|30|31)\b|\b24:00\b|\bleap (?:year|day)\b"
)
_GATE = Literals.of([["$", "€", "£", "0", "feb", "-02-", "24:00", "leap "]])


def boundary_of(seen: Seen) -> np.ndarray:
    """`int8[n]`: a place in `BOUNDARIES`; -1 for ordinary input, and where there are no user turns."""
    inputs = seen.inputs
    asked = seen.user_turns > 0
    found = np.full(len(inputs), -1, np.int8)
    size = pc.binary_length(inputs).to_numpy(zero_copy_only=False)
    found[asked & (size >= LONG_BYTES)] = 3
    _mark(found, inputs, np.flatnonzero(_GATE.groups_in(buffer_of(inputs))), _LIMIT, 2)
    _mark(found, inputs, np.flatnonzero(asked & (size < 200)), r"^\PL*$", 1)
    _mark(found, inputs, np.flatnonzero(asked & (size < 200)), r"^\s*$", 0)
    return found


def _mark(found: np.ndarray, texts: pa.Array, where: np.ndarray, pattern: str, code: int) -> None:
    hits = pc.match_substring_regex(texts.take(pa.array(where)), pattern, ignore_case=True)
    found[where[hits.to_numpy(zero_copy_only=False)]] = code
