"""Damaged exports of chats and evaluations end in examples or rejects; how many are tried is a setting.

TUNESET_MUTATIONS=10000 python -m pytest tests/connectors/test_chat_mutations.py
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.reading import read_text
from tuneset.connectors.rejects import REASONS

FIXTURES = Path(__file__).parent / "fixtures"
MUTATIONS = int(os.environ.get("TUNESET_MUTATIONS", "150"))
SEVERAL = 10
"""Mutated records in a file: reading one is mostly the cost of a file."""

SAMPLES = {
    "openwebui": ["openwebui_chats.json", "openwebui_export.json"],
    "chatgpt-export": ["chatgpt_conversations.json"],
    "inspect-ai": ["inspect_log.jsonl"],
}
RECORDS = {
    name: [record for file in files for record in _listed(orjson.loads((FIXTURES / file).read_bytes()))]
    for name, files in SAMPLES.items()
    for _listed in [lambda value: value if isinstance(value, list) else [value]]
}


def _keys(value: object) -> set[str]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (set(value) if isinstance(value, dict) else set()).union(*map(_keys, inside))


def _values(name: str) -> st.SearchStrategy[Any]:
    keys = st.sampled_from(sorted(_keys(RECORDS[name])))
    numbers = st.one_of(st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False))
    words = st.sampled_from(["user", "assistant", "tool", "system", "text", "all", "attachment://aa", "[{}]"])
    scalars = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=5), words, keys)
    return st.recursive(
        scalars,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
        max_leaves=8,
    )


def _places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [place for key, entry in entries for place in ((*path, key), *_places(entry, (*path, key)))]


PLACES = {
    name: [(i, p) for i, r in enumerate(records) for p in _places(r)] for name, records in RECORDS.items()
}


def _exchanged(value: Any, path: tuple[Any, ...], new: object) -> Any:
    if not path:
        return new
    if isinstance(value, dict):
        return {**value, path[0]: _exchanged(value[path[0]], path[1:], new)}
    return [_exchanged(entry, path[1:], new) if i == path[0] else entry for i, entry in enumerate(value)]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_mutated_record_is_an_example_or_a_reject(tmp_path: Path, name: str) -> None:
    @settings(
        deadline=None,
        max_examples=max(1, MUTATIONS // SEVERAL),
        suppress_health_check=[HealthCheck.too_slow],
        database=None,
    )
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        draw: Callable[[st.SearchStrategy], Any] = data.draw
        records = []
        for _ in range(SEVERAL):
            number, path = draw(st.sampled_from(PLACES[name]))
            records.append(_exchanged(RECORDS[name][number], path, draw(_values(name))))
        lines = [orjson.dumps(record) for record in records]
        reading = read_text(b"\n".join(lines), tmp_path, connector=name)
        assert reading.read >= len(lines)
        assert {*reading.lines, *(line for line, _ in reading.rejects)} == set(range(1, len(lines) + 1))
        assert set(reading.reasons) <= REASONS.keys() - {"connector-failed"}

    check()
