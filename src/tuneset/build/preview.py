"""What tuneset sees in a file before there is a project: its format and why, and examples, redacted.

Text is shown only after redaction by the default types, with its invisible characters spelled out: a log may
hold anything, also what a terminal would obey.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import pyarrow as pa

from tuneset.build.plan import without_logs
from tuneset.build.report.pairs import visible
from tuneset.connectors.files import SourceFile, beside, found_in, is_empty
from tuneset.connectors.ingest import ingest
from tuneset.connectors.joined import companions, connector
from tuneset.connectors.parts import split
from tuneset.connectors.remote import is_remote
from tuneset.connectors.requests import needs_requests, requests_among
from tuneset.connectors.sniff import Sniffed, sniff
from tuneset.core.errors import InputError
from tuneset.core.example import ROLES, Messages, concat
from tuneset.core.spec import RedactSpec, Source
from tuneset.engine.poison import run_stage
from tuneset.stages.redact import Redact

SHOWN = 3
_RECORDS = 200
"""Records that are read to find the examples that are shown."""
_CHARS = 400
_PART_BYTES = 8 * 2**20
_NO_KEY = bytes(32)
"""Ids are hashed with it while looking; nothing of it is kept."""


_ELSEWHERE = "what was asked is in another file: name it, too (`requests` in the spec)"


@dataclass(frozen=True)
class Preview:
    """One file. Exactly one of `seen` (its format), `problem`, `companion` (it comes along with logs and
    holds none) and `asks` (it holds what records of that format answer) says what it is.
    """

    file: SourceFile
    seen: Sniffed | None = None
    problem: InputError | None = None
    companion: bool = False
    asks: str | None = None
    requests: tuple[str, ...] = ()
    """The files that its records answer."""
    hint: str | None = None
    """What would help, if something that is missing is known to lie elsewhere."""
    rejects: Mapping[str, int] | None = None
    """Reason → records, of those that were read to find examples; None if none were read."""
    examples: tuple[dict[str, object], ...] = ()
    """As plain values, redacted and cut; see `_shown`."""


def previews(paths: Sequence[str], *, root: Path) -> list[Preview]:
    """What the files behind paths, directories, globs and addresses are; examples of the first of a format.

    Raises:
        InputError: nothing is there. ServiceError, MissingExtra: object storage cannot be read.
    """
    with TemporaryDirectory(prefix="tuneset-") as fetched:
        found = [
            found_in(Source(path=path), root=root, fetched=Path(fetched) if is_remote(path) else None)
            for path in paths
        ]
        told = _of([file for files, _empty in found for file in files])
        return [*told, *(Preview(file, problem=is_empty(file)) for _files, empty in found for file in empty)]


def _of(files: list[SourceFile]) -> Iterator[Preview]:
    seen: dict[str, Sniffed] = {}
    problems: dict[str, InputError] = {}
    for file in files:
        try:
            seen[file.relative] = sniff(file)
        except InputError as problem:
            problems[file.relative] = problem
    alone = without_logs(files, {name: (sniffed.connector, "") for name, sniffed in seen.items()})
    asked = {
        name: requests_among(files, connector=name)
        for name in {sniffed.connector for sniffed in seen.values()}
    }
    answered = {file.relative: name for name, requests in asked.items() for file in requests}
    told: set[str] = set()
    for file in files:
        if file.relative in answered:
            yield Preview(file, asks=answered[file.relative])
        elif file.relative in alone:
            yield Preview(file, companion=True)
        elif file.relative in problems:
            yield Preview(file, problem=problems[file.relative])
        else:
            sniffed = seen[file.relative]
            first = sniffed.connector not in told
            told.add(sniffed.connector)
            requests = asked[sniffed.connector]
            looked = _looked_into(file, sniffed, among=files, requests=requests) if first else None
            yield looked or Preview(file, sniffed)


def _looked_into(
    file: SourceFile, seen: Sniffed, *, among: list[SourceFile], requests: list[SourceFile]
) -> Preview:
    others = requests or beside(file, companions(seen.connector)[0], among=among)
    known = [part for other in others for part in split(other)]
    rejects: Counter[str] = Counter()
    tables: list[pa.Table] = []
    read = 0
    for part in split(file, part_bytes=_PART_BYTES):
        for batch in ingest(
            part,
            connector=connector(seen.connector, beside=known),
            fields=seen.fields,
            key=_NO_KEY,
            batch_rows=_RECORDS,
        ):
            rejects.update(batch.rejects.column("reason").to_pylist())
            tables.append(batch.examples.slice(0, SHOWN))
            read += batch.read
            if read >= _RECORDS:
                break
        if read >= _RECORDS:
            break
    return Preview(
        file,
        seen,
        requests=tuple(other.relative for other in requests),
        hint=_ELSEWHERE if rejects["no-request"] and needs_requests(seen.connector) else None,
        rejects=rejects,
        examples=tuple(_shown(concat(tables).slice(0, SHOWN))),
    )


def _shown(examples: pa.Table) -> Iterator[dict[str, object]]:
    """Examples after redaction; one that redaction cannot read is left out rather than shown."""
    if not len(examples):
        return
    redacted = run_stage(Redact(RedactSpec(), key=_NO_KEY), examples).examples
    messages = Messages.of(redacted)
    said = list(_messages(messages))
    for row, entry in enumerate(redacted.drop_columns("messages").to_pylist()):
        start, stop = int(messages.offsets[row]), int(messages.offsets[row + 1])
        captured_at = entry["captured_at"]
        yield {
            "line": entry["line"],
            "kind": entry["kind"],
            "model": _cut(entry["model"]),
            "finish_reason": _cut(entry["finish_reason"]),
            "captured_at": captured_at.isoformat() if captured_at else None,
            "conversation": entry["conversation"] is not None,
            "user": entry["user"] is not None,
            "tools": len(orjson.loads(entry["tools"])) if entry["tools"] else 0,
            "feedback": _cut(entry["feedback"]),
            "kept_aside": _keys(entry["extra"]),
            "messages": said[start:stop],
        }


def _messages(messages: Messages) -> Iterator[dict[str, object]]:
    columns = (messages.content, messages.parts, messages.tool_calls, messages.train)
    for role, (content, parts, calls, train) in zip(
        messages.role.tolist(), zip(*(column.to_pylist() for column in columns), strict=True), strict=True
    ):
        message: dict[str, object] = {"role": ROLES[role], "text": _cut(content)}
        if calls:
            message["calls"] = [_call(call) for call in orjson.loads(calls)]
        if parts:
            kinds = [part.get("type") for part in orjson.loads(parts) if isinstance(part, dict)]
            message["parts"] = [_cut(kind) for kind in kinds if kind != "text"]
        if not train:
            message["train"] = False
        yield message


def _call(call: Mapping[str, Mapping[str, str]]) -> dict[str, object]:
    function = call["function"]
    return {"name": _cut(function["name"]), "arguments": _cut(function["arguments"])}


def _cut(text: object) -> str | None:
    """At most so many characters, invisible ones spelled out."""
    if not isinstance(text, str):
        return None
    return visible(text[:_CHARS]) + (f"… ({len(text):,} characters)" if len(text) > _CHARS else "")


def _keys(extra: str | None) -> list[str]:
    """Fields of the record that have no column; keys that may be data (ids) are left out."""
    keys = orjson.loads(extra) if extra else {}
    return [key for key in keys if key.isidentifier() and len(key) <= 40 and sum(map(str.isdigit, key)) < 3]
