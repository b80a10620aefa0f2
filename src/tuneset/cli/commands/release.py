"""Packs the latest build into an immutable release."""

from collections.abc import Mapping

from tuneset.cli.commands.build import Wait, Workers
from tuneset.cli.output import Answer, Json, as_typed, give, many, table


def command(*, workers: Workers = 0, wait: Wait = True, as_json: Json = False) -> None:
    """Builds what is stale, checks the gates, and writes the release under the digest of its content."""
    import tuneset
    from tuneset.cli.watch import watcher
    from tuneset.core.exporter import SPLITS

    progress = watcher(quiet=as_json)
    release = tuneset.open().release(workers=workers or None, progress=progress, wait=wait)
    payload: dict[str, object] = {
        "release": release.digest,
        "dir": str(release.dir),
        "manifest": release.manifest,
        "gates": [gate.plain() for gate in release.gates],
    }
    splits = ", ".join(f"{name} {release.manifest['splits'][name]:,}" for name in SPLITS)
    lines = [
        f"release {release.digest}",
        f"  {splits}",
        *table([(gate.verdict, gate.name, gate.words) for gate in release.gates]),
        *(f"  for {name}: {_exported(target)}" for name, target in release.manifest["targets"].items()),
        f"  {as_typed(release.dir)}",
    ]
    give(Answer(payload, lines, f"verify {release.digest[:12]}"), as_json=as_json)


def _exported(target: Mapping[str, Mapping[str, int]]) -> str:
    """What a target took, and what it would have refused."""
    rows, left_out = (sum(target[key].values()) for key in ("rows", "left_out"))
    return many(rows, "example") + (f", {left_out:,} left out, see its left_out.jsonl" if left_out else "")
