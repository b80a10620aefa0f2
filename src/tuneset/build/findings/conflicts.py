"""Which inputs are answered in several ways, what that costs, and the question for a person.

A group are kept examples whose inputs are the same, or that conflicts connect; its answers are those that are
not equivalent. Of a group no model can fit more than the most frequent answer, so the error floor is

    F = sum over groups of (size - size of the most frequent answer) / examples

once for the same inputs only, which nothing can help, and once for all groups, with the weight of the
examples that were merged as well. Source: research/science 3.5.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa

from tuneset.build.index import Index
from tuneset.build.prepare import open_ipc
from tuneset.build.report.pairs import answer_text, asked_text
from tuneset.kernels.order import grouped
from tuneset.stages.dedupe import CONFLICT, TWINS, components, conflict_floor, hard_conflicts, kinds_of
from tuneset.stages.redact import mask

LOGS_SHOWN = 20
LABEL_PAIRS = 50

QUESTIONS = "questions.jsonl"


@dataclass(frozen=True)
class Conflicts:
    """Groups among `n` examples.

    Attributes:
        group: `int64[n]` the smallest example of the group, -1 for examples that contradict nobody.
        answer: `int64[n]` the smallest example with an equivalent answer, among those of groups and twins.
        hard: `bool[n]` does another example of the very same input contradict this one?
        links: the conflicts between examples that stay.
    """

    group: np.ndarray
    answer: np.ndarray
    hard: np.ndarray
    links: pa.Table


def conflicts_of(index: Index, links: pa.Table, *, stays: np.ndarray) -> Conflicts:
    """Groups of the examples that stay, from their conflict links."""
    i, j = links.column("i").to_numpy(), links.column("j").to_numpy()
    inside = stays[i] & stays[j] & (_against(links) | _twins(links))
    links, i, j = links.filter(pa.array(inside)), i[inside], j[inside]
    pairs = np.column_stack([i, j]).astype(np.int64).reshape(-1, 2)
    against, twins = _against(links), _twins(links)
    n = len(index)
    group = components(n, np.concatenate([pairs[against], _same(index, stays)]))
    sizes = np.bincount(group, minlength=n)
    touched = np.zeros(n, bool)
    touched[group[pairs[against].ravel()]] = True
    group = np.where(stays & touched[group] & (sizes[group] > 1), group, -1)
    answering = group >= 0
    answering[pairs[twins].ravel()] = True
    alike = _first_of_equal(index.signatures.output, np.flatnonzero(answering))
    answer = components(n, np.concatenate([alike, pairs[twins]]))
    hard = np.zeros(n, bool)
    hard[pairs[hard_conflicts(links)].ravel()] = True
    return Conflicts(group, answer, hard, links.filter(pa.array(against)))


def _same(index: Index, stays: np.ndarray) -> np.ndarray:
    """`int64[m, 2]`: each example that stays with the first of its input, system prompt and protected
    words.
    """
    return _first_of_equal(index.asked, np.flatnonzero(stays))


def _first_of_equal(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """`int64[m, 2]`: each of some rows with the first of those that have the same value."""
    same = grouped(values[rows])
    return np.column_stack([rows[same.each(same.first)], rows])


def _twins(links: pa.Table) -> np.ndarray:
    return kinds_of(links) < len(TWINS)


def _against(links: pa.Table) -> np.ndarray:
    return kinds_of(links) == CONFLICT


def counted(
    found: Conflicts, *, n: int, multiplicity: np.ndarray, labels: Sequence[str | None] | None
) -> dict[str, object]:
    """What the summary says of conflicts.

    Args:
        found: groups.
        n: examples that stay.
        multiplicity: `int[n]` how many production examples each stands for.
        labels: label of each example in a classification, else None.
    """
    (rows,) = np.nonzero(found.group >= 0)
    group, answer = found.group[rows], found.answer[rows]
    weight, whole = multiplicity[rows], int(multiplicity.sum())
    again = np.repeat(np.arange(len(rows)), weight)
    return {
        "groups": len(np.unique(group)),
        "examples": len(rows),
        "hard_examples": int(found.hard.sum()),
        "floor": round(conflict_floor(group, answer, n=n), 6),
        "floor_of_traffic": round(conflict_floor(group[again], answer[again], n=whole), 6),
        "labels": [] if labels is None else _label_pairs(found, labels),
    }


def _label_pairs(found: Conflicts, labels: Sequence[str | None]) -> list[dict[str, object]]:
    """Which labels contradict each other, by falling number of pairs."""
    hard = hard_conflicts(found.links).tolist()
    ends = zip(found.links.column("i").to_pylist(), found.links.column("j").to_pylist(), hard, strict=True)
    pairs, of_same = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for i, j, same in ends:
        one, other = sorted((labels[i] or "", labels[j] or ""))
        pairs[one, other] += 1
        of_same[one, other] += same
    ordered = sorted(pairs.items(), key=lambda entry: (-entry[1], entry[0]))[:LABEL_PAIRS]
    return [{"labels": list(names), "pairs": count, "hard": of_same[names]} for names, count in ordered]


def questions(
    found: Conflicts,
    index: Index,
    *,
    places: Callable[[int], tuple[str, int]],
    multiplicity: np.ndarray,
) -> Iterator[dict[str, object]]:
    """A question for each group: the input and its answers as redacted and masked once more, with their logs.
    Groups with the very same input come first, then larger ones.

    Args:
        found: groups.
        index: where the text is.
        places: file and line of an example.
        multiplicity: `int[n]`.
    """
    (rows,) = np.nonzero(found.group >= 0)
    members = {int(group): rows[found.group[rows] == group] for group in np.unique(found.group[rows])}
    tables: dict[int, pa.Table] = {}
    order = sorted(
        members, key=lambda group: (not found.hard[members[group]].any(), -len(members[group]), group)
    )
    for group in order:
        hard = bool(found.hard[members[group]].any())
        answers = [
            _answer(those, index, tables, places=places, multiplicity=multiplicity)
            for those in _by_answer(members[group], found.answer)
        ]
        first = index.origin_ids[group].as_py().hex()
        yield {"question": first[:12], "kind": "hard-conflict" if hard else "conflict", "answers": answers}


def _by_answer(rows: np.ndarray, answer: np.ndarray) -> list[np.ndarray]:
    """The examples of each answer, the most frequent first."""
    classes = [rows[answer[rows] == one] for one in np.unique(answer[rows])]
    return sorted(classes, key=lambda those: (-len(those), int(those[0])))


def _answer(
    rows: np.ndarray,
    index: Index,
    tables: dict[int, pa.Table],
    *,
    places: Callable[[int], tuple[str, int]],
    multiplicity: np.ndarray,
) -> dict[str, object]:
    part, row = int(index.part[rows[0]]), int(index.row[rows[0]])
    if part not in tables:
        tables[part] = open_ipc(index.paths[part] / "examples.arrow")
    example = tables[part].slice(row, 1)
    ids = index.origin_ids.take(pa.array(rows[:LOGS_SHOWN])).to_pylist()
    logs = [
        dict(zip(("origin_id", "file", "line"), (origin_id.hex(), *places(i)), strict=True))
        for i, origin_id in zip(rows.tolist(), ids, strict=False)
    ]
    return {
        "input": mask(asked_text(example, named=True)),
        "answer": mask(answer_text(example)),
        "examples": len(rows),
        "stand_for": int(multiplicity[rows].sum()),
        "logs": logs,
    }


def write_questions(directory: Path, asked: Iterator[dict[str, object]]) -> None:
    """One JSON object a line."""
    with (directory / QUESTIONS).open("wb") as out:
        for question in asked:
            out.write(orjson.dumps(question) + b"\n")


def question_of(directory: Path, origin_id: str | None) -> dict | None:
    """The question that an example is part of, if its place is named there."""
    for question in read_questions(directory):
        if any(log["origin_id"] == origin_id for answer in question["answers"] for log in answer["logs"]):
            return question
    return None


def read_questions(directory: Path) -> Iterator[dict]:
    """The questions of a build; none if it is older than they are."""
    path = directory / QUESTIONS
    if path.exists():
        with path.open("rb") as lines:
            yield from map(orjson.loads, lines)
