"""Executors: an ordered, retried `map`. The only thing the build asks of a process pool or of a cluster.

To add one (Ray, Dask, Slurm, …), write one file with a class that keeps the `Executor` protocol, and name it
in the entry-point group `tuneset.executors`. It is made with `Class(workers)`, used as a context manager, and
must:

    order     return the results in the order of the items, whatever order they finish in
    receipts  expect small results (paths, counts, digests); tables travel through files, never through `map`
    driver    call `on_done(index, result)` in the calling thread, once per item, as results arrive
    errors    raise what the function raised, same type and fields; of several failed items, the first one
    system    run items again, a few times, when a worker or its machine dies, then raise `WorkspaceError`
              (tasks write to a temporary place and commit by rename, so running one twice is harmless)
    threads   give one core to each task (`tuneset.engine.worker.one_thread` in each worker)
    stop      on `KeyboardInterrupt` cancel what waits, end what runs, leave no process behind, raise it again
    files     refuse a workspace that its workers cannot reach under the same path

For Ray: one remote task per item with `max_retries` set, `ray.wait` for `on_done`, `ray.cancel(force=True)`
on interruption, code shipped with the image or `runtime_env`. `tuneset.testing.executor_promises` checks all
but `files`.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar, runtime_checkable

from tuneset.core.registry import EXECUTORS, load
from tuneset.engine.pool import PoolExecutor

__all__ = [
    "Executor",
    "PoolExecutor",
    "SerialExecutor",
    "available_cores",
    "default_executor",
    "named_executor",
]

T = TypeVar("T")
R = TypeVar("R")

SMALL_ROWS = 50_000
"""Below this many rows a pool costs more than it gives. Source: our measurement of 20,000 and 200,000
rows."""


@runtime_checkable
class Executor(Protocol):
    """Maps a function over items; see the module's docstring for what an implementation must do."""

    workers: int
    """How many items run at the same time."""

    def map(
        self, fn: Callable[[T], R], items: Sequence[T], *, on_done: Callable[[int, R], None] | None = None
    ) -> list[R]:
        """`[fn(item) for item in items]`; `fn` and the items can be pickled, `fn` stands in an importable
        module.
        """
        ...

    def close(self) -> None:
        """Ends the workers. May be called twice; a later `map` starts new ones."""
        ...

    def __enter__(self) -> Self:
        """Itself."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes."""
        ...


class SerialExecutor:
    """Runs items one after the other in this process."""

    def __init__(self, workers: int = 1) -> None:
        """`workers` is accepted, as of every executor, and is always 1."""
        del workers
        self.workers = 1

    def map(
        self, fn: Callable[[T], R], items: Sequence[T], *, on_done: Callable[[int, R], None] | None = None
    ) -> list[R]:
        """See `Executor.map`."""
        results: list[R] = []
        for index, item in enumerate(items):
            results.append(fn(item))
            if on_done is not None:
                on_done(index, results[-1])
        return results

    def close(self) -> None:
        """Nothing to end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def default_executor(workers: int | None, *, items: int, rows_hint: int | None = None) -> Executor:
    """The executor for this much work: a pool over the cores there are, or serial if a pool would not pay.

    Args:
        workers: as many as the user asked for, then the size of the work does not matter; None lets us
        choose. items: how many items the largest `map` has. rows_hint: about how many rows they hold
        together, if known.
    """
    wanted = available_cores() if workers is None else workers
    small = workers is None and rows_hint is not None and rows_hint < SMALL_ROWS
    useful = 1 if small else min(wanted, items)
    return PoolExecutor(useful) if useful > 1 else SerialExecutor()


def named_executor(name: str, *, workers: int | None = None) -> Executor:
    """The executor of that name, ours or a plugin's.

    Raises:
        UsageError: there is none of that name.
    """
    made: Executor = load(EXECUTORS, name)(available_cores() if workers is None else workers)
    return made


def available_cores() -> int:
    """Cores this process may use: its affinity, and in a container the quota of its control group."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, _quota() or cores))


def _quota() -> int | None:
    """Whole cores that `cpu.max` of control groups v2 allows, None if it allows all."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return None if quota == "max" else max(1, int(quota) // int(period))
    except (OSError, ValueError):
        return None
