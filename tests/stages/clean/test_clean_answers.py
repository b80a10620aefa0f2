"""Answers that are cut off, failed or empty; and the many that only look like it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.conversations import answers, dropped_for, happened, table
from tuneset.core.spec import CleanSpec
from tuneset.stages.clean import Clean

clean = Clean(CleanSpec())
CALL = '[{"id":"1","type":"function","function":{"name":"find","arguments":"{}"}}]'

FAILED = [
    "Internal Server Error",
    "502 Bad Gateway",
    "Service temporarily unavailable. Please try again later.",
    "503 Service Unavailable - try again in a few minutes",
    "Bad gateway. Please retry your request.",
    "HTTP 503: Service Unavailable",
    "Error: 504 Gateway Timeout",
    "Error 502: upstream timed out",
    "The response was blocked by the content filter.",
    "Error code: 429 - {'error': {'message': 'slow down'}}",
    "openai.RateLimitError: Error code: 429 - too fast",
    "Rate limit reached for some-model in organization org-1 on tokens per min.",
    "You exceeded your current quota, please check your plan and billing details.",
    "The server had an error while processing your request. Sorry about that!",
    "Request timed out.",
    "HTTPSConnectionPool(host='api.example.org', port=443): Read timed out. (read timeout=60)",
    "upstream connect error or disconnect/reset before headers. reset reason: overflow",
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx</body>\r\n</html>",
    'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    f()\nValueError: bad',
    "java.lang.NullPointerException: x\n\tat a.b.C.d(C.java:1)\n\tat a.b.E.f(E.java:2)",
    '{"error": {"message": "overloaded", "type": "server_error", "code": null}}',
    '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
    '{"error": "Service Unavailable", "status": 503}',
    "This model's maximum context length is 4096 tokens. However, you requested 5000.",
]
LEGITIMATE = [
    "I'm sorry, but I can't help with that.",
    "I cannot share personal information about other customers.",
    "As an assistant I am not able to give medical advice. Please see a doctor.",
    "error",
    "timeout",
    "Not found",
    "The tracking service is unavailable. Please try again later.",
    "Please try again later.",
    "Service unavailable on Sundays. Please try again on Monday.",
    "refund_not_showing_up",
    "An internal server error means that the server failed; try again in a minute.",
    "502 Bad Gateway means that the proxy got no valid answer. Restart the service.",
    "If you see “Request timed out.”, check the cable.",
    "The rate limit is 60 requests per minute.",
    "Error code 429 tells you to slow down.",
    "Your order failed with an error. I have opened a ticket.",
    "404",
    "Your review was withheld by the content filter because it names a person. Please leave the name out.",
    "503",
    "42",
    "+49 30 000000",
    '{"error": null, "result": 3}',
    '{"error": "missing order number"}',
    '{"intent": "refund", "error": {"field": "amount"}}',
    '{"error": {"message": "amount is missing"}}',
    "Use try/except:\n```python\nraise ValueError('x')\n```",
    "Traceback (most recent call last): is the first line Python prints when an error is not caught.",
    "ValueError",
    "👍",
    "да",
    "…",
]


@pytest.mark.parametrize("text", FAILED)
def test_raw_errors_are_dropped(text: str) -> None:
    result = clean(answers(text))
    assert dropped_for(result) == ["failed-answer"]
    assert len(result.examples) == 0


@pytest.mark.parametrize("text", LEGITIMATE)
def test_refusals_labels_and_talk_about_errors_stay(text: str) -> None:
    result = clean(answers(text))
    assert happened(result) == []
    assert len(result.examples) == 1


def test_an_error_message_that_was_asked_for_is_a_question_not_a_drop() -> None:
    result = clean(
        table([("user", "What is the reason phrase of HTTP status 502?"), ("assistant", "502 Bad Gateway")])
    )
    assert happened(result) == [("flag", "looks-failed")]
    assert len(result.examples) == 1


@pytest.mark.parametrize(
    "reason", ["length", "max_tokens", "MAX_TOKENS", "model_context_window_exceeded", "Length"]
)
def test_answers_that_stopped_for_length_are_dropped(reason: str) -> None:
    assert dropped_for(clean(answers("Some", finish_reason=reason))) == ["truncated"]


@pytest.mark.parametrize("reason", ["content_filter", "SAFETY", "guardrail_intervened"])
def test_answers_that_a_filter_stopped_are_dropped_as_failed_even_when_empty(reason: str) -> None:
    assert dropped_for(clean(answers("Some", None, finish_reason=reason))) == ["failed-answer"] * 2


@pytest.mark.parametrize("reason", ["stop", "end_turn", "tool_calls", "STOP", "stop_sequence", "", None])
def test_answers_that_ended_by_themselves_stay(reason: str | None) -> None:
    assert happened(clean(answers("Some", finish_reason=reason))) == []


def test_the_spec_may_flag_or_keep_instead() -> None:
    cut = answers("Some", finish_reason="length")
    assert happened(Clean(CleanSpec(truncated="flag"))(cut)) == [("flag", "truncated")]
    assert happened(Clean(CleanSpec(truncated="keep"))(cut)) == []
    assert happened(Clean(CleanSpec(failed="flag"))(answers("502 Bad Gateway"))) == [
        ("flag", "failed-answer")
    ]


EMPTY = [
    [("user", " \n"), ("assistant", "Hello!")],
    [("system", "Be kind."), ("assistant", "Hello!")],
    [("user", "\u200b\ufeff"), ("assistant", "Hello!")],
    [("user", "Hi"), ("assistant", None)],
    [("user", "Hi"), ("assistant", "\t\u00a0")],
    [("user", "Hi"), ("assistant", "Hello"), ("user", "Bye"), ("assistant", "")],
    [("user", "Hi")],
    [("user", "", {"parts": '[{"type":"text","text":""},{"type":"text","text":""}]'}), ("assistant", "Hm")],
]
NOT_EMPTY = [
    [("user", "Hi"), ("assistant", None, {"tool_calls": CALL})],
    [("user", "Hi"), ("assistant", "", {"tool_calls": CALL})],
    [
        ("user", "Hi"),
        ("assistant", None, {"tool_calls": CALL}),
        ("tool", "", {"tool_call_id": "1"}),
        ("assistant", "Ok"),
    ],
    [("user", "Hi"), ("assistant", ""), ("user", ""), ("assistant", "Ok")],
    [("user", None, {"parts": '[{"type":"image_url","image_url":{"url":"u"}}]'}), ("assistant", "A cat.")],
    [("tool", "{}", {"tool_call_id": "1"}), ("assistant", "Done.")],
    [("user", "7"), ("assistant", "7")],
]


@pytest.mark.parametrize("turns", EMPTY)
def test_examples_without_a_question_or_an_answer_are_dropped(turns: list) -> None:
    assert dropped_for(clean(table(turns))) == ["empty-turn"]


@pytest.mark.parametrize("turns", NOT_EMPTY)
def test_tool_calls_pictures_and_numbers_are_not_empty(turns: list) -> None:
    assert dropped_for(clean(table(turns))) == []


def test_the_event_says_which_turn_is_empty() -> None:
    result = clean(table(EMPTY[0], EMPTY[3]))
    assert [json.loads(e["evidence"])["turn"] for e in result.events.to_pylist()] == ["user", "taught"]


PROSE = "Thank you for waiting. I have looked at the order and found the reason for the delay. " * 3


@pytest.mark.parametrize(
    "end",
    [
        "The parcel was held at the depot because the address on the label was not",
        "We will send a new one as soon as the warehouse,",
    ],
)
def test_long_prose_that_stops_in_a_sentence_is_flagged(end: str) -> None:
    assert happened(clean(answers(PROSE + end))) == [("flag", "looks-truncated")]


@pytest.mark.parametrize(
    "end",
    [
        "It arrives on Monday.",
        "It arrives on Monday 😊",
        "\nBest regards,\nMaria from the support team",
        "\n- first\n- second item of a list without any full stop at its end, which is normal",
        "\n1. a numbered line of a list that goes on for more than sixty characters here",
        "\n```python\nprint('this is a long line of code without any full stop at the end')\n```",
        "\nprice = amount * (1 + rate) ** years  # compound interest of the whole amount over time",
        "\n| name | value |\n| some long cell of a table | another long cell of the same table |",
        "See https://shop.example/help/orders/returns-and-refunds-for-large-items",
        "(see the page about returns)",
        "**Monday**",
        "“Is that all right?”",
        "ขอบคุณมากสำหรับการรอคอยและขอให้คุณมีวันที่ดีและเดินทางโดยสวัสดิภาพทุกคนในครอบครัวของคุณ",
    ],
)
def test_endings_without_a_full_stop_that_are_fine_are_not_flagged(end: str) -> None:
    assert happened(clean(answers(PROSE + end))) == []


def test_a_provider_that_says_stop_is_believed() -> None:
    assert happened(clean(answers(PROSE + "and then the driver went to the", finish_reason="stop"))) == []


def test_a_writer_who_never_ends_a_sentence_is_not_flagged() -> None:
    text = "roses are red and violets are blue and the parcel is somewhere between me and you\n" * 6
    assert happened(clean(answers(text.strip()))) == []


@given(st.lists(st.sampled_from([*FAILED, *LEGITIMATE, "", None, PROSE]), max_size=30))
def test_every_example_stays_or_has_exactly_one_drop(texts: list[str | None]) -> None:
    examples = answers(*texts)
    result = clean(examples)
    gone = [e["origin_id"] for e in result.events.to_pylist() if e["action"] == "drop"]
    stays = result.examples["origin_id"].to_pylist()
    assert sorted(gone + stays) == examples["origin_id"].to_pylist()
    assert stays == sorted(stays)
