"""`tuneset spec` says of every key what it means, and of every mistake where it stands."""

import json
from pathlib import Path
from typing import Any

import pytest

from tuneset.cli import app
from tuneset.cli.reference import keys
from tuneset.core.spec import Spec

MINIMAL = "name: parcels\nsources:\n  - path: logs\n"


def run(capsys: pytest.CaptureFixture[str], *arguments: Any) -> Any:
    status = app.run(list(arguments))
    return status, *capsys.readouterr()


def test_every_key_has_a_meaning_and_a_type() -> None:
    entries = list(keys())
    assert len(entries) > 80
    assert [entry.path for entry in entries if not entry.meaning or entry.type == "value"] == []


def test_keys_that_have_no_default_are_those_that_a_spec_needs() -> None:
    required = [entry.path for entry in keys() if not entry.default]
    assert [path for path in required if "." not in path] == ["name", "sources"]
    assert "sources[].path" in required


def test_the_paths_are_those_of_the_schema() -> None:
    properties = Spec.model_json_schema(by_alias=True)["properties"]
    assert {entry.path for entry in keys() if "." not in entry.path} == set(properties)


@pytest.mark.parametrize("path", ["dedupe.near_jaccard", "sources[].path", "sources.path", "sources[0].path"])
def test_a_key_is_explained_however_its_list_is_written(
    capsys: pytest.CaptureFixture[str], path: str
) -> None:
    status, out, _ = run(capsys, "spec", "explain", path)
    assert status == 0
    assert len([line for line in out.splitlines() if line.startswith("  type:")]) == 1


def test_a_misspelt_key_gets_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "spec", "explain", "dedupe.near_jacard")
    assert (status, out) == (2, "")
    assert "did you mean `dedupe.near_jaccard`?" in err


def test_check_names_the_line_of_a_mistake(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "tuneset.yaml").write_text(f"{MINIMAL}dedupe:\n  near_jacard: 0.7\n")
    status, out, err = run(capsys, "spec", "check", str(tmp_path))
    assert (status, out) == (3, "")
    assert "error[TS104]" in err
    assert "tuneset.yaml:5" in err
    assert "did you mean `near_jaccard`?" in err


def test_the_schema_is_json_with_and_without_the_option(capsys: pytest.CaptureFixture[str]) -> None:
    _, plain, _ = run(capsys, "spec", "schema")
    _, asked, _ = run(capsys, "spec", "schema", "--json")
    assert json.loads(asked)["schema"] == json.loads(plain)
