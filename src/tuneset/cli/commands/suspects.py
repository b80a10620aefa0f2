"""Lists the examples to look at first, and why."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuneset.cli.output import Answer, Json, as_typed, give, in_spec, notice

if TYPE_CHECKING:
    from tuneset import Project
    from tuneset.build.result import Build

Top = Annotated[int, typer.Option("--top", "-n", metavar="N", min=1, help="How many to list.")]
Signal = Annotated[
    str,
    typer.Option(
        "--signal", metavar="SIGNAL", help="Only those for which this signal is a reason.", show_default=False
    ),
]
Show = Annotated[bool, typer.Option("--show", help="Show the conversations too, as redacted.")]
Draw = Annotated[
    Path | None,
    typer.Option(
        "--draw",
        metavar="FILE",
        help="Write answers to judge, drawn by chance from all, as JSON lines.",
    ),
]
Answers = Annotated[
    int, typer.Option("--answers", metavar="N", min=1, max=100_000, help="How many answers to judge.")
]


def command(
    *,
    top: Top = 20,
    signal: Signal = "",
    show: Show = False,
    draw: Draw = None,
    answers: Answers = 100,
    as_json: Json = False,
) -> None:
    """The most suspicious examples of the latest build. No text of a log is shown unless asked for."""
    import tuneset
    from tuneset.build.findings.suspects import could_not_run, suspects

    project = tuneset.open()
    build = project.latest_build()
    if draw is not None:
        give(_drawn(project, build, to=draw, wanted=answers), as_json=as_json)
        return
    found = suspects(build, top=top, signal=signal or None, show=show)
    silent = could_not_run(build)
    payload: dict[str, object] = {
        "build": build.fingerprint,
        "suspects": [entry.as_dict() for entry in found],
        "could_not_run": silent,
    }
    lines = [line for entry in found for line in entry.lines()]
    give(
        Answer(payload, lines or ["no suspects"], f"explain {found[0].origin_id[:12]}" if found else None),
        as_json=as_json,
    )
    if silent and not as_json:
        names = ", ".join(row["signal"] for row in silent)
        notice(f"{len(silent)} signals say nothing here: {names}; the report says why")


def _drawn(project: "Project", build: "Build", *, to: Path, wanted: int) -> Answer:
    from tuneset.build.findings.draws import REVIEW_COLUMNS, answers_to_judge
    from tuneset.build.findings.reviews import drawn_so_far
    from tuneset.build.sheet import add_rows

    there = drawn_so_far(to)
    rows = answers_to_judge(build, wanted=wanted, known=set(there))
    add_rows(to, rows, columns=REVIEW_COLUMNS, form="jsonl")
    left = len(rows) + sum(wrong is None for wrong in there.values())
    payload: dict[str, object] = {
        "file": as_typed(to.absolute()),
        "added": len(rows),
        "judged": len(there) + len(rows) - left,
        "open": left,
    }
    lines = [
        f"{len(rows):,} answers to judge added to {as_typed(to.absolute())}, {left:,} wait for a decision",
        "  write true or false for `wrong`; texts are as redacted",
    ]
    if build.spec.suspicion.reviews is None:
        lines.append(f"  put it into tuneset.yaml: suspicion: {{reviews: {in_spec(to, root=project.root)}}}")
    return Answer(payload, lines, "build")
