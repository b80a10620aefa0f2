"""A build made by hand: the files that `Build` reads, without any step of the pipeline; all text invented."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tuneset.build import links
from tuneset.build import summary as numbers
from tuneset.build.findings.prompts import inventory
from tuneset.build.result import VERDICTS, Build
from tuneset.core.canonical import canonical_messages
from tuneset.core.event import EVENTS
from tuneset.core.example import EXAMPLES, ID, ExampleBuilder, set_column
from tuneset.core.ids import content_id, origin_id, record_hash
from tuneset.core.spec import Spec
from tuneset.stages.coverage import matrix
from tuneset.store.workspace import Workspace

INTENTS = ("refund", "delivery", "invoice", "password", "warranty")
THINGS = ("kettle", "lamp", "tent", "bicycle", "radio", "blender", "scarf")
PLACES = ("Lyon", "Graz", "Turku", "Porto", "Bergen")
SPLITS = ("train", "train", "train", "test", "train", "validation", "train", "train")
HOSTILE = (
    "</script><script>alert(1)</script> "
    "\x1b[31mred\x1b[0m \u202egnp.exe \x00 & <b>bold</b> {{ 7*7 }} {% raw %}"
)
CALL = '[{"id":"call_1","type":"function","function":{"name":"find_order","arguments":"{\\"order\\": 17}"}}]'
TOOLS = '[{"type":"function","function":{"name":"find_order","parameters":{"type":"object"}}}]'
DAY = datetime(2026, 10, 1, tzinfo=UTC)


def identity(number: int) -> bytes:
    return origin_id(record_hash(b"record %d" % number, source="chat"))


def handmade_spec(**changes: object) -> Spec:
    plain = {
        "name": "support",
        "description": "Answers of a shop's support team.",
        "language": ["en"],
        "licence": "internal",
        "sources": [{"path": "logs/chat/*.jsonl", "name": "chat", "licence": "terms of use 2026-03"}],
        "coverage": {
            "factors": {"intent": {"values": list(INTENTS)}, "channel": {"values": ["chat", "mail"]}},
            "cells": [
                {"where": {"intent": "refund"}, "train": 10, "test": 2, "critical": True},
                {"where": {"intent": "invoice", "channel": "mail"}, "train": 40, "test": 12},
            ],
        },
        "gates": {"mislabelled": 0.01, "pii_hard": 0.01, "leak_twins": 0.01, "hard_conflicts": 3},
    }
    return Spec.model_validate(plain | changes)


QUALITY = {
    "schema_version": 1,
    "signals": [
        {
            "name": "refusal_balance",
            "about": "refusal",
            "value": 3.5,
            "unit": "ratio",
            "n": 70,
            "low": 2.1,
            "high": 1e6,
            "verdict": "poor",
            "words": "refusals are 7 % of training and 2.0 % of the traffic",
            "limit": "within 2 times of production",
            "next": "mend the share",
        }
    ],
    "missing": [{"what": "Whether training has the system prompt of production.", "unlock": "a file"}],
}


def say(
    builder: ExampleBuilder, number: int, *, shift: int = 0, hostile: bool = False, again: str = ""
) -> None:
    """One invented conversation; each fifth has a call, each ninth a list of parts, each eleventh a mask."""
    thing, place = THINGS[number % len(THINGS)], PLACES[number % len(PLACES)]
    if number % 4:
        builder.message(
            "system", "You help the customers of a small shop. Be brief." + " Be kind." * (number % 3 == 0)
        )
    ask = f"Order {1000 + number + shift}: the {thing} for {place} has not come, what now{again}?"
    if hostile:
        ask += f" {HOSTILE}"
    if number % 9 == 3:
        builder.message("user", ask, parts=orjson.dumps([{"type": "text", "text": ask}]).decode())
    else:
        builder.message("user", ask)
    if number % 11 == 5:
        builder.message("assistant", "One moment.", train=False)
        builder.message("user", "Thank you, I wait.")
    if number % 5 == 0:
        builder.message("assistant", None, tool_calls=CALL)
        builder.message("tool", '{"status": "sent"}', tool_call_id="call_1")
    builder.message(
        "assistant", f"The {thing} left for {place} on day {number % 28 + 1}; it comes [EMAIL_1] tomorrow."
    )


def finish(builder: ExampleBuilder, number: int) -> None:
    intent = INTENTS[number % len(INTENTS)]
    builder.finish(
        identity(number),
        line=number + 1,
        source="chat",
        file="logs/chat/part",
        kind="production",
        tools=TOOLS if number % 5 == 0 else None,
        captured_at=DAY + timedelta(minutes=7 * number),
        conversation=f"{number:032x}",
        user=f"{number * 3:032x}",
        model="small-1",
        licence="terms of use 2026-03",
        tags=[("channel", "mail" if number % 3 == 0 else "chat"), ("intent", intent)],
    )


def make_build(
    root: Path,
    *,
    count: int = 90,
    spec: Spec | None = None,
    without: frozenset[int] = frozenset(),
    edited: frozenset[int] = frozenset(),
    hostile: frozenset[int] = frozenset(),
    part_rows: int = 37,
    conflicts: int = 2,
    cross: float = 0.74,
    twins_in_conflict: bool = False,
) -> tuple[Build, Workspace]:
    """`count` examples; each tenth is a near twin of the one before it and dropped, each thirtieth failed."""
    spec = spec or handmade_spec()
    workspace = Workspace.open(root)
    builder = ExampleBuilder()
    numbers_ = [number for number in range(count) if number not in without]
    for number in numbers_:
        twin = number % 10 == 9
        say(
            builder,
            number - twin,
            shift=500 * (number in edited),
            hostile=number in hostile,
            again=" then" if twin else "",
        )
        finish(builder, number)
    table = builder.table()
    ids = [content_id(line) for line in canonical_messages(table)]
    table = set_column(table, "content_id", pa.array(ids, ID)).cast(EXAMPLES)
    order = {identity(number): number for number in numbers_}
    table = table.take(pc.sort_indices(table, sort_keys=[("origin_id", "ascending")])).combine_chunks()
    directory = workspace.builds / "0123456789abcdef0123456789abcdef"
    directory.mkdir(parents=True, exist_ok=True)
    parts = []
    for number, start in enumerate(range(0, len(table), part_rows)):
        place = workspace.directory / "cache" / f"{number:032x}"
        place.mkdir(parents=True, exist_ok=True)
        chunk = table.slice(start, part_rows).combine_chunks()
        with (
            pa.OSFile(str(place / "examples.arrow"), "wb") as sink,
            pa.ipc.new_file(sink, EXAMPLES) as writer,
        ):
            writer.write_table(chunk)
        parts.append({"fingerprint": place.name, "file": f"logs/chat/{number % 2}.jsonl"})
    verdicts = _verdicts(table, order=order, part_rows=part_rows)
    pq.write_table(verdicts, directory / "verdicts.parquet")
    pq.write_table(_links(order, conflicts=conflicts, twins=twins_in_conflict), directory / "links.parquet")
    pq.write_table(_events(table, order=order), directory / "events.parquet")
    rejects = [
        {"file": "logs/chat/0.jsonl", "line": 400 + i, "reason": reason, "detail": "at byte 17"}
        for i, reason in enumerate(["not-json", "no-messages", "not-json"])
    ]
    (directory / "rejects.jsonl").write_bytes(b"".join(orjson.dumps(reject) + b"\n" for reject in rejects))
    (directory / "parts.json").write_bytes(orjson.dumps(parts))
    (directory / "summary.json").write_bytes(
        orjson.dumps(_summary(spec, verdicts, parts, cross=cross, table=table))
    )
    (directory / "matrix.json").write_bytes(orjson.dumps(_matrix(spec, verdicts, table)))
    (directory / "quality.json").write_bytes(orjson.dumps(QUALITY))
    return Build(directory, spec, "fedcba9876543210fedcba9876543210"), workspace


def _verdicts(table: pa.Table, *, order: dict[bytes, int], part_rows: int) -> pa.Table:
    rows = []
    for i, row in enumerate(
        table.select(["origin_id", "content_id", "source", "captured_at", "tags"]).to_pylist()
    ):
        number = order[row["origin_id"]]
        twin, failed, asked = number % 10 == 9, number % 30 == 1, number % 13 == 6
        dropped = twin or failed
        tags = dict(row.pop("tags"))
        rows.append(
            row
            | {
                "part": i // part_rows,
                "row": i % part_rows,
                "line": number + 1,
                "file": f"logs/chat/{i // part_rows % 2}.jsonl",
                "outcome": "dropped" if dropped else "flagged" if asked else "kept",
                "stage": "dedupe" if twin else "clean" if failed else "labels" if asked else None,
                "reason": "near" if twin else "failed" if failed else "refusal" if asked else None,
                "kept_by": identity(number - 1) if twin else None,
                "multiplicity": 0 if dropped else 2 if number % 10 == 8 else 1,
                "component": number // 10,
                "split": None if dropped else SPLITS[number // 2 % len(SPLITS)],
                "cell": f"channel={tags['channel']} intent={tags['intent']}",
                "words": 11 + number % 40,
                "turns": 1 + number % 3,
            }
        )
    return pa.Table.from_pylist(rows, VERDICTS)


def _links(order: dict[bytes, int], *, conflicts: int, twins: bool) -> pa.Table:
    known = set(order.values())
    rows = [(n - 1, n, "near", 0.93) for n in sorted(known) if n % 10 == 9 and n - 1 in known]
    rows += [(n, n + 1, "contrast", 0.88) for n in (12, 22, 32) if {n, n + 1} <= known]
    rows += [(n, n + 2, "conflict", 1.0) for n in (40, 52, 62, 72)[:conflicts] if {n, n + 2} <= known]
    rows += [(9, 12, "conflict", 1.0)] if twins else []
    pairs = [(*sorted((identity(a), identity(b))), kind, score) for a, b, kind, score in rows]
    return pa.Table.from_pylist(
        [dict(zip(links.SCHEMA.names, pair, strict=False)) for pair in pairs], links.SCHEMA
    )


def _events(table: pa.Table, *, order: dict[bytes, int]) -> pa.Table:
    rows = []
    for origin in table.column("origin_id").to_pylist():
        number = order[origin]
        rows.append((origin, "redact", "edit", "email", '{"type": "email", "n": 1}', None))
        if number % 6 == 0:
            rows.append((origin, "clean", "edit", "mojibake", None, None))
        if number % 10 == 9:
            rows.append((origin, "dedupe", "drop", "near", '{"score": 0.93}', identity(number - 1)))
        if number % 30 == 1:
            rows.append((origin, "clean", "drop", "failed", None, None))
        if number % 13 == 6:
            rows.append((origin, "labels", "flag", "refusal", None, None))
    return pa.table(
        [pa.array(c, f.type) for c, f in zip(zip(*rows, strict=True), EVENTS, strict=True)], schema=EVENTS
    )


def _summary(spec: Spec, verdicts: pa.Table, parts: list[dict], *, cross: float, table: pa.Table) -> dict:
    counts = numbers.outcomes(verdicts)
    kept = verdicts.filter(pc.not_equal(verdicts.column("outcome"), "dropped"))
    first = {
        s: kept.filter(pc.equal(kept.column("split"), s)).column("origin_id").to_pylist() for s in set(SPLITS)
    }
    cross_pairs = [
        {
            "train": a.hex(),
            "test": b.hex(),
            "score": round(cross - 0.07 * i, 2),
            "kind": "near" if i % 2 == 0 else "semantic",
        }
        for i, (a, b) in enumerate(zip(first["train"][:4], first["test"][:4], strict=False))
    ]
    files = sorted({part["file"] for part in parts})
    sources = [
        {
            "source": "chat",
            "path": file,
            "connector": "openai-chat",
            "why": "keys `messages`",
            "read": 0,
            "rejected": 3 * (file.endswith("0.jsonl")),
        }
        for file in files
    ]
    for row in verdicts.select(["file"]).to_pylist():
        next(s for s in sources if s["path"] == row["file"])["read"] += 1
    sources[0]["read"] += 3
    return counts | {
        "schema_version": 1,
        "name": spec.name,
        "task": spec.task,
        "read": len(verdicts) + 3,
        "rejected": 3,
        "rejects_by_reason": {"not-json": 2, "no-messages": 1},
        "edited_by_reason": {"redact/email": len(verdicts), "clean/mojibake": len(verdicts) // 6},
        "redacted_by_type": {"email": len(verdicts), "phone": 12},
        "links_by_kind": {"near": 9, "contrast": 3, "conflict": 2},
        "sources": numbers.sources(verdicts, files=sources),
        "conversations": len(verdicts),
        "components": 9,
        "largest_component": 10,
        "leak_check": {"unchecked": []},
        "closest_cross_split": cross_pairs,
        "system_prompts": inventory(
            [
                {
                    "system_prompts": [
                        {
                            "text": "You help the customers of a small shop. Be brief.",
                            "count": 45,
                            "first_seen": 1759276800000000,
                            "last_seen": 1759363200000000,
                        },
                        {
                            "text": "You help the customers of a small shop. Be brief. Be kind.",
                            "count": 22,
                            "first_seen": 1759276800000000,
                            "last_seen": 1759363200000000,
                        },
                    ]
                }
            ]
        ),
        "irreducible_error_floor": 0.012,
        "dedupe": {"near_jaccard": 0.8, "semantic_cosine": 0.9, "wording": "strict", "calibration": None},
        "conflicts": {
            "groups": 2,
            "examples": 5,
            "hard_examples": 4,
            "floor": 0.02,
            "floor_of_traffic": 0.03,
            "labels": [{"labels": [HOSTILE, "refund"], "pairs": 3, "hard": 1}],
        },
        "passages": {
            "looked_at": 79,
            "fewest": 10,
            "examples": 40,
            "share": 0.12,
            "listed": [{"text": f"Kind regards, your shop {HOSTILE}", "examples": 40, "words": 17}],
        },
    }


def _matrix(spec: Spec, verdicts: pa.Table, table: pa.Table) -> dict[str, object]:
    stays = pc.not_equal(verdicts.column("outcome"), "dropped")
    code = {name: number for number, name in enumerate(("train", "validation", "test"), start=1)}
    split = [code[name] for name in verdicts.filter(stays).column("split").to_pylist()]
    return matrix(table.filter(stays), np.array(split, np.int8), spec.coverage)
