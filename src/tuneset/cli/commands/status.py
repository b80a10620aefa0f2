"""Shows where the project stands."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tuneset.cli.output import Answer, Json, give, many, size
from tuneset.cli.summary import machine_summary, summary_lines

if TYPE_CHECKING:
    from tuneset.cli.state import State


def command(*, as_json: Json = False) -> None:
    """The latest build, whether spec or logs have changed since, the releases and the size of it all."""
    import tuneset
    from tuneset.cli.state import state

    project = tuneset.open()
    now = state(project)
    payload: dict[str, object] = {
        "name": project.spec.name,
        "build": now.build,
        "stale": now.stale,
        "why": now.why,
        "sealed": now.sealed,
        "releases": list(now.releases),
        "refs": now.refs,
        "workspace_bytes": now.bytes,
        "summary": machine_summary(now.summary) if now.summary else None,
    }
    lines = (
        list(summary_lines(now.summary)) if now.summary else [f"{project.spec.name}: nothing was built yet"]
    )
    lines += [
        f"  build {now.build[:12]}: {now.why}" if now.build else f"  {now.why}",
        f"  sealed test set: {many(now.sealed, 'example')}",
        f"  releases: {', '.join(_named(now.releases, now.refs)) or 'none yet'}",
        f"  workspace: {size(now.bytes)}",
    ]
    give(Answer(payload, lines, _following(now)), as_json=as_json)


def _following(now: "State") -> str:
    if not now.readable:
        return "doctor"
    if now.stale or not now.build:
        return "build"
    return "verify" if now.releases else "release"


def _named(releases: tuple[str, ...], refs: dict[str, str]) -> Iterator[str]:
    for digest in releases:
        names = [name for name, target in refs.items() if target == digest]
        yield digest[:12] + (f" ({', '.join(names)})" if names else "")
