"""Compares two releases."""

from pathlib import Path
from typing import Annotated

import typer

from tuneset.cli.output import Answer, Json, give, table

Old = Annotated[
    str,
    typer.Argument(help="The older release: a ref, a digest, its beginning, or a directory.", metavar="OLD"),
]
New = Annotated[str, typer.Argument(help="The newer release.", metavar="NEW")]
Ids = Annotated[bool, typer.Option("--ids", help="List the ids of the examples too.")]


def command(old: Old, new: New = "latest", *, ids: Ids = False, as_json: Json = False) -> None:
    """Counts examples added, removed, changed and moved to another split, by cell."""
    from tuneset.cli.named import release_dir
    from tuneset.release.diff import KINDS, diff

    found = diff(release_dir(old, root=Path()), release_dir(new, root=Path()))
    changes = {"added": found.added, "removed": found.removed, "changed": found.changed, "moved": found.moved}
    payload: dict[str, object] = {
        "old": found.old,
        "new": found.new,
        "same": found.same,
        "cells": found.cells,
        "counts": {kind: len(changes[kind]) for kind in KINDS},
        **({"ids": changes} if ids else {}),
    }
    lines = [
        f"{found.old[:12]} → {found.new[:12]}"
        + (": the same examples in the same splits" if found.same else "")
    ]
    if not found.same:
        lines += table([(kind, len(changes[kind])) for kind in KINDS])
        lines += table(
            [(cell, *(counts[k] for k in KINDS)) for cell, counts in found.cells.items()],
            head=("cell", *KINDS),
        )
    if ids:
        lines += [
            f"{kind} {' '.join(entry) if isinstance(entry, tuple) else entry}"
            for kind in KINDS
            for entry in changes[kind]
        ]
    give(Answer(payload, lines), as_json=as_json)
