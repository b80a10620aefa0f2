"""Memory that was freed, given back to the system at once.

Allocators keep what is freed, for the next time. A build goes through steps that each need other arrays: at
their borders what was kept is a third of what the process holds.
"""

import ctypes
import sys

import pyarrow as pa


def give_back() -> None:
    """Returns freed memory of Arrow's pool and of the C library (glibc) to the system; changes nothing else.

    Cost: some milliseconds, and faults of pages when they are needed again.
    """
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
