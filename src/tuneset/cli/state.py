"""Where a project stands, for `tuneset status`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuneset.api import Project
from tuneset.build.result import Build
from tuneset.build.run import latest, stale
from tuneset.build.seal import read_seal
from tuneset.cli.named import own
from tuneset.core.errors import TunesetError


@dataclass(frozen=True)
class State:
    """The latest build and what has changed since."""

    build: str | None
    """Fingerprint of the latest build."""
    summary: dict[str, Any] | None
    stale: bool
    why: str
    readable: bool
    """Can the sources be read now?"""
    sealed: int
    """Examples in the sealed test set."""
    releases: tuple[str, ...]
    refs: dict[str, str]
    bytes: int
    """Of the whole workspace."""


def state(project: Project) -> State:
    """Compares spec and logs with the latest build; reads the logs once, computes nothing."""
    workspace = project.workspace
    build = latest(workspace)
    is_stale, why, readable = _stale(project, build)
    releases = tuple(
        sorted(path.name for path in workspace.releases.iterdir() if path.is_dir() and path.name.isalnum())
    )
    return State(
        build=build.fingerprint if build else None,
        summary=build.summary if build else None,
        stale=is_stale,
        why=why,
        readable=readable,
        sealed=len(read_seal(workspace.directory).ids),
        releases=releases,
        refs={name: d for name, d in workspace.refs().items() if d in releases and not own(name)},
        bytes=sum(path.stat().st_size for path in _files(workspace.directory)),
    )


def _stale(project: Project, build: Build | None) -> tuple[bool, str, bool]:
    try:
        planned = project.plan()
    except TunesetError as problem:
        where = f"{problem.where}: " if problem.where else ""
        return True, f"the sources cannot be read now: {where}{problem.what}", False
    if build is None:
        files = "1 file is" if len(planned.files) == 1 else f"{len(planned.files):,} files are"
        return True, f"{files} waiting", True
    if not stale(planned, project.workspace):
        return False, "up to date", True
    what = "the spec has changed" if planned.spec != build.spec else "the logs have changed"
    return True, f"stale, {what}; {planned.to_compute:,} of {len(planned.parts):,} parts to do", True


def _files(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file() and not path.is_symlink()]
