"""Takes personal data and secrets out of any log file."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from tuneset.cli.output import Answer, Json, give, notice, table

if TYPE_CHECKING:
    from tuneset.build.redact_file import Redacted

Files = Annotated[list[str], typer.Argument(help="Files, directories or globs (in quotes).", metavar="FILE")]
Out = Annotated[Path, typer.Option("--out", help="The redacted file, or a directory.", metavar="PATH")]
Force = Annotated[bool, typer.Option("--force", help="Replace files that are there, also the log itself.")]
Surrogates = Annotated[
    Literal["placeholder", "realistic"] | None,
    typer.Option("--surrogates", metavar="KIND", help="placeholder or realistic; else as the spec says."),
]
Consistent = Annotated[
    Literal["conversation", "user"] | None,
    typer.Option(
        "--consistent",
        metavar="SCOPE",
        help="conversation or user, within which a value gets the same; else as the spec says.",
    ),
]
Dates = Annotated[
    Literal["keep", "shift"] | None,
    typer.Option("--dates", metavar="HOW", help="keep or shift; else as the spec says."),
]


def command(
    files: Files,
    *,
    out: Out = Path("redacted"),
    surrogates: Surrogates = None,
    consistent: Consistent = None,
    dates: Dates = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Writes the files again without them, in the shape in which they came, and reports by type."""
    from tuneset.build.redact_file import Redaction, files_of, targets, write

    found = files_of(files, root=Path())
    places = targets(found, out=out, force=force)
    asked = {"surrogates": surrogates, "consistent": consistent, "dates": dates}
    redact = Redaction.of(Path(), choices={key: choice for key, choice in asked.items() if choice})
    if redact.forgets:
        notice(
            "no project here: surrogates are drawn with a secret of this run only, another run draws others"
        )
    told: list[dict[str, object]] = []
    lines: list[str] = []
    for file, place in zip(found, places, strict=True):
        redacted = redact(file)
        write(redacted, place)
        redact.remember(redacted)
        told.append(_plain(redacted, place))
        lines += _told(redacted, place)
    give(Answer({"files": told}, lines), as_json=as_json)


def _plain(redacted: "Redacted", place: Path) -> dict[str, object]:
    return {
        "path": redacted.file.relative,
        "out": str(place),
        "kind": redacted.kind,
        "compression": redacted.file.compression,
        "records": redacted.pieces,
        "changed": redacted.changed,
        "invalid": redacted.invalid,
        "redacted_before": redacted.before,
        "types": redacted.types,
    }


def _told(redacted: "Redacted", place: Path) -> Iterator[str]:
    records = (
        "text" if redacted.kind == "text" else f"{redacted.changed:,} of {redacted.pieces:,} records changed"
    )
    yield f"{redacted.file.relative} -> {place}: {redacted.kind}, {records}"
    if redacted.invalid:
        yield f"  {redacted.invalid:,} not JSON, redacted as plain text"
    if redacted.before:
        yield f"  {redacted.before:,} were redacted by this project before and stay as they are"
    head = ("type", "class", "found", "confirmed", "screen")
    columns = ("type", "class", "count", "confirmed", "screen")
    yield from table([[row[name] for name in columns] for row in redacted.types], head=head)
    for row in redacted.types:
        for example in cast("list[str]", row["examples"]):
            yield f"    {row['type']}: {example}"
