"""Answers that nobody should learn from: cut off, or failed on the way. Legitimate refusals are neither."""

import re
from collections.abc import Mapping

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.later import later
from tuneset.stages.clean.gate import ERROR, OBJECT, openings

TRUNCATED = frozenset(
    [
        "length",
        "max_tokens",
        "max_output_tokens",
        "model_length",
        "token_limit",
        "max_length",
        "model_context_window_exceeded",
        "context_length_exceeded",
    ]
)
"""Finish reasons, in lower case, of OpenAI, Anthropic, Gemini, Mistral, Bedrock and their proxies."""

FAILED = frozenset(
    [
        "content_filter",
        "content_filtered",
        "guardrail_intervened",
        "refusal",
        "safety",
        "recitation",
        "blocklist",
        "prohibited_content",
        "spii",
        "image_safety",
        "malformed_function_call",
        "error",
        "error_toxic",
        "error_limit",
    ]
)
"""Finish reasons, in lower case, with which a provider says that it, not the model, ended the answer."""

_COMPLETE = frozenset(["stop", "end_turn", "stop_sequence", "eos", "complete", "tool_calls", "tool_use"])
_STATUS = (
    "bad request|unauthorized|forbidden|not found|request timeout|conflict|payload too large"
    "|unprocessable entity|too many requests|internal server error|internal error|bad gateway"
    "|service unavailable|gateway time-?out|upstream (?:connect error|request timeout|timed out)"
)
_AGAIN = (
    r"(?:[\s.,:;!-]*(?:please )?(?:try|retry)(?: your request)?(?: again)?"
    r"(?: later| shortly| soon| in a (?:moment|minute|few (?:seconds|moments|minutes)))?)?"
)
"""What servers add to their messages."""
_FAILED_WHOLE = (
    # what servers and proxies say
    (
        r"(?:error:? *)?(?:http(?:/\d(?:\.\d)?)? *)?(?:status *)?(?:code:? *)?"
        rf"[45]\d\d *[:,-]? *(?:{_STATUS}){_AGAIN}"
    ),
    rf"(?:error:? *)?(?:internal server error|bad gateway|gateway time-?out){_AGAIN}",
    rf"(?:error:? *)?(?:the )?(?:service|server) (?:is )?(?:temporarily |currently )?unavailable{_AGAIN}",
    r"upstream (?:connect error|request timeout).*",
    r"(?:<!doctype[^>]*>\s*)?<html.*<title>\s*[45]\d\d\b.*</html>",
    r"no healthy upstream",
    # what client libraries raise
    r"(?:[\w.]+: *)?error code: [45]\d\d\b.*",
    (
        r"(?:[\w.]*(?:Error|Exception): *)?(?:the )?(?:request|connection|read) (?:timed out|error|aborted)"
        r"(?: after .{1,40})?"
    ),
    r"(?:openai|anthropic|httpx|requests|urllib3|aiohttp)\.[\w.]*(?:Error|Exception|Timeout)\b.*",
    r"https?connectionpool\(host=.*",
    r"(?:[\w.]*RateLimitError: *)?rate limit (?:reached for|exceeded|error)\b.*",
    r"you exceeded your current quota\b.*",
    r"the server had an error while processing your request\b.*",
    r"(?:the|that) (?:engine|model) is (?:currently )?overloaded\b.*",
    r"(?:error:? *)?this model's maximum context length is \d+ tokens\b.*",
    r"the response was filtered due to the prompt triggering\b.*",
    r"(?:the|this|your) (?:response|request|prompt) was (?:withheld|blocked) by (?:the|our) content filter",
    # stack traces
    r"traceback \(most recent call last\):\n.*\n[\w.]+(?:Error|Exception|Interrupt|Exit|Timeout)\b[^\n]*",
    (
        r'(?:exception in thread "[^"\n]*" )?[\w.$]+(?:Exception|Error)(?:: [^\n]*)?'
        r"(?:\n\s+at [^\n]+|\n\s*caused by[^\n]+)+"
    ),
    r"panic: [^\n]*\n\ngoroutine \d+ .*",
    r"\[object object\]",
)
_FAILED_PATTERN = r"(?is)\A\W{0,3}(?:" + "|".join(_FAILED_WHOLE) + r")\s*[.!)\]]*\s*\z"
_ERROR_BODY = r'(?s)\A\s*\{.*"error"\s*:.*\}\s*\z'
_ASKS_FOR_ERRORS = (
    r"(?i)\bhttp\b|status codes?|error (?:code|message)|exception|traceback|stack ?trace|\bjson\b"
)
_BODY_KEYS = frozenset(
    [
        "type",
        "message",
        "code",
        "status",
        "status_code",
        "statusCode",
        "param",
        "details",
        "detail",
        "request_id",
        "requestId",
        "timestamp",
        "path",
        "success",
        "error",
    ]
)


def with_finish_reason(reasons: pa.ChunkedArray, among: frozenset[str]) -> np.ndarray:
    """`bool[n]`: examples whose finish reason, whatever its case, is among these."""
    if reasons.null_count == len(reasons):
        return np.zeros(len(reasons), bool)
    lowered = pc.utf8_lower(reasons)
    return pc.is_in(lowered, value_set=pa.array(sorted(among))).to_numpy()


def raw_errors(answers: pa.Array) -> np.ndarray:
    """`bool[n]`: answers that are, from first to last character, the error message of a server or a
    library.
    """
    seen = openings(answers)
    found = np.zeros(len(answers), bool)
    found[_matching(answers, _FAILED_PATTERN, where=seen & ERROR > 0)] = True
    for i in _matching(answers, _ERROR_BODY, where=seen & OBJECT > 0).tolist():
        found[i] = _is_error_body(answers[i].as_py())
    return found


def asked_for(questions: pa.Array) -> np.ndarray:
    """`bool[m]`: user turns that talk about errors, so that an error message may be the right answer to
    them.
    """
    return _true(pc.match_substring_regex(questions, _ASKS_FOR_ERRORS))


def _is_error_body(text: str) -> bool:
    """A JSON body of an API error: an error object with a message, or an error beside a 4xx or 5xx status."""
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    if not isinstance(body, dict) or not body.keys() <= _BODY_KEYS:
        return False
    match body.get("error"):
        case {"message": str()} as error:
            return error.keys() <= _BODY_KEYS | {"metadata", "innererror", "inner_error"} and len(error) > 1
        case str():
            return _has_error_status(body)
        case _:
            return False


def _has_error_status(body: Mapping[str, object]) -> bool:
    codes = (body.get(key) for key in ("status", "code", "status_code", "statusCode"))
    return any(isinstance(code, int) and 400 <= code <= 599 for code in codes)


# Answers that only look cut off.

_LONG_ENOUGH = 240
_LAST_LINE = 60
_UNFINISHED = r"(?s)[.!?…]\W.*[\p{Latin}\p{Cyrillic}\p{Greek},]\s*\z"
_SENTENCE_END = later(r"[.!?…:]['\"”’)\]*_]*(?=\s|\Z)")
_NOT_PROSE = later(r"^\s*(?:[-*•>|#]|\d+[.)]|[A-Za-z][.)])|https?://|[{};=<>|\\]|^\s*[^.!?]{0,30}:\s")
_SIGNED = later(
    r"(?:regards|sincerely|cheers|yours|thanks|thank you|love|best)\b[^.!?]{0,40}\Z", re.IGNORECASE
)


def looks_cut_off(answers: pa.Array, finish_reasons: pa.ChunkedArray) -> np.ndarray:
    """`bool[n]`: long prose answers that stop without an end, where no finish reason says that they are
    complete.

    Says yes only if the answer has ended its sentences so far and the last line is a long line of prose:
    lists, code, tables, signatures, titles, verse and labels do not count. A hint for a reviewer, never a
    reason to drop.
    """
    long = _true(pc.greater_equal(pc.binary_length(answers), _LONG_ENOUGH))  # in bytes: never too few
    doubtful = long & ~with_finish_reason(finish_reasons, _COMPLETE)
    found = np.zeros(len(answers), bool)
    for i in _matching(answers, _UNFINISHED, where=doubtful).tolist():
        text = answers[i].as_py()
        found[i] = len(text) >= _LONG_ENOUGH and _stops_in_prose(text)
    return found


def _stops_in_prose(text: str) -> bool:
    text = text.rstrip()
    if text.count("```") % 2:
        return False  # cut off inside code, perhaps, but code has no full stops to judge by
    *earlier, last = [line for line in text.split("\n") if line.strip()]
    if len(last) < _LAST_LINE or _NOT_PROSE.search(last) or _SIGNED.search(last):
        return False
    if any(len(line) >= _LAST_LINE and not _SENTENCE_END.search(line[-4:]) for line in earlier):
        return False  # the writer does not end paragraphs with a full stop
    return len(_SENTENCE_END.findall(text)) >= 2 and _keeps_sentences(last)


def _keeps_sentences(last: str) -> bool:
    """The piece after the last sentence end is more than a word or two, so it is no name, emoji or link."""
    return len(_SENTENCE_END.split(last)[-1].split()) >= 4


def _matching(texts: pa.Array, pattern: str, *, where: np.ndarray) -> np.ndarray:
    """Places (`int64`) of the texts that match, among those at which `where` (`bool[n]`) is true."""
    (places,) = np.nonzero(where)
    if not len(places):
        return places
    return places[_true(pc.match_substring_regex(texts.take(pa.array(places)), pattern))]


def _true(values: pa.Array | pa.ChunkedArray) -> np.ndarray:
    return pc.fill_null(values, False).to_numpy(zero_copy_only=False)
