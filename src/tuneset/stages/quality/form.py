"""Do the answers have one form? Shapes of answers, keys of JSON answers, lengths and openings."""

from collections import Counter

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.kernels.words import buffer_of, normalised, words_of
from tuneset.stages.dedupe.protect import markers
from tuneset.stages.quality.signal import Signal, percent

SHAPES = (
    "tool call",
    "JSON object",
    "JSON list",
    "code",
    "table",
    "list",
    "heading",
    "one word",
    "one line",
    "text",
)
"""What an answer looks like; the first that fits."""

_PATTERNS = {
    "code": r"```",
    "table": r"(?m)^\s*\|.*\|\s*$",
    "list": r"(?m)^\s*(?:[-*•]|\d{1,3}[.)])\s+\S[^\n]*\n+\s*(?:[-*•]|\d{1,3}[.)])\s+\S",
    "heading": r"(?m)^#{1,6} \S",
    "one word": r"^\s*[^\s{\[]\S*\s*$",
    "one line": r"^[^\n]*\n?$",
}
_OPENING_WORDS = 4
MOST_OPENING = 0.25
"""Share of answers with one opening from which a style is learned as a formula. Source: rule of thumb."""
_FORMED = 0.5
"""Share of one structured shape from which all answers are expected to have it."""


def shapes_of(outputs: pa.Array, *, called: np.ndarray) -> np.ndarray:
    """`int64[n]`: index into `SHAPES`.

    Args:
        outputs: `string[n]` or `large_string[n]`: what is taught.
        called: `bool[n]`: is it nothing but tool calls?
    """
    shape = np.full(len(outputs), SHAPES.index("text"), np.int64)
    for name in reversed(_PATTERNS):
        hits = pc.fill_null(pc.match_substring_regex(outputs, _PATTERNS[name]), False)
        shape[hits.to_numpy(zero_copy_only=False)] = SHAPES.index(name)
    for row in np.flatnonzero(pc.fill_null(pc.match_substring_regex(outputs, r"^\s*[\[{]"), False)).tolist():
        value = _json(outputs[row].as_py())
        if isinstance(value, dict | list):
            shape[row] = SHAPES.index("JSON object" if isinstance(value, dict) else "JSON list")
    shape[called] = SHAPES.index("tool call")
    return shape


def answer_shapes(shape: np.ndarray, *, task: str) -> Signal:
    """The commonest shape of the answers that are no tool calls; strays matter where a machine reads them."""
    counts = np.bincount(shape[shape != SHAPES.index("tool call")], minlength=len(SHAPES))
    most, whole = int(np.argmax(counts)), max(1, int(counts.sum()))
    share = float(counts[most]) / whole
    structured = SHAPES[most] in ("JSON object", "JSON list", "one word") and share >= _FORMED
    strays = whole - int(counts[most])
    verdict = "note" if not structured or task == "classification" else "poor" if strays else "good"
    seen = ", ".join(f"{SHAPES[i]} {counts[i]:,}" for i in np.argsort(-counts, kind="stable") if counts[i])
    return Signal(
        "answer_shape",
        "",
        share,
        "share",
        whole,
        None,
        None,
        verdict,
        f"{percent(share)} of the answers are of the shape {SHAPES[most]} ({seen})",
        "all of one shape where most are JSON or one word" if structured else "",
        f"look at the {strays:,} of another shape" if verdict == "poor" else "",
    )


def json_keys(outputs: pa.Array) -> Signal | None:
    """How uniform the keys of JSON answers (`string[n]`, objects) are; None if there are none."""
    found = Counter(
        tuple(sorted(value)) for value in map(_json, outputs.to_pylist()) if isinstance(value, dict)
    )
    if not found:
        return None
    (keys, count), whole = found.most_common(1)[0], found.total()
    verdict = "good" if len(found) == 1 else "poor" if count / whole > 0.9 else "note"
    return Signal(
        "json_keys",
        "",
        count / whole,
        "share",
        whole,
        None,
        None,
        verdict,
        f"{percent(count / whole)} of the JSON answers have the same {len(keys)} keys; "
        f"{len(found):,} sets of keys occur",
        "one set of keys where more than 90 % share it",
        "say in `output.schema` which keys an answer has" if verdict == "poor" else "",
    )


def answer_lengths(words: np.ndarray) -> Signal:
    """Words of the answers (`int64[n]`)."""
    low, middle, high = (int(q) for q in np.quantile(words, [0.05, 0.5, 0.95], method="nearest"))
    return Signal(
        "answer_words",
        "",
        float(middle),
        "count",
        len(words),
        None,
        None,
        "note",
        f"half of the answers have at most {middle:,} words; nine in ten lie between {low:,} and {high:,}",
    )


def openings(outputs: pa.Array, *, task: str) -> Signal | None:
    """The share of answers (`string[n]`) that begin with the same few words; None if none is long enough."""
    words = words_of(buffer_of(normalised(outputs)), markers=markers())
    begin, length = words.offsets[:-1], np.diff(words.offsets)
    long = np.flatnonzero(length > _OPENING_WORDS)
    if not len(long):
        return None
    heads = words.hashes[begin[long, None] + np.arange(_OPENING_WORDS)]
    _, counts = np.unique(heads, axis=0, return_counts=True)
    share = float(counts.max()) / len(long)
    verdict = "note" if task != "style" else "poor" if share > MOST_OPENING else "good"
    return Signal(
        "answer_openings",
        "",
        share,
        "share",
        len(long),
        None,
        None,
        verdict,
        f"{percent(share)} of the longer answers begin with the same {_OPENING_WORDS} words; "
        f"{len(counts):,} openings occur",
        f"at most {percent(MOST_OPENING)} (a convention)" if task == "style" else "",
        "a formula is learned first: vary the openings, or take some out" if verdict == "poor" else "",
    )


def _json(text: str | None) -> object:
    try:
        return orjson.loads(text or "null")
    except orjson.JSONDecodeError:
        return None
