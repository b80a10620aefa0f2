"""The gates of `clean` never pass over a text that the slow way would have stopped at."""

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import example, given
from hypothesis import strategies as st

from tuneset.stages.clean import answers, gate

MESSAGES = [
    "Error: HTTP/1.1 status code: 502 - Bad Gateway. Please try again later!",
    "404not found",
    "status 503: service unavailable",
    "code 500 internal error",
    "http 429 Too Many Requests",
    "internal server error",
    "bad gateway retry",
    "gateway time-out",
    "The service is temporarily unavailable",
    "server unavailable",
    "upstream connect error or reset",
    "no healthy upstream",
    "<!DOCTYPE html>\n<html><title>502 Bad</title></html>",
    "<html><head><title> 404</title></html>",
    "openai.x.Error code: 400 - x",
    "Error code: 429 - {}",
    "a.b: error code: 500",
    "..: error code: 500",
    "httpx.ReadTimeout: timed out",
    "the request timed out after 60 s",
    "my.TimeoutError: connection aborted",
    "Read error",
    "RateLimitError: rate limit reached for x",
    "You exceeded your current quota, x",
    "The server had an error while processing your request",
    "That engine is overloaded",
    "the model is currently overloaded",
    "This model's maximum context length is 8 tokens",
    "error: this model's maximum context length is 8 tokens",
    "The response was filtered due to the prompt triggering x",
    "Your prompt was blocked by our content filter",
    "this request was withheld by the content filter",
    "Traceback (most recent call last):\n  File x\nmy.ValueError: no",
    "java.lang.NullPointerException\n\tat a.b(C.java:1)",
    "MyError: x\n  at y",
    'Exception in thread "main" a$BException: c\n at d',
    "$$x.Error\n caused by y",
    "panic: x\n\ngoroutine 1 [running]:",
    "[object Object]",
]
WORDS = [
    "error",
    "http",
    "status",
    "code",
    "404",
    "500",
    ":",
    "the",
    "that",
    "this",
    "your",
    "you",
    "no",
    "service",
    "request",
    "exceeded",
    "model",
]
AROUND = ["", "", " ", "**", '"', "\n", "...", "\u201c", "x"]

messages = st.tuples(
    st.sampled_from(AROUND),
    st.sampled_from(MESSAGES) | st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join),
    st.sampled_from(AROUND),
).map("".join)
cased = st.tuples(
    messages, st.sampled_from([str, str.upper, str.lower, lambda text: text.replace("s", "\u017f")])
)
texts = st.one_of(cased.map(lambda pair: pair[1](pair[0])), st.text(max_size=20), st.none())
bodies = st.tuples(
    st.sampled_from(["", " \n", "\x0b", "x"]), st.sampled_from(['{"error": 1}', "{", '["error"]'])
)
columns = st.lists(texts | bodies.map("".join), max_size=6)


def matches(column: pa.Array, pattern: str) -> list[bool]:
    return pc.fill_null(pc.match_substring_regex(column, pattern), False).to_pylist()


def test_every_sample_is_an_error_message() -> None:
    column = pa.array(MESSAGES, pa.large_string())
    missed = [text for text, hit in zip(MESSAGES, answers.raw_errors(column), strict=True) if not hit]
    assert not missed


@given(columns)
def test_what_a_pattern_takes_for_an_error_opens_like_one(batch: list[str | None]) -> None:
    column = pa.array(batch, pa.large_string())
    seen = gate.openings(column)
    for text, opening, whole, body in zip(
        batch,
        seen.tolist(),
        matches(column, answers._FAILED_PATTERN),
        matches(column, answers._ERROR_BODY),
        strict=True,
    ):
        assert opening & gate.ERROR or not whole, text
        assert opening & gate.OBJECT or not body, text


def test_ordinary_answers_open_like_no_error() -> None:
    ordinary = [
        "The parcel is on its way.",
        "Thank you, it is done.",
        "That should not happen.",
        "Your order",
        "",
        "{}",
        "No worries",
    ]
    assert not (gate.openings(pa.array(ordinary, pa.large_string())) & gate.ERROR).any()


@given(
    st.lists(
        st.none() | st.text(max_size=30) | st.text("ab \t\n\r\x00\x1f\x7f\x80\xe9", max_size=80), max_size=6
    )
)
@example([" ~", "\x7f", "\x80", "a" * 40 + "\r"])
def test_marks_are_those_of_every_single_byte(batch: list[str | None]) -> None:
    column = pa.array(["before\r", *batch, "after\r"], pa.large_string()).slice(1, len(batch))
    kinds = [{gate._KIND[byte] for byte in (text or "").encode()} for text in batch]
    assert gate.marks(column).tolist() == [sum(kind) for kind in kinds]


@given(st.lists(st.none() | st.text(max_size=5), max_size=6))
def test_a_text_that_begins_visibly_says_something(batch: list[str | None]) -> None:
    column = pa.array(batch, pa.large_string())
    for text, visible in zip(batch, gate.begins_visibly(column).tolist(), strict=True):
        assert visible == (text is not None and text[:1] > " " and text[:1] < "\x7f")
