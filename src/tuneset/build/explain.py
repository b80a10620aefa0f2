"""The whole life of one example: where it was read, what was done to it, what became of it and why.

Everything is read from a finished build with parameterised SQL; no text of a log is needed or shown.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa

from tuneset.build.divide import TOO_CLOSE
from tuneset.build.links import evidence_of
from tuneset.build.prepare import CORRECTED
from tuneset.build.result import STAGES, Build
from tuneset.build.tagging.model_tags import NO_VALUE_EVENT
from tuneset.connectors.rejects import REASONS
from tuneset.core.errors import UsageError
from tuneset.core.example import ROLES, Messages
from tuneset.stages.coverage import BY_MODEL
from tuneset.stages.redact import mask
from tuneset.stages.split.evict import REASONS as EVICTED

ORDER = ("read", *STAGES, "suspicion")
"""Stages as an example passes them; a stage of a plugin comes before deduplication."""

MOST_LIVES = 20
MOST_LINKS = 20
HEX_DIGITS = 32


@dataclass(frozen=True)
class Step:
    """One thing that happened. `others` are ids of examples that had to do with it."""

    stage: str
    words: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Life:
    """Everything that is known about one record of a log."""

    file: str
    line: int
    outcome: str
    """kept, flagged, dropped or rejected."""
    origin_id: str | None = None
    content_id: str | None = None
    split: str | None = None
    cell: str | None = None
    kept_by: str | None = None
    component: int | None = None
    """How many examples are connected with it, itself included."""
    steps: tuple[Step, ...] = ()
    releases: tuple[str, ...] = ()
    """Digests of the releases that hold it."""


def explain(build: Build, subject: str) -> list[Life]:
    """The lives behind an origin id, the beginning of one, or `FILE:LINE`.

    Raises:
        UsageError: nothing or too much is meant by it.
    """
    with duckdb.connect() as database:
        file, _, line = subject.rpartition(":")
        if file and line.isdecimal():
            return _at_line(database, build, file=file, line=int(line))
        return [_life(database, build, _by_prefix(database, build, subject))]


def held_by(lives: Sequence[Life], *, releases: Sequence[Path]) -> list[Life]:
    """The lives with the digests of those of the `releases` (directories) that hold them."""
    with duckdb.connect() as database:
        return [
            replace(
                life, releases=tuple(path.name for path in releases if _holds(database, path, life.origin_id))
            )
            for life in lives
        ]


def redacted_text(build: Build, life: Life) -> list[str]:
    """The conversation in lines, masked once more in case the project's own redaction is narrow.

    Text is kept only of examples that got as far as redaction; of the others a line says that there is none.
    """
    if life.origin_id is None:
        return ["  a rejected record has no text here; look at its line in the log"]
    try:
        example = build.example(bytes.fromhex(life.origin_id))
    except UsageError as problem:
        return [f"  {problem.what}"]
    return conversation(example)


def conversation(example: pa.Table) -> list[str]:
    """One example in lines, masked once more; a worse answer to the same question comes last."""
    messages = Messages.of(example)
    said = zip(
        messages.role.tolist(), messages.content.to_pylist(), messages.tool_calls.to_pylist(), strict=True
    )
    lines = [f"  {ROLES[role]}: {mask(content or calls or '')}" for role, content, calls in said]
    [extra] = example.column("extra").to_pylist()
    worse = json.loads(extra).get("rejected") if extra else None
    return lines if worse is None else [*lines, f"  rejected: {mask(_said(worse))}"]


def _said(answer: object) -> str:
    """The text of an answer, or its JSON if it is more than that."""
    if (
        isinstance(answer, dict)
        and isinstance(text := answer.get("content"), str)
        and "tool_calls" not in answer
    ):
        return text
    return json.dumps(answer, ensure_ascii=False)


def _holds(database: duckdb.DuckDBPyConnection, release: Path, origin_id: str | None) -> bool:
    files = [str(path) for path in sorted((release / "data").glob("*.parquet"))]
    if origin_id is None or not files:
        return False
    return bool(_rows(database, "select id from read_parquet(?) where id = ? limit 1", [files, origin_id]))


_VERDICT = (
    "origin_id, content_id, source, file, line, outcome, stage, reason, kept_by, component, split, cell, "
    "multiplicity"
)


def _rows(database: duckdb.DuckDBPyConnection, sql: str, values: Sequence[object]) -> list[dict]:
    cursor = database.execute(sql, values)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _by_prefix(database: duckdb.DuckDBPyConnection, build: Build, prefix: str) -> dict:
    digits = prefix.lower()
    if not digits or len(digits) > HEX_DIGITS or any(digit not in "0123456789abcdef" for digit in digits):
        raise UsageError(
            "that is neither an example's id nor FILE:LINE",
            code="TS507",
            fix="an id is 32 hex digits, or the first few of them; a line is `logs/a.jsonl:12`",
        )
    low, high = (bytes.fromhex(digits.ljust(HEX_DIGITS, filler)) for filler in "0f")
    found = _rows(
        database,
        f"select {_VERDICT} from read_parquet(?) where origin_id between ?::blob and ?::blob "  # noqa: S608, our own words
        "order by origin_id limit 11",
        [str(build.dir / "verdicts.parquet"), low, high],
    )
    if not found:
        raise UsageError(
            f"no example in the latest build has an id that begins with {digits}",
            code="TS508",
            fix="`tuneset status` says which build is the latest",
        )
    if len(found) > 1:
        candidates = ", ".join(row["origin_id"].hex() for row in found[:10])
        raise UsageError(
            f"{'more than 10' if len(found) > 10 else len(found)} examples have ids that begin with {digits}",
            fix=f"give more digits: {candidates}",
            code="TS509",
        )
    return found[0]


def _at_line(database: duckdb.DuckDBPyConnection, build: Build, *, file: str, line: int) -> list[Life]:
    name = file if "://" in file else Path(file).as_posix().removeprefix("./")
    found = _rows(
        database,
        f"select {_VERDICT} from read_parquet(?) where line = ? and (file = ? or ends_with(file, ?)) "  # noqa: S608
        "order by file, origin_id limit ?",
        [str(build.dir / "verdicts.parquet"), line, name, f"/{name}", MOST_LIVES],
    )
    lives = [_life(database, build, verdict) for verdict in found]
    lives += [
        _rejected(entry)
        for entry in build.rejects()
        if entry["line"] == line and (entry["file"] == name or entry["file"].endswith(f"/{name}"))
    ]
    if not lives:
        raise _no_record(database, build, name=name, line=line)
    return lives


def _no_record(database: duckdb.DuckDBPyConnection, build: Build, *, name: str, line: int) -> UsageError:
    """Says where the record before the line starts: those of CSV and JSON files span several lines."""
    before = _rows(
        database,
        "select file, max(line) as line from read_parquet(?) "
        "where line < ? and (file = ? or ends_with(file, ?)) group by file order by file limit 1",
        [str(build.dir / "verdicts.parquet"), line, name, f"/{name}"],
    )
    if before:
        return UsageError(
            f"no record of the latest build starts at line {line} of {name}",
            code="TS508",
            fix=f"the one before starts at {before[0]['file']}:{before[0]['line']}",
        )
    return UsageError(
        f"the latest build has read no file {name}",
        code="TS508",
        fix="`tuneset plan` lists the files; paths are relative to the project",
    )


def _rejected(entry: dict) -> Life:
    detail = f" ({entry['detail']})" if entry.get("detail") else ""
    meaning = REASONS.get(entry["reason"], "")
    words = f"this record is no example: {entry['reason']}{detail}. {meaning}".strip()
    return Life(
        entry["file"],
        entry["line"],
        "rejected",
        steps=(_read(entry["file"], entry["line"], None), Step("read", words)),
    )


def _read(file: str, line: int, source: str | None) -> Step:
    of = f" of the source {source}" if source else ""
    return Step("read", f"read from {file}:{line}{of}")


def _life(database: duckdb.DuckDBPyConnection, build: Build, verdict: dict) -> Life:
    origin = verdict["origin_id"]
    steps = [*_events(database, build, origin), *_links(database, build, origin)]
    steps += _replaced(database, build, origin)
    steps += _suspected(database, build, origin)
    steps.sort(key=lambda step: _place(step.stage))  # stable: within a stage in the order recorded
    connected = _connected(database, build, verdict["component"])
    kept_by = verdict["kept_by"].hex() if verdict["kept_by"] else None
    return Life(
        verdict["file"],
        verdict["line"],
        verdict["outcome"],
        origin.hex(),
        verdict["content_id"].hex() if verdict["content_id"] else None,
        verdict["split"],
        verdict["cell"],
        kept_by,
        connected,
        (
            _read(verdict["file"], verdict["line"], verdict["source"]),
            *steps,
            *_end(verdict, connected, test=_test(database, build, verdict)),
        ),
    )


def _place(stage: str) -> int:
    return ORDER.index(stage) if stage in ORDER else ORDER.index("dedupe")


_DONE = {
    "edit": "edited",
    "drop": "dropped",
    "tag": "tagged",
    "flag": "flagged",
    "keep": "kept",
    "reject": "rejected",
    "link": "linked",
}


def _events(database: duckdb.DuckDBPyConnection, build: Build, origin: bytes) -> list[Step]:
    found = _rows(
        database,
        "select stage, action, reason, evidence, other from read_parquet(?) "
        "where origin_id = ?::blob and action not in ('link', 'drop')",  # the outcome and the links say these
        [str(build.dir / "events.parquet"), origin],
    )
    found.sort(key=_message)  # stable
    return [
        Step(row["stage"], _happened(row), (row["other"].hex(),) if row["other"] else ()) for row in found
    ]


def _message(event: dict) -> int:
    """The message that it happened to, by its number; 0 for the whole."""
    known = json.loads(event["evidence"] or "{}")
    return known.get("message", 0) if isinstance(known, dict) else 0


_IN_WORDS = {
    ("ingest", CORRECTED): "corrected by a person; the original answer is kept as the rejected side",
}
"""Events that have a sentence of their own, by stage and reason."""


def _happened(event: dict) -> str:
    if event["action"] == "tag":
        return _tagged(event)
    plain = f"{_DONE[event['action']]}: {event['reason']}{_evidence(event['evidence'])}"
    return _IN_WORDS.get((event["stage"], event["reason"]), plain)


def _tagged(event: dict) -> str:
    """`tagged case=refusal: by-rule (rule cannot-do, strength strong)`."""
    known = json.loads(event["evidence"] or "{}")
    if event["reason"] == BY_MODEL:
        return f"tagged {known['factor']}={known['value']}: the model {known['model']} was asked and says so"
    if event["reason"] == NO_VALUE_EVENT:
        return (
            f"{known['factor']} stays as it was: the model {known['model']} was asked and gave none of the "
            f"values ({known['answer']})"
        )
    what = f" {known.pop('factor')}={known.pop('value')}" if {"factor", "value"} <= known.keys() else ""
    return f"tagged{what}: {event['reason']}{_evidence(json.dumps(known))}"


def _links(database: duckdb.DuckDBPyConnection, build: Build, origin: bytes) -> list[Step]:
    found = _rows(
        database,
        "select * exclude (a, b), case when a = ?::blob then b else a end as other, "
        "count(*) over () as many from read_parquet(?) where a = ?::blob or b = ?::blob "
        "order by kind, score desc, other limit ?",
        [origin, str(build.dir / "links.parquet"), origin, origin, MOST_LINKS],
    )
    steps = [
        Step(
            "dedupe",
            f"{row['kind']} link, score {row['score']:.2f}{_shown(evidence_of(row))}",
            (row["other"].hex(),),
        )
        for row in found
    ]
    if found and found[0]["many"] > MOST_LINKS:
        steps.append(Step("dedupe", f"and {found[0]['many'] - MOST_LINKS} more links"))
    return steps


def _replaced(database: duckdb.DuckDBPyConnection, build: Build, origin: bytes) -> list[Step]:
    """The twins in whose place it stays."""
    found = _rows(
        database,
        "select origin_id, reason from read_parquet(?) where kept_by = ?::blob order by origin_id limit ?",
        [str(build.dir / "verdicts.parquet"), origin, MOST_LINKS],
    )
    reasons = sorted({row["reason"] for row in found})
    ids = tuple(row["origin_id"].hex() for row in found)
    return [Step("dedupe", f"stays in place of {len(ids)} ({', '.join(reasons)}):", ids)] if ids else []


def _suspected(database: duckdb.DuckDBPyConnection, build: Build, origin: bytes) -> list[Step]:
    """How suspicious it is, if it stays and there is a reason to look."""
    path = build.dir / "suspicion.parquet"
    if not path.exists():
        return []
    found = _rows(
        database,
        "select suspicion, reasons from read_parquet(?) where origin_id = ?::blob",
        [str(path), origin],
    )
    return [
        Step(
            "suspicion",
            f"more suspicious than {int(row['suspicion'] * 1000) / 10:g} % of the examples: {reason}",
        )
        for row in found
        for reason in row["reasons"]
    ]


def _evidence(text: str | None) -> str:
    """`{"messages": 2}` as ` (messages 2)`."""
    if not text:
        return ""
    value = json.loads(text)
    return _shown(value) if isinstance(value, dict) else f" ({json.dumps(value)})"


def _shown(value: Mapping[str, object]) -> str:
    """Names and values as ` (messages 2, output equal)`."""
    shown = (
        f"{name} {entry if isinstance(entry, str | int | float) else json.dumps(entry)}"
        for name, entry in value.items()
    )
    return f" ({', '.join(shown)})" if value else ""


def _connected(database: duckdb.DuckDBPyConnection, build: Build, component: int | None) -> int | None:
    if component is None:
        return None
    (row,) = _rows(
        database,
        "select count(*) as many from read_parquet(?) where component = ?",
        [str(build.dir / "verdicts.parquet"), component],
    )
    return row["many"]


def _test(database: duckdb.DuckDBPyConnection, build: Build, verdict: dict) -> tuple[str, ...]:
    """The test example beside which it cannot be learned from."""
    if verdict["stage"] != "split":
        return ()
    found = _rows(
        database,
        "select other from read_parquet(?) where origin_id = ?::blob and action = 'drop' and stage = 'split'",
        [str(build.dir / "events.parquet"), verdict["origin_id"]],
    )
    return tuple(row["other"].hex() for row in found if row["other"])


_BESIDE = dict(
    zip(
        (*EVICTED, TOO_CLOSE),
        (
            "it says the same as this sealed test example",
            "it is of the conversation or the user of this sealed test example",
            "it is close to this sealed test example, and yet another question",
            "it comes too close to this test example",
        ),
        strict=True,
    )
)
"""Why an example cannot be learned from, by reason of the stage `split`."""


def _end(verdict: dict, connected: int | None, *, test: tuple[str, ...]) -> list[Step]:
    """The outcome in words."""
    if verdict["outcome"] == "dropped" and test:
        return [Step("outcome", f"dropped by split, {verdict['reason']}: {_BESIDE[verdict['reason']]}", test)]
    if verdict["outcome"] == "dropped":
        others = (verdict["kept_by"].hex(),) if verdict["kept_by"] else ()
        whole = "this longer call of the conversation holds all of it"
        twin = whole if verdict["reason"] == "prefix-of" else "this twin stays in its place"
        instead = f": {twin}" if others else ""
        return [Step("outcome", f"dropped by {verdict['stage']}, {verdict['reason']}{instead}", others)]
    question = (
        f", with a question from {verdict['stage']}: {verdict['reason']}"
        if verdict["outcome"] == "flagged"
        else ""
    )
    stands = (
        f"; it stands for {verdict['multiplicity']} examples" if (verdict["multiplicity"] or 1) > 1 else ""
    )
    group = f", with all {connected} that are connected" if connected and connected > 1 else ""
    return [
        Step("outcome", f"kept{question}{stands}"),
        Step("outcome", f"goes to {verdict['split']}{group}"),
        Step("outcome", f"cell: {(verdict['cell'] or 'none').replace('|', ', ')}"),
    ]
