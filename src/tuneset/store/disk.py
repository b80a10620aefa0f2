"""What the operating system says about a disk, in words a user can act on."""

import errno
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tuneset.core.errors import WorkspaceError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_UNWRITABLE = (errno.EACCES, errno.EPERM)
_IN_THE_WAY = (errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENAMETOOLONG, errno.EIO)


@contextmanager
def explained(path: Path) -> Generator[None]:
    """Turns an `OSError` about the disk of `path` into a `WorkspaceError`; others pass.

    An error about a file elsewhere, say a source that cannot be read, passes too.
    """
    try:
        yield
    except OSError as error:
        told = explanation(error, path=path)
        if told is None:
            raise
        raise told from None  # the chained message would repeat it, with less help


def explanation(error: OSError, *, path: Path) -> WorkspaceError | None:
    """The error for the user, or None if `error` is not about writing below `path`."""
    if error.errno in _FULL:
        return WorkspaceError(
            f"the disk is full: {_free_mib(path)} MiB are left, fewer than are needed" + _limit(error),
            code="TS302",
            where=str(path),
            fix="free some space; `.tuneset/cache` is safe to delete, at the price of a slower next build",
        )
    if error.errno in _UNWRITABLE and _concerns(error, path):
        return WorkspaceError(
            f"the workspace cannot be written ({os.strerror(error.errno)})",
            code="TS303",
            where=str(error.filename or path),
            fix=f"give the user {_user()} the right to write there, or run on a copy of the project",
        )
    if error.errno == errno.EROFS and _concerns(error, path):
        return WorkspaceError(
            f"the workspace cannot be written ({os.strerror(errno.EROFS)})",
            code="TS303",
            where=str(error.filename or path),
            fix="mount it with the right to write, or run on a copy of the project",
        )
    if error.errno in _IN_THE_WAY and _concerns(error, path):
        return WorkspaceError(
            f"the workspace cannot be written ({os.strerror(error.errno)})",
            where=str(error.filename or path),
            fix="move away what is in the way, and check the disk",
        )
    return None


def _concerns(error: OSError, path: Path) -> bool:
    """Is it about `path`, something below, or (as with Arrow's own writers) nothing it names?"""
    if error.filename is None:
        return True
    named = Path(os.fsdecode(error.filename)).absolute()
    return named == path.absolute() or path.absolute() in named.parents


def _limit(error: OSError) -> str:
    return ", or the size of a file is limited (`ulimit -f`)" if error.errno == errno.EFBIG else ""


def _free_mib(path: Path) -> int | str:
    while not path.exists() and path != path.parent:
        path = path.parent
    try:
        return shutil.disk_usage(path).free // 2**20
    except OSError:
        return "an unknown number of"


def _user() -> str:
    return f"with id {os.getuid()}" if hasattr(os, "getuid") else "you are"
