"""Checks that a release is whole and keeps its promises."""

from pathlib import Path
from typing import Annotated

import typer

from tuneset.cli.output import Answer, Json, give, many, table

ReleaseName = Annotated[
    str,
    typer.Argument(
        help="A release: `latest`, a digest, the beginning of one, or a directory.", metavar="RELEASE"
    ),
]


def command(release: ReleaseName = "latest", *, as_json: Json = False) -> None:
    """Recomputes every digest and every id, and compares the splits; any changed byte is named."""
    from tuneset.cli.named import release_dir
    from tuneset.release.verify import verify

    found = verify(release_dir(release, root=Path()))
    problems: list[dict[str, object]] = [
        {"file": problem.file, "what": problem.what} for problem in found.problems
    ]
    payload: dict[str, object] = {
        "release": found.digest,
        "ok": found.ok,
        "files": found.files,
        "rows": found.rows,
        "problems": problems,
    }
    if found.ok:
        lines = [f"release {found.digest} is whole: {many(found.files, 'file')}, {many(found.rows, 'row')}"]
    else:
        lines = [
            f"release {found.digest} is NOT as it was packed:",
            *table([(p["file"], p["what"]) for p in problems]),
        ]
    give(Answer(payload, lines, status=0 if found.ok else 1), as_json=as_json)
