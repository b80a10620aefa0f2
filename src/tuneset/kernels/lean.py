"""Kernels that make no arrays need not count who holds one.

Numba counts references with atomic operations, also where one kernel hands an array to another: in loops over
bytes that was up to two thirds of the time. Of what makes an array the compiler says that it cannot be so.
"""

from collections.abc import Callable
from typing import Any

import numba

_UNCOUNTED: dict[str, Any] = {"cache": True, "nogil": True, "_nrt": False}


def lean(kernel: Callable) -> Any:  # noqa: ANN401 - numba's dispatchers have no type
    """A cached kernel that makes no arrays, nor calls one that does; it may take and slice them."""
    return numba.njit(**_UNCOUNTED)(kernel)


def lean_inline(kernel: Callable) -> Any:  # noqa: ANN401
    """The same, taken into its callers before they are compiled."""
    return numba.njit(**_UNCOUNTED, inline="always")(kernel)
