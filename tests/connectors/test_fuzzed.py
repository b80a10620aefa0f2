"""Inputs with which a coverage-guided fuzzer reached a new place in a reader; see `benchmarks/fuzz.py`."""

import tarfile
from pathlib import Path

import pytest

from connectors.fuzzing import ORACLES

FOUND = Path(__file__).parent / "fuzzed.tar.xz"


def _inputs() -> dict[str, list[tuple[str, bytes]]]:
    found: dict[str, list[tuple[str, bytes]]] = {}
    with tarfile.open(FOUND) as kept:
        for member in kept:
            file = kept.extractfile(member)
            assert file is not None
            found.setdefault(member.name.partition("/")[0], []).append((member.name, file.read()))
    return found


@pytest.mark.parametrize("reader", ["chats", "sse", "json", "csv"])
def test_what_a_fuzzer_found_ends_as_every_input_must(reader: str, tmp_path: Path) -> None:
    inputs = _inputs()[reader]
    assert len(inputs) > 100
    for name, data in inputs:
        try:
            ORACLES[reader](data, tmp_path)
        except Exception as problem:
            pytest.fail(f"{name}: {type(problem).__name__}")
