"""Environments of the judges: each has its own versions, made when first asked for, kept in `.trainers/`."""

import fcntl
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REQUIREMENTS = Path(__file__).with_name("requirements")
KEPT = ROOT / ".trainers"
ENDS = ("", ".alone", ".npm")

needed = pytest.mark.skipif(
    "TUNESET_TRAINERS" not in os.environ, reason="outside judges run in `make test-trainers`"
)
"""Marks the tests of a judge."""


def environment(judge: str) -> Path:
    """The interpreter of a judge's environment, made if it is not there or its requirements have changed.

    `requirements/JUDGE.txt` lists packages with what they need, `JUDGE.alone.txt` such as are installed
    without (they ask for GPUs or other systems), `JUDGE.npm.txt` packages for the node that the first list
    brings. A line `# on: OTHER` lets it import what another environment holds.
    """
    folder = KEPT / judge
    interpreter = folder / "bin" / "python"
    KEPT.mkdir(exist_ok=True)
    with (KEPT / f"{judge}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mark, wanted = folder / "installed", _digest(judge)
        if not (mark.exists() and mark.read_text() == wanted):
            _make(judge, folder)
            mark.write_text(wanted)
    return interpreter


def _files(judge: str) -> list[Path]:
    return [file for end in ENDS if (file := REQUIREMENTS / f"{judge}{end}.txt").exists()]


def _below(judge: str) -> str | None:
    found = re.search(r"^# on: (\S+)$", _files(judge)[0].read_text(), re.MULTILINE)
    return found[1] if found else None


def _digest(judge: str) -> str:
    below = _below(judge)
    said = b"".join(file.read_bytes() for file in _files(judge)) + (_digest(below) if below else "").encode()
    return hashlib.sha256(said + sys.version.encode()).hexdigest()


def _make(judge: str, folder: Path) -> None:
    below = _below(judge)
    _run(sys.executable, "-m", "venv", "--clear", folder)
    if below is not None:
        other = _packages(environment(below))
        _packages(folder / "bin" / "python").joinpath("below.pth").write_text(f"{other}\n")
    for file in _files(judge):
        match file.suffixes:
            case [".npm", _]:
                _install_for_node(file, folder)
            case [".alone", _]:
                _install(file, folder, "--no-deps")
            case _:
                _install(file, folder)


def _install(file: Path, folder: Path, *options: str) -> None:
    _run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", *options, "--requirement", file)


def _install_for_node(file: Path, folder: Path) -> None:
    """Into `node_modules`. No scripts of packages run, and what a package calls optional stays away."""
    lines = file.read_text().splitlines()
    wanted = [line for line in lines if not line.startswith("#")]
    options = ["--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", folder]
    _run(folder / "bin" / "npm", "install", *options, *wanted)


def _packages(interpreter: Path) -> Path:
    (found,) = (interpreter.parents[1] / "lib").glob("python*/site-packages")
    return found


def _run(program: Path | str, *arguments: str | Path) -> None:
    command = (program, *arguments)
    path = os.pathsep.join([str(Path(program).parent), os.environ["PATH"]])
    done = subprocess.run(
        command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stderr[-2000:]}"
