"""One build at a time per project. The lock dies with the process that holds it, however it dies."""

import errno
import fcntl
import os
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from tuneset.core.errors import WorkspaceError
from tuneset.store.disk import explained
from tuneset.store.workspace import Workspace


def build_lock(
    workspace: Workspace, *, wait: bool = True, on_notice: Callable[[str], None] | None = None
) -> AbstractContextManager[None]:
    """Keeps other builds of this project out; see `lock`. `on_notice`: the workspace's own if None."""
    return lock(workspace.directory / "lock", wait=wait, on_wait=on_notice or workspace.on_notice)


@contextmanager
def lock(path: Path, *, wait: bool = True, on_wait: Callable[[str], None] | None = None) -> Generator[None]:
    """Holds the lock file `path`.

    Args:
        path: the file; it stays when the lock is released.
        wait: wait for who holds it, or refuse.
        on_wait: told once, in words for the user, before waiting.

    Raises:
        WorkspaceError: somebody holds it and `wait` is false, or the disk cannot lock.
    """
    with explained(path.parent):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)  # not inherited by child processes
    try:
        _acquire(descriptor, path, wait=wait, on_wait=on_wait)
        with explained(path.parent):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        with suppress(OSError):
            fcntl.flock(
                descriptor, fcntl.LOCK_UN
            )  # closing would do, but for a child that has a copy still open
        os.close(descriptor)


def _acquire(descriptor: int, path: Path, *, wait: bool, on_wait: Callable[[str], None] | None) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held = f"another build works in this project (process {_holder(descriptor)})"
        if not wait:
            raise WorkspaceError(
                held, code="TS304", where=str(path), fix="wait until it is done, or end that process"
            ) from None
        if on_wait is not None:
            on_wait(f"{held}; waiting for it")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:
        why = errno.errorcode.get(error.errno or 0, "unknown error")
        raise WorkspaceError(
            f"the disk of the project cannot lock files ({why})",
            code="TS304",
            where=str(path),
            fix="put the project on a local disk, or on a network disk with locks",
        ) from None


def _holder(descriptor: int) -> str:
    """The process id written by the holder; it may have taken the lock and not written yet."""
    return os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
