"""What the signals find that compare an example with others: faults planted into a log, in a whole build."""

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

import tuneset
from curate.topic import table
from tuneset.stages.suspicion.suspect import ALARM

SHARE = 0.05
Record = dict[str, object]


class Log(NamedTuple):
    """Records and whether their answers are labels."""

    name: str
    records: list[Record]
    labels: bool


class Fault(NamedTuple):
    """`change` makes a record wrong, given another one; None if it cannot."""

    signal: str
    name: str
    change: Callable[[Record, Record], Record | None]
    added: bool = False
    """Is the wrong record one more, beside the right one?"""


def section(chats: Sequence[Log], labelled: Sequence[Log]) -> Iterator[str]:
    """The table."""
    yield "### By comparison with others: planted faults and alarms in a build"
    yield ""
    yield (
        f"{SHARE:.0%} of the records get one fault, drawn by chance; a build with its defaults looks for "
        "suspects. *Found*: share of the planted records that stay and have the signal for a reason. "
        "*Alarms*: the same of the records as they came, of which some are wrong, too; without those "
        "of which a wrong copy was planted."
    )
    yield ""
    rows = [row for log in chats for fault in _SPOKEN for row in _measured(log, fault)]
    rows += [row for log in labelled for fault in _LABELLED for row in _measured(log, fault)]
    yield from table(["signal", "log", "fault", "planted", "found", "as they came", "alarms"], rows)


def _measured(log: Log, fault: Fault) -> Iterator[list[object]]:
    records, wrong, aside = _planted(log, fault)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "log.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
        task = "classification" if log.labels else "instruction"
        (root / "tuneset.yaml").write_text(f"name: planted\ntask: {task}\nsources: [{{path: log.jsonl}}]\n")
        build = tuneset.open(root).build(workers=1)
        lines = {row["origin_id"]: row["line"] for row in build.verdicts(["origin_id", "line"]).to_pylist()}
        found = build.suspicion()
    if found is None or fault.signal not in found.column_names:
        yield [fault.signal, log.name, fault.name, 0, "does not apply", 0, "does not apply"]
        return
    value = found.column(fault.signal).to_numpy(zero_copy_only=False).astype(float)
    raised = np.nan_to_num(value) >= ALARM[fault.signal]
    places = [lines[id_] - 1 for id_ in found.column("origin_id").to_pylist()]
    bad = np.array([place in wrong for place in places])
    clean = ~bad & np.array([place not in aside for place in places])
    told, alarms = (f"{raised[rows].mean():.2%}" if rows.any() else "–" for rows in (bad, clean))
    yield [fault.signal, log.name, fault.name, f"{bad.sum():,}", told, f"{clean.sum():,}", alarms]


def _planted(log: Log, fault: Fault) -> tuple[list[Record], set[int], set[int]]:
    """The records with faults in some, the places of these, and of the right records beside them."""
    draw = np.random.default_rng(11)
    order = draw.permutation(len(log.records))
    records, wrong, aside = [*log.records], set[int](), set[int]()
    for one, other in zip(order.tolist(), np.roll(order, 1).tolist(), strict=True):
        if len(wrong) >= SHARE * len(log.records):
            break
        changed = fault.change(log.records[one], log.records[other])
        if changed is not None:
            wrong.add(len(records) if fault.added else one)
            if fault.added:
                aside.add(one)
                records.append(changed)
            else:
                records[one] = changed
    return records, wrong, aside


def _answering(record: Record, text: str) -> Record:
    *before, last = record["messages"]  # pyright: ignore[reportGeneralTypeIssues]
    return {**record, "messages": [*before, {**last, "content": text}]}


def _answer(record: Record) -> str:
    return str(record["messages"][-1]["content"])  # pyright: ignore[reportIndexIssue]


def _of_another(record: Record, other: Record) -> Record | None:
    return _answering(record, _answer(other)) if _answer(other) != _answer(record) else None


def _long(record: Record, other: Record) -> Record:
    return _answering(record, f"{_answer(record)} " * 12)


def _short(record: Record, other: Record) -> Record | None:
    words = _answer(record).split()
    return _answering(record, words[0]) if len(words) > 8 else None


_SPOKEN = (
    Fault("dissimilar", "the answer of another conversation", _of_another),
    Fault("length", "the answer twelve times", _long),
    Fault("length", "the first word of the answer", _short),
)
_LABELLED = (
    Fault("confidence", "the label of another text", _of_another),
    Fault("neighbours", "the label of another text", _of_another),
    Fault("conflict", "the text once more with another label", _of_another, added=True),
)
