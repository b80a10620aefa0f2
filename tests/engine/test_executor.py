"""Executors keep their promises; the pool also when workers are killed and users lose patience."""

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tuneset.core import registry
from tuneset.core.errors import UsageError, WorkspaceError
from tuneset.engine import executor as executors
from tuneset.engine.executor import Executor, PoolExecutor, SerialExecutor, default_executor, named_executor
from tuneset.testing import executor_promises, tasks

NAMES = [str(promise) for promise in executor_promises(SerialExecutor())]


@pytest.fixture(scope="module")
def pool() -> Iterator[PoolExecutor]:
    with PoolExecutor(2) as opened:
        yield opened


@pytest.mark.parametrize("name", NAMES)
def test_the_serial_executor_keeps_its_promises(name: str) -> None:
    _promise(SerialExecutor(), name)


@pytest.mark.parametrize("name", NAMES)
def test_the_pool_keeps_its_promises(name: str, pool: PoolExecutor) -> None:
    _promise(pool, name)


def _promise(executor: Executor, name: str) -> None:
    (promise,) = [promise for promise in executor_promises(executor) if str(promise) == name]
    promise()


def test_workers_stay_alive_from_one_map_to_the_next(pool: PoolExecutor) -> None:
    first = set(pool.map(tasks.process_id, range(20)))
    assert set(pool.map(tasks.process_id, range(20))) <= first
    assert os.getpid() not in first


def test_a_pool_hires_no_more_workers_than_there_are_items() -> None:
    before = _workers()
    with PoolExecutor(8) as pool:
        pool.map(tasks.process_id, range(1))
        assert len(_workers() - before) == 1


def test_a_worker_uses_one_thread_for_numbers(pool: PoolExecutor) -> None:
    assert pool.map(_threads, range(2)) == [(1, 1)] * 2


def _threads(_: int) -> tuple[int, int]:
    import numba
    import pyarrow as pa

    return pa.cpu_count(), numba.get_num_threads()


def test_closing_leaves_no_worker_behind() -> None:
    with PoolExecutor(2) as pool:
        workers = set(pool.map(tasks.process_id, range(20)))
        assert workers
    assert not [pid for pid in workers if psutil.pid_exists(pid)]


def test_work_lost_with_a_killed_worker_is_done_again(tmp_path: Path) -> None:
    with PoolExecutor(2) as pool:
        items = [(str(tmp_path / str(n)), n, n == 3) for n in range(8)]
        assert pool.map(_dies_once, items) == list(range(8))


def _dies_once(item: tuple[str, int, bool]) -> int:
    marker, n, deadly = item
    if deadly and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return n


def test_a_worker_killed_from_outside_costs_nothing_but_time(tmp_path: Path) -> None:
    before, killed = _workers(), list[int]()

    def kill_the_other(_: int, pid: int) -> None:
        others = [worker for worker in _workers() - before if worker.pid != pid]
        if others and not killed:
            killed.append(others[0].pid)
            others[0].kill()

    with PoolExecutor(2) as pool:
        results = pool.map(_pid_after_a_while, range(12), on_done=kill_the_other)
    assert len(results) == 12
    assert killed


def _pid_after_a_while(_: int) -> int:
    time.sleep(0.02)
    return os.getpid()


def test_a_worker_that_dies_idle_is_replaced(pool: PoolExecutor) -> None:
    for pid in set(pool.map(tasks.process_id, range(8))):
        psutil.Process(pid).kill()
    assert pool.map(math.sqrt, [1.0, 4.0]) == [1.0, 2.0]


def test_work_that_kills_every_worker_is_an_error_that_says_so(tmp_path: Path) -> None:
    tries, before = tmp_path / "tries", _workers()
    with PoolExecutor(2) as pool, pytest.raises(WorkspaceError) as told:
        pool.map(_always_dies, [""] * 3 + [str(tries)] + [""] * 3)
    assert "a worker died 3 times" in told.value.what
    assert "SIGKILL" in told.value.what
    assert "memory" in told.value.what
    assert told.value.fix is not None
    assert "--workers 1" in told.value.fix
    assert tries.read_text() == "..."
    assert not _workers() - before


def _always_dies(path: str) -> None:
    if path:
        with Path(path).open("a") as tries:
            tries.write(".")
        os.kill(os.getpid(), signal.SIGKILL)


def test_lost_work_is_done_again_alone(tmp_path: Path) -> None:
    """What died for want of memory gets all the memory there is."""
    with PoolExecutor(2) as pool:
        pool.map(_dies_unless_alone, [(str(tmp_path), n) for n in range(6)])
    assert (tmp_path / "alone").exists()


def _dies_unless_alone(item: tuple[str, int]) -> None:
    directory, n = Path(item[0]), item[1]
    running = directory / f"{n}.running"
    if n == 1 and not (directory / "died").exists():
        (directory / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if n == 1:
        assert not list(directory.glob("*.running"))
        (directory / "alone").touch()
    running.touch()
    time.sleep(0.05)
    running.unlink()


def test_what_cannot_be_pickled_is_an_error_and_not_a_hang(pool: PoolExecutor) -> None:
    with pytest.raises((AttributeError, TypeError, ValueError)):
        pool.map(lambda item: item, [1, 2])
    assert pool.map(math.sqrt, [4.0]) == [2.0]


def test_a_bug_in_a_worker_shows_where_it_was(pool: PoolExecutor) -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        pool.map(tasks.fails_as_a_bug, [1])
    assert "fails_as_a_bug" in raised.value.__notes__[0]


SCRIPT = """
import sys, time
from tuneset.engine.executor import PoolExecutor
from {module} import {function}
with PoolExecutor(2) as pool:
    pool.map({function}, [{item!r}] * 4, on_done=lambda index, result: print("done", result, flush=True))
print("finished", flush=True)
"""


def _script(function: str, item: object) -> subprocess.Popen[str]:
    """A program without a `__main__` guard, in a group of its own like one started from a terminal."""
    code = SCRIPT.format(module=__name__, function=function, item=item)
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _report_and_sleep(directory: str) -> None:
    (Path(directory) / str(os.getpid())).touch()
    time.sleep(60)


def _until_two_work(directory: Path) -> list[psutil.Process]:
    for _ in range(600):
        if len(list(directory.iterdir())) == 2:
            return [psutil.Process(int(path.name)) for path in directory.iterdir()]
        time.sleep(0.05)
    raise AssertionError("the workers did not start")


@pytest.mark.parametrize("whom", ["the whole group", "the driver only"])
def test_ctrl_c_ends_everything_at_once_and_quietly(whom: str, tmp_path: Path) -> None:
    driver = _script("_report_and_sleep", str(tmp_path))
    _until_two_work(tmp_path)
    family = [psutil.Process(driver.pid), *psutil.Process(driver.pid).children(recursive=True)]
    if whom == "the whole group":
        os.killpg(driver.pid, signal.SIGINT)
    else:
        driver.send_signal(signal.SIGINT)
    out, err = driver.communicate(timeout=30)  # the workers sleep for 60 seconds: nobody waited for them
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive
    assert driver.returncode == -signal.SIGINT
    assert "finished" not in out
    assert err.count("Traceback") == 1, err
    assert err.rstrip().endswith("KeyboardInterrupt")


def test_workers_do_not_outlive_a_killed_driver(tmp_path: Path) -> None:
    driver = _script("_report_and_sleep", str(tmp_path))
    workers = _until_two_work(tmp_path)
    family = [*workers, *psutil.Process(driver.pid).children(recursive=True)]
    driver.kill()
    driver.communicate(timeout=30)
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive


def test_a_script_without_a_main_guard_runs_once() -> None:
    driver = _script("_two", None)
    out, err = driver.communicate(timeout=60)
    assert out.split() == ["done", "2"] * 4 + ["finished"]
    assert err == ""


def _two(_: None) -> int:
    return 2


def test_small_work_is_done_without_a_pool() -> None:
    assert isinstance(default_executor(None, items=10, rows_hint=1000), SerialExecutor)
    assert isinstance(default_executor(2, items=1), SerialExecutor)


def test_as_many_workers_as_the_user_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_executor(3, items=10, rows_hint=1000).workers == 3
    assert default_executor(3, items=2).workers == 2
    monkeypatch.setattr(executors, "available_cores", lambda: 5)
    assert default_executor(None, items=10, rows_hint=1_000_000).workers == 5
    assert default_executor(None, items=10).workers == 5


def test_a_container_is_not_given_more_workers_than_its_quota() -> None:
    assert 1 <= executors.available_cores() <= (os.cpu_count() or 1)


@pytest.mark.parametrize("name", ["serial", "pool"])
def test_executors_are_found_by_name(name: str) -> None:
    assert name in registry.names(registry.EXECUTORS)
    with named_executor(name, workers=1) as executor:
        assert isinstance(executor, Executor)
        assert executor.map(math.sqrt, [4.0]) == [2.0]


def test_an_unknown_executor_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="pool, serial"):
        named_executor("cloud")


def _workers() -> set[psutil.Process]:
    """Workers of this process: the children of its fork server."""
    found = [worker for server in psutil.Process().children() for worker in server.children()]
    return {worker for worker in found if worker.status() != psutil.STATUS_ZOMBIE}
