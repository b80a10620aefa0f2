"""The bytes of both exporters, written once; other bytes are another format and need another version."""

from pathlib import Path

import pytest

from release.handmade import make_build
from tuneset.core import registry

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.parametrize("name", ["openai", "trl"])
def test_the_exported_bytes_are_those_written_once(name: str, tmp_path: Path) -> None:
    build, _ = make_build(tmp_path, count=24, hostile=frozenset({7}))
    exporter = registry.load(registry.EXPORTERS, name)()
    (examples,) = build.kept()
    lines = b"".join(line + b"\n" for line in exporter.lines(examples))
    assert lines == (GOLDEN / f"{name}.v{exporter.version}.jsonl").read_bytes()


@pytest.mark.parametrize("name", ["openai", "trl"])
def test_the_rules_broken_are_those_written_once(name: str, tmp_path: Path) -> None:
    build, _ = make_build(tmp_path, count=24, hostile=frozenset({7}))
    (examples,) = build.kept()
    found = "".join(
        f"{row} {rule}\n" for row, rule in registry.load(registry.EXPORTERS, name)().breaks(examples)
    )
    assert found == (GOLDEN / f"{name}.rules.txt").read_text()
