"""What every executor promises; `tuneset.engine.executor` says it in words.

Not checked here, because it takes killing: what happens when a worker dies and on Ctrl-C. See `tests/engine`.
"""

import os
import tempfile
from pathlib import Path

from tuneset.core.errors import InputError
from tuneset.engine.executor import Executor, SerialExecutor
from tuneset.testing import tasks
from tuneset.testing.promise import Promise


def executor_promises(executor: Executor) -> list[Promise]:
    """The promises of an executor that is open; its owner closes it."""
    checks = (
        results_are_in_the_order_of_the_items,
        nothing_to_do_is_done,
        on_done_is_told_once_per_item_in_the_driver,
        errors_for_the_user_pass_unchanged,
        the_first_of_several_errors_is_raised,
        bugs_keep_their_type,
        it_works_after_an_error,
        an_error_in_on_done_is_raised,
        the_bytes_are_those_of_the_serial_executor,
    )
    return [Promise(check.__name__, lambda check=check: check(executor)) for check in checks]


def results_are_in_the_order_of_the_items(executor: Executor) -> None:
    """Whatever order they finish in."""
    assert executor.map(tasks.slow_then_fast, list(range(17))) == [n * n for n in range(17)]


def nothing_to_do_is_done(executor: Executor) -> None:
    """No items, no results."""
    assert executor.map(tasks.slow_then_fast, []) == []


def on_done_is_told_once_per_item_in_the_driver(executor: Executor) -> None:
    """With the index and the result."""
    told: dict[int, int] = {}
    where: set[int] = set()

    def on_done(index: int, result: int) -> None:
        assert index not in told, "told twice"
        told[index] = result
        where.add(os.getpid())

    results = executor.map(tasks.slow_then_fast, list(range(9)), on_done=on_done)
    assert told == dict(enumerate(results)), "not told of every result"
    assert where == {os.getpid()}


def errors_for_the_user_pass_unchanged(executor: Executor) -> None:
    """With code, place and fix."""
    error = _raised(executor, tasks.fails_for_the_user, [2, 3])
    assert isinstance(error, InputError)
    assert (error.code, error.where, error.fix) == ("TS299", "logs.jsonl:3", "use even items")


def the_first_of_several_errors_is_raised(executor: Executor) -> None:
    """First in the order of the items, not in time."""
    assert "item 1 is odd" in str(_raised(executor, tasks.fails_for_the_user, [0, 1, 3, 5]))


def bugs_keep_their_type(executor: Executor) -> None:
    """And one that cannot travel is still an error, not a hang."""
    error = _raised(executor, tasks.fails_as_a_bug, [0, 0])
    assert isinstance(error, ZeroDivisionError), f"{error!r} instead of the bug's type"
    assert _raised(executor, tasks.raises_what_cannot_travel, [0, 0]) is not None


def it_works_after_an_error(executor: Executor) -> None:
    """A failed map leaves nothing behind that the next one could get."""
    _raised(executor, tasks.fails_for_the_user, [0, 1, 2, 3])
    assert executor.map(tasks.slow_then_fast, [3, 4, 5]) == [9, 16, 25]


def an_error_in_on_done_is_raised(executor: Executor) -> None:
    """The driver's own failure stops the map."""

    def on_done(index: int, _: int) -> None:
        raise LookupError(index)

    try:
        executor.map(tasks.slow_then_fast, list(range(8)), on_done=on_done)
    except LookupError:
        return
    raise AssertionError("the error of on_done was swallowed")


def the_bytes_are_those_of_the_serial_executor(executor: Executor) -> None:
    """Files written by workers are what one process would have written."""
    with tempfile.TemporaryDirectory() as ours, tempfile.TemporaryDirectory() as serial:
        written = executor.map(tasks.writes_a_table, [(ours, seed) for seed in range(5)])
        expected = SerialExecutor().map(tasks.writes_a_table, [(serial, seed) for seed in range(5)])
        assert [Path(path).read_bytes() for path in written] == [Path(path).read_bytes() for path in expected]


def _raised(executor: Executor, fn: object, items: list[int]) -> Exception:
    try:
        executor.map(fn, items)  # type: ignore[arg-type]
    except Exception as error:
        return error
    raise AssertionError("the error was swallowed")
