"""What tool calls and their results say about a case."""

import re
from collections.abc import Iterator

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import TOOL, one_array
from tuneset.kernels.embed import embed
from tuneset.kernels.literals import Literals
from tuneset.kernels.words import buffer_of
from tuneset.stages.cases.seen import Seen

FAR_COSINE = 0.25
"""A question and a tool that have less in common are about different things. Chosen on half of BFCL: finds 31
% of the questions no tool fits, and none of those that one does; at .35 it would be 51 % and 3 %.
"""

_EMPTY = (
    r"^\s*(?:\[\s*\]|\{(?:\s*\"\w+\"\s*:\s*(?:\[\s*\]|0|null|\"\"|\d+|true|\"(?:ok|success)\")\s*,?)+\})\s*$"
)
_GATES = Literals.of(
    [["error", "exception", "fail", "traceback", "timeout", "timed out", "false"], ["[]", "[ ]"]]
)
_FAILED = (
    r"^\s*[^\w\s{]?(?:error|exception|failed|failure|traceback|timeout|timed out)\b"
    r"|\"(?:error|errors|error_message|exception)\"\s*:\s*(?:\"[^\"]|\{\s*\"|\[\s*[\"{]|true)"
    r"|\"(?:success|ok)\"\s*:\s*\"?false|\"status\"\s*:\s*\"?(?:error|failed|failure|[45]\d\d)"
)
_ASKING = (
    r"\b(?:what|which|when|where|who|how (?:many|much|long)|(?:could|can|would|will) you"
    r"|do you (?:have|want|need|prefer)|may i|can i (?:have|get)|please|tell me"
    r"|any preferred|at what)\b[^.!?\n]*\b"
)
_SHORTEST = 3  # letters of a word in a parameter's name that says what is asked for
_SAY_NOTHING = ("the", "and", "for")
_ENGLISH = r"\b(?:the|is|are|to|a|an|of|my|what|how|for|in|can|i|me|you|with|and|it|on|from|if|this)\b"
_FEWEST_WORDS = 3  # of these in a question in English


def failing_results(seen: Seen) -> tuple[np.ndarray, np.ndarray]:
    """`bool[n]` twice: a tool failed; a tool found nothing (an empty list)."""
    results = np.flatnonzero(seen.messages.role == TOOL)
    if not len(results):
        none = np.zeros(len(seen.examples), bool)
        return none, none
    texts = seen.text_at(results)
    gates = _GATES.groups_in(buffer_of(texts))
    failed = results[_holds(texts, _FAILED, np.flatnonzero(gates & np.uint64(1)))]
    empty = results[_holds(texts, _EMPTY, np.flatnonzero(gates & np.uint64(2)))]
    row = seen.messages.row
    return _rows(row[failed], len(seen.examples)), _rows(row[empty], len(seen.examples))


def asks_for_parameter(seen: Seen) -> np.ndarray:
    """`bool[n]`: the taught turn calls no tool and asks for a required parameter of a tool on offer."""
    found = np.zeros(len(seen.examples), bool)
    taught = seen.messages.taught
    asks = pc.match_substring(seen.answers, "?").to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(asks & seen.offers_tools & (taught >= 0))
    rows = rows[~seen.calls[taught[rows]]]
    for tools, here in _by_tools(seen, rows):
        words = sorted({word for name in _required(tools) for word in _words(name)})
        if words:
            pattern = f"{_ASKING}(?:{'|'.join(map(re.escape, words))})s?\\b[^.!?\\n]*\\?"
            hits = pc.match_substring_regex(seen.answers.take(pa.array(here)), pattern, ignore_case=True)
            found[here[hits.to_numpy(zero_copy_only=False)]] = True
    return found


def without_fitting_tool(seen: Seen) -> np.ndarray:
    """`bool[n]`: tools are offered, none is called, and the only question is about nothing they do.

    Only of English questions, which the embedder understands, and not of later turns, which lean on earlier
    ones.
    """
    found = np.zeros(len(seen.examples), bool)
    alone = seen.offers_tools & ~seen.calls_tools & (seen.user_turns == 1)
    rows = np.flatnonzero(alone & (seen.last_user >= 0))
    english = pc.count_substring_regex(seen.questions.take(pa.array(rows)), _ENGLISH, ignore_case=True)
    rows = rows[english.to_numpy(zero_copy_only=False) >= _FEWEST_WORDS]
    if not len(rows):
        return found
    vectors = dict(zip(rows.tolist(), unit(seen.questions.take(pa.array(rows))), strict=True))
    for tools, here in _by_tools(seen, rows):
        known = unit(pa.array(list(_descriptions(tools)), pa.string()))
        if len(known):
            asked = np.stack([vectors[row] for row in here.tolist()])
            found[here] = (asked @ known.T).max(axis=1) < FAR_COSINE
    return found


def unit(texts: pa.Array) -> np.ndarray:
    """`float32[n, 256]` sentence vectors of length one; zeros where a text has no known word."""
    vectors = embed(texts)[0].astype(np.float32)
    length = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
    return vectors / np.maximum(length, 1)


def _rows(rows: np.ndarray, count: int) -> np.ndarray:
    return np.bincount(rows, minlength=count) > 0


def _holds(texts: pa.Array, pattern: str, there: np.ndarray) -> np.ndarray:
    hits = pc.match_substring_regex(texts.take(pa.array(there)), pattern, ignore_case=True)
    return there[hits.to_numpy(zero_copy_only=False)]


def _by_tools(seen: Seen, rows: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Each distinct set of tools with the rows (`int64`) among these that were offered it."""
    encoded = one_array(seen.examples.column("tools")).take(pa.array(rows)).dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    for code, tools in enumerate(encoded.dictionary.to_pylist()):
        yield tools, rows[codes == code]


def _functions(tools: str) -> Iterator[dict[str, object]]:
    """The functions in a JSON list of tools, in OpenAI's shape or bare."""
    try:
        listed = orjson.loads(tools)
    except orjson.JSONDecodeError:
        return
    for tool in listed if isinstance(listed, list) else []:
        function = tool.get("function", tool) if isinstance(tool, dict) else None
        if isinstance(function, dict):
            yield function


def _required(tools: str) -> Iterator[str]:
    for function in _functions(tools):
        schema = function.get("parameters") or function.get("input_schema")
        names = schema.get("required") if isinstance(schema, dict) else None
        yield from (name for name in names or () if isinstance(name, str)) if isinstance(names, list) else ()


def _words(name: str) -> list[str]:
    """`number_of_seats`, `numberOfSeats` as words that a question would use."""
    parts = re.findall(r"[A-Za-z][a-z]+|[A-Z]+", name)
    return [
        part.lower() for part in parts if len(part) >= _SHORTEST and part.lower() not in ("the", "and", "for")
    ]


def _descriptions(tools: str) -> Iterator[str]:
    for function in _functions(tools):
        name = " ".join(re.findall(r"[A-Za-z][a-z]+|[A-Z]+", str(function.get("name") or "")))
        yield f"{name}. {function.get('description') or ''}"
