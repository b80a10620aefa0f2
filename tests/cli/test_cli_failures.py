"""Whatever goes wrong is told with a code, a place and a fix, and never with a word of a log."""

import os
import pty
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from terminal import PROGRAM, clean_environment, tuneset
from tuneset.cli import app, output, table
from tuneset.core.errors import InputError, IntegrityError, UsageError

SECRET = "Ottilie-7731"


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """A command that raises what it is told to; returns exit status, stdout and stderr."""

    def run(problem: Any, *arguments: Any) -> Any:
        module = ModuleType("tuneset.cli.commands.broken", "Breaks.")

        def command(as_json: bool = False) -> None:
            customer = SECRET  # a local variable that a careless traceback would show
            assert customer
            raise problem

        module.command = command
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(table.SUMMARIES, "broken", "Breaks.")
        status = app.run([*arguments, "broken"])
        out, err = capsys.readouterr()
        return status, out, err

    return run


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (InputError("the file is empty", where="logs/a.jsonl:3", fix="fill it"), 3),
        (IntegrityError("a gate says no", where="logs/a.jsonl:3", fix="fill it"), 1),
        (UsageError("there is no such thing", where="logs/a.jsonl:3", fix="fill it"), 2),
    ],
)
def test_an_error_names_code_place_and_fix_and_has_its_exit_status(
    broken: Any, problem: Any, status: int
) -> None:
    got, out, err = broken(problem)
    assert (got, out) == (status, "")
    assert err == f"error[{problem.code}]: {problem.what}\n  --> logs/a.jsonl:3\n  fix: fill it\n"


def test_a_bug_tells_type_and_place_but_neither_message_nor_variables(broken: Any) -> None:
    status, out, err = broken(ValueError(f"could not convert '{SECRET}'"))
    assert (status, out) == (5, "")
    assert "ValueError" in err
    assert "--> tuneset/cli/" in err
    assert SECRET not in err


def test_debug_shows_every_step_but_neither_messages_nor_variables(broken: Any) -> None:
    cause = KeyError(SECRET)
    problem = ValueError(f"bad {SECRET}")
    problem.__cause__ = cause
    problem.add_note(
        f'in a worker:\n  File "/x/tuneset/stages/clean.py", line 7, in mended\n    f("{SECRET}")'
    )
    status, out, err = broken(problem, "--debug")
    assert status == 5
    assert "builtins.ValueError" in err
    assert "builtins.KeyError" in err
    assert "/x/tuneset/stages/clean.py:7 in mended" in err
    assert SECRET not in out + err


def test_an_interrupt_says_that_nothing_is_lost(broken: Any) -> None:
    status, out, err = broken(KeyboardInterrupt())
    assert (status, out) == (130, "")
    assert err == "stopped; run the same command again, finished parts are kept\n"


def test_with_json_an_error_is_an_object_on_stdout(tmp_path: Path) -> None:
    said = tuneset("plan", "--json", cwd=tmp_path)
    assert said.status == 3
    assert said.json["schema_version"] == 1
    assert said.json["error"]["code"] == "TS107"
    assert said.json["error"]["fix"]
    assert said.err.startswith("error[TS107]")


def test_a_wrong_option_is_told_in_the_same_form() -> None:
    said = tuneset("plan", "--speed", "fast")
    assert said.status == 2
    assert (
        said.err
        == "error[TS501]: no such option: --speed\n  fix: `tuneset plan --help` shows what it takes\n"
    )


def test_a_closed_pipe_is_no_failure() -> None:
    command = " ".join([f"'{part}'" for part in PROGRAM]) + " spec explain | head -n 1; echo ${PIPESTATUS[0]}"
    done = subprocess.run(
        ["bash", "-c", command], env=clean_environment(), capture_output=True, text=True, check=True
    )
    first, status = done.stdout.splitlines()
    assert first == "name"
    assert int(status) in (0, 141)  # 0 if all of it went into the pipe before the reader left
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"CI": "true"}, False)]
)
def test_colours_only_on_a_terminal_that_wants_them(env: Any, coloured: Any) -> None:
    assert ("\x1b[" in _on_a_terminal("nonsense", env=env)) == coloured


def test_on_a_narrow_terminal_lines_are_folded() -> None:
    shown = _on_a_terminal("nonsense", env={"COLUMNS": "40", "NO_COLOR": "1"})
    assert max(map(len, shown.splitlines())) <= 40


def _on_a_terminal(*arguments: Any, env: Any) -> Any:
    ours, theirs = pty.openpty()
    environment = clean_environment({"TERM": "xterm", **env})
    with subprocess.Popen([*PROGRAM, *arguments], env=environment, stdout=theirs, stderr=theirs):
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
    os.close(ours)
    return shown.decode()


def _read(terminal: Any) -> Any:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux says so when the other side is closed
        return b""


def test_a_colour_takes_no_room_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("NO_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    what = "a line of just forty letters"
    output.failure("TS1", what, where=None, fix=None)
    assert capsys.readouterr().err == f"\x1b[31;1merror[TS1]\x1b[0m: {what}\n"
