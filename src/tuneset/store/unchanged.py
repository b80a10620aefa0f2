"""Which files are what they were when they were last read, without reading them again.

A file has the content it had if it still is the same file (inode), as long, and was neither written nor
renamed over since: its times of modification and of change say so. That is how git knows which files of a
work tree to look at. The time of change is set by the system alone, so a file that somebody damages, edits or
restores is read; what escapes is a disk that returns other bytes than were written, and what is copied to
another place is read anew. Deleting `.tuneset/read.json` makes the next build read all logs.
"""

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import orjson

from tuneset.store.atomic import write_bytes

Stamp = list[int]
"""Inode, size, and the times of the last modification and change in nanoseconds."""

FILE = "read.json"
VERSION = 1
"""Goes up when the digest of the same bytes is another (`connectors.parts`)."""

_TICK_NS = 50_000_000
"""Two writes within it may have one time; systems count in steps of up to 10 ms."""
_SECOND_NS = 1_000_000_000


def stamp_of(path: str | Path) -> Stamp:
    """What the system says of a file.

    Raises:
        OSError: there is none.
    """
    found = Path(path).stat()
    return [found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


@cache
def running() -> str:
    """Names the time since the system was started, empty where it has no name (Linux has). What was written
    before a power cut may never have reached the disk, though the stamp of its file did.
    """
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


class Read:
    """Digests of files that were read, by path and by what of the file was read."""

    def __init__(self, known: dict[str, tuple[Stamp, str]] | None = None) -> None:
        self._known = known or {}
        self._now: dict[str, tuple[Stamp, str]] = {}

    @classmethod
    def load(cls, directory: Path) -> "Read":
        """What earlier builds of a workspace have read; nothing if that cannot be read itself."""
        try:
            told = orjson.loads((directory / FILE).read_bytes())
            listed = told["read"] if told["version"] == VERSION else {}
            return cls(
                {name: (list(map(int, stamp)), str(digest)) for name, (stamp, digest) in listed.items()}
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return cls()

    def digest(self, path: str, what: str, compute: Callable[[], str]) -> str:
        """What `compute` says of (a part of) a file, or said when the file was as it is.

        Raises:
            what `compute` raises.
        """
        name = f"{what} {path}"
        try:
            before = stamp_of(path)
        except OSError:
            return compute()
        known = self._known.get(name)
        if known is None or known[0] != before:
            began = time.time_ns()
            known = before, compute()
            if not _settled(before, at=began) or not _is_still(path, before):
                return known[1]
        self._now[name] = known
        return known[1]

    def save(self, directory: Path) -> None:
        """Keeps what was asked for since, and forgets the rest. Hold the lock of the workspace."""
        if self._now != self._known:
            write_bytes(directory / FILE, orjson.dumps({"version": VERSION, "read": self._now}))


def _is_still(path: str, stamp: Stamp) -> bool:
    try:
        return stamp_of(path) == stamp
    except OSError:
        return False


def _settled(stamp: Stamp, *, at: int) -> bool:
    """Would a write after `at` have given the file another time? Some file systems count whole seconds."""
    last = max(stamp[2:])
    return at - last > (2 * _SECOND_NS if last % _SECOND_NS == 0 else _TICK_NS)
