"""The workspace: the directory `.tuneset` beside the spec.

.tuneset/
  .gitignore            everything here stays out of git
  read.json             which log files were read, see `store.unchanged`
  key                   32 random bytes, see `store.secret`
  lock                  held by a build, see `store.lock`
  cache/<fingerprint>/  results of tasks; safe to delete
  answers/              what models answered, made by `store.answers`
  fetched/              objects of remote sources; safe to delete, made by `connectors.remote`
  redacted/             which records `tuneset redact` wrote, made by `store.redacted`
  seal.parquet          origin ids of the sealed test set, made by `build.seal`
  tmp/                  what is being written; swept when a build starts
  builds/<digest>/      finished builds
  releases/<digest>/    never changed
  refs/<name>           a name -> a digest
  runs/<id>/            trainings and evaluations
"""

import re
import shutil
import sys
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from os import getpid
from pathlib import Path
from typing import Any

from tuneset.core.errors import WorkspaceError
from tuneset.store.atomic import TEMPORARY, write_bytes
from tuneset.store.cache import Cache, Entry
from tuneset.store.disk import explained
from tuneset.store.secret import project_key

DIRECTORY = ".tuneset"
_ROOMS = ("cache", "tmp", "builds", "releases", "refs", "runs")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def say(notice: str) -> None:
    """One line for people, on stderr."""
    sys.stderr.write(f"tuneset: {notice}\n")


@dataclass(frozen=True)
class Workspace:
    """The paths and the files of one project's workspace. Holds nothing open; can be sent to a worker."""

    root: Path
    """The project: the directory of the spec."""
    on_notice: Callable[[str], None] = say
    """Told what the user should know and need not act on, such as damage that was mended."""

    @classmethod
    def open(cls, root: Path, *, create: bool = True, on_notice: Callable[[str], None] = say) -> "Workspace":
        """The workspace of the project in `root`, made if `create` and there is none.

        Raises:
            WorkspaceError: there is none, or it cannot be made.
        """
        workspace = cls(root, on_notice)
        if create:
            workspace._lay_out()
        elif not workspace.directory.is_dir():
            raise WorkspaceError(
                "nothing has been built here yet",
                code="TS307",
                where=str(root),
                fix="run `tuneset build` first",
            )
        return workspace

    @property
    def directory(self) -> Path:
        """`.tuneset` itself."""
        return self.root / DIRECTORY

    @property
    def tmp(self) -> Path:
        """Where things are written before they are moved into place."""
        return self.directory / "tmp"

    @property
    def builds(self) -> Path:
        """Finished builds."""
        return self.directory / "builds"

    @property
    def releases(self) -> Path:
        """Releases by digest."""
        return self.directory / "releases"

    @property
    def runs(self) -> Path:
        """Trainings and evaluations."""
        return self.directory / "runs"

    def has(self, fingerprint: str) -> bool:
        """Is the result in the cache, by the sizes of its files?"""
        return self._cache.has(fingerprint)

    def cache(self, fingerprint: str, *, trust: bool = False) -> Entry | None:
        """A checked result from the cache; see `Cache.get`."""
        return self._cache.get(fingerprint, trust=trust)

    def reread(self, fingerprint: str) -> Entry | None:
        """The same, every byte of it read, whatever the system says of its files."""
        return replace(self._cache, stamped=False).get(fingerprint)

    def commit(self, fingerprint: str, write: Callable[[Path], dict[str, Any] | None]) -> Entry:
        """Puts a result into the cache; see `Cache.commit`."""
        return self._cache.commit(fingerprint, write)

    def entries(self) -> Iterator[Entry]:
        """All results in the cache; see `Cache.entries`."""
        return self._cache.entries()

    def forget(self, fingerprint: str) -> bool:
        """Removes a result from the cache; see `Cache.forget`."""
        return self._cache.forget(fingerprint)

    def key(self) -> bytes:
        """The project's 32 secret bytes, made at the first call."""
        return project_key(self.directory / "key")

    @contextmanager
    def scratch(self) -> Generator[Path]:
        """An empty directory, removed at the end if it is still there; `atomic.publish` moves it into place.

        Raises:
            WorkspaceError: the disk is full or cannot be written, also for an `OSError` in the body.
        """
        path = self.tmp / f"{getpid()}-{uuid.uuid4().hex}"
        with explained(self.directory):
            try:
                path.mkdir()
                yield path
            finally:
                shutil.rmtree(path, ignore_errors=True)

    def clean_tmp(self) -> int:
        """Removes what killed processes left behind; the number of things removed. Hold the lock."""
        left = [*self.tmp.iterdir(), *self.directory.glob(f"{TEMPORARY}*"), *self._refs.glob(f"{TEMPORARY}*")]
        for path in left:
            with explained(self.directory):
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        return len(left)

    def write_ref(self, name: str, digest: str) -> None:
        """Lets `name` stand for `digest` from now on."""
        write_bytes(self._ref(name), f"{digest}\n".encode())

    def read_ref(self, name: str) -> str | None:
        """The digest that `name` stands for, None if it stands for none."""
        try:
            return self._ref(name).read_text(encoding="utf-8").strip() or None
        except FileNotFoundError:
            return None

    def refs(self) -> dict[str, str]:
        """All names and what they stand for, sorted."""
        names = sorted(path.name for path in self._refs.glob("*") if _NAME.fullmatch(path.name))
        return {name: digest for name in names if (digest := self.read_ref(name)) is not None}

    @property
    def finished(self) -> Cache:
        """Finished builds, kept and checked like results of the cache."""
        return Cache(self.builds, self.tmp, self.on_notice)

    @property
    def _cache(self) -> Cache:
        return Cache(self.directory / "cache", self.tmp, self.on_notice, stamped=True)

    @property
    def _refs(self) -> Path:
        return self.directory / "refs"

    def _ref(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise WorkspaceError(
                "a ref's name has letters, digits and `._-`, and starts with a letter or digit", code="TS308"
            )
        return self._refs / name

    def _lay_out(self) -> None:
        with explained(self.directory):
            for room in _ROOMS:
                (self.directory / room).mkdir(parents=True, exist_ok=True)
        ignore = self.directory / ".gitignore"
        if not ignore.exists():
            write_bytes(ignore, b"*\n")
