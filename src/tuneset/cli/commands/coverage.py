"""Shows which values the examples have, and how far their tags can be trusted."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuneset.cli.output import Answer, Json, as_typed, give, in_spec, table

if TYPE_CHECKING:
    from tuneset import Project
    from tuneset.build.result import Build

Factors = Annotated[
    list[str] | None,
    typer.Option("--factor", "-f", metavar="NAME", help="Only this factor; may be repeated."),
]
Draw = Annotated[
    Path | None,
    typer.Option("--draw", metavar="FILE", help="Write tags to check, drawn by chance, to this CSV file."),
]
Each = Annotated[
    int, typer.Option("--each", metavar="N", min=1, max=1000, help="How many to check of each value.")
]


def command(*, factor: Factors = None, draw: Draw = None, each: Each = 20, as_json: Json = False) -> None:
    """Values of each factor in the latest build, with the precision that spot checks prove."""
    import tuneset

    project = tuneset.open()
    build = project.latest_build()
    names = _named(build, factor)
    if draw is None:
        give(_shown(build, names), as_json=as_json)
    else:
        give(_drawn(project, build, names, to=draw, each=each), as_json=as_json)


def _named(build: "Build", wanted: list[str] | None) -> list[str]:
    from tuneset.core.errors import UsageError

    there = build.spec.coverage.factors
    for name in wanted or ():
        if name not in there:
            raise UsageError(
                f"there is no factor `{name}`",
                fix=f"one of: {', '.join(there)}" if there else "`coverage.factors` in the spec names them",
                code="TS532",
            )
    return [name for name in there if not wanted or name in wanted]


def _shown(build: "Build", names: list[str]) -> Answer:
    checks = {(c["factor"], c["value"]): c for c in build.matrix["spot_checks"]}
    values = [
        (name, value, counts, checks.get((name, value)))
        for name in names
        for value, counts in build.matrix["factors"][name].items()
    ]
    rows = [
        {"factor": name, "value": value, **counts, "check": check} for name, value, counts, check in values
    ]
    lines = table(
        [
            (name, value, counts["examples"], counts["train"], counts["test"], _trust(check))
            for name, value, counts, check in values
        ],
        head=("factor", "value", "examples", "train", "test", "tags that are right"),
    )
    payload: dict[str, object] = {"build": build.fingerprint, "values": rows}
    to = build.spec.coverage.spot_checks or "spot-checks.csv"
    return Answer(payload, lines or ["the spec names no factors"], f"coverage --draw {to}" if rows else None)


def _trust(check: dict | None) -> str:
    if check is None:
        return "not checked"
    return f"{check['right']} of {check['checked']}, at least {check['at_least']:.0%}"


def _drawn(project: "Project", build: "Build", names: list[str], *, to: Path, each: int) -> Answer:
    from tuneset.build.findings.draws import CHECK_COLUMNS, tags_to_check
    from tuneset.build.findings.spot_checks import rows_so_far
    from tuneset.build.sheet import add_rows

    there = rows_so_far(to)
    known = {(row.origin_id, row.factor) for row in there}
    rows = tags_to_check(build, factors=names, each=each, known=known)
    add_rows(to, rows, columns=CHECK_COLUMNS, form="csv")
    open_before = sum(not row.value for row in there)
    payload: dict[str, object] = {
        "file": as_typed(to.absolute()),
        "added": len(rows),
        "judged": len(there) - open_before,
        "open": len(rows) + open_before,
    }
    lines = [
        f"{len(rows):,} tags to check added to {as_typed(to.absolute())}; {payload['open']:,} wait",
        "  write the right one of `values` into the column `value_correct`; texts are as redacted",
    ]
    if build.spec.coverage.spot_checks is None:
        lines.append(
            f"  put it into tuneset.yaml: coverage: {{spot_checks: {in_spec(to, root=project.root)}}}"
        )
    return Answer(payload, lines, "build")
