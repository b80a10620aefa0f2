"""Writes a release as a trainer or provider reads it."""

from pathlib import Path
from typing import Annotated

import typer

from tuneset.cli.commands.check import Context, Epochs, Prices, Tokenizer
from tuneset.cli.commands.verify import ReleaseName
from tuneset.cli.output import Answer, Json, give, many, notice, table

Target = Annotated[
    str, typer.Option("--for", help="The target: openai, trl, llama-factory, …", metavar="TARGET")
]
To = Annotated[
    Path,
    typer.Option("--to", help="A directory, or a file that ends in .jsonl for one split.", metavar="PATH"),
]
Split = Annotated[
    list[str] | None,
    typer.Option(
        "--split",
        metavar="SPLIT",
        help="train, validation or test; may be repeated; all the target takes if absent.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace files that are there already.")]
Fix = Annotated[
    bool, typer.Option("--fix", help="Mend rows that break a rule, where that keeps what they say.")
]


def command(
    release: ReleaseName = "latest",
    *,
    target: Target,
    to: To,
    split: Split = None,
    fix: Fix = False,
    force: Force = False,
    tokenizer: Tokenizer = None,
    context: Context = None,
    prices: Prices = None,
    epochs: Epochs = 1,
    as_json: Json = False,
) -> None:
    """Writes a file per split; rows that the target would refuse are left out and counted by rule."""
    from tuneset.cli.findings import size_lines
    from tuneset.cli.named import release_dir
    from tuneset.release.export import export

    done = export(
        release_dir(release, root=Path()),
        target=target,
        to=to,
        splits=tuple(split) if split else None,
        force=force,
        fix=fix,
        tokenizer=tokenizer,
        context=context,
        prices=prices,
        epochs=epochs,
    )
    payload: dict[str, object] = {
        "target": target,
        "status": done.status,
        "files": [str(path) for path in done.files],
        "rows": done.rows,
        "left_out": done.left_out,
        "warnings": done.warnings,
        "mended": len(done.events),
        "tokens": done.tokens,
        "costs": done.costs,
    }
    lines = [f"wrote {path}" for path in done.files]
    lines += table(done.rows.items(), head=("split", "rows"))
    lines += [f"left out {many(count, 'row')} by the rule {rule}" for rule, count in done.left_out.items()]
    lines += [f"warned of {many(count, 'row')} by the rule {rule}" for rule, count in done.warnings.items()]
    if done.events:
        lines.append(f"mended {many(len({event['id'] for event in done.events}), 'example')}")
    if done.fixable:
        lines.append(f"`--fix` may mend {done.fixable:,} of the rows left out")
    lines += size_lines(done.tokens, done.costs)
    if done.status != "active":
        notice(f"{target} is {done.status}: {done.status_reason or 'see its page'}")
    give(Answer(payload, lines), as_json=as_json)
