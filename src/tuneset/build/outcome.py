"""Writes a build: verdicts, links, events, rejects and numbers, all in an order that only ids decide.

verdicts.parquet  what became of every example read (`VERDICTS`)
links.parquet     related examples (`build.links`)
retags.parquet    tags that models give or only the whole shows
masks.parquet     answers that a thumb masks in other calls of their conversation, if there are any
model_tags.json   how many tags came from models, and what people said of them; if the spec names one
events.parquet    every event of every example (`EVENTS`)
rejects.jsonl     records that are no examples
quality.json      what the kept examples are like as a whole
suspicion.parquet whom to look at first (`build.findings.suspicion`)
questions.jsonl   inputs that are answered in several ways, with the answers and their logs (redacted)
summary.json, matrix.json, parts.json, spec.json
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tuneset.build import links, summary
from tuneset.build.findings.conflicts import Conflicts, conflicts_of, counted, questions, write_questions
from tuneset.build.findings.passages import passages
from tuneset.build.findings.quality import Kept, by_verdict, measured
from tuneset.build.finished import Finished
from tuneset.build.index import rename
from tuneset.build.plan import Plan
from tuneset.build.prepare import open_ipc
from tuneset.build.result import STAGES
from tuneset.build.tagging import model_tags, retag
from tuneset.build.thumbs import write_masks
from tuneset.build.verdicts import SPLITS, Questions, dropped_by, questions_of, verdicts_of
from tuneset.core.event import events as events_of
from tuneset.core.event import no_events
from tuneset.core.not_run import NotRun
from tuneset.engine.memory import give_back
from tuneset.stages.coverage import matrix
from tuneset.stages.dedupe import DROPS, KINDS, conflict_floor, kinds_of

_JSON = (
    orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
)  # not sorted: tables of counts have an order of their own


def write_build(directory: Path, found: Finished) -> None:
    """Fills an empty directory.

    Raises:
        ConservationError: a record was lost on the way; a bug.
    """
    bases = _line_bases(found.planned, found.receipts)
    asked = questions_of(found)
    verdicts = verdicts_of(found, bases=bases, questions=asked)
    rejects = _rejects(found, bases=bases)
    _conserved(found.receipts, verdicts=verdicts, rejects=rejects)
    _parquet(directory / "verdicts.parquet", verdicts)
    verdicts = verdicts.select(summary.COUNTED)
    give_back()
    _parquet(directory / "links.parquet", links.table_of(found.links, found.index.origin_ids))
    _parquet(directory / retag.FILE, retag.table_of(found.index, found.retags))
    write_masks(directory, found.thumbs.masks)
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
    against = conflicts_of(found.index, found.links, stays=found.stays)
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


def _events(found: Finished, *, questions: Questions) -> pa.Table:
    """Events of all stages, those of one example in the order of the pipeline."""
    tables = [no_events(), *_global_events(found, questions=questions)]
    for number, path in enumerate(found.index.paths):
        happened = open_ipc(path / "events.arrow")
        ids = rename(happened.column("origin_id"), found.index.renamed.get(number, {}))
        tables.append(happened.set_column(0, happened.schema.field(0), ids))
    joined = pa.concat_tables(tables)
    place = pc.index_in(joined.column("stage"), pa.array(STAGES))
    keys = [(name, "ascending") for name in ("origin_id", "place", "action", "reason", "evidence", "other")]
    return joined.append_column("place", place).sort_by(keys).drop_columns("place")


def _global_events(found: Finished, *, questions: Questions) -> list[pa.Table]:
    ids, settled, division = found.index.origin_ids, found.settled, found.division
    (twins,) = np.nonzero(~settled.kept)
    kinds = pa.array(settled.kind[twins])
    (asked,) = np.nonzero(questions.hard)
    (gone,) = np.nonzero(division.evicted)
    return [
        events_of(
            ids.take(pa.array(twins)),
            stage=pa.array([dropped_by(kind) for kind in range(len(DROPS))]).take(kinds),
            action="drop",
            reason=pa.array(DROPS).take(kinds),
            other=ids.take(pa.array(settled.kept_by[twins])),
        ),
        events_of(ids.take(pa.array(asked)), stage="dedupe", action="flag", reason="hard-conflict"),
        events_of(
            ids.take(pa.array(gone)),
            stage="split",
            action="drop",
            reason=division.reason,
            other=ids.take(pa.array(division.test)),
        ),
        retag.events_of(found.index, found.retags),
        found.by_model.unanswered,
        found.thumbs.events,
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
    stays = found.stays
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
        stays=found.stays,
        checks=found.planned.checks,
    )


def _kept(found: Finished, covered: dict) -> Kept:
    """The kept examples with their values per factor."""
    (number,) = np.nonzero(found.stays)
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
    used = np.bincount(codes, minlength=len(names)) > 0
    return (np.cumsum(used) - 1)[codes], [name for name, has in zip(names, used.tolist(), strict=True) if has]


def _places(found: Finished, *, bases: list[int]) -> Callable[[int], tuple[str, int]]:
    """File and line of an example of the index; few are asked for."""
    part, line = found.index.part, found.index.column("line")
    names = [found.planned.files[planned.file].file.relative for planned in found.planned.parts]
    return lambda number: (names[part[number]], int(line[number]) + bases[part[number]])


def _summary(found: Finished, *, verdicts: pa.Table, against: Conflicts) -> dict:
    spec, receipts, index = found.planned.spec, found.receipts, found.index
    events = summary.merged(receipts, "events_by_reason")
    stays, files = found.stays, _files(found)
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
        "links_by_kind": summary.counted_codes(kinds_of(found.links), KINDS),
        "hard_conflicts": int(found.hard.sum()),
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
        "sources": summary.sources(verdicts, files=files),
        "files_without_a_record": sorted(
            [*found.planned.empty, *(file["path"] for file in files if not file["read"])]
        ),
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
    """Words as dictionaries; ids and numbers as they are, which takes a third less time."""
    words = [_leaf(f) for f in table.schema if pa.types.is_dictionary(f.type) or "string" in str(f.type)]
    codecs = dict.fromkeys(map(_leaf, table.schema), "none") | dict.fromkeys(words, "zstd")
    pq.write_table(
        table,
        path,
        compression=codecs,  # pyright: ignore[reportArgumentType]
        use_dictionary=words,  # pyright: ignore[reportArgumentType]
        row_group_size=65_536,
        write_statistics=False,
        store_schema=False,  # a dictionary is a string for whoever reads the file
    )


def _leaf(field: pa.Field) -> str:
    """The name that Parquet has for the values of a column."""
    return f"{field.name}.list.element" if pa.types.is_list(field.type) else field.name


def _json(path: Path, value: object) -> None:
    path.write_bytes(orjson.dumps(value, option=_JSON))
