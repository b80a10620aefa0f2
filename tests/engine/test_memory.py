"""What a step freed is not held by the next one."""

import sys
from pathlib import Path

import numpy as np
import pytest

from tuneset.engine.memory import give_back

_MANY, _SIZE = 1000, 64_000  # blocks that the C library takes from its heap


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc can be asked")
def test_memory_that_was_freed_goes_back_to_the_system() -> None:
    blocks = [np.ones(_SIZE, np.uint8) for _ in range(_MANY)]
    last = blocks.pop()  # holds the end of the heap
    held = _anonymous()
    del blocks
    give_back(least=0)

    assert held - _anonymous() > 0.9 * _MANY * _SIZE / 1024
    assert last.all()


def _anonymous() -> int:
    """Kilobytes of this process that no file stands behind."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0])
