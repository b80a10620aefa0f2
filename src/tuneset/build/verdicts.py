"""What became of every example read: the table `verdicts.parquet` (`VERDICTS`), and the questions in it.

Columns of few different words are dictionaries here, because a million strings that say "kept" cost more than
all else; in the file they are strings.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.build.finished import Finished
from tuneset.build.index import numbers_of, rename
from tuneset.build.prepare import open_ipc
from tuneset.build.result import STAGES, VERDICTS
from tuneset.kernels.order import lexicographic
from tuneset.stages.dedupe import DROPS, PREFIX

SPLITS = ("train", "validation", "test")
_OUTCOMES = ("dropped", "kept", "flagged")
_WORD = pa.dictionary(pa.int32(), pa.string())
_WORDS = ("source", "file", "outcome", "stage", "reason", "split", "cell")
_TABLE = pa.schema([(f.name, _WORD if f.name in _WORDS else f.type) for f in VERDICTS])


@dataclass(frozen=True)
class Questions:
    """Kept examples that a person has to look at: `asked` is `bool[n]`, `hard` those of them in a hard
    conflict; `stage` and `reason` say why, for each of the asked in their order.
    """

    asked: np.ndarray
    hard: np.ndarray
    stage: list[str]
    reason: list[str]


def questions_of(found: Finished) -> Questions:
    """Flags of the stages, and examples of hard conflicts. The first in the order of the pipeline is the
    reason.
    """
    stays = found.stays
    conflicts = found.links.filter(pa.array(found.hard))
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
        flags, key=lambda flag: (flag[0], STAGES.index(flag[1]) if flag[1] in STAGES else -1, flag[2])
    )


def verdicts_of(found: Finished, *, bases: list[int], questions: Questions) -> pa.Table:
    """`VERDICTS` with words as dictionaries, by origin id.

    Args:
        bases: per part the lines of its file that stand before it.
        questions: of `questions_of`.
    """
    index, settled, division = found.index, found.settled, found.division
    stage, reason = _why(found, questions=questions)
    kept_by = pa.array(settled.kept_by, mask=settled.kept_by < 0)
    captured = index.column("captured_at")
    values = {
        "origin_id": index.origin_ids,
        "content_id": index.keys.column("content_id"),
        "part": pa.array(index.part, pa.int32()),
        "row": pa.array(index.row, pa.int64()),
        **_where(found, index.part),
        "line": pa.array(_lines(found, bases=bases)),
        "outcome": worded(found.stays.astype(np.int8) + (found.stays & questions.asked), _OUTCOMES),
        "stage": stage,
        "reason": reason,
        "kept_by": index.origin_ids.take(kept_by),
        "multiplicity": pa.array(np.where(found.stays, settled.multiplicity, 0), pa.int32()),
        "component": pa.array(division.component, pa.int64()),
        "split": worded(np.where(found.stays, division.split - np.int8(1), np.int8(-1)), SPLITS),
        "cell": worded(found.cells, found.cell_names),
        "words": index.keys.column("words"),
        "turns": index.keys.column("turns"),
        "captured_at": pa.array(captured, mask=captured == np.iinfo(np.int64).min).cast(
            VERDICTS.field("captured_at").type
        ),
    }
    late = pa.table(values, schema=_TABLE)
    early = _early(found, bases=bases)
    if not len(early):
        return late
    joined = pa.concat_tables([late, early]).unify_dictionaries().combine_chunks()
    ids = numbers_of(joined.column("origin_id"))
    return joined.take(pa.array(lexicographic(ids[:, 0], ids[:, 1])))


def dropped_by(kind: int) -> str:
    """The stage that drops for a reason of `DROPS`: twins are none of a call's longer call."""
    return "traces" if kind == PREFIX else "dedupe"


def worded(codes: np.ndarray, names: Sequence[str]) -> pa.DictionaryArray:
    """Names by their numbers, null for negative ones; equal names become one word."""
    words = sorted(set(names))
    place = np.array([*(words.index(name) for name in names), -1], np.int32)[codes]
    return pa.DictionaryArray.from_arrays(pa.array(place, mask=place < 0), pa.array(words, pa.string()))


def _where(found: Finished, part: np.ndarray) -> dict[str, pa.DictionaryArray]:
    files = [found.planned.files[planned.file] for planned in found.planned.parts]
    return {
        "source": worded(part, [file.source.title for file in files]),
        "file": worded(part, [file.file.relative for file in files]),
    }


def _lines(found: Finished, *, bases: list[int]) -> np.ndarray:
    """`int64[n]`: the line of each example of the index in its file."""
    return found.index.column("line") + np.array([*bases, 0], np.int64)[found.index.part]


def _why(found: Finished, *, questions: Questions) -> tuple[pa.DictionaryArray, pa.DictionaryArray]:
    """Stage and reason of each example that was dropped, or that raises a question."""
    settled, division = found.settled, found.division
    why = [(dropped_by(kind), reason) for kind, reason in enumerate(DROPS)]
    code = np.where(settled.kept, -1, settled.kind).astype(np.int64)
    for mask, told in (
        (division.evicted, [("split", reason) for reason in division.reason]),
        (questions.asked, list(zip(questions.stage, questions.reason, strict=True))),
    ):
        fresh = {one: len(why) + number for number, one in enumerate(dict.fromkeys(told))}
        why += fresh
        code[mask] = [fresh[one] for one in told]
    return worded(code, [stage for stage, _reason in why]), worded(code, [reason for _stage, reason in why])


def _early(found: Finished, *, bases: list[int]) -> pa.Table:
    """Verdicts of the examples that a stage before the index dropped."""
    tables = [_TABLE.empty_table()]
    for number, path in enumerate(found.index.paths):
        dropped = open_ipc(path / "dropped.arrow")
        count = len(dropped)
        if not count:
            continue
        known = {
            "origin_id": rename(dropped.column("origin_id"), found.index.renamed.get(number, {})),
            "part": pa.repeat(pa.scalar(number, pa.int32()), count),
            **_where(found, np.full(count, number)),
            "line": pc.add(dropped.column("line"), bases[number]),
            "outcome": worded(np.zeros(count, np.int8), _OUTCOMES),
            "stage": dropped.column("stage").cast(_WORD),
            "reason": dropped.column("reason").cast(_WORD),
            "multiplicity": pa.repeat(pa.scalar(0, pa.int32()), count),
        }
        columns = [known.get(field.name, pa.nulls(count, field.type)) for field in _TABLE]
        tables.append(pa.table(columns, schema=_TABLE))
    return pa.concat_tables(tables)
