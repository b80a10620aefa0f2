"""Checks and explains tuneset.yaml."""

import json
from difflib import get_close_matches
from typing import Annotated

import typer

from tuneset.cli.output import Answer, Json, give, many
from tuneset.core.errors import UsageError

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=__doc__)


@app.command(short_help="Says whether the spec is valid, or where not.")
def check(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A spec file or a project directory.")] = ".",
    *,
    as_json: Json = False,
) -> None:
    """Says whether the spec is valid, or in which line the mistake stands."""
    import tuneset
    from tuneset.build.plan import checked_stages
    from tuneset.core import registry

    project = tuneset.open(file)
    spec = project.spec
    checked_stages(spec, root=project.root, key=bytes(32))  # reads what the spec names, compiles its patterns
    for target in spec.export:
        registry.load(registry.EXPORTERS, target)
    payload: dict[str, object] = {"valid": True, "spec": spec.model_dump(mode="json", by_alias=True)}
    lines = [f"{spec.name}: the spec is valid ({spec.task}, {many(len(spec.sources), 'source')})"]
    give(Answer(payload, lines, "plan"), as_json=as_json)


@app.command(short_help="Says what a key means and what may stand there.")
def explain(
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="A key as `dedupe.near_jaccard`; all keys if absent.")
    ] = "",
    *,
    as_json: Json = False,
) -> None:
    """Says what a key means, what may stand there and what holds if it is absent."""
    from tuneset.cli.reference import keys

    known = {_short(entry.path): entry for entry in keys()}
    wanted = _short(key)
    chosen = [
        entry
        for path, entry in known.items()
        if path == wanted or path.startswith(f"{wanted}.") or not wanted
    ]
    if not chosen:
        near = get_close_matches(wanted, known, n=1) or [
            path for path in known if path.endswith(f".{wanted}")
        ]
        raise UsageError(
            f"the spec has no key `{key}`",
            fix=f"did you mean `{near[0]}`?" if near else "`tuneset spec explain` lists all keys",
            code="TS504",
        )
    lines = [
        line for entry in chosen for line in (entry.path, *_details(entry.type, entry.default, entry.meaning))
    ]
    give(Answer({"keys": [vars(entry) for entry in chosen]}, lines), as_json=as_json)


@app.command(short_help="Prints the JSON Schema of the spec, for editors.")
def schema(*, as_json: Json = False) -> None:
    """Prints the JSON Schema of the spec, for editors; it is JSON with and without --json."""
    from tuneset.build.scaffold import json_schema

    document = json_schema()
    give(Answer({"schema": document}, [json.dumps(document, indent=2, ensure_ascii=False)]), as_json=as_json)


def _short(path: str) -> str:
    """`sources[].path` and `sources.0.path` both as `sources.path`."""
    parts = path.replace("[", ".").replace("]", "").split(".")
    return ".".join(part for part in parts if part and not part.isdecimal())


def _details(kind: str, default: str, meaning: str) -> list[str]:
    return [f"  {meaning}", f"  type: {kind}", f"  default: {default}" if default else "  required", ""]
