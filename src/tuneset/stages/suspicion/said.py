"""Answers that are wrong by their form: placeholders, and sentences that stop in the middle."""

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.kernels.text import opens_json

_PLACEHOLDER = (
    r"(?i)\blorem ipsum\b|\b(todo|fixme|tbd)\b\s*[:\]]|^\s*(todo|fixme|tbd)\s*\.?\s*$"
    r"|[\[<{](insert|enter|add|put) (your|the|a|an|some|more)?[a-z ,_-]{0,40}[\]>}]"
    r"|\[(your|company|customer|agent|product|user)[ _-](name|address|email|id|number|title)\]"
    r"|\{\{ ?[a-z_][a-z0-9_.]{0,40} ?\}\}|\$\{[a-z_][a-z0-9_.]{0,40}\}|%\([a-z_]+\)s"
    r"|^\s*(n/?a|none|null|nan|undefined|\[object object\]|\?+|\.{2,}|…|-+|_+|x{3,})\s*$"
)
_CODE = r"```|(?i)\b(template|placeholder|variable|jinja|handlebars|mustache|vue|github action|shell|bash)\b"
"""Where braces are what was asked for."""

_MIDDLE = (
    r"(?i)([,(\[{]|[a-zà-ÿ]-|\b(the|a|an|and|or|of|to|in|with|for|from|your|our|their|its|that|which|is|are|was"
    r"|because|if|by|as|der|die|das|und|oder|mit|für|ein|eine|el|los|las|y|con|para|le|les|et|avec|pour|une))\s*$"
)
_LINE = pa.scalar("\n", pa.large_string())
_FEWEST_BYTES = 40  # of an answer that can be said to stop in the middle


def placeholder(answers: pa.Array, asked: pa.Array) -> np.ndarray:
    """`bool[n]`: the answer is, or holds, a blank that nobody filled in; not where blanks are asked for."""
    found = _matches(answers, _PLACEHOLDER)
    (rows,) = np.nonzero(found)
    if len(rows):
        both = pc.binary_join_element_wise(*(c.take(pa.array(rows)) for c in (answers, asked)), _LINE)
        found[rows] = ~_matches(both, _CODE)
    return found


def cut_off(answers: pa.Array) -> np.ndarray:
    """`bool[n]`: the answer stops after a comma, an open bracket or a word that must go on, in an open
    block of code, or inside JSON.
    """
    long = pc.greater_equal(pc.binary_length(answers), _FEWEST_BYTES).to_numpy(zero_copy_only=False)
    found = long & _matches(pc.utf8_slice_codeunits(answers, -24, None), _MIDDLE)
    fences = pc.count_substring(answers, "```").to_numpy(zero_copy_only=False)
    found |= fences % 2 == 1
    (json,) = np.nonzero(opens_json(answers))
    if len(json):
        found[json] |= ~np.array([_complete(text) for text in answers.take(pa.array(json)).to_pylist()])
    return found


def _complete(text: str) -> bool:
    """Is what opens like JSON closed again? Text after a bracket, as `[note] …`, is no JSON."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        return problem.pos < len(text.rstrip()) - 1
    return True


def _matches(texts: pa.Array, pattern: str) -> np.ndarray:
    return pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False).copy()
