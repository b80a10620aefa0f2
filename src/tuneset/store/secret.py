"""The project's key: 32 random bytes behind every keyed hash of a log's own ids.

It never leaves the workspace; a release holds hashes only.
"""

import os
import secrets
from pathlib import Path

from tuneset.core.errors import WorkspaceError
from tuneset.store.atomic import sync_directory, temporary
from tuneset.store.disk import explained

KEY_BYTES = 32


def project_key(path: Path) -> bytes:
    """The key in `path`, made at the first call; of several callers at once all get the same.

    Raises:
        WorkspaceError: it cannot be written, or is not a key.
    """
    with explained(path.parent):
        if not path.exists():
            _create(path)
        key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise WorkspaceError(
            f"the project's key has {len(key)} bytes instead of {KEY_BYTES}",
            code="TS306",
            where=str(path),
            fix="restore it from a backup; or delete it, and the pseudonyms of all users change",
        )
    return key


def _create(path: Path) -> None:
    with temporary(path, secrets.token_bytes(KEY_BYTES), mode=0o600) as written:
        try:
            os.link(written, path)  # unlike a rename it never replaces the key that another process has made
        except FileExistsError:
            return
        except OSError:  # a file system without links: there the last of several first callers wins
            written.replace(path)
        sync_directory(path.parent)
