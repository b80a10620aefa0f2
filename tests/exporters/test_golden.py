"""The bytes of every exporter, written once; other bytes are another format and need another version."""

from pathlib import Path

import pyarrow as pa
import pytest

from promises.test_exported_files_parse_back import PREFERENCES, good, with_preferences
from release.handmade import make_build
from tuneset.core import registry
from tuneset.core.exporter import Exporter

GOLDEN = Path(__file__).parents[1] / "golden"
NAMES = registry.names(registry.EXPORTERS)


@pytest.mark.parametrize("name", NAMES)
def test_the_exported_bytes_are_those_written_once(name: str, tmp_path: Path) -> None:
    build, _ = make_build(tmp_path, count=24, hostile=frozenset({7}))
    exporter = registry.load(registry.EXPORTERS, name)()
    (examples,) = build.kept()
    examples = with_preferences(examples) if name in PREFERENCES else examples
    lines = b"".join(line + b"\n" for line in exporter.lines(written_rows(name, exporter, examples)))
    assert lines == (GOLDEN / f"{name}.v{exporter.version}.jsonl").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_the_rules_broken_are_those_written_once(name: str, tmp_path: Path) -> None:
    build, _ = make_build(tmp_path, count=24, hostile=frozenset({7}))
    (examples,) = build.kept()
    exporter = registry.load(registry.EXPORTERS, name)()
    examples = with_preferences(examples) if name in PREFERENCES else examples
    found = "".join(f"{row} {rule}\n" for row, rule in exporter.breaks(examples))
    assert found == (GOLDEN / f"{name}.rules.txt").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_the_files_beside_the_data_are_those_written_once(name: str) -> None:
    written = registry.load(registry.EXPORTERS, name)().side_files("support")
    shown = "".join(f"== {path}\n{written[path].decode()}" for path in sorted(written))
    golden = GOLDEN / f"{name}.side.txt"
    assert shown == (golden.read_text() if golden.exists() else "")


def written_rows(name: str, exporter: Exporter, examples: pa.Table) -> pa.Table:
    """The two oldest exporters write any row; of the others, those that break no rule."""
    return examples if name in ("openai", "trl") else good(exporter, examples)
