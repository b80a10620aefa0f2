"""Results by fingerprint: what was computed once is never computed again, and what is damaged is computed
anew.

An entry is a directory `cache/<fingerprint>/` with the files a task wrote and, written last, `manifest.json`:
the size and digest of each file, the task's own values, and a digest of the manifest itself. The directory is
renamed into place, so an entry is whole or absent.

Writing does not wait for the disk (no fsync): after a power cut an entry may be damaged, and is found out by
its digests like any other damage, and rebuilt. With one entry per part that saves thousands of waits per
build.
"""

import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson
import xxhash

from tuneset.store.atomic import rename_directory
from tuneset.store.disk import explained
from tuneset.store.unchanged import Stamp, running, stamp_of

MANIFEST = "manifest.json"
STAMPS = "stamps.json"
"""What the system said of the files when they were written or checked, and since when it ran
(`store.unchanged`); no part of the entry."""
VERSION = 1
_FINGERPRINT = re.compile(r"[0-9a-f]{8,128}")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Entry:
    """A whole, checked entry. `values` is what the writer returned."""

    fingerprint: str
    path: Path
    values: dict[str, Any]
    size: int
    """Bytes of all files."""

    def file(self, name: str) -> Path:
        """Path of one of its files."""
        return self.path / name


@dataclass(frozen=True)
class Cache:
    """The entries below `root`; `tmp` is a directory on the same file system. `stamped`: files that are what
    they were when they were written or checked last, while the system ran, are not read to check them; the
    stamps lie beside them.
    """

    root: Path
    tmp: Path
    on_notice: Callable[[str], None]
    stamped: bool = False

    def get(self, fingerprint: str, *, trust: bool = False) -> Entry | None:
        """The entry, or None if there is none. A damaged one is removed, said aloud, and is none.

        Args:
            fingerprint: of everything the result depends on, see `core.fingerprint`.
            trust: check the sizes of its files only, not their content; for an entry checked in this run.
        """
        path = self._path(fingerprint)
        if not path.is_dir():
            return None
        known = _stamps(path) if self.stamped and not trust else {}
        try:
            entry, seen = _read(path, deep=not trust, known=known)
        except (
            OSError,
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
        ) as error:  # whatever the damage makes of it
            why = str(error) if isinstance(error, _DamageError) else "its manifest cannot be read"
            self.on_notice(f"cache entry {fingerprint[:12]} is damaged ({why}); it is built again")
            self.forget(fingerprint)
            return None
        if self.stamped and not trust and seen != known:
            _stamp(path, seen)
        return entry

    def has(self, fingerprint: str) -> bool:
        """Is there an entry, by the sizes of its files? Changes nothing and reads only the manifest."""
        path = self._path(fingerprint)
        try:
            _read(path, deep=False)
        except _BROKEN:
            return False
        return True

    def commit(self, fingerprint: str, write: Callable[[Path], dict[str, Any] | None]) -> Entry:
        """Makes an entry: `write` fills an empty directory and may return JSON values to keep with it.

        If another process has made the entry in the meantime, that one stays and ours is discarded. If
        `write` raises, nothing stays.

        Raises:
            WorkspaceError: the disk is full or the workspace cannot be written.
        """
        target = self._path(fingerprint)
        staged = self.tmp / f"{os.getpid()}-{uuid.uuid4().hex}"
        with explained(self.root.parent):
            try:
                staged.mkdir()
                files = _write_manifest(staged, fingerprint=fingerprint, values=write(staged) or {})
                if self.stamped:
                    _stamp(staged, {name: stamp_of(staged / name) for name in files})
                while not rename_directory(staged, target):
                    if (theirs := self.get(fingerprint)) is not None:
                        return theirs
                return _read(target, deep=False)[0]
            finally:
                shutil.rmtree(staged, ignore_errors=True)

    def forget(self, fingerprint: str) -> bool:
        """Removes an entry; False if there is none. It vanishes at once, not file by file."""
        grave = self.tmp / f"{os.getpid()}-{uuid.uuid4().hex}"
        with explained(self.root.parent):
            try:
                self._path(fingerprint).rename(grave)
            except FileNotFoundError:
                return False
            shutil.rmtree(grave, ignore_errors=True)
            return True

    def fingerprints(self) -> list[str]:
        """Of all entries, sorted; unchecked."""
        return sorted(path.name for path in self.root.iterdir() if _FINGERPRINT.fullmatch(path.name))

    def entries(self) -> Iterator[Entry]:
        """All entries, by fingerprint; sizes checked, damaged ones removed and said aloud."""
        for fingerprint in self.fingerprints():
            if (entry := self.get(fingerprint, trust=True)) is not None:
                yield entry

    def _path(self, fingerprint: str) -> Path:
        if not _FINGERPRINT.fullmatch(fingerprint):
            raise ValueError("a fingerprint is 8 to 128 hex digits")
        return self.root / fingerprint


class _DamageError(ValueError):
    """Says what is wrong with an entry."""


_BROKEN = (OSError, ValueError, TypeError, KeyError, AttributeError)
"""What reading a damaged entry can raise."""


def _write_manifest(directory: Path, *, fingerprint: str, values: dict[str, Any]) -> list[str]:
    """Writes the manifest; the names of the files."""
    files = {
        str(path.relative_to(directory)): {"size": path.stat().st_size, "xxh3": _digest(path)}
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }
    manifest = {"version": VERSION, "fingerprint": fingerprint, "files": files, "values": values}
    (directory / MANIFEST).write_bytes(orjson.dumps(manifest | {"digest": _seal(manifest)}))
    return list(files)


def _read(
    path: Path, *, deep: bool, known: Mapping[str, Stamp] = MappingProxyType({})
) -> tuple[Entry, dict[str, Stamp]]:
    """The entry in a directory, and the stamps of its files. `known`: stamps of files that need not be read.

    Raises:
        _DamageError: a file is missing or differs from the manifest; other errors mean that the manifest is
        broken.
    """
    manifest = orjson.loads((path / MANIFEST).read_bytes())
    seal = manifest.pop("digest")
    if seal != _seal(manifest) or manifest["fingerprint"] != path.name or manifest["version"] != VERSION:
        raise _DamageError("its manifest is altered")
    total, stamps = 0, dict[str, Stamp]()
    for name, told in manifest["files"].items():
        total += told["size"]
        with suppress(FileNotFoundError):
            stamps[name] = stamp = stamp_of(path / name)
            if stamp[1] != told["size"]:
                raise _DamageError(f"`{name}` has another size")
            if deep and known.get(name) != stamp and _digest(path / name) != told["xxh3"]:
                raise _DamageError(f"`{name}` is altered")
            continue
        raise _DamageError(f"`{name}` is missing")
    return Entry(path.name, path, manifest["values"], total), stamps


def _stamp(path: Path, stamps: Mapping[str, Stamp]) -> None:
    """Writes the stamps, if that can be done: without them the files are read."""
    if not running():
        return
    draft = path / f"{STAMPS}-{os.getpid()}-{uuid.uuid4().hex}"
    with suppress(OSError):
        draft.write_bytes(orjson.dumps({"running": running(), "files": stamps}))
        draft.replace(path / STAMPS)


def _stamps(path: Path) -> dict[str, Stamp]:
    """The stamps of this time of the system."""
    try:
        found = orjson.loads((path / STAMPS).read_bytes())
        return dict(found["files"]) if found["running"] == running() else {}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def _seal(manifest: dict[str, Any]) -> str:
    return xxhash.xxh3_128_hexdigest(orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS))


def _digest(path: Path) -> str:
    digest = xxhash.xxh3_128()
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
