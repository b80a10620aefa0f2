"""Writes a release as a trainer or provider reads it."""

from pathlib import Path
from typing import Annotated

import typer

from tuneset.cli.commands.verify import ReleaseName
from tuneset.cli.output import Answer, Json, give, table

Target = Annotated[str, typer.Option("--for", help="The exporter: openai, trl, …", metavar="TARGET")]
To = Annotated[
    Path,
    typer.Option("--to", help="A directory, or a file that ends in .jsonl for one split.", metavar="PATH"),
]
Split = Annotated[
    list[str] | None,
    typer.Option("--split", help="train, validation or test; may be repeated; all if absent."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace files that are there already.")]


def command(
    release: ReleaseName = "latest",
    *,
    target: Target,
    to: To,
    split: Split = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Writes a file per split; rows that the target would refuse are left out and counted by rule."""
    from tuneset.cli.exporting import SPLITS, export
    from tuneset.cli.named import release_dir

    done = export(
        release_dir(release, root=Path()), target=target, to=to, splits=tuple(split or SPLITS), force=force
    )
    payload: dict[str, object] = {
        "target": target,
        "files": [str(path) for path in done.files],
        "rows": done.rows,
        "left_out": done.left_out,
    }
    lines = [f"wrote {path}" for path in done.files]
    lines += table(done.rows.items(), head=("split", "rows"))
    lines += [f"left out {count:,} rows by the rule {rule}" for rule, count in sorted(done.left_out.items())]
    give(Answer(payload, lines), as_json=as_json)
