"""Says what tuneset sees in a file, and why."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from tuneset.cli.output import Answer, Json, give, size

if TYPE_CHECKING:
    from tuneset.build.preview import Preview

Files = Annotated[
    list[str],
    typer.Argument(help="Files, archives, directories, globs (in quotes) or addresses.", metavar="FILE"),
]


_ASIDE = 12
"""Fields without a column that are named."""


def command(files: Files, *, as_json: Json = False) -> None:
    """Names the format, what else it could be, and shows three examples as tuneset reads them, redacted."""
    from tuneset.build.preview import previews

    found = previews(files, root=Path())
    problems = [preview.problem for preview in found if preview.problem]
    if problems and len(problems) == len(found):
        raise problems[0]
    payload: dict[str, object] = {"files": [_plain(preview) for preview in found]}
    lines = [line for preview in found for line in _told(preview)]
    give(Answer(payload, lines, _next(files), status=int(bool(problems))), as_json=as_json)


def _next(files: list[str]) -> str:
    return f"init {' '.join(repr(name) if set(name) & set(' *?[') else name for name in files)}"


def _plain(preview: "Preview") -> dict[str, object]:
    file, seen, problem = preview.file, preview.seen, preview.problem
    told: dict[str, object] = {
        "path": file.relative,
        "kind": file.kind,
        "compression": file.compression,
        "bytes": file.size,
        "note": file.note,
        "companion": preview.companion,
        "asks": preview.asks,
        "requests": list(preview.requests),
        "hint": preview.hint,
    }
    if problem is not None:
        told["error"] = {
            "code": problem.code,
            "what": problem.what,
            "where": problem.where,
            "fix": problem.fix,
        }
    if seen is not None:
        told |= {
            "connector": seen.connector,
            "why": seen.why,
            "sample": seen.sample,
            "share": seen.share,
            "alternatives": list(seen.alternatives),
            "fields": seen.fields.model_dump(exclude_none=True),
        }
    if preview.rejects is not None:
        told |= {"rejected": dict(preview.rejects), "examples": list(preview.examples)}
    return told


def _told(preview: "Preview") -> Iterator[str]:
    file, seen = preview.file, preview.seen
    packed = "" if file.compression == "none" else f", {file.compression}"
    head = f"{file.relative}: {file.kind}{packed}, {size(file.size)}"
    if preview.companion:
        yield f"{head}; comes along with the logs and holds none"
        return
    if preview.asks:
        yield f"{head}; the requests that {preview.asks} answers"
        return
    if preview.problem is not None:
        yield f"{head}; {preview.problem.what} ({preview.problem.code})"
        if preview.problem.fix:
            yield from f"  fix: {preview.problem.fix}".split("\n")
        return
    if seen is None:
        return
    yield head
    yield f"  format: {seen.connector}, because of {seen.why}"
    if seen.alternatives:
        yield f"  could also be: {', '.join(seen.alternatives)} (set `format` in the spec)"
    if file.note:
        yield f"  note: {file.note}"
    if preview.requests:
        yield f"  requests: from {', '.join(preview.requests)}"
    if preview.hint:
        yield f"  note: {preview.hint}"
    for name, path in seen.fields.model_dump(exclude_none=True).items():
        yield f"  guessed: {name} in `{path}`"
    for reason, count in sorted((preview.rejects or {}).items()):
        yield f"  rejected in the sample: {count:,} × {reason}"
    for example in preview.examples:
        yield from _example(example)


def _example(example: Mapping[str, object]) -> Iterator[str]:
    facts = [str(example[name]) for name in ("model", "captured_at", "finish_reason") if example[name]]
    facts += [f"knows the {name}" for name in ("conversation", "user") if example[name]]
    facts += [f"{example['tools']} tool{'s' * (example['tools'] != 1)}"] if example["tools"] else []
    facts += [str(example["kind"])] if example["kind"] != "production" else []
    yield f"  example at line {example['line']}" + (f" ({', '.join(facts)})" if facts else "")
    for message in cast("list[Mapping[str, object]]", example["messages"]):
        for line in _message(message):
            yield f"    {line}"
    if example["feedback"]:
        yield f"    feedback: {example['feedback']}"
    if example["kept_aside"]:
        aside = cast("list[str]", example["kept_aside"])
        more = f" and {len(aside) - _ASIDE} more" if len(aside) > _ASIDE else ""
        yield f"    kept aside: {', '.join(aside[:_ASIDE])}{more}"


def _message(message: Mapping[str, object]) -> Iterator[str]:
    role = f"{message['role']}" + ("" if message.get("train", True) else " (not taught)")
    text = str(message["text"] or "").replace("\n", " ⏎ ")
    parts = "".join(f" [{kind}]" for kind in cast("list[str]", message.get("parts", [])))
    if text or parts or "calls" not in message:
        yield f"{role}: {text}{parts}"
    for call in cast("list[Mapping[str, str]]", message.get("calls", [])):
        yield f"{role} calls {call['name']}({call['arguments']})"
