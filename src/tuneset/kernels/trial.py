"""Does machine code that was kept run without numba here? Tried in a process that may crash."""
# ruff: noqa: ANN001, ANN201 - the types of numba kernels are inferred

import os
import signal
import subprocess
import sys

import numpy as np

from tuneset.kernels import native
from tuneset.kernels.kernel import kind_of
from tuneset.kernels.lean import counted

SUCCESS = 86
"""Exit status of a trial that went well; nothing else ends with it."""

_SCRIPT = f"from {__name__} import attempt; attempt()"
_PATIENCE_S = 60
_ENDED = {-signal.SIGHUP, -signal.SIGINT, -signal.SIGKILL, -signal.SIGTERM}
"""Exit status of a process that somebody ended, which says nothing about the code."""


@counted
def running_sum(numbers, start):
    """Makes an array, returns a pair and raises: what kernels do that needs help from outside."""
    if start < 0:
        raise ValueError("a sum cannot start below nothing")
    made = np.empty(len(numbers), np.int64)
    total = start
    for i in range(len(numbers)):
        total += numbers[i]
        made[i] = total
    return made, total


def run() -> int | None:
    """Exit status of a trial in a process of its own; None if there could be none, it took too long, or was
    ended.
    """
    _ = running_sum(*_ARGUMENTS)  # which keeps its code
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-P", "-c", _SCRIPT]  # -P: what lies in the working directory is no module
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return None if done.returncode in _ENDED else done.returncode


def attempt() -> None:
    """Ends this process, with `SUCCESS` if all went well."""
    kinds = tuple(kind_of(argument) for argument in _ARGUMENTS)
    trial = native.unproven(f"{__name__}.running_sum", kinds)
    if trial is None or "numba" in sys.modules:
        sys.exit("the code was not kept")
    for _ in range(1000):  # arrays come and go
        made, total = trial(*_ARGUMENTS)
        if made.tolist() != [3, 5, 8] or total != 8:
            sys.exit("the sums are others")
    try:
        trial(_ARGUMENTS[0], -1)
    except ValueError:
        sys.exit(SUCCESS)
    sys.exit("the error was lost")


_ARGUMENTS = (np.array([2, 2, 3], np.int64), 1)
