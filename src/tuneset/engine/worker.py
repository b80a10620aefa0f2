"""What runs inside a worker process of the pool: one task after the other, until the driver closes the pipe.

Messages are pickles of pickles, so that a task that cannot be read is an error of that task and not of the
worker:

    to the worker     (index, function or None for "the same as before", item)
    to the driver     (index, True, result) or (index, False, (exception, traceback as text))
"""

import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait

from tuneset.core.collecting import collecting_seldom

ONE_THREAD: dict[str, str] = {
    f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA", "RAYON")
}
"""Environment that keeps numerical libraries to one thread; read by them when they are imported."""


def one_thread() -> None:
    """Keeps this process to one computing thread, so that `n` workers use `n` cores."""
    os.environ.update(ONE_THREAD)
    import pyarrow as pa

    pa.set_cpu_count(1)


def serve(connection: Connection) -> None:
    """Runs the tasks that arrive on `connection`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all of us; the driver decides what it means
    threading.Thread(target=_end_with_driver, daemon=True).start()
    one_thread()
    with collecting_seldom():
        _serve(connection)


def _serve(connection: Connection) -> None:
    fn: Callable[[object], object] | None = None
    while True:
        try:
            message = connection.recv_bytes()
        except (EOFError, OSError):
            return
        index, function, item = pickle.loads(message)  # noqa: S301, our own driver wrote it
        try:
            if function is not None:
                fn = _loaded(function)
            assert fn is not None
            reply = (index, True, pickle.dumps(fn(_loaded(item))))
        except BaseException as error:  # whatever it is, the driver raises it
            reply = (index, False, _portable(error))
        connection.send_bytes(pickle.dumps(reply))


def _loaded(data: bytes):  # noqa: ANN202, whatever was pickled
    try:
        return pickle.loads(data)  # noqa: S301, our own driver wrote it
    except (AttributeError, ImportError) as error:
        error.add_note("what a pool runs must stand in a module that can be imported, not in the main script")
        raise


def _portable(error: BaseException) -> bytes:
    """The exception with its traceback as text; by its type's name only, if it cannot travel itself."""
    trace = "".join(traceback.format_exception(error))
    try:
        data = pickle.dumps((error, trace))
        pickle.loads(data)  # noqa: S301, we wrote it
    except Exception:  # a broken __reduce__ can raise anything
        data = pickle.dumps((RuntimeError(f"{type(error).__name__} in a worker"), trace))
    return data


def _end_with_driver() -> None:
    """Ends this process when the driver has died, even in the middle of a task: nobody waits for its
    result.
    """
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
