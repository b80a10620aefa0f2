"""Draws by chance what people look at: tags to check, and examples whose answer is judged right or wrong.

    tags_to_check        per factor and value so many kept examples -> rows of `coverage.spot_checks`
    answers_to_judge     so many kept examples of all -> rows of `suspicion.reviews`, stratum `uniform`

Ids are hashes, so the first by id are a draw by chance. The tag itself is not shown: people would agree with
it. Rows that are in the file already count towards the number wanted, so that a later draw tops it up.
"""

from collections.abc import Collection, Sequence

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.build.findings.reviews import UNIFORM
from tuneset.build.result import KEPT, Build
from tuneset.build.sheet import answered, asked
from tuneset.core.example import ID, one_array
from tuneset.stages.coverage import BY_MODEL, declared, levels

CHECK_COLUMNS = ("origin_id", "factor", "value_correct", "values", "input", "answer")
REVIEW_COLUMNS = ("origin_id", "content_id", "wrong", "stratum", "input", "answer")

_BATCH_ROWS = 65_536


def tags_to_check(
    build: Build, *, factors: Sequence[str], each: int, known: Collection[tuple[bytes, str]]
) -> list[dict[str, str]]:
    """Rows of `CHECK_COLUMNS`, `value_correct` empty, in an order that says nothing about the tags.

    Args:
        build: whose kept examples are drawn from.
        factors: names of factors of the spec.
        each: examples wanted per factor and value; of tags by a model and of others, if there are both.
        known: (origin id, factor) of rows that somebody has or had before.
    """
    ids, tagged = _tags(build, factors)
    by_model = _by_model(build)
    chosen: list[tuple[bytes, str]] = []
    for factor in factors:
        _, codes = tagged[factor]
        group = codes * 2 + _held(ids, by_model.get(factor, []))
        there = _held(ids, [origin for origin, about in known if about == factor])
        rows = _top_up(group, there, each=each)
        chosen += [(origin, factor) for origin in ids.take(pa.array(rows)).to_pylist()]
    return _sheet(build, chosen, values={name: tagged[name][0] for name in factors})


def _sheet(
    build: Build, chosen: list[tuple[bytes, str]], *, values: dict[str, list[str]]
) -> list[dict[str, str]]:
    examples = build.examples(sorted({origin for origin, _ in chosen}))
    return [
        {
            "origin_id": origin.hex(),
            "factor": factor,
            "value_correct": "",
            "values": " | ".join(values[factor]),
            "input": asked(examples[origin]),
            "answer": answered(examples[origin]),
        }
        for origin, factor in sorted(chosen, key=lambda place: (place[0][::-1], place[1]))
    ]


def _top_up(group: np.ndarray, there: np.ndarray, *, each: int) -> np.ndarray:
    """`int64[k]`: of every group the first rows that are not there yet, as many as it lacks of `each`."""
    rows = [
        np.flatnonzero((group == one) & ~there)[: max(0, each - int(there[group == one].sum()))]
        for one in np.unique(group)
    ]
    return np.concatenate(rows) if rows else np.zeros(0, np.int64)


def _tags(build: Build, factors: Sequence[str]) -> tuple[pa.Array, dict[str, tuple[list[str], np.ndarray]]]:
    """Origin ids of the kept examples, rising, and per factor its values (declared or found, sorted) and the
    code of each example.
    """
    spec = build.spec.coverage
    ids, read = [pa.array([], ID)], [levels(KEPT.empty_table(), spec)]
    for batch in build.kept(columns=["origin_id", "tags"], batch_rows=_BATCH_ROWS):
        ids.append(one_array(batch.column("origin_id")))
        read.append(levels(batch, spec))
    tagged = {}
    for factor in factors:
        found = {value for batch in read for value in batch[factor][1]}
        values = sorted({*declared(spec.factors[factor]), *found})
        place = {value: code for code, value in enumerate(values)}
        codes = [np.array([place[v] for v in batch[factor][1]], np.int64)[batch[factor][0]] for batch in read]
        tagged[factor] = (values, np.concatenate(codes))
    return pa.concat_arrays(ids), tagged


def _held(ids: pa.Array, some: Sequence[bytes]) -> np.ndarray:
    """`bool[n]`: which ids are among `some`."""
    return pc.is_in(ids, value_set=pa.array(some, ID)).to_numpy(zero_copy_only=False)


def _by_model(build: Build) -> dict[str, list[bytes]]:
    """Factor → origin ids of the examples that a model tagged."""
    events = build.events(["origin_id", "reason", "evidence"])
    events = events.filter(pc.equal(events.column("reason"), BY_MODEL))
    found: dict[str, list[bytes]] = {}
    for origin, evidence in zip(
        events.column("origin_id").to_pylist(), events.column("evidence").to_pylist(), strict=True
    ):
        found.setdefault(orjson.loads(evidence)["factor"], []).append(origin)
    return found


def answers_to_judge(build: Build, *, wanted: int, known: Collection[bytes]) -> list[dict[str, object]]:
    """Rows of `REVIEW_COLUMNS`, `wrong` null: a uniform sample of the kept examples, `known` ones included in
    the number wanted.
    """
    ids = one_array(build.pointers().column("origin_id"))
    there = _held(ids, list(known))
    rows = _top_up(np.zeros(len(ids), np.int64), there, each=wanted)
    chosen: list[bytes] = ids.take(pa.array(rows)).to_pylist()
    examples = build.examples(chosen)
    return [
        {
            "origin_id": origin.hex(),
            "content_id": examples[origin].column("content_id")[0].as_py().hex(),
            "wrong": None,
            "stratum": UNIFORM,
            "input": asked(examples[origin]),
            "answer": answered(examples[origin]),
        }
        for origin in chosen
    ]
