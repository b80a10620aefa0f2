"""The scan kernel: anchors, places and the promise that nothing a detector finds lies outside a window."""

import json
import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneset.kernels import scan as kernel
from tuneset.kernels.scan import scan
from tuneset.stages.redact import national, phone
from tuneset.stages.redact.detect import Detectors
from tuneset.stages.redact.finding import Finding

FRAGMENTS = [
    "jo.doe@mail.example.org", "ana@exämple.de", "@", "a@b", "+49 151 2345 6789", "(415) 555-0134 x12",
    "415.555.0134", "0151/2345678",
    "4539 1488 0343 6467", "4539148803436467", "536-90-4399", "536 90 4399", "536904399",
    "DE75 5121 0800 1245 1261 99",
    "GB69PMNJ18913943430745", "203.0.113.42", "10.4.2", "2001:db8:85a3::8a2e:370:7334", "std::vector",
    "12:30:45", "2024-05-12",
    "https://app:s3cr3t@db.example.com/x", "password: Tr0ub4dor&3", "my password is Hunter2!",
    "api_key = 'abcd1234efgh'", "token=", "ssn",
    "sk-proj-abcdEFGH1234ijklMNOP5678", "ghp_" + "a1B2" * 9, "AKIAIOSFODNN7EXAMPLE",
    "xoxb-1234567890-abcdefghij", "hf_" + "abCD" * 7,
    "Bearer abcdef0123456789abcdef", "-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----",
    "12345678Z", "X1234567L", "RSSMRA85T10A562S", "AB 12 34 56 C", "AB123456C", "NHS", "943 476 5919",
    "passport", "C01X00T47", "phone",
    "order", "7858949", "1 85 05 78 006 084 36", "131052-308T", "756.9217.0769.85", "529.982.247-25",
    "\\u0040", "\\n", "é", "手机", "\u202f",
    "\u2011", "-", "_", "/", ".", " ", " ", "\n", "x", "1", "12", "123", "(", ")", "+", "$", "#", ":", "=",
    '"', "'", "0", "00",
]  # fmt: skip

texts = st.lists(st.sampled_from(FRAGMENTS), max_size=14).flatmap(
    # never glued: of `12:30:45536904399` nobody can say where a number ends, and the kernel gives up early
    lambda parts: st.sampled_from([" ", ", "]).map(lambda joint: joint.join(parts))
)


@settings(deadline=None, max_examples=200)
@given(st.lists(texts | st.text(max_size=60), max_size=6))
def test_nothing_a_detector_finds_in_the_whole_text_lies_outside_the_windows(batch: list[str]) -> None:
    detectors = Detectors()
    encoded = [text.encode(errors="replace") for text in batch]
    for text, windowed in zip(encoded, detectors.find(encoded), strict=True):
        missed = covered(detectors.find_everywhere(text)) - covered(windowed)
        assert not missed, (text, sorted(missed))


@settings(deadline=None, max_examples=200)
@given(
    texts | st.text(max_size=40), st.sampled_from(["", "note", "user password", "apiKey", "phone", "auth"])
)
def test_a_json_value_that_is_passed_over_has_no_window(text: str, keys: str) -> None:
    if not Detectors().may_find(keys, json.dumps(text)):
        lead = f'{keys}: "' if keys else ""
        assert len(scan(pa.array([lead + text]))) == 0


def covered(findings: list[Finding]) -> set[int]:
    return {place for finding in findings for place in range(finding.start, finding.stop)}


@settings(deadline=None, max_examples=60)
@given(st.lists(texts, min_size=1, max_size=6))
def test_windows_of_a_text_do_not_depend_on_its_neighbours(batch: list[str]) -> None:
    together = scan(pa.array(batch, pa.large_string()))
    for place, text in enumerate(batch):
        alone = scan(pa.array([text], pa.string()))
        mine = together.owner == place
        assert together.start[mine].tolist() == alone.start.tolist()
        assert together.stop[mine].tolist() == alone.stop.tolist()
        assert together.family[mine].tolist() == alone.family.tolist()


def slowly(text: str) -> list[tuple[int, int, int]]:
    """Windows (start, stop, family) of one text if no place is passed over after a glance."""
    data = np.frombuffer(text.encode(), np.uint8)
    found, done = np.empty((len(data) * 4 + 4, 4), np.int64), np.zeros(6, np.int64)
    done[kernel._ANNOUNCED] = -1
    marks = np.zeros(len(data) + -len(data) % 8, np.uint8)
    kernel._mark(data, marks)
    count = 0
    for at in np.flatnonzero(marks).tolist():
        count = kernel._at(data, at, 0, len(data), 0, found, count, done)
    return [tuple(window) for window in found[:count, 1:].tolist()]


glued = st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join)


@settings(deadline=None, max_examples=200)
@given(texts | glued | st.text("0123456789-.: aAxf@", max_size=40))
def test_a_glance_never_hides_a_window(text: str) -> None:
    found = scan(pa.array([text]))
    assert list(zip(found.start, found.stop, found.family, strict=True)) == slowly(text)


def families(text: str) -> int:
    total = 0
    for family in scan(pa.array([text])).family.tolist():
        total |= family
    return total


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("write to jo@x.org", kernel.EMAIL),
        ("https://a:b@c.d", kernel.URL),
        ("call 555 0134", kernel.NUMBER),
        ("id 12345678Z", kernel.IDENT),
        ("DE75 5121 0800 1245 1261 99", kernel.IBAN),
        ("host 10.0.0.17 down", kernel.IP),
        ("host fe80::1:2 down", kernel.IP),
        ("the passWord is x", kernel.KEYWORD),
        ('"api_key" : 1', kernel.KEYWORD),
        ("sk-abcdefghijklmnopqrst", kernel.TOKEN),
        ("-----BEGIN RSA PRIVATE KEY-----", kernel.PEM),
        ('{"a":"jo\\u0040x.org"}', kernel.ESCAPE),
    ],
)
def test_each_family_has_its_anchor(text: str, family: int) -> None:
    assert families(text) & family


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain words only, nothing else",
        "It costs 1,234.56 today",
        "well-known snake_case names: fine",
        "version 10.4.2",
        "at 12:30:45",
    ],
)
def test_ordinary_text_has_no_window(text: str) -> None:
    assert len(scan(pa.array([text]))) == 0


def test_nulls_empty_arrays_and_slices_are_scanned_in_place() -> None:
    column = pa.array(["a@b.org", None, "nothing", "c@d.org 555 123 4567"], pa.large_string())
    assert scan(column).owner.tolist() == [0, 3, 3]
    assert scan(column.slice(2, 2)).owner.tolist() == [1, 1]
    assert len(scan(pa.array([], pa.string()))) == 0
    assert len(scan(pa.array([None], pa.string()))) == 0


def test_more_windows_than_the_first_guess_are_all_reported() -> None:
    text = " ".join(f"u{i}@x.org" for i in range(3000))
    assert len(scan(pa.array(["", text, "z@x.org"]))) == 3001


@pytest.mark.parametrize(
    "unit", ["@", "1 ", "::", "a1", "-----BEGIN ", "://a:", "password:", "eyJ", "1.1.1."]
)
def test_hostile_repetition_stays_linear_in_windows(unit: str) -> None:
    assert len(scan(pa.array([unit * 5000]))) <= 10_001


def test_every_word_that_announces_a_number_opens_a_window() -> None:
    words = [word.decode() for word in phone._CALLED]
    near = {entry.near for entries in national.DIGITS.values() for entry in entries if entry.near}
    patterns = [pattern.pattern.decode() for pattern in near]
    starts = [re.match(r"[^\W\d_]+", part) for text in patterns for part in re.split(r"\(\?:|\||\)", text)]
    words += [start[0] for start in starts if start and len(start[0]) > 1]
    assert len(words) > 100
    unseen = {"id", "identity", "sa"}  # of numbers with a date of birth, which need no word to be looked at
    for word in sorted({*words} - unseen):
        for text in (f"{word} 655123456", f'{{"{word}_x": ["a", {655123456}]}}'):
            if "nummer" not in word[:6] and word not in SUFFIXES:
                assert len(scan(pa.array([text]))), text


SUFFIXES = {"number", "num", "no", "nr", "nummer", "identifikations", "ident", "code", "is"}


@pytest.mark.parametrize(
    "text",
    [
        '{"id":"chatcmpl-000000123","created":1790000123,"model":"house-4"}',
        '{"request_id":"550e8400-e29b-41d4-a716-446655440000","latency_ms":1234.567891}',
        '{"digest":"d41d8cd98f00b204e9800998ecf8427e","at":"2026-10-02T12:30:45.123456Z"}',
        '{"trace_id":"9abcDEF0123456789","time":1790000123.123456,"order":"KL-40543544"}',
        "Where is KL-40543544, ordered on 02/10/2026 with 72728677?",
    ],
)
def test_ids_and_times_that_no_word_announces_have_no_window(text: str) -> None:
    assert len(scan(pa.array([text]))) == 0
