"""The command line can be learned from itself, quickly and on a narrow screen."""

import inspect
import re
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

from terminal import PROGRAM, clean_environment, tuneset
from tuneset.cli import app
from tuneset.cli.table import SUMMARIES

HEAVY = ("numpy", "pyarrow", "duckdb", "numba", "pydantic", "rich", "scipy", "ruamel", "orjson", "jinja2")
SUBCOMMANDS = ("spec check", "spec explain", "spec schema")


def test_help_imports_nothing_heavy() -> None:
    done = subprocess.run(
        [PROGRAM[0], "-X", "importtime", *PROGRAM[1:], "--help"],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "typer" in imported
    assert imported.isdisjoint(HEAVY)
    assert "tuneset.cli.commands" not in done.stderr


@pytest.mark.parametrize("name", SUMMARIES)
def test_the_listed_summary_is_the_docstring_of_the_command(name: str) -> None:
    module = import_module(f"tuneset.cli.commands.{name}")
    assert inspect.getdoc(module) == SUMMARIES[name]


@pytest.mark.parametrize("name", [*SUMMARIES, *SUBCOMMANDS])
def test_help_explains_every_option_and_fits_into_40_columns(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert app.run([*name.split(), "--help"]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 40
    if name != "spec":
        assert "--json" in shown


def test_every_command_module_is_listed() -> None:
    from tuneset.cli import commands as package

    files = {path.stem for path in Path(package.__file__).parent.glob("*.py")} - {"__init__"}
    assert files == set(SUMMARIES)


def test_without_a_command_the_help_is_shown() -> None:
    assert tuneset().out == tuneset("--help").out


def test_the_version_is_that_of_the_package() -> None:
    import tuneset as package

    assert tuneset("--version").out == f"tuneset {package.__version__}\n"


def test_a_misspelt_command_gets_a_suggestion() -> None:
    said = tuneset("bulid")
    assert said.status == 2
    assert "did you mean `tuneset build`?" in said.err
    assert said.out == ""


def test_a_global_option_after_the_command_is_explained() -> None:
    said = tuneset("plan", "-C", "somewhere")
    assert said.status == 2
    assert "`tuneset -C DIR plan`" in said.err


def test_a_directory_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    said = tuneset("-C", tmp_path / "nowhere", "plan")
    assert (said.status, said.out) == (2, "")
    assert re.search(r"error\[TS503\]: cannot work in `.*nowhere`", said.err)
