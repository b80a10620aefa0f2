"""Sealed test examples stay, also where a source is sampled in another way than when they were sealed.

What the door has drawn out of a part is listed in the cache. Parts that lost sealed examples are prepared
once more, with these spared; all others keep their place in the cache. Only chance is overruled: what `where`
leaves out, or a stage drops, somebody decided.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tuneset.build.plan import Plan
from tuneset.build.prepare import DROPPED, open_ipc
from tuneset.core.ids import RecordHash, origin_id
from tuneset.stages import sample
from tuneset.store.workspace import Workspace


def spared(planned: Plan, *, sealed: pa.Array, workspace: Workspace) -> Plan:
    """The plan in which no draw takes away a sealed example.

    Args:
        planned: all its parts are prepared.
        sealed: origin ids of the sealed test set.
        workspace: where the prepared parts are.
    """
    drawn_out = {
        number: _drawn_out(workspace.directory / "cache" / part.task.fingerprint / "dropped.arrow")
        for number, part in enumerate(planned.parts)
        if not part.task.source.sample.everything
    }
    wanted = _wanted(list(drawn_out.values()), sealed)
    if not wanted:
        return planned
    parts = list(planned.parts)
    for number, ids in drawn_out.items():
        if mine := sorted(wanted.intersection(ids)):
            part = parts[number]
            parts[number] = replace(part, task=replace(part.task, spared=tuple(mine)))
    return replace(planned, parts=tuple(parts))


def _drawn_out(file: Path) -> list[bytes]:
    table = open_ipc(file).select(DROPPED.names)
    by_chance = pc.and_(
        pc.equal(table.column("stage"), sample.NAME), pc.equal(table.column("reason"), sample.OUT)
    )
    return table.filter(by_chance).column("origin_id").to_pylist()


def _wanted(drawn_out: Sequence[list[bytes]], sealed: pa.Array) -> set[bytes]:
    """Ids, as the parts have them, of the examples without which a sealed one would be missing.

    Of a record in several parts these are all its copies: their occurrences are numbered over all parts
    (decision 2), and the sealed one can be any of them.
    """
    copies = Counter(id_ for ids in drawn_out for id_ in ids)
    if not copies:
        return set()
    known = set(sealed.to_pylist())
    wanted = known.intersection(copies)
    for record, count in copies.items():
        if count > 1:
            chain = _chain(record, count=count, copies=copies)
            if not known.isdisjoint(chain):
                wanted.update(chain)
    return wanted


def _chain(record: bytes, *, count: int, copies: Counter[bytes]) -> list[bytes]:
    """The ids of all occurrences of a record that `count` parts hold."""
    chain, total = [record], count
    while len(chain) < total:
        chain.append(origin_id(RecordHash(record), occurrence=len(chain)))
        total += copies.get(chain[-1], 0)
    return chain
