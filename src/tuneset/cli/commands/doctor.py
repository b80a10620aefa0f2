"""Checks this machine, this installation and this project."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tuneset.cli.output import Answer, Json, give, table

Deep = Annotated[
    bool, typer.Option("--deep", help="Read every byte of the cache and compare it with its digest.")
]


def command(*, deep: Deep = False, as_json: Json = False) -> None:
    """Says what is well and what is not, with a fix for what is not; exit status 1 if something fails."""
    from tuneset.cli.checks import machine, project

    here = Path()
    found = list(machine(here))
    if (here / "tuneset.yaml").exists():
        found += project(here, deep=deep)
    failed = any(check.verdict == "fail" for check in found)
    payload: dict[str, object] = {"ok": not failed, "checks": [asdict(check) for check in found]}
    lines = table([(check.verdict, check.name, check.words) for check in found], indent="")
    lines += [f"fix {check.name}: {check.fix}" for check in found if check.fix]
    give(Answer(payload, lines, status=int(failed)), as_json=as_json)
