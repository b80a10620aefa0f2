"""What a process of our own, the command or a worker, sets up before it imports anything large.

A page that the system hands out anew is cleared first, which on a virtual machine costs as much as filling
it, and a build makes a large array every few milliseconds. So what is freed is kept for the next array, be it
NumPy's or Arrow's, in one heap; `engine.memory` gives back what is held in vain. And OpenBLAS starts a thread
for each core when NumPy is imported, which then spins: .1 s of a core for nothing, as a build's matrices are
small.

Not for a process that belongs to somebody else: `import tuneset` changes none of this.
"""

import ctypes
import os
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # malloc.h
_NEVER = 1 << 30
_MOST_BEFORE = 1 << 25
"""What older versions of glibc take at most (mallopt(3)); with neither, each array would be new pages."""


def set_up() -> None:
    """To be called before NumPy and Arrow are imported. What the environment says already stays."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # musl
        return
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    if not mallopt(_MMAP_THRESHOLD, _NEVER):
        mallopt(_MMAP_THRESHOLD, _MOST_BEFORE)
    mallopt(_TRIM_THRESHOLD, _NEVER)
