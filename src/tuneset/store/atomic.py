"""Files and directories that appear whole or not at all, and are still there after a power cut.

For what must last: refs, the key, releases. The cache does without the waiting for the disk (see
`store.cache`).
"""

import os
import uuid
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import orjson

from tuneset.store.disk import explained

TEMPORARY = ".tmp-"
"""Begins the name of a file that is being written."""


def write_bytes(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Writes or replaces `path`; a reader sees the old bytes or the new ones.

    Args:
        path: a file in an existing directory.
        data: all of it.
        mode: permissions, before the umask.

    Raises:
        WorkspaceError: the disk is full or the directory cannot be written.
    """
    with explained(path.parent), temporary(path, data, mode=mode) as written:
        written.replace(path)
        sync_directory(path.parent)


def write_json(path: Path, value: object) -> None:
    """`value` as indented JSON with sorted keys and a last newline; see `write_bytes`."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    write_bytes(path, orjson.dumps(value, option=options))


def publish(staged: Path, target: Path) -> bool:
    """Moves a finished directory to its final name, durably; False, and nothing moved, if the name is taken.

    Both are on one file system; `Workspace.scratch` gives such a directory.

    Raises:
        WorkspaceError: the disk is full or the target's parent cannot be written.
    """
    with explained(target.parent):
        for path in sorted(staged.rglob("*")):
            sync_directory(path) if path.is_dir() else _sync_file(path)
        sync_directory(staged)
        if not rename_directory(staged, target):
            return False
        sync_directory(target.parent)
        return True


def rename_directory(staged: Path, target: Path) -> bool:
    """Moves a directory to a new name at once; False if the name is taken (an empty directory does not take
    it).
    """
    try:
        staged.rename(target)
    except OSError:
        if target.exists():
            return False
        raise
    return True


@contextmanager
def temporary(path: Path, data: bytes, *, mode: int) -> Generator[Path]:
    """A file beside `path` that holds `data` on the disk, not only in memory; removed if it is still there
    after.
    """
    name = path.parent / f"{TEMPORARY}{uuid.uuid4().hex}"
    try:
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield name
    finally:
        with suppress(OSError):
            name.unlink(missing_ok=True)


def sync_directory(path: Path) -> None:
    """Makes the names in a directory last."""
    _sync_file(path)


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
