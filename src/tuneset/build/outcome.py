"""Writes a build: verdicts, links, events, rejects and numbers, all in an order that only ids decide.

verdicts.parquet  what became of every example read (`VERDICTS`)
links.parquet     related examples
retags.parquet    tags that models give or only the whole shows
model_tags.json   how many tags came from models, and what people said of them; if the spec names one
events.parquet    every event of every example (`EVENTS`)
rejects.jsonl     records that are no examples
quality.json      what the kept examples are like as a whole
suspicion.parquet whom to look at first (`build.findings.suspicion`)
questions.jsonl   inputs that are answered in several ways, with the answers and their logs (redacted)
summary.json, matrix.json, parts.json, spec.json
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tuneset.build import summary
from tuneset.build.divide import Division
from tuneset.build.findings.conflicts import Conflicts, conflicts_of, counted, questions, write_questions
from tuneset.build.findings.passages import passages
from tuneset.build.findings.prompts import inventory
from tuneset.build.findings.quality import Kept, by_verdict, measured
from tuneset.build.findings.suspicion import Suspicion
from tuneset.build.index import Index, rename
from tuneset.build.plan import Plan
from tuneset.build.prepare import open_ipc
from tuneset.build.result import VERDICTS
from tuneset.build.tagging import model_tags, retag
from tuneset.build.tagging.model_tags import ModelTags
from tuneset.core.event import events as events_of
from tuneset.core.event import no_events
from tuneset.core.example import ID
from tuneset.core.not_run import NotRun
from tuneset.engine.memory import give_back
from tuneset.stages.coverage import Retag, matrix
from tuneset.stages.dedupe import DROPS, PREFIX, Settled, conflict_floor, hard_conflicts

SPLITS = ("train", "validation", "test")
_STAGES = (
    "ingest",
    "sample",
    "clean",
    "system_prompt",
    "redact",
    "labels",
    "coverage",
    "traces",
    "dedupe",
    "split",
)
_JSON = (
    orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
)  # not sorted: tables of counts have an order of their own

LINK_COLUMNS = pa.schema(
    [("a", ID), ("b", ID), ("kind", pa.string()), ("score", pa.float32()), ("evidence", pa.string())]
)


@dataclass(frozen=True)
class Finished:
    """All that a build found out; the argument of `write_build`."""

    planned: Plan
    receipts: Sequence[dict]
    index: Index
    links: pa.Table
    settled: Settled
    division: Division
    cells: np.ndarray
    cell_names: list[str]
    retags: list[Retag]
    """Tags that models give or only the whole shows; the index has them already."""
    by_model: ModelTags
    """What models said."""
    suspicion: Suspicion | None = None

    @cached_property
    def prompts(self) -> list[dict[str, object]]:
        """The inventory of system prompts: of the summary, and of what is said about them."""
        return inventory(self.receipts)


def write_build(directory: Path, found: Finished) -> None:
    """Fills an empty directory.

    Raises:
        ConservationError: a record was lost on the way; a bug.
    """
    bases = _line_bases(found.planned, found.receipts)
    asked = _questions(found)
    verdicts = _verdicts(found, bases=bases, questions=asked)
    rejects = _rejects(found, bases=bases)
    _conserved(found.receipts, verdicts=verdicts, rejects=rejects)
    _parquet(directory / "verdicts.parquet", verdicts)
    verdicts = verdicts.select(summary.COUNTED)
    give_back()
    _parquet(directory / "links.parquet", _named_links(found))
    _parquet(directory / retag.FILE, retag.table_of(found.index, found.retags))
    _parquet(directory / "events.parquet", _events(found, questions=asked))
    if found.suspicion is not None:
        _parquet(directory / "suspicion.parquet", found.suspicion.table)
    (directory / "rejects.jsonl").write_bytes(b"".join(orjson.dumps(reject) + b"\n" for reject in rejects))
    if found.by_model.digest is not None:
        _json(directory / model_tags.FILE, _model_tags(found))
    covered = _matrix(found)
    _json(directory / "matrix.json", covered)
    seen = measured(_kept(found, covered))
    _json(directory / "quality.json", seen)
    against = conflicts_of(found.index, found.links, stays=_stays(found))
    issues = questions(
        against, found.index, places=_places(found, bases=bases), multiplicity=found.settled.multiplicity
    )
    write_questions(directory, issues)
    give_back()
    told = _summary(found, verdicts=verdicts, against=against)
    _json(directory / "summary.json", {**told, "quality": by_verdict(seen)})
    _json(directory / "parts.json", _parts(found.planned))
    spec = found.planned.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    _json(directory / "spec.json", spec)


class ConservationError(RuntimeError):
    """Read is not kept + dropped + rejected: a bug in tuneset."""


def _conserved(receipts: Sequence[dict], *, verdicts: pa.Table, rejects: Sequence[dict]) -> None:
    read = sum(receipt["read"] for receipt in receipts)
    if read != len(verdicts) + len(rejects):
        raise ConservationError(
            f"{read} records read, {len(verdicts)} examples and {len(rejects)} rejects found"
        )


def _line_bases(planned: Plan, receipts: Sequence[dict]) -> list[int]:
    """Per part the lines of its file that stand before it."""
    bases, before = [], {}
    for part, receipt in zip(planned.parts, receipts, strict=True):
        bases.append(before.get(part.file, 0))
        before[part.file] = bases[-1] + receipt["physical_lines"]
    return bases


@dataclass(frozen=True)
class Questions:
    """Kept examples that a person has to look at: `asked` is `bool[n]`, `hard` those of them in a hard
    conflict; `stage` and `reason` say why, for each of the asked in their order.
    """

    asked: np.ndarray
    hard: np.ndarray
    stage: list[str]
    reason: list[str]


def _questions(found: Finished) -> Questions:
    """Flags of the stages, and examples of hard conflicts. The first in the order of the pipeline is the
    reason.
    """
    stays = _stays(found)
    conflicts = found.links.filter(pa.array(hard_conflicts(found.links)))
    hard = np.zeros(len(found.index), bool)
    for side in ("i", "j"):
        hard[conflicts.column(side).to_numpy()] = True
    hard &= stays
    why = dict.fromkeys(np.flatnonzero(hard).tolist(), ("dedupe", "hard-conflict"))
    why |= {row: (by, reason) for row, by, reason in reversed(_flags(found)) if stays[row]}
    rows = sorted(why)
    asked = np.zeros(len(found.index), bool)
    asked[rows] = True
    return Questions(asked, hard, [why[row][0] for row in rows], [why[row][1] for row in rows])


def _flags(found: Finished) -> list[tuple[int, str, str]]:
    """Number, stage and reason of each example that a stage flagged."""
    flags = []
    for number, path in enumerate(found.index.paths):
        happened = open_ipc(path / "events.arrow")
        happened = happened.filter(pc.equal(happened.column("action"), "flag"))
        if not len(happened):
            continue
        ids = rename(happened.column("origin_id"), found.index.renamed.get(number, {}))
        rows = pc.index_in(ids, value_set=found.index.origin_ids).to_pylist()
        named = zip(
            rows, happened.column("stage").to_pylist(), happened.column("reason").to_pylist(), strict=True
        )
        flags += [(row, by, why) for row, by, why in named if row is not None]
    return sorted(
        flags, key=lambda flag: (flag[0], _STAGES.index(flag[1]) if flag[1] in _STAGES else -1, flag[2])
    )


def _stays(found: Finished) -> np.ndarray:
    return found.settled.kept & ~found.division.evicted


def _verdicts(found: Finished, *, bases: list[int], questions: Questions) -> pa.Table:
    index, settled, division = found.index, found.settled, found.division
    stays = _stays(found)
    stage, reason = _why(found, questions=questions)
    titles = pa.array([found.planned.files[p.file].source.title for p in found.planned.parts], pa.string())
    names = pa.array([found.planned.files[p.file].file.relative for p in found.planned.parts], pa.string())
    part = pa.array(index.part, pa.int32())
    kept_by = pa.array(settled.kept_by, mask=settled.kept_by < 0)
    split = np.where(stays, division.split.astype(np.int64) - 1, -1)
    unknown = np.iinfo(np.int64).min
    captured = index.column("captured_at")
    late = pa.table(
        [
            index.origin_ids,
            index.keys.column("content_id"),
            part,
            pa.array(index.row, pa.int64()),
            titles.take(part),
            names.take(part),
            pa.array(
                index.column("line") + np.asarray(bases, np.int64)[index.part] if len(index) else [],
                pa.int64(),
            ),
            pa.array(("dropped", "kept", "flagged")).take(
                pa.array(stays.astype(np.int8) + (stays & questions.asked))
            ),
            stage,
            reason,
            index.origin_ids.take(kept_by),
            pa.array(np.where(stays, settled.multiplicity, 0), pa.int32()),
            pa.array(division.component, pa.int64()),
            pa.array(SPLITS).take(pa.array(split, mask=split < 0)),
            pa.array(found.cell_names, pa.string()).take(pa.array(found.cells)),
            index.keys.column("words"),
            index.keys.column("turns"),
            pa.array(captured, mask=captured == unknown).cast(pa.timestamp("us", tz="UTC")),
        ],
        schema=VERDICTS,
    )
    return pa.concat_tables([late, _early(found, bases=bases, titles=titles, names=names)]).sort_by(
        "origin_id"
    )


def _why(found: Finished, *, questions: Questions) -> tuple[pa.Array, pa.Array]:
    """Stage and reason of each example that was dropped, or that raises a question."""
    settled, division = found.settled, found.division
    by = pa.array(settled.kind.astype(np.int64), mask=settled.kept)
    stages = pa.array([_dropped_by(code) for code in range(len(DROPS))]).take(by)
    reasons = pa.array(DROPS).take(by)
    for mask, stage, reason in (
        (division.evicted, ["split"] * len(division.reason), division.reason),
        (questions.asked, questions.stage, questions.reason),
    ):
        stages, reasons = (
            pc.replace_with_mask(old, pa.array(mask), pa.array(new, pa.string()))
            for old, new in ((stages, stage), (reasons, reason))
        )
    return stages, reasons


def _dropped_by(kind: int) -> str:
    """The stage that drops for a reason of `DROPS`: twins are none of a call's longer call."""
    return "traces" if kind == PREFIX else "dedupe"


def _early(found: Finished, *, bases: list[int], titles: pa.Array, names: pa.Array) -> pa.Table:
    """Verdicts of the examples that a stage before the index dropped."""
    tables = [VERDICTS.empty_table()]
    for number, path in enumerate(found.index.paths):
        dropped = open_ipc(path / "dropped.arrow")
        count = len(dropped)
        known = {
            "origin_id": rename(dropped.column("origin_id"), found.index.renamed.get(number, {})),
            "part": pa.repeat(pa.scalar(number, pa.int32()), count),
            "source": pa.repeat(titles[number], count),
            "file": pa.repeat(names[number], count),
            "line": pc.add(dropped.column("line"), bases[number]),
            "outcome": pa.repeat("dropped", count),
            "stage": dropped.column("stage"),
            "reason": dropped.column("reason"),
            "multiplicity": pa.repeat(pa.scalar(0, pa.int32()), count),
        }
        columns = [known.get(field.name, pa.nulls(count, field.type)) for field in VERDICTS]
        tables.append(pa.table(columns, schema=VERDICTS))
    return pa.concat_tables(tables)


def _named_links(found: Finished) -> pa.Table:
    ids = found.index.origin_ids
    links = found.links
    columns = [ids.take(links.column("i").combine_chunks()), ids.take(links.column("j").combine_chunks())]
    return pa.table(
        [*columns, links.column("kind"), links.column("score"), links.column("evidence")], schema=LINK_COLUMNS
    )


def _events(found: Finished, *, questions: Questions) -> pa.Table:
    """Events of all stages, those of one example in the order of the pipeline."""
    tables = [no_events(), *_global_events(found, questions=questions)]
    for number, path in enumerate(found.index.paths):
        happened = open_ipc(path / "events.arrow")
        ids = rename(happened.column("origin_id"), found.index.renamed.get(number, {}))
        tables.append(happened.set_column(0, happened.schema.field(0), ids))
    joined = pa.concat_tables(tables)
    place = pc.index_in(joined.column("stage"), pa.array(_STAGES))
    keys = [(name, "ascending") for name in ("origin_id", "place", "action", "reason", "evidence", "other")]
    return joined.append_column("place", place).sort_by(keys).drop_columns("place")


def _global_events(found: Finished, *, questions: Questions) -> list[pa.Table]:
    ids, settled, division = found.index.origin_ids, found.settled, found.division
    (twins,) = np.nonzero(~settled.kept)
    kinds = settled.kind[twins].tolist()
    (asked,) = np.nonzero(questions.hard)
    (gone,) = np.nonzero(division.evicted)
    return [
        events_of(
            ids.take(pa.array(twins)),
            stage=[_dropped_by(kind) for kind in kinds],
            action="drop",
            reason=[DROPS[kind] for kind in kinds],
            other=ids.take(pa.array(settled.kept_by[twins])),
        ),
        events_of(ids.take(pa.array(asked)), stage="dedupe", action="flag", reason="hard-conflict"),
        events_of(ids.take(pa.array(gone)), stage="split", action="drop", reason=division.reason),
        retag.events_of(found.index, found.retags),
        found.by_model.unanswered,
    ]


def _rejects(found: Finished, *, bases: list[int]) -> list[dict]:
    rejects = []
    for number, (path, part) in enumerate(zip(found.index.paths, found.planned.parts, strict=True)):
        file = found.planned.files[part.file].file.relative
        for reject in open_ipc(path / "rejects.arrow").to_pylist():
            line = reject["line"] + bases[number]
            rejects.append(
                {"file": file, "line": line, "reason": reject["reason"], "detail": reject["detail"]}
            )
    return sorted(rejects, key=lambda reject: (reject["file"], reject["line"], reject["reason"]))


def _matrix(found: Finished) -> dict:
    stays = _stays(found)
    return matrix(
        found.index.keys.filter(pa.array(stays)),
        found.division.split[stays],
        found.planned.spec.coverage,
        checks=found.planned.checks,
        by_model={name: mask[stays] for name, mask in model_tags.masks(found.retags, of=len(stays)).items()},
    )


def _model_tags(found: Finished) -> list[dict[str, object]]:
    return model_tags.counted(
        found.index,
        found.by_model,
        found.retags,
        spec=found.planned.spec.coverage,
        stays=_stays(found),
        checks=found.planned.checks,
    )


def _kept(found: Finished, covered: dict) -> Kept:
    """The kept examples with their values per factor."""
    (number,) = np.nonzero(_stays(found))
    at = {cell["cell"]: cell["where"] for cell in covered["cells"]}
    cells = found.cells[number]
    where = {}
    for factor in covered["factors"]:
        of_cell = [at[name][factor] if name in at else "" for name in found.cell_names]
        names, code = np.unique(np.array(of_cell, object), return_inverse=True)
        where[factor] = _compact(code[cells], names.tolist())
    return Kept(
        found.index,
        number,
        found.division.split[number],
        found.division.component[number],
        found.settled.multiplicity[number],
        where,
        found.planned.spec,
        found.prompts,
        found.planned.serving,
    )


def _compact(codes: np.ndarray, names: list[str]) -> tuple[np.ndarray, list[str]]:
    """The same without names that nobody has."""
    used, codes = np.unique(codes, return_inverse=True)
    return codes.astype(np.int64), [names[code] for code in used.tolist()]


def _places(found: Finished, *, bases: list[int]) -> Callable[[int], tuple[str, int]]:
    """File and line of an example of the index; few are asked for."""
    part, line = found.index.part, found.index.column("line")
    names = [found.planned.files[planned.file].file.relative for planned in found.planned.parts]
    return lambda number: (names[part[number]], int(line[number]) + bases[part[number]])


def _summary(found: Finished, *, verdicts: pa.Table, against: Conflicts) -> dict:
    spec, receipts, index = found.planned.spec, found.receipts, found.index
    events = summary.merged(receipts, "events_by_reason")
    stays = _stays(found)
    return {
        "schema_version": summary.SCHEMA_VERSION,
        "name": spec.name,
        "task": spec.task,
        "read": sum(receipt["read"] for receipt in receipts),
        "rejected": sum(receipt["rejected"] for receipt in receipts),
        "rejects_by_reason": summary.merged(receipts, "rejects_by_reason"),
        **summary.outcomes(verdicts),
        "edited_by_reason": summary.by_reason(events, action="edit"),
        "redacted_by_type": summary.merged(receipts, "redacted_by_type"),
        "links_by_kind": summary.counted(found.links.column("kind")),
        "hard_conflicts": int(hard_conflicts(found.links).sum()),
        "irreducible_error_floor": _floor(found, stays=stays),
        "conflicts": counted(
            against,
            n=int(stays.sum()),
            multiplicity=np.where(stays, found.settled.multiplicity, 0),
            labels=_outputs(found, stays=against.group >= 0) if spec.task == "classification" else None,
        ),
        "passages": passages(index, stays=stays),
        "dedupe": {
            **spec.dedupe.model_dump(mode="json", include={"near_jaccard", "semantic_cosine", "wording"}),
            "calibration": found.planned.calibration,
        },
        "sources": summary.sources(verdicts, files=_files(found)),
        "conversations": summary.distinct(index.column("conversation")),
        "users": summary.distinct(index.column("user")),
        "top_users": summary.top_users(index.column("user"), stays=stays),
        "labels": _labels(found, stays=stays) if spec.task == "classification" else {},
        "components": found.division.balance["components"],
        "largest_component": found.division.balance["largest_component"],
        "balance": found.division.balance,
        "closest_cross_split": _closest(found),
        "leak_check": {"unchecked": list(found.division.unchecked)},
        "leak_thresholds": {"jaccard": spec.split.leak_jaccard, "cosine": spec.split.leak_cosine},
        "sealed": int((found.division.split[stays] == len(SPLITS)).sum()),
        "system_prompts": found.prompts,
        "suspicion": found.suspicion.numbers if found.suspicion else None,
        "could_not_run": _could_not_run(found),
    }


def _could_not_run(found: Finished) -> list[dict[str, str]]:
    """What said nothing about this data, why, and what would unlock it: one row per signal, of every
    detector.
    """
    if found.suspicion is None:
        row = NotRun("suspicion", "off", "the spec says so", "`suspicion.enabled: true`")
        return [asdict(row)]
    return [asdict(row) for row in found.suspicion.not_run]


def _floor(found: Finished, *, stays: np.ndarray) -> float:
    """Share of kept examples that no model can fit, because an equal input is answered in several ways."""
    asked, output = found.index.asked[stays], found.index.signatures.output[stays]
    return round(conflict_floor(asked, output, n=len(asked)), 6)


def _labels(found: Finished, *, stays: np.ndarray) -> dict[str, int]:
    """Label → kept examples, by falling count."""
    outputs = [label for label in _outputs(found, stays=stays) if label is not None]
    counts = summary.counted(pa.chunked_array([pa.array(outputs, pa.string())]))
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))


def _outputs(found: Finished, *, stays: np.ndarray) -> list[str | None]:
    """The output of each example of the index that is asked for, None for the others."""
    outputs = np.full(len(found.index), None, object)
    for number, path in enumerate(found.index.paths):
        (here,) = np.nonzero((found.index.part == number) & stays)
        if len(here):
            column = open_ipc(path / "examples.arrow").column("output")
            outputs[here] = column.take(pa.array(found.index.row[here])).to_pylist()
    return outputs.tolist()


def _files(found: Finished) -> list[dict]:
    files = []
    for number, planned in enumerate(found.planned.files):
        mine = [r for part, r in zip(found.planned.parts, found.receipts, strict=True) if part.file == number]
        files.append(
            {
                "source": planned.source.title,
                "path": planned.file.relative,
                "connector": planned.connector,
                "why": planned.why,
                "read": sum(r["read"] for r in mine),
                "rejected": sum(r["rejected"] for r in mine),
            }
        )
    return files


def _closest(found: Finished) -> list[dict]:
    ids, split = found.index.origin_ids, found.division.split
    return [
        {
            "test": ids[test].as_py().hex(),
            "train": ids[other].as_py().hex(),
            "split": SPLITS[split[other] - 1],
            "score": score,
            "kind": kind,
        }
        for test, other, score, kind in found.division.closest
    ]


def _parts(planned: Plan) -> list[dict]:
    return [
        {"fingerprint": part.task.fingerprint, "file": planned.files[part.file].file.relative}
        for part in planned.parts
    ]


def _parquet(path: Path, table: pa.Table) -> None:
    pq.write_table(table, path, compression="zstd", row_group_size=65_536, write_statistics=False)


def _json(path: Path, value: object) -> None:
    path.write_bytes(orjson.dumps(value, option=_JSON))
