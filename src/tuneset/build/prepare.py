"""One part: its records become cleaned, redacted, tagged, signed examples in the cache.

This is the only task that sees text at length, and it runs in parallel. Everything global is answered later
from the
narrow columns it writes. What it writes depends only on the part's bytes and the spec, never on the part's
place in
a file, its file's name or the other parts.

    examples.arrow    EXAMPLES, redacted, sorted by origin_id (occurrences counted within the part)
    signatures.arrow  row-aligned with it: digests that deduplication compares
    bands.npy         `uint64[bands, n]`: one row per MinHash band, so that a band is read without the others
    bits.npy          `uint64[n, 2, 8]`
    sketches.npy      `uint64[n, 4]`: the same folded, for a quicker look
    threads.npy       `uint64[messages]`: a digest of each message with all before it (`stages.traces`)
    vectors.npy       `int8[n, 256]`
    checks.arrow      row-aligned with it: what `stages.suspicion.checks` found wrong with the answer by
    itself answers.npy       `int8[n, 256]`: sentence vectors of the answers
    keys.arrow        row-aligned with it: everything else that the global steps ask for
    dropped.arrow     origin_id, line, stage, reason of examples that did not get through; no text
    events.arrow      EVENTS
    rejects.arrow     line, reason, detail
    receipt.json      counts
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.build.signed import signed
from tuneset.connectors.ingest import Ingested, ingest
from tuneset.connectors.joined import connector
from tuneset.connectors.parts import Part
from tuneset.connectors.rejects import REJECTS
from tuneset.core import registry
from tuneset.core.errors import WorkspaceError
from tuneset.core.event import drops_in, events, no_events
from tuneset.core.example import (
    EXAMPLES,
    ID,
    SYSTEM,
    USER,
    Messages,
    concat,
    no_examples,
    one_array,
)
from tuneset.core.fingerprint import fingerprint
from tuneset.core.spec import DedupeSpec, Source
from tuneset.core.stage import Stage
from tuneset.engine.poison import run_stage
from tuneset.kernels.compare import folded
from tuneset.kernels.words import buffer_of, count_words
from tuneset.stages.dedupe import sign
from tuneset.stages.redact.masked import without_surrogates
from tuneset.stages.sample import Admitted, Sample
from tuneset.stages.suspicion import checked
from tuneset.stages.traces import only_final, thread_digests
from tuneset.store.workspace import Workspace

VERSION = 12
"""Goes up when the same part and spec would give other files."""

CORRECTED = "corrected"
"""Reason of the event of a correction; see docs/decisions/0013."""

BATCH_ROWS = 4096
PROMPT_LIMIT = 1000
"""Distinct system prompts that are listed per part; the rest are counted."""

DROPPED = pa.schema(
    [("origin_id", ID), ("line", pa.int64()), ("stage", pa.string()), ("reason", pa.string())]
)

KEYS = pa.schema(
    [
        ("origin_id", ID),
        ("content_id", ID),
        ("line", pa.int64()),
        ("captured_at", pa.int64()),
        ("corrected", pa.bool_()),
        ("conversation", pa.uint64()),
        ("user", pa.uint64()),
        ("tags", EXAMPLES.field("tags").type),
        ("words", pa.int32()),
        ("turns", pa.int32()),
    ]
)
"""`captured_at` in microseconds since 1970, the smallest integer if unknown. `conversation`, `user`: 0 if
unknown.
`words` counts those of all user turns; `turns` counts user turns."""


@dataclass(frozen=True)
class Preparation:
    """One part and all that is done to it."""

    part: Part
    source: Source
    connector: str
    chain: tuple[Stage, ...]
    dedupe: DedupeSpec
    key: bytes
    chain_identity: str
    digest: str
    root: Path
    """The project's directory."""
    beside: tuple[Part, ...] = ()
    """Files that the connector reads besides; `digest` covers them."""
    suspicion: bool = True
    """Are answers checked by themselves?"""
    admitted: str | None = None
    """Where the cache says which records the limits of the source let in; see `build.door`."""
    spared: tuple[bytes, ...] = ()
    """Ids of examples that are taken whatever is drawn; see `build.spared`."""

    @property
    def reading(self) -> list[object]:
        """Everything that decides which examples are read."""
        return [*said_of(self.source, self.connector), self.key, self.digest]

    @property
    def fingerprint(self) -> str:
        """What the result is: the name of its place in the cache."""
        *said, key, digest = self.reading
        signing = [self.dedupe.near, self.dedupe.semantic]  # thresholds are for the build, not for a part
        signing += [self.dedupe.ignore] if self.dedupe.ignore else []
        let_in: list[object] = [] if self.admitted is None else [self.admitted]
        let_in += [[id_.hex() for id_ in self.spared]] if self.spared else []
        return fingerprint(VERSION, *said, self.chain_identity, signing, self.suspicion, key, digest, *let_in)


def said_of(source: Source, connector: str) -> list[object]:
    """Everything but bytes and key that decides how a source is read."""
    # where the logs lie and how much they may expand says nothing about what is in them
    aside = {"path", "name", "format", "requests", "max_unpacked_gib", "max_unpacked_ratio"}
    told = source.model_dump(mode="json", exclude_defaults=True, exclude=aside)
    return [connector, registry.load(registry.CONNECTORS, connector).version, source.title, told]


def prepare(task: Preparation) -> dict[str, object]:
    """Does one part unless the cache has it; returns the receipt."""
    workspace = Workspace.open(task.root)
    entry = workspace.cache(task.fingerprint)
    if entry is None:
        entry = workspace.commit(task.fingerprint, lambda directory: _write(task, directory))
    return orjson.loads((entry.path / "receipt.json").read_bytes())


def _write(task: Preparation, directory: Path) -> None:
    collected = _Collected()
    admitted = _admitted(task)
    for batch in batches(task, batch_rows=BATCH_ROWS):
        collected.read += batch.read
        collected.physical_lines += batch.physical_lines
        collected.rejects.append(batch.rejects)
        examples = only_final(batch.examples) if task.source.calls == "final" else batch.examples
        chain = (*_door(task, batch, admitted=admitted), *task.chain)
        staged, happened, rejects, dropped = _staged(examples, chain)
        collected.add(staged, [_corrections(examples), *happened], rejects, dropped)
    examples = signed(collected.examples())
    compared = without_surrogates(examples)
    signatures = sign(compared, spec=task.dedupe)
    write_ipc(directory / "examples.arrow", examples)
    write_ipc(directory / "signatures.arrow", signatures.to_table())
    np.save(directory / "threads.npy", thread_digests(Messages.of(compared)))
    np.save(directory / "bits.npy", signatures.bits)
    np.save(directory / "sketches.npy", folded(signatures.bits))
    np.save(directory / "bands.npy", np.ascontiguousarray(signatures.bands.T))
    np.save(directory / "vectors.npy", signatures.vector)
    if task.suspicion:
        checks, answers = checked(examples)
        answers = answers if compared is examples else checked(compared)[1]
        write_ipc(directory / "checks.arrow", checks)
        np.save(directory / "answers.npy", answers if task.dedupe.semantic else answers[:, :0])
    write_ipc(directory / "keys.arrow", _keys(examples))
    write_ipc(directory / "dropped.arrow", pa.concat_tables([DROPPED.empty_table(), *collected.dropped]))
    write_ipc(directory / "events.arrow", pa.concat_tables([no_events(), *collected.events]))
    write_ipc(directory / "rejects.arrow", pa.concat_tables([REJECTS.empty_table(), *collected.rejects]))
    (directory / "receipt.json").write_bytes(
        orjson.dumps(collected.receipt(compared), option=orjson.OPT_SORT_KEYS)
    )


def batches(task: Preparation, *, batch_rows: int) -> Iterator[Ingested]:
    """The part as its connector reads it, before any stage.

    Raises:
        InputError: the file as a whole cannot be read.
    """
    return ingest(
        task.part,
        connector=connector(task.connector, beside=task.beside),
        fields=task.source.fields,
        key=task.key,
        licence=task.source.licence,
        tags=task.source.tags,
        max_record_bytes=int(task.source.max_record_mib * 2**20),
        batch_rows=batch_rows,
    )


def _corrections(examples: pa.Table) -> pa.Table:
    """Events of the examples whose answer a person has mended: where the original lies, their parent."""
    corrected = examples.filter(pc.equal(examples.column("kind"), "corrected"))
    return events(
        corrected.column("origin_id"),
        stage="ingest",
        action="edit",
        reason=CORRECTED,
        evidence=['{"parent":"extra.rejected"}'] * len(corrected),
    )


def _admitted(task: Preparation) -> Admitted | None:
    if task.admitted is None:
        return None
    entry = Workspace.open(task.root).cache(task.admitted)
    if entry is None:
        raise WorkspaceError(
            "the cache has lost who was admitted", code="TS301", fix="run the same command again"
        )
    table = open_ipc(entry.file("admitted.arrow"))
    return Admitted(one_array(table.column("record")), table.column("inclusion").to_numpy())


def _door(task: Preparation, batch: Ingested, *, admitted: Admitted | None) -> tuple[Stage, ...]:
    """The stage that drops what the source does not take; none if it takes everything."""
    if task.source.sample.everything:
        return ()
    return (Sample(task.source.sample, batch.repeats, admitted, frozenset(task.spared)),)


def _staged(
    examples: pa.Table, chain: tuple[Stage, ...]
) -> tuple[pa.Table, list[pa.Table], pa.Table, pa.Table]:
    """A batch after all stages: what is left, events, rejects, dropped."""
    events, rejects, dropped = [], [], [DROPPED.empty_table()]
    for stage in chain:
        before = examples
        examples, happened, poisoned = run_stage(stage, examples)
        rejects.append(poisoned.select(REJECTS.names))
        events.append(happened)
        dropped.append(_dropped(before, happened))
    return examples, events, pa.concat_tables(rejects), pa.concat_tables(dropped)


def _dropped(before: pa.Table, happened: pa.Table) -> pa.Table:
    drops = drops_in(happened)
    if not len(drops):
        return DROPPED.empty_table()
    at = pc.index_in(drops.column("origin_id"), value_set=one_array(before.column("origin_id")))
    return pa.table(
        [
            drops.column("origin_id"),
            before.column("line").take(at),
            drops.column("stage"),
            drops.column("reason"),
        ],
        schema=DROPPED,
    )


class _Collected:
    """What the batches of a part add up to."""

    def __init__(self) -> None:
        self.read = 0
        self.physical_lines = 0
        self.rejects: list[pa.Table] = []
        self.events: list[pa.Table] = []
        self.dropped: list[pa.Table] = []
        self._examples: list[pa.Table] = []

    def add(self, examples: pa.Table, events: list[pa.Table], rejects: pa.Table, dropped: pa.Table) -> None:
        self._examples.append(examples)
        self.events.extend(events)
        self.rejects.append(rejects)
        self.dropped.append(dropped)

    def examples(self) -> pa.Table:
        return concat([no_examples(), *self._examples])

    def receipt(self, examples: pa.Table) -> dict[str, object]:
        events = pa.concat_tables([no_events(), *self.events])
        rejects = pa.concat_tables([REJECTS.empty_table(), *self.rejects])
        return {
            "read": self.read,
            "physical_lines": self.physical_lines,
            "rejected": len(rejects),
            "examples": len(examples),
            "dropped": sum(len(table) for table in self.dropped),
            "rejects_by_reason": _counted(rejects.column("reason")),
            "events_by_reason": _events_by_reason(events),
            "redacted_by_type": _redacted_by_type(events),
            "system_prompts": _system_prompts(examples),
        }


def _counted(column: pa.ChunkedArray) -> dict[str, int]:
    return {str(entry["values"]): entry["counts"] for entry in pc.value_counts(column).to_pylist()}


def _events_by_reason(events: pa.Table) -> dict[str, int]:
    """`action stage/reason` → examples it happened to."""
    groups = events.group_by(["action", "stage", "reason"]).aggregate([("origin_id", "count_distinct")])
    return {
        f"{g['action']} {g['stage']}/{g['reason']}": g["origin_id_count_distinct"] for g in groups.to_pylist()
    }


def _redacted_by_type(events: pa.Table) -> dict[str, int]:
    """Type → values taken out, from the evidence of the redaction events."""
    redactions = events.filter(pc.equal(events.column("stage"), "redact")).column("evidence")
    count: Counter[str] = Counter()
    for evidence, times in Counter(redactions.to_pylist()).items():
        found = orjson.loads(evidence or "{}")
        if "type" in found:
            count[found["type"]] += times * found.get("n", 1)
    return dict(count)


def _system_prompts(examples: pa.Table) -> list[dict[str, object]]:
    """The distinct system prompts (redacted), how many examples have them and when they were seen."""
    messages = Messages.of(examples)
    at = np.flatnonzero(messages.role == SYSTEM)
    table = pa.table(
        {
            "text": pc.take(messages.content, pa.array(at)),
            "at": examples.column("captured_at").take(pa.array(messages.row[at])).cast(pa.int64()),
        }
    )
    groups = table.group_by("text").aggregate([("at", "min"), ("at", "max"), ("text", "count")])
    found = sorted(groups.to_pylist(), key=lambda g: (-g["text_count"], g["text"] or ""))
    return [
        {"text": g["text"], "count": g["text_count"], "first_seen": g["at_min"], "last_seen": g["at_max"]}
        for g in found[:PROMPT_LIMIT]
    ]


def _keys(examples: pa.Table) -> pa.Table:
    messages = Messages.of(examples)
    user = messages.role == USER
    rows = len(examples)
    words = count_words(buffer_of(pc.fill_null(messages.content, "")))
    unknown = pa.scalar(np.iinfo(np.int64).min, pa.int64())
    return pa.table(
        [
            examples.column("origin_id"),
            examples.column("content_id"),
            examples.column("line"),
            pc.coalesce(examples.column("captured_at").cast(pa.int64()), unknown),
            pc.equal(examples.column("kind"), "corrected"),
            pa.array(hash64(examples.column("conversation"))),
            pa.array(hash64(examples.column("user"))),
            examples.column("tags"),
            pa.array(np.bincount(messages.row[user], weights=words[user], minlength=rows).astype(np.int32)),
            pa.array(np.bincount(messages.row[user], minlength=rows).astype(np.int32)),
        ],
        schema=KEYS,
    )


def hash64(column: pa.ChunkedArray) -> np.ndarray:
    """The first 64 bits of a column of 32 hex digits; 0 for null."""
    digits = pc.fill_null(pc.utf8_slice_codeunits(one_array(column), 0, 16), "0" * 16)
    words = np.frombuffer(bytes.fromhex("".join(digits.to_pylist())), ">u8")
    return words.astype(np.uint64)


def write_ipc(path: Path, table: pa.Table) -> None:
    """Writes a table as one Arrow record batch, uncompressed, so that it can be memory-mapped."""
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())


def open_npy(path: Path) -> np.ndarray:
    """An array as `np.save` wrote it, memory-mapped: read where it is looked at."""
    return np.asarray(np.load(path, mmap_mode="r"))


def open_ipc(path: Path) -> pa.Table:
    """A table as `prepare` wrote it, memory-mapped."""
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()
