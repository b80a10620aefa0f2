"""Lists the examples to look at first, and why."""

from typing import Annotated

import typer

from tuneset.cli.output import Answer, Json, give, notice

Top = Annotated[int, typer.Option("--top", "-n", min=1, help="How many to list.")]
Signal = Annotated[
    str, typer.Option("--signal", help="Only those for which this signal is a reason.", show_default=False)
]
Show = Annotated[bool, typer.Option("--show", help="Show the conversations too, as redacted.")]


def command(*, top: Top = 20, signal: Signal = "", show: Show = False, as_json: Json = False) -> None:
    """The most suspicious examples of the latest build. No text of a log is shown unless asked for."""
    import tuneset
    from tuneset.build.findings.suspects import could_not_run, suspects

    build = tuneset.open().latest_build()
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
