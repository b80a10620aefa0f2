"""A row that makes a stage raise is set aside; a stage that loses rows is found out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.core.errors import InputError
from tuneset.core.event import events
from tuneset.core.stage import Staged, dropped, unchanged
from tuneset.engine.poison import ConservationError, Ran, run_stage
from tuneset.testing.strategies import table_of

CUSTOMER = "my secret is 4711 and nobody may read it"


@dataclass
class _Stage:
    """Drops lines that are divisible by three; runs `work` first."""

    work: Callable[[pa.Table], None] = lambda _: None
    name: str = "odd"
    version: int = 1
    runs: int = 0

    def identity(self) -> object:
        return None

    def __call__(self, examples: pa.Table) -> Staged:
        self.runs += 1
        self.work(examples)
        return dropped(examples, _lines(examples) % 3 == 0, stage="odd", reason="third")


def _lines(table: pa.Table) -> np.ndarray:
    return table.column("line").to_numpy()


def _rows(count: int) -> pa.Table:
    message = {"role": "user", "content": CUSTOMER}
    return table_of([([message, {"role": "assistant", "content": "ok"}], {}) for _ in range(count)])


def _poisoned(lines: set[int]) -> Callable[[pa.Table], None]:
    def work(table: pa.Table) -> None:
        if lines & set(_lines(table).tolist()):
            raise ValueError(CUSTOMER)

    return work


def test_a_stage_that_works_is_run_once() -> None:
    stage = _Stage()
    ran = run_stage(stage, _rows(9))
    assert stage.runs == 1
    assert ran.rejected.num_rows == 0
    assert _lines(ran.examples).tolist() == [1, 2, 4, 5, 7, 8]


@given(st.integers(1, 40), st.sets(st.integers(1, 40), max_size=6))
def test_poisoned_rows_are_rejected_and_the_others_go_on_as_if_nothing_were(
    count: int, poison: set[int]
) -> None:
    table = _rows(count)
    poison = {line for line in poison if line <= count}
    ran = run_stage(_Stage(_poisoned(poison)), table)
    healthy = table.filter(pa.array([line not in poison for line in _lines(table).tolist()]))
    expected = run_stage(_Stage(), healthy)
    assert ran.examples.to_pylist() == expected.examples.to_pylist()
    assert ran.events.to_pylist() == expected.events.to_pylist()
    assert _lines(ran.rejected).tolist() == sorted(poison)
    assert set(ran.rejected.column("origin_id").to_pylist()) == set(
        table.column("origin_id").to_pylist()
    ) - set(healthy.column("origin_id").to_pylist())
    assert ran.examples.num_rows + ran.events.num_rows + ran.rejected.num_rows == count


def test_a_rejection_names_stage_and_exception_but_no_text() -> None:
    ran = run_stage(_Stage(_poisoned({2})), _rows(5))
    (rejected,) = ran.rejected.to_pylist()
    assert (rejected["reason"], rejected["detail"], rejected["line"]) == (
        "stage-failed",
        "odd: ValueError",
        2,
    )


def test_one_poisoned_row_among_many_costs_few_runs() -> None:
    stage = _Stage(_poisoned({700}))
    run_stage(stage, _rows(1024))
    assert stage.runs <= 2 * 10 + 1


def test_an_error_for_the_user_stops_the_build() -> None:
    def work(_: pa.Table) -> None:
        raise InputError("cannot", fix="mend it")

    with pytest.raises(InputError):
        run_stage(_Stage(work), _rows(3))


def test_memory_that_ran_out_is_no_poisoned_row() -> None:
    def work(_: pa.Table) -> None:
        raise MemoryError

    with pytest.raises(MemoryError):
        run_stage(_Stage(work), _rows(3))


def test_a_stage_that_always_fails_is_a_bug_and_not_a_thousand_rejects() -> None:
    with pytest.raises(ValueError, match="secret") as raised:
        run_stage(_Stage(_poisoned(set(range(100)))), _rows(50), max_poisoned=10)
    assert raised.value.__notes__ == ["stage `odd` fails on more than 10 of 50 rows"]


def test_a_stage_that_fails_on_an_empty_table_is_a_bug() -> None:
    def work(_: pa.Table) -> None:
        raise ValueError("empty")

    with pytest.raises(ValueError, match="empty"):
        run_stage(_Stage(work), _rows(0))


def _drop_event(table: pa.Table, at: list[int]) -> pa.Table:
    return events(table.column("origin_id").take(pa.array(at)), stage="odd", action="drop", reason="x")


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda t: Staged(t.slice(1), unchanged(t).events), id="loses a row"),
        pytest.param(
            lambda t: Staged(pa.concat_tables([t, t.slice(0, 1)]), unchanged(t).events), id="adds a row"
        ),
        pytest.param(lambda t: Staged(t.take(pa.array([1, 0, 2])), unchanged(t).events), id="reorders"),
        pytest.param(lambda t: Staged(t, _drop_event(t, [0])), id="drops a row that stays"),
        pytest.param(lambda t: Staged(t.slice(1), _drop_event(t, [0, 0])), id="drops a row twice"),
        pytest.param(lambda t: Staged(t.slice(1), _drop_event(t, [1])), id="drops another row than it says"),
        pytest.param(
            lambda t: Staged(t.slice(2), _drop_event(t, [0, 0])), id="drops two rows, one of them twice"
        ),
        pytest.param(
            lambda t: Staged(t, events([b"x" * 16], stage="odd", action="tag", reason="x")),
            id="invents an example",
        ),
        pytest.param(lambda t: Staged(t.drop_columns("model"), unchanged(t).events), id="loses a column"),
    ],
)
def test_a_stage_that_breaks_conservation_is_found_out(broken: Callable[[pa.Table], Staged]) -> None:
    class Broken(_Stage):
        def __call__(self, examples: pa.Table) -> Staged:
            return broken(examples)

    with pytest.raises(ConservationError) as raised:
        run_stage(Broken(), _rows(3))
    assert CUSTOMER not in str(raised.value)


def test_the_result_can_be_taken_apart() -> None:
    examples, happened, rejected = run_stage(_Stage(), _rows(3))
    assert Ran(examples, happened, rejected).examples is examples
