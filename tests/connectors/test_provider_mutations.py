"""Calls that are nested too deeply or hold a canary: read or rejected, and not quoted."""

import copy
from pathlib import Path

import orjson
import pytest

from connectors.provider_samples import BAD, SAMPLES
from connectors.reading import read_records, read_text

RECORDS = {
    name: [*some, *(record for record, _, _ in BAD[name] if record.get("data") != []) ]
    for name, some in SAMPLES.items()
}  # fmt: skip


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
