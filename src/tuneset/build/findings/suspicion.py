"""Suspicion of all kept examples, from narrow columns; the text of a class's first example is its only text.

suspicion.parquet  one row per kept example, sorted by origin_id:
                   origin_id, suspicion 0..1 (share of examples that are less suspicious), p_wrong (null until
                   people have looked), likely (the class that a classifier would give, if it is a label or a
                   tool), a column for each signal that ran, reasons (words)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.build.findings.nearest import seen_before, write_seen
from tuneset.build.findings.read_rows import ReadRows
from tuneset.build.findings.reviews import Reviews, wrong_share
from tuneset.build.index import Index, rename
from tuneset.build.prepare import open_ipc
from tuneset.build.remembered import Remembered
from tuneset.core.example import ID
from tuneset.core.not_run import NotRun
from tuneset.core.spec import Spec
from tuneset.stages.dedupe import CONFLICT, kinds_of
from tuneset.stages.suspicion import (
    CHECKS,
    Classes,
    Facts,
    Suspected,
    alarms,
    classes_of,
    known,
    reasons_of,
    suspect,
)

TOP = 20
_NAMED = 2_000  # classes whose names are fetched at most
_NAME_CHARS = 60
_BINS = 10


@dataclass(frozen=True)
class Suspicion:
    """What is written of it: `table` for suspicion.parquet, `numbers` for the summary, `not_run`: signals
    that say nothing. `remember` writes down who the neighbours were (`build.remembered`).
    """

    table: pa.Table
    numbers: Mapping[str, object]
    not_run: list[NotRun]
    remember: Callable[[Path, np.ndarray], None]


def look(
    index: Index,
    links: pa.Table,
    *,
    kept: np.ndarray,
    evicted: np.ndarray,
    multiplicity: np.ndarray,
    component: np.ndarray,
    cells: np.ndarray,
    spec: Spec,
    reviews: Reviews,
    scratch: Path,
    before: Remembered | None = None,
) -> Suspicion:
    """Looks at the kept examples.

    Args:
        index: all examples. links: `LINKS` between them.
        kept: `bool[n]`. evicted: `bool[n]`, those of them that had to leave: others are still judged by them,
            so that it costs nothing when more or fewer have to, but nobody looks at them.
        multiplicity, component, cells: `int[n]`.
        reviews: what people decided.
        scratch: a directory for what is too large to be held.
        before: who the neighbours were in an earlier build; it saves work and changes nothing.
    """
    (who,) = np.nonzero(kept)
    stays = kept & ~evicted
    checks = _checks(index).take(pa.array(who))
    facts = _facts(index, who, checks, component=component, cells=cells, spec=spec, scratch=scratch)
    outvoted = _outvoted(links, stays=stays, multiplicity=multiplicity)[who]
    facts = replace(facts, outvoted=outvoted, seen=seen_before(before, who))
    found = suspect(facts, off=spec.suspicion.off, k=spec.suspicion.neighbours, folds=spec.suspicion.folds)
    names = _names(index, who, facts.classes, labelled=_labelled(spec))
    remember = partial(write_seen, seen=found.seen, who=who)
    found, who = found.only(stays[who]), who[stays[who]]
    ids = index.origin_ids.take(pa.array(who))
    p_wrong, not_calibrated = wrong_share(
        reviews,
        ids=ids,
        contents=index.keys.column("content_id"),
        who=who,
        suspicion=found.suspicion,
    )
    raised = alarms(found.signals)
    table = _table(ids, found, raised, names=names, p_wrong=p_wrong)
    return Suspicion(
        table,
        _numbers(table, found, raised),
        [*found.not_run, *not_calibrated],
        remember,
    )


def _facts(
    index: Index,
    who: np.ndarray,
    checks: pa.Table,
    *,
    component: np.ndarray,
    cells: np.ndarray,
    spec: Spec,
    scratch: Path,
) -> Facts:
    call, words = checks.column("call").to_numpy(), checks.column("words").to_numpy()
    classes = classes_of(index.signatures.output[who], call, labelled=_labelled(spec))
    columns = {name: checks.column(name).to_numpy() for name in CHECKS}
    if classes.are_answers:  # a label may be `none`, and is no sentence
        columns = {name: values for name, values in columns.items() if name.startswith("tool")}
    if spec.output.invalid == "flag" and spec.output != type(spec.output)(invalid="flag"):
        columns["invalid_output"] = _invalid(index)[who].astype(np.int8)
    read = partial(ReadRows, index=index, who=who, scratch=scratch)
    return Facts(
        component=component[who],
        hashes=index.ids[component[who], 0],
        classes=classes,
        vectors=read("vectors"),
        answers=read("answers"),
        bits=_word_bits(read("bits")[np.arange(len(who))])
        if classes.problem is None
        else np.zeros((len(who), 0), np.uint64),
        outvoted=np.zeros(len(who)),
        words=np.zeros_like(words) if classes.are_answers else words,
        group=cells[who].astype(np.int64) * 2 + (call > 0),
        checks=columns,
    )


def _word_bits(bits: np.ndarray) -> np.ndarray:
    """The half of `kernels.compare.bits_of` that says which words there are."""
    return np.ascontiguousarray(bits[:, : bits.shape[1] // 2])


def _labelled(spec: Spec) -> bool:
    return spec.task == "classification" or spec.output.labels is not None


def _checks(index: Index) -> pa.Table:
    tables = [open_ipc(path / "checks.arrow") for path in index.paths]
    return pa.concat_tables(tables).take(pa.array(index.place))


def _invalid(index: Index) -> np.ndarray:
    """`bool[n]`: did the stage `labels` flag the answer?"""
    found = np.zeros(len(index), bool)
    for number, path in enumerate(index.paths):
        happened = open_ipc(path / "events.arrow")
        mine = pc.and_(
            pc.equal(happened.column("action"), "flag"), pc.equal(happened.column("stage"), "labels")
        )
        ids = rename(happened.filter(mine).column("origin_id"), index.renamed.get(number, {}))
        found[pc.drop_null(pc.index_in(ids, value_set=index.origin_ids)).to_numpy()] = True
    return found


def _outvoted(links: pa.Table, *, stays: np.ndarray, multiplicity: np.ndarray) -> np.ndarray:
    """`float64[n]`: of all production examples that an example and those it conflicts with stand for, the
    share that is answered otherwise; nan where there is no conflict.
    """
    conflicts = links.filter(pa.array(kinds_of(links) == CONFLICT))
    i, j = conflicts.column("i").to_numpy(), conflicts.column("j").to_numpy()
    both = stays[i] & stays[j]
    one, other = np.concatenate([i[both], j[both]]), np.concatenate([j[both], i[both]])
    against = np.bincount(one, weights=multiplicity[other], minlength=len(stays))
    return np.where(against > 0, against / np.maximum(against + multiplicity, 1), np.nan)


def _names(index: Index, who: np.ndarray, classes: Classes, *, labelled: bool) -> list[str | None]:
    """The name of each class: its label, or the tools called; None where the class is free text."""
    if len(classes.digests) > _NAMED or (classes.are_answers and not labelled):
        return [None] * len(classes.digests)
    _, first = np.unique(classes.classes, return_index=True)
    examples = who[classes.rows[first]]
    return [
        _name(index, int(example), is_label=classes.are_answers)
        if classes.are_answers or classes.digests[number]
        else "an answer in words"
        for number, example in enumerate(examples)
    ]


def _name(index: Index, example: int, *, is_label: bool) -> str | None:
    output = open_ipc(index.paths[index.part[example]] / "examples.arrow").column("output")
    text = output[int(index.row[example])].as_py() or ""
    if is_label:
        return text[:_NAME_CHARS]
    try:
        calls = orjson.loads(text)
        names = sorted({str(call.get("function", call).get("name")) for call in calls})
    except (orjson.JSONDecodeError, AttributeError, TypeError):
        return None
    return f"a call of {' and '.join(names)}"[:_NAME_CHARS]


def _table(
    ids: pa.Array,
    found: Suspected,
    raised: Mapping[str, np.ndarray],
    *,
    names: list[str | None],
    p_wrong: np.ndarray | None,
) -> pa.Table:
    likely = pa.array(names, pa.string()).take(pa.array(found.likely, mask=found.likely < 0))
    reasons = reasons_of(raised, found.signals, likely=likely, most=found.most)
    columns = {
        "origin_id": ids.cast(ID),
        "suspicion": _float(found.suspicion),
        "p_wrong": pa.nulls(len(ids), pa.float32()) if p_wrong is None else _float(p_wrong),
        "likely": likely,
        **{name: _float(values) for name, values in found.signals.items()},
        "reasons": reasons,
    }
    return pa.table(columns)


def _float(values: np.ndarray) -> pa.Array:
    """To 4 decimals; null where nothing is known."""
    unknown = ~known(values)
    if values.dtype != np.int8:
        values = np.round(values, 4)
    return pa.array(values.astype(np.float32), mask=unknown)


def _numbers(table: pa.Table, found: Suspected, raised: Mapping[str, np.ndarray]) -> dict[str, object]:
    suspicion = table.column("suspicion").to_numpy()
    least = np.partition(suspicion, -TOP)[-TOP] if len(suspicion) > TOP else -1
    (first,) = np.nonzero(suspicion >= least)
    first = first[np.argsort(-suspicion[first], kind="stable")][:TOP]
    many = np.zeros(len(table), np.uint8)
    for mask in raised.values():
        many += mask
    return {
        "signals": [
            {
                "signal": name,
                "applies": int(known(values).sum()),
                "alarms": int(raised[name].sum()),
            }
            for name, values in found.signals.items()
        ],
        "with_a_reason": int((many > 0).sum()),
        "reasons_per_example": {str(n): int((many == n).sum()) for n in range(int(many.max(initial=0)) + 1)},
        "top": [entry.hex() for entry in table.column("origin_id").take(pa.array(first)).to_pylist()],
        "expected_wrong": None
        if table.column("p_wrong").null_count
        else round(float(pc.sum(table.column("p_wrong")).as_py() or 0), 1),
    }
