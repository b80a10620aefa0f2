"""Packs the latest build into an immutable release."""

from tuneset.cli.commands.build import Wait, Workers
from tuneset.cli.output import Answer, Json, give, table


def command(*, workers: Workers = 0, wait: Wait = True, as_json: Json = False) -> None:
    """Builds what is stale, checks the gates, and writes the release under the digest of its content."""
    import tuneset
    from tuneset.cli.watch import watcher

    progress = watcher(quiet=as_json)
    release = tuneset.open().release(workers=workers or None, progress=progress, wait=wait)
    payload: dict[str, object] = {
        "release": release.digest,
        "dir": str(release.dir),
        "manifest": release.manifest,
        "gates": [gate.plain() for gate in release.gates],
    }
    splits = ", ".join(f"{name} {count:,}" for name, count in release.manifest["splits"].items())
    lines = [
        f"release {release.digest}",
        f"  {splits}",
        *table([(gate.verdict, gate.name, gate.words) for gate in release.gates]),
        f"  {release.dir}",
    ]
    give(Answer(payload, lines, f"verify {release.digest[:12]}"), as_json=as_json)
