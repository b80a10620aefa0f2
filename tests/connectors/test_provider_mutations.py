"""Damaged records of providers: each ends in examples or rejects, none crashes, hangs, is lost or is quoted.

`TUNESET_MUTATIONS=10000` tries so many of every format.
"""

import copy
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.provider_samples import BAD, SAMPLES
from connectors.reading import read_records, read_text
from tuneset.connectors.rejects import REASONS

MUTATIONS = int(os.environ.get("TUNESET_MUTATIONS", "60"))
AT_ONCE = 4
"""Records a file: so many mutations cost one reading."""
RECORDS = {
    name: [*some, *(record for record, _, _ in BAD[name] if record.get("data") != []) ]
    for name, some in SAMPLES.items()
}  # fmt: skip


def _keys(value: object) -> Iterator[str]:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, dict):
        yield from value
    for child in children:
        yield from _keys(child)


KEYS = sorted({key for some in RECORDS.values() for key in _keys(some)})
WORDS = ["user", "assistant", "text", "tool_use", "message", "response", "[{}]", '{"name": "f"}', "["]
WORDS += ["data: {}\n\n", "data: [DONE]", "event: message_start\ndata: {", "<|im_start|>"]
NUMBERS = st.one_of(
    st.integers(-(2**63), 2**64 - 1), st.floats(), st.sampled_from([0, -1, 1.5, 1_790_000_000])
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=5), st.sampled_from(WORDS))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=12,
)


def _swapped(value: Any, draw: Callable[[st.SearchStrategy], Any]) -> Any:
    """The value with one place inside exchanged, removed, doubled or cut."""
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        key = draw(st.sampled_from(sorted(value)))
        if not draw(st.integers(0, 5)):
            return {name: entry for name, entry in value.items() if name != key}
        return {**value, key: _swapped(value[key], draw)}
    if isinstance(value, list) and value and draw(st.integers(0, 5)):
        at = draw(st.integers(0, len(value) - 1))
        changed = draw(st.sampled_from([[], [value[at]] * 2, [_swapped(value[at], draw)]]))
        return [*value[:at], *changed, *value[at + 1 :]]
    if isinstance(value, str) and len(value) > 20 and draw(st.booleans()):
        return value[: draw(st.integers(0, len(value)))]
    return draw(VALUES)


@st.composite
def mutated(draw: Callable[[st.SearchStrategy], Any], name: str) -> Any:
    record = draw(st.sampled_from(RECORDS[name]))
    for _ in range(draw(st.integers(1, 3))):
        record = _swapped(record, draw)
    return record


@pytest.mark.parametrize("name", SAMPLES)
def test_every_mutation_is_examples_or_rejects(tmp_path: Path, name: str) -> None:
    @settings(
        deadline=None,
        max_examples=-(-MUTATIONS // AT_ONCE),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.lists(mutated(name), min_size=AT_ONCE, max_size=AT_ONCE))
    def read(records: list[Any]) -> None:
        lines = [orjson.dumps(record) for record in records]
        reading = read_text(b"\n".join([b'{"z": 1}', *lines]), tmp_path, connector=name)
        assert {*reading.lines, *(line for line, _ in reading.rejects)} == set(range(1, len(lines) + 2))
        assert set(reading.reasons) <= REASONS.keys() - {"connector-failed"}

    read()


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("levels", [100, 240, 260, 900])
def test_nesting_is_read_or_too_deep(tmp_path: Path, name: str, levels: int) -> None:
    """Written by hand, because orjson reads more levels than it writes."""
    record = copy.deepcopy(SAMPLES[name][0])
    for key in list(record):
        text = b"".join([b'{"parameters":[' * (levels // 2), b"1", b"]}" * (levels // 2)])
        line = orjson.dumps({**record, key: "HERE"}).replace(b'"HERE"', text)
        reading = read_text(line, tmp_path, connector=name)
        assert reading.read == 1
        assert "connector-failed" not in reading.reasons


@pytest.mark.parametrize("name", SAMPLES)
def test_no_reject_repeats_a_word_of_a_call(tmp_path: Path, name: str) -> None:
    canary = "kanarienvogel"

    def planted(value: object, *, keep: str) -> object:
        if isinstance(value, dict):
            return {key: entry if key == keep else planted(entry, keep=keep) for key, entry in value.items()}
        return [planted(entry, keep=keep) for entry in value] if isinstance(value, list) else canary

    kept = ("object", "type", "role", "schemaType", "")
    records = [planted(record, keep=keep) for record in RECORDS[name] for keep in kept]
    reading = read_records([*records, {canary: canary}], tmp_path, connector=name)
    assert reading.rejects
    assert canary not in repr(reading.details)
