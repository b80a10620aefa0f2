"""Turns the logs into curated, split examples."""

from typing import Annotated

import typer

from tuneset.cli.output import Answer, Json, give
from tuneset.cli.summary import machine_summary, summary_lines

Workers = Annotated[
    int,
    typer.Option(
        metavar="N", min=0, help="Processes; 0 means as many as there are cores. Never changes the result."
    ),
]
Wait = Annotated[
    bool, typer.Option("--wait/--no-wait", help="Wait for another build of this project, or refuse.")
]


def command(*, workers: Workers = 0, wait: Wait = True, as_json: Json = False) -> None:
    """Cleans, redacts, deduplicates, tags and splits the examples; what is done already is not done again."""
    import tuneset
    from tuneset.cli.watch import watcher

    progress = watcher(quiet=as_json)
    build = tuneset.open().build(workers=workers or None, progress=progress, wait=wait)
    payload: dict[str, object] = {
        "build": build.fingerprint,
        "dir": str(build.dir),
        "summary": machine_summary(build.summary),
    }
    give(
        Answer(payload, [*summary_lines(build.summary), f"build {build.fingerprint[:12]}"], "release"),
        as_json=as_json,
    )
