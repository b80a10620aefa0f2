"""Checks any file against what a trainer or provider requires."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from tuneset.cli.output import Json, many, notice

Paths = Annotated[
    list[Path], typer.Argument(help="Files in the target's own format, JSON Lines.", metavar="FILE")
]
Target = Annotated[
    str, typer.Option("--for", help="The target: openai, trl, llama-factory, …", metavar="TARGET")
]
Format = Annotated[
    str, typer.Option("--format", help="text, json, github, sarif or junit.", metavar="FORMAT")
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write the findings there.", metavar="FILE")
]
Fix = Annotated[
    bool,
    typer.Option("--fix", help="Mend what can be mended without changing what a row says; needs --to."),
]
To = Annotated[Path | None, typer.Option("--to", help="The mended file, or a directory.", metavar="PATH")]
Most = Annotated[
    int, typer.Option("--most", metavar="N", min=1, help="Findings of one rule to name; all are counted.")
]
Tokenizer = Annotated[
    Path | None,
    typer.Option(
        "--tokenizer", help="A tokenizer.json to count tokens by, or its directory.", metavar="FILE"
    ),
]
Context = Annotated[
    int | None,
    typer.Option("--context", metavar="N", min=1, help="Tokens in the longest example that the model reads."),
]
Prices = Annotated[Path | None, typer.Option("--prices", help="Your own list of prices.", metavar="FILE")]
Epochs = Annotated[
    int, typer.Option("--epochs", metavar="N", min=1, help="Times that training sees each example.")
]


def command(
    files: Paths,
    *,
    target: Target,
    form: Format = "text",
    output: Output = None,
    fix: Fix = False,
    to: To = None,
    most: Most = 100,
    tokenizer: Tokenizer = None,
    context: Context = None,
    prices: Prices = None,
    epochs: Epochs = 1,
    as_json: Json = False,
) -> None:
    """Names each line that the target would refuse, drop or rewrite, and says why; then exits with 1."""
    from tuneset.cli.findings import FORMATS, rendered
    from tuneset.core.errors import UsageError
    from tuneset.release.check import check

    form = "json" if as_json else form
    if form not in FORMATS:
        raise UsageError(f"there is no format `{form}`", fix=f"one of: {', '.join(FORMATS)}")
    places = _places(files, to, fix=fix)
    found = [
        check(
            file,
            target=target,
            most=most,
            tokenizer=tokenizer,
            context=context,
            prices=prices,
            epochs=epochs,
            fixed_to=places.get(file),
        )
        for file in files
    ]
    said = rendered(found, form=form)
    if output is not None:
        output.write_text(said + "\n", encoding="utf-8")
    elif said:
        sys.stdout.write(said + "\n")
    sys.stdout.flush()
    for checked in found:
        if checked.fixed:
            lines = len({fix["line"] for fix in checked.fixed})
            notice(f"mended {many(lines, 'line')} of {checked.file} into {places[checked.file]}")
    if any(checked.errors for checked in found):
        raise typer.Exit(1)


def _places(files: list[Path], to: Path | None, *, fix: bool) -> dict[Path, Path]:
    """Where each mended file goes; never where it comes from."""
    from tuneset.core.errors import UsageError

    if not fix:
        return {}
    if to is None or (len(files) > 1 and not to.is_dir()):
        raise UsageError(
            "--fix writes another file and leaves yours alone",
            fix="say where with `--to FILE`, or `--to DIRECTORY` for several",
        )
    places = {file: to / file.name if to.is_dir() else to for file in files}
    same = next((file for file, place in places.items() if place.exists() and place.samefile(file)), None)
    if same is not None:
        raise UsageError(
            "the mended file would replace the one it is read from", where=str(same), fix="another `--to`"
        )
    return places
