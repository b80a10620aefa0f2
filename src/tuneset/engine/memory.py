"""Memory that was freed and is held in vain, given back to the system.

Allocators keep what is freed, for the next time (`engine.own_process`). A build goes through steps that each
need other arrays: at their borders what was kept may be a third of what the process holds.
"""

import ctypes
import sys

import pyarrow as pa

LEAST = 192 << 20
"""Bytes held in vain from which they are given back."""


class _Held(ctypes.Structure):
    """`struct mallinfo2`."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks",
            "keepcost",
        )
    ]  # fmt: skip


def give_back(*, least: int = LEAST) -> None:
    """Returns freed memory of Arrow's pool and of the C library (glibc) to the system, if it is at least so
    many bytes; changes nothing else.

    Cost: some milliseconds, and faults of pages when they are needed again.
    """
    malloc = _glibc()
    if malloc is not None and malloc.mallinfo2().fordblks >= least:
        malloc.malloc_trim(0)
    pool = pa.default_memory_pool()
    if pool.backend_name != "system":
        pool.release_unused()


def _glibc() -> ctypes.CDLL | None:
    """The C library, where it is one whose heap can be asked (glibc 2.33; musl's cannot)."""
    found = ctypes.CDLL(None) if sys.platform == "linux" else None
    if found is None or not hasattr(found, "mallinfo2"):
        return None
    found.mallinfo2.restype = _Held
    return found
