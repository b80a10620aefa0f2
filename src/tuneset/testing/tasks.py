"""Small functions for executors to run: in a module of their own, so that workers can import them."""

import os
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from tuneset.core.errors import InputError


def slow_then_fast(item: int) -> int:
    """Later items are done sooner."""
    time.sleep(0.05 if item % 4 == 0 else 0)
    return item * item


def process_id(_: int) -> int:
    """Where it ran."""
    return os.getpid()


def fails_for_the_user(item: int) -> int:
    """Odd items cannot be read; the first of them takes longest."""
    if item % 2:
        time.sleep(0.2 if item == 1 else 0)
        raise InputError(
            f"item {item} is odd", where=f"logs.jsonl:{item}", fix="use even items", code="TS299"
        )
    return item


def fails_as_a_bug(item: int) -> int:
    """Divides by zero."""
    return 1 // (item - item)


def raises_what_cannot_travel(item: int) -> int:
    """Its exception cannot be unpickled."""
    raise _LocalError(item, "second")


class _LocalError(Exception):
    def __init__(self, item: int, second: str) -> None:
        super().__init__(second)
        self.item = item


def writes_a_table(task: tuple[str, int]) -> str:
    """Writes an Arrow file made from a number, and returns its path."""
    directory, seed = task
    numbers = np.random.default_rng(seed).integers(0, 1 << 40, 500)
    table = pa.table({"key": numbers, "text": [f"v{number}" for number in numbers.tolist()]})
    path = Path(directory) / f"{seed}.arrow"
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return str(path)
