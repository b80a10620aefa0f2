"""Looks at logs and writes a spec for them."""

from pathlib import Path
from typing import Annotated

import typer

from tuneset.cli.output import Answer, Json, give


def command(
    logs: Annotated[
        list[str], typer.Argument(help="Files, directories or globs (in quotes).", metavar="LOGS")
    ],
    *,
    name: Annotated[
        str,
        typer.Option(
            help="Name of the dataset; that of the directory if absent.", metavar="NAME", show_default=False
        ),
    ] = "",
    task: Annotated[
        str,
        typer.Option(
            help="classification, instruction, domain or style; proposed if absent.",
            metavar="TASK",
            show_default=False,
        ),
    ] = "",
    directory: Annotated[
        Path, typer.Option("--dir", help="Where the project is to be.", metavar="DIR")
    ] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there already.")] = False,
    as_json: Json = False,
) -> None:
    """Reads a sample, says what it saw and why, and writes tuneset.yaml and what belongs to it."""
    from tuneset.build.scaffold import look, propose, write

    seen = look(logs, root=directory)
    proposal = propose(seen, name=name or None, task=task or None)
    written = write(proposal, directory, force=force)
    payload: dict[str, object] = {**proposal.payload(), "written": [str(path) for path in written]}
    lines = [*proposal.said(), *(f"wrote {path}" for path in written)]
    goto = "" if directory == Path() else f"-C {directory} "
    give(Answer(payload, lines, f"{goto}plan"), as_json=as_json)
