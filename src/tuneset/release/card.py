"""`README.md`: a dataset card for people and for `datasets.load_dataset`, and the note on licences."""

from functools import cache
from typing import Any

import orjson
from jinja2 import Environment

from tuneset.build.report.compiled import environment
from tuneset.build.result import Build
from tuneset.release.rows import Shape

_SIZES = (
    ("n<1K", 10**3),
    ("1K<n<10K", 10**4),
    ("10K<n<100K", 10**5),
    ("100K<n<1M", 10**6),
    ("1M<n<10M", 10**7),
)
_LINKS = {"classification": "text-classification"}
_HUB_LICENCES = {
    "apache-2.0",
    "mit",
    "cc0-1.0",
    "cc-by-4.0",
    "cc-by-sa-4.0",
    "cc-by-nc-4.0",
    "cc-by-nc-sa-4.0",
    "odc-by",
    "odbl",
    "bsd-3-clause",
    "gpl-3.0",
    "cdla-permissive-2.0",
    "cdla-sharing-1.0",
}
"""Those in use for data sets among the identifiers of the Hugging Face hub; all others are `other`."""


def card(build: Build, *, manifest: dict[str, Any], shape: Shape) -> str:
    """The card as Markdown with YAML front matter."""
    template = _environment().get_template("README.md.jinja")
    splits = [(name, rows) for name, rows in manifest["splits"].items() if rows]
    return template.render(
        manifest=manifest,
        spec=build.spec,
        summary=build.summary,
        splits=splits,
        examples=sum(rows for _, rows in splits),
        size=next((name for name, limit in _SIZES if sum(rows for _, rows in splits) < limit), "n>10M"),
        task=_LINKS.get(build.spec.task, "text-generation"),
        licence=_licence(build.spec.licence),
        features=_features(shape),
        sources=_sources(build),
    )


def _sources(build: Build) -> list[dict[str, object]]:
    """Per source of the spec: its name and licence, records read and examples kept."""
    files = build.summary["sources"]
    return [
        {
            "title": source.title,
            "licence": source.licence or "not declared",
            **{
                key: sum(file[key] for file in files if file["source"] == source.title)
                for key in ("read", "kept")
            },
        }
        for source in build.spec.sources
    ]


def licence_note(build: Build) -> str:
    """`LICENSE`: what the spec says about the rights in this data; no grant of our own."""
    return _environment().get_template("LICENSE.jinja").render(spec=build.spec)


def _licence(name: str | None) -> tuple[str, str | None]:
    """The hub's word for a licence, and the team's if that is another."""
    known = (name or "").lower()
    return (known, None) if known in _HUB_LICENCES else ("other", name or "not declared")


def _features(shape: Shape) -> list[tuple[str, str]]:
    """Column types, as YAML in flow style.

    Declared, because a loader that guesses them from the first megabytes fails on what comes later. Plain
    releases use types that every `datasets` knows; tool calls and parts need `Json`, of version 4.7.
    """
    text = "{dtype: string}"
    columns = [("id", text), ("multiplicity", "{dtype: int32}")]
    named = sorted({name for names in shape.tag_sets for name in names})
    if named:
        entries = ", ".join(f"{{name: {quoted(name)}, dtype: string}}" for name in named)
        columns.append(("tags", f"{{struct: [{entries}]}}" if len(shape.tag_sets) == 1 else "{dtype: json}"))
    plain = "{list: [{name: content, dtype: string}, {name: role, dtype: string}]}"
    columns.append(("messages", plain if shape.plain else "{list: json}"))
    if shape.tools:
        columns.append(("tools", "{dtype: json}"))
    return columns


def quoted(value: object) -> str:
    """A value as JSON, which is YAML too."""
    return orjson.dumps(value).decode()


def cell_text(value: object) -> str:
    """Text for a table or list in Markdown: one line, no markup of its own."""
    text = " ".join(str(value).split())
    return "".join(f"\\{char}" if char in "\\|`*_[]<>#!" else char for char in text)


@cache
def _environment() -> Environment:
    ours = environment("tuneset.release")  # Markdown: text from outside goes through `cell_text`
    ours.filters.update(json=quoted, md=cell_text, number=lambda value: f"{value:,}")
    return ours
