"""What every stage promises; `core.stage` says it in words."""

import os
import pickle
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from tuneset.core.example import no_examples
from tuneset.core.fingerprint import fingerprint
from tuneset.core.stage import Stage, Staged
from tuneset.engine.poison import ConservationError, check_conservation
from tuneset.testing.promise import Promise, on_tables, same, serialised, windows

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

ORIGIN = (
    "origin_id",
    "source",
    "file",
    "line",
    "captured_at",
    "conversation",
    "user",
    "inclusion",
    "licence",
    "kind",
)
"""Columns that say where an example comes from: no stage may change them."""

_KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def stage_promises(
    stage: Stage, *, tables: "SearchStrategy[pa.Table] | None" = None, tries: int = 25
) -> list[Promise]:
    """The promises of a stage.

    Args:
        stage: as it would be used; it stands in a module that can be imported.
        tables: a Hypothesis strategy for tables of `EXAMPLES`; `testing.strategies.corpora()` if None.
        tries: how many tables each promise is tried on.
    """

    def on(check: Any) -> Any:  # noqa: ANN401, a check and its closure
        return on_tables(lambda table: check(stage, table), tables=tables, tries=tries)

    return [
        Promise("nothing_vanishes", on(nothing_vanishes)),
        Promise("sharding_does_not_matter", on(sharding_does_not_matter)),
        Promise("arrival_order_does_not_matter", on(arrival_order_does_not_matter)),
        Promise("running_again_gives_the_same", on(running_again_gives_the_same)),
        Promise("running_twice_changes_nothing", on(running_twice_changes_nothing)),
        Promise("origin_is_never_edited", on(origin_is_never_edited)),
        Promise("input_table_is_not_modified", on(input_table_is_not_modified)),
        Promise("events_hold_no_text", on(events_hold_no_text)),
        Promise("ids_of_events_exist", on(ids_of_events_exist)),
        Promise("fingerprint_is_stable", lambda: fingerprint_is_stable(stage)),
    ]


def nothing_vanishes(stage: Stage, table: pa.Table) -> None:
    """Every row stays in its place, or has exactly one drop event."""
    result = stage(table)
    try:
        check_conservation(stage, table, result)
    except ConservationError as error:
        raise AssertionError(str(error)) from None


def sharding_does_not_matter(stage: Stage, table: pa.Table) -> None:
    """The stage on slices gives the slices of the stage on the whole."""
    whole = stage(table)
    for middle in {table.num_rows // 2, table.num_rows // 3}:
        halves = [stage(table.slice(0, middle)), stage(table.slice(middle))]
        assert _equal(whole, _joined(halves)), "the result depends on how the table is cut"


def arrival_order_does_not_matter(stage: Stage, table: pa.Table) -> None:
    """The stage on rows in another order gives the same rows, in that other order."""
    backwards = table.take(pa.array(np.arange(table.num_rows)[::-1].copy()))
    result = stage(backwards)
    order = pa.array(np.arange(result.examples.num_rows)[::-1].copy())
    restored = Staged(result.examples.take(order), result.events)
    assert _equal(stage(table), restored), "the result depends on the order of the rows"


def running_again_gives_the_same(stage: Stage, table: pa.Table) -> None:
    """No state, clock or chance: the same table gives the same result."""
    assert _equal(stage(table), stage(table)), "the same input gave two results"


def running_twice_changes_nothing(stage: Stage, table: pa.Table) -> None:
    """What a stage gave, it leaves alone: no further edit or drop."""
    once = stage(table)
    twice = stage(once.examples)
    further = set(twice.events.column("action").to_pylist()) & {"edit", "drop"}
    assert not further, f"a second run wrote events: {sorted(further)}"
    assert same(once.examples, twice.examples), "a second run changed the examples"


def origin_is_never_edited(stage: Stage, table: pa.Table) -> None:
    """Where an example comes from stays as it was."""
    after = stage(table).examples
    before = {row["origin_id"]: row for row in table.select(ORIGIN).to_pylist()}
    for row in after.select(ORIGIN).to_pylist():
        changed = [name for name in ORIGIN if before[row["origin_id"]][name] != row[name]]
        assert not changed, f"changed {changed}"


def input_table_is_not_modified(stage: Stage, table: pa.Table) -> None:
    """Kernels write to new buffers, never to those they read."""
    before = serialised(table)
    stage(table)
    assert serialised(table) == before, "the stage wrote into its input"


def events_hold_no_text(stage: Stage, table: pa.Table) -> None:
    """Evidence holds ids, scores, counts and spans; reasons are fixed words."""
    result = stage(table)
    secret = set[str]().union(*map(windows, _texts(table)), *map(windows, _texts(result.examples)))
    for event in result.events.to_pylist():
        assert _KEBAB.fullmatch(event["reason"]), "a reason is a fixed word in kebab-case"
        assert not windows(event["evidence"] or "") & secret, f"evidence of `{event['reason']}` holds text"


def ids_of_events_exist(stage: Stage, table: pa.Table) -> None:
    """Events are about examples that the stage was given, and name the stage."""
    events = stage(table).events
    assert set(events.column("origin_id").to_pylist()) <= set(table.column("origin_id").to_pylist())
    assert set(events.column("stage").to_pylist()) <= {stage.name}, "events name another stage"


def fingerprint_is_stable(stage: Stage) -> None:
    """Its identity is plain data, the same before and after use, in a copy, and in another process."""
    known, copy = _fingerprint(stage), _copied(stage)
    stage(no_examples())
    assert _fingerprint(stage) == known, "use changes the identity"
    assert _fingerprint(pickle.loads(copy)) == known, "a copy has another identity"  # noqa: S301
    code = f"import pickle; from {__name__} import _fingerprint; print(_fingerprint(pickle.loads({copy!r})))"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONHASHSEED": "1"}
    shown = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert shown.returncode == 0, f"the stage cannot be used in another process: {shown.stderr[-500:]}"
    assert shown.stdout.strip() == known, "another process gives another identity"


def _copied(stage: Stage) -> bytes:
    try:
        return pickle.dumps(stage)
    except Exception as error:  # pickle lets through whatever the stage's parts raise
        raise AssertionError(f"the stage cannot be sent to a worker: {type(error).__name__}") from error


def _fingerprint(stage: Stage) -> str:
    return fingerprint(stage.name, stage.version, stage.identity())


def _texts(table: pa.Table) -> list[str]:
    """Every text of a customer in a table."""
    found: list[str | None] = []
    for messages in table.column("messages").to_pylist():
        found += [message[name] for message in messages for name in ("content", "parts", "tool_calls")]
    for name in ("output", "extra", "feedback"):
        found += table.column(name).to_pylist()
    return [text for text in found if text]


def _equal(left: Staged, right: Staged) -> bool:
    """The same examples, and the same events for each of them in the same order."""
    return same(left.examples, right.examples) and _by_id(left.events) == _by_id(right.events)


def _by_id(events: pa.Table) -> list[dict[str, Any]]:
    return sorted(events.to_pylist(), key=lambda event: event["origin_id"])  # stable: keeps each one's order


def _joined(results: list[Staged]) -> Staged:
    return Staged(
        pa.concat_tables([result.examples for result in results]),
        pa.concat_tables([result.events for result in results]),
    )
