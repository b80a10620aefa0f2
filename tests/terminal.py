"""Runs the command line as a user does: in a process of its own, or, faster, in this one."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROGRAM = (sys.executable, "-c", "from tuneset.cli import main; main()")
"""`tuneset`, whether or not its script is on the path."""


@dataclass(frozen=True)
class Said:
    """What came out of it."""

    status: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err

    @property
    def json(self) -> dict:
        return json.loads(self.out)


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without what would change how we print."""
    unset = ("COLUMNS", "NO_COLOR", "CI", "FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS")
    return {name: value for name, value in os.environ.items() if name not in unset} | dict(extra or {})


def tuneset(*arguments: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Said:
    """Runs `tuneset ARGUMENTS` in `cwd`."""
    done = subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        cwd=cwd,
        env=clean_environment(env),
        capture_output=True,
        text=True,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def here(*arguments: str | Path, cwd: Path | None = None) -> Said:
    """Runs `tuneset ARGUMENTS` in this process: a second less, and nothing starts afresh."""
    from tuneset.cli import app

    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd or Path.cwd()),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        status = app.run([str(argument) for argument in arguments])
    return Said(status, out.getvalue(), err.getvalue())
