"""One build at a time; the lock dies with who holds it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tuneset.core.errors import WorkspaceError
from tuneset.store.lock import build_lock, lock
from tuneset.store.workspace import Workspace

HOLDER = """
import sys
from pathlib import Path
from tuneset.store.lock import build_lock
from tuneset.store.workspace import Workspace

with build_lock(Workspace.open(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.readline()
print("released", flush=True)
"""

WAITER = """
import sys
from pathlib import Path
from tuneset.store.lock import build_lock
from tuneset.store.workspace import Workspace

said = lambda notice: print(notice, flush=True)
with build_lock(Workspace.open(Path(sys.argv[1])), on_notice=said):
    print("mine", flush=True)
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path)


def _start(code: str, workspace: Workspace) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, str(workspace.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_second_build_is_refused_and_told_who_holds_the_lock(workspace: Workspace) -> None:
    with _start(HOLDER, workspace) as holder:
        assert _line(holder) == "held"
        with pytest.raises(WorkspaceError) as told, build_lock(workspace, wait=False):
            pass
        assert told.value.code == "TS304"
        assert f"process {holder.pid}" in told.value.what
        assert told.value.fix is not None
        holder.communicate("go on\n")
    with build_lock(workspace, wait=False):
        pass


def test_a_second_build_waits_and_says_so(workspace: Workspace) -> None:
    with _start(HOLDER, workspace) as holder:
        assert _line(holder) == "held"
        with _start(WAITER, workspace) as waiter:
            assert (
                _line(waiter) == f"another build works in this project (process {holder.pid}); waiting for it"
            )
            assert waiter.poll() is None
            holder.communicate("go on\n")
            assert _line(waiter) == "mine"
            waiter.communicate()


def test_a_lock_dies_with_its_process(workspace: Workspace) -> None:
    with _start(HOLDER, workspace) as holder:
        assert _line(holder) == "held"
        holder.kill()
        holder.communicate()
    with build_lock(workspace, wait=False):
        assert (workspace.directory / "lock").read_text() == f"{os.getpid()}\n"


def test_a_child_process_does_not_keep_the_lock(workspace: Workspace) -> None:
    with build_lock(workspace, wait=False):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    try:
        with build_lock(workspace, wait=False):
            assert child.poll() is None
    finally:
        child.communicate(b"\n")


def test_a_failed_build_gives_the_lock_back(workspace: Workspace) -> None:
    with pytest.raises(KeyError), build_lock(workspace):
        raise KeyError
    with build_lock(workspace, wait=False):
        pass


def test_two_projects_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with lock(tmp_path / "a", wait=False), lock(tmp_path / "b", wait=False):
        pass
