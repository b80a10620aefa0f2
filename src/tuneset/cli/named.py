"""Finds a release by what people call it: a directory, a ref such as `latest`, a digest or its beginning."""

from pathlib import Path

from tuneset.core.errors import UsageError, WorkspaceError

SHORTEST = 4
"""Digits of a digest below which a prefix is an accident."""


def own(ref: str) -> bool:
    """Is it a ref of tuneset's own making that no user would type?"""
    return ref.startswith("release-of-")


def release_dir(name: str, *, root: Path) -> Path:
    """The directory of a release of the project in `root`, or any directory that is named.

    Raises:
        UsageError: no release is called that, or several are.
    """
    from tuneset.store.workspace import Workspace

    if Path(name).is_dir():
        return Path(name)
    try:
        workspace = Workspace.open(root, create=False)
    except WorkspaceError:
        raise UsageError(
            f"there is no release `{name}`: nothing was built here",
            fix="run `tuneset release`, or give the directory of a release",
            code="TS510",
        ) from None
    digest = workspace.refs().get(name, name)
    known = sorted(
        path for path in workspace.releases.iterdir() if path.is_dir() and not path.name.startswith(".")
    )
    found = [path for path in known if path.name.startswith(digest) and len(digest) >= SHORTEST]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"{len(found)} releases begin with `{name}`",
            code="TS511",
            fix=f"give more digits: {', '.join(path.name for path in found[:10])}",
        )
    targets = {ref: target for ref, target in workspace.refs().items() if not own(ref)}
    refs = [ref for ref, target in targets.items() if any(path.name == target for path in known)]
    releases = ", ".join([*refs, *(path.name[:12] for path in known[:10])])
    raise UsageError(
        f"there is no release `{name}`",
        code="TS510",
        fix=f"one of: {releases}" if releases else "run `tuneset release` to make one",
    )
