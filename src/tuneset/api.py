"""The Python door: a project is a directory with a `tuneset.yaml`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tuneset.build.door import admitted
from tuneset.build.plan import Plan, plan
from tuneset.build.result import Build
from tuneset.build.run import latest, run
from tuneset.core.collecting import collecting_seldom
from tuneset.core.errors import SpecError, UsageError
from tuneset.core.spec import Spec
from tuneset.core.specfile import parse_spec
from tuneset.engine.progress import Progress
from tuneset.release.pack import Release, pack, read_release
from tuneset.store.lock import build_lock
from tuneset.store.workspace import Workspace

SPEC_NAME = "tuneset.yaml"

LATEST_RELEASE = "latest"
"""The ref that names the newest release."""


def open(path: str | Path = ".") -> "Project":  # noqa: A001, `tuneset.open` is the public name
    """The project in a directory, or of a spec file.

    Raises:
        SpecError: there is no spec, or it is not valid.
    """
    given = Path(path)
    file = given if given.is_file() else given / SPEC_NAME
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError:
        raise SpecError(
            f"there is no {SPEC_NAME} here",
            where=str(file),
            code="TS107",
            fix="run `tuneset init LOGS…` to make one, or name the directory with -C",
        ) from None
    except UnicodeDecodeError:
        raise SpecError(
            "the spec is not UTF-8 text", where=str(file), code="TS103", fix="save it as UTF-8"
        ) from None
    return Project(file.parent.resolve(), parse_spec(text, file=str(file)))


@dataclass(frozen=True)
class Project:
    """A spec and its workspace."""

    root: Path
    spec: Spec

    @cached_property
    def workspace(self) -> Workspace:
        """The `.tuneset` directory; made when first used."""
        return Workspace.open(self.root)

    def plan(self, *, on_notice: Callable[[str], None] = lambda _: None) -> Plan:
        """What a build would do; computes nothing."""
        planned = plan(self.spec, root=self.root, workspace=self.workspace, on_notice=on_notice)
        return admitted(planned, self.workspace)

    def build(
        self,
        *,
        workers: int | None = None,
        progress: Progress | None = None,
        wait: bool = True,
        part_bytes: int | None = None,
    ) -> Build:
        """Runs what is not cached and returns the finished build.

        Args:
            workers: processes; all cores if None, this process alone if 1. Never changes the result.
            progress: told what happens; silent if None.
            wait: wait for another build of this project to finish, or refuse.
            part_bytes: size of a part, bytes. Never changes the result.

        Raises:
            InputError, SpecError, WorkspaceError: with place and fix.
        """
        notice = progress.notice if progress else lambda _: None
        with collecting_seldom(), build_lock(self.workspace, wait=wait, on_notice=notice):
            return run(
                self.spec,
                root=self.root,
                workspace=self.workspace,
                workers=workers,
                progress=progress,
                part_bytes=part_bytes,
            )

    def latest_build(self) -> Build:
        """The newest finished build, whether or not the logs or the spec have changed since.

        Raises:
            UsageError: nothing was built yet.
        """
        build = latest(self.workspace)
        if build is None:
            raise UsageError(
                "nothing was built yet", where=str(self.root), fix="run `tuneset build`", code="TS307"
            )
        return build

    def release(
        self, *, workers: int | None = None, progress: Progress | None = None, wait: bool = True
    ) -> Release:
        """Builds what is stale, checks the gates and packs the result.

        Raises:
            IntegrityError: a gate said no.
        """
        build = self.build(workers=workers, progress=progress, wait=wait)
        with collecting_seldom(), build_lock(self.workspace, wait=wait):
            made_before = self.workspace.read_ref(f"release-of-{build.fingerprint}")
            if made_before is not None and (self.workspace.releases / made_before).is_dir():
                release = read_release(self.workspace.releases / made_before)
            else:
                release = pack(build, workspace=self.workspace, parent=self._release_before())
                self.workspace.write_ref(f"release-of-{build.fingerprint}", release.digest)
            self.workspace.write_ref(LATEST_RELEASE, release.digest)
        return release

    def _release_before(self) -> Path | None:
        """The newest release, unless somebody moved it away."""
        digest = self.workspace.read_ref(LATEST_RELEASE)
        place = self.workspace.releases / digest if digest else None
        return place if place is not None and place.is_dir() else None

    def releases(self) -> list[Release]:
        """All releases, by digest."""
        return [read_release(path) for path in sorted(self.workspace.releases.iterdir()) if path.is_dir()]
