"""The process pool: workers on one machine, kept alive from one `map` to the next.

Our own and not `concurrent.futures`, because a build needs three things that one does not give: a worker that
dies costs only the item it held, Ctrl-C ends workers at once, and a script without a `__main__` guard works.
"""

import os
import pickle
import signal
import sys
from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import connection, forkserver, get_context, resource_tracker
from multiprocessing.process import BaseProcess
from types import ModuleType, TracebackType
from typing import Any, Self, TypeVar

from tuneset.core.errors import TunesetError, WorkspaceError
from tuneset.engine.worker import ONE_THREAD, serve

T = TypeVar("T")
R = TypeVar("R")

RETRIES = 2
"""How often an item is run again after the worker that ran it died."""
GRACE_S = 2.0
"""How long an idle worker may take to end by itself, seconds."""


@dataclass(eq=False)
class _Worker:
    process: BaseProcess
    pipe: connection.Connection
    index: int | None = None
    """The item it runs."""
    knows: bytes | None = None
    """The pickled function it ran last."""

    @property
    def busy(self) -> bool:
        return self.index is not None


@dataclass
class _Work:
    """One call of `map`."""

    fn: bytes
    items: Sequence[Any]
    waiting: deque[int]
    lost: deque[int] = field(default_factory=deque)
    losses: Counter[int] = field(default_factory=Counter)
    results: dict[int, Any] = field(default_factory=dict)
    failed: dict[int, BaseException] = field(default_factory=dict)

    def fail(self, index: int, error: BaseException) -> None:
        """Notes a failure; from now on only earlier items count, as they would in a loop."""
        self.failed[index] = error
        self.waiting.clear()
        self.lost = deque(other for other in self.lost if other < index)


class PoolExecutor:
    """Runs items in `workers` processes of this machine. See `tuneset.engine.executor` for what it
    promises.
    """

    def __init__(self, workers: int = 2) -> None:
        """Starts nothing yet: workers come with the first `map`, not more than it has items."""
        if workers < 1:
            raise ValueError(f"a pool needs a worker, not {workers}")
        self.workers = workers
        self._crew: list[_Worker] = []

    def map(
        self, fn: Callable[[T], R], items: Sequence[T], *, on_done: Callable[[int, R], None] | None = None
    ) -> list[R]:
        """See `Executor.map`.

        Raises:
            WorkspaceError: a worker died again and again on the same item.
        """
        work = _Work(pickle.dumps(fn), items, deque(range(len(items))))
        try:
            while work.waiting or work.lost or self._busy():
                self._feed(work)
                for worker in self._ready():
                    if worker in self._crew:  # an earlier item's failure may have ended it just now
                        self._collect(worker, work, on_done)
        except BaseException:
            self._end(self._crew, grace_s=0)
            raise
        if work.failed:
            raise work.failed[min(work.failed)]
        return [work.results[index] for index in range(len(items))]

    def close(self) -> None:
        """Ends the workers."""
        self._end(self._crew, grace_s=GRACE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _busy(self) -> list[_Worker]:
        return [worker for worker in self._crew if worker.busy]

    def _feed(self, work: _Work) -> None:
        """Gives items to idle workers; an item whose worker died runs alone, with all the memory there is."""
        if work.lost:
            if not self._busy():
                self._send(work, work.lost.popleft())
            return
        while work.waiting and len(self._busy()) < self.workers:
            self._send(work, work.waiting.popleft())

    def _send(self, work: _Work, index: int) -> None:
        """Hands one item to an idle worker, or to a new one."""
        item = pickle.dumps(work.items[index])
        while True:
            worker = next((worker for worker in self._crew if not worker.busy), None) or self._hire()
            fn = None if worker.knows == work.fn else work.fn
            try:
                worker.pipe.send_bytes(pickle.dumps((index, fn, item)))
            except OSError:  # it died while it was idle: no item was lost
                self._end([worker], grace_s=0)
                continue
            worker.index, worker.knows = index, work.fn
            return

    def _ready(self) -> list[_Worker]:
        """Busy workers that have something to say, or have died; waits for the first."""
        talking = connection.wait([worker.pipe for worker in self._busy()])
        return [worker for worker in self._crew if worker.pipe in talking]

    def _collect(self, worker: _Worker, work: _Work, on_done: Callable[[int, Any], None] | None) -> None:
        try:
            reply = worker.pipe.recv_bytes()
        except (EOFError, OSError):
            self._mourn(worker, work)
            return
        worker.index = None
        index, fine, payload = pickle.loads(reply)  # noqa: S301, our own worker wrote it
        value = pickle.loads(payload)  # noqa: S301, our own worker wrote it
        if not fine:
            self._fail(work, index, _with_trace(*value))
            return
        work.results[index] = value
        if on_done is not None:
            on_done(index, value)

    def _mourn(self, worker: _Worker, work: _Work) -> None:
        """A worker died: its item is run again, unless it has killed too many."""
        index = worker.index
        assert index is not None
        self._end([worker], grace_s=GRACE_S)  # it is dying; wait for the reason
        work.losses[index] += 1
        if work.losses[index] > RETRIES:
            self._fail(work, index, _died(worker.process.exitcode, times=work.losses[index]))
        elif not work.failed or index < min(work.failed):
            work.lost.append(index)

    def _fail(self, work: _Work, index: int, error: BaseException) -> None:
        work.fail(index, error)
        self._end([worker for worker in self._busy() if (worker.index or 0) > index], grace_s=0)

    def _hire(self) -> _Worker:
        _start_server()
        ours, theirs = connection.Pipe()
        process = get_context("forkserver").Process(target=serve, args=(theirs,), daemon=True)
        with _without_main_module():
            process.start()
        theirs.close()  # the worker holds the only one: when it dies, ours reads the end of file
        worker = _Worker(process, ours)  # pyright: ignore[reportArgumentType], it is a pipe on Windows
        self._crew.append(worker)
        return worker

    def _end(self, workers: Sequence[_Worker], *, grace_s: float) -> None:
        """Closes their pipes, on which an idle worker ends by itself, and kills who has not ended after
        `grace_s`.
        """
        leaving = list(workers)
        for worker in leaving:
            worker.pipe.close()
            if grace_s == 0:
                worker.process.kill()
        for worker in leaving:
            worker.process.join(grace_s or None)
            if worker.process.exitcode is None:
                worker.process.kill()
                worker.process.join()
            self._crew.remove(worker)


def _with_trace(error: BaseException, trace: str) -> BaseException:
    if not isinstance(error, TunesetError):  # those are for users, who get no traceback
        error.add_note(f"in a worker:\n{trace}")
    return error


def _died(exitcode: int | None, *, times: int) -> WorkspaceError:
    how = f"exit status {exitcode}"
    if exitcode is not None and exitcode < 0:
        how = signal.Signals(-exitcode).name
    return WorkspaceError(
        f"a worker died {times} times at the same piece of work ({how}), perhaps because memory ran out",
        code="TS305",
        fix="use fewer workers (`--workers 1`), or give the machine more memory; what is done so far is kept",
    )


def _start_server() -> None:
    """Starts the process that workers are forked from: warm imports, one thread, deaf to Ctrl-C.

    Workers inherit all three. Nothing happens if it runs already.
    """
    resource_tracker.ensure_running()  # first, because it takes SIGINT out of the mask when it starts
    forkserver.set_forkserver_preload(["tuneset.engine.preload"])
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    unset = [name for name in ONE_THREAD if name not in os.environ]
    os.environ.update({name: ONE_THREAD[name] for name in unset})
    try:
        forkserver.ensure_running()
    finally:
        for name in unset:
            del os.environ[name]
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _without_main_module() -> Generator[None]:
    """Hides the main script, which a new worker would otherwise import and, without a guard, run again."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
