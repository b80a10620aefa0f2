"""How a function becomes a kernel.

Kernels that make no arrays need not count who holds one. Numba counts references with atomic operations,
also where one kernel hands an array to another: in loops over bytes that was up to two thirds of the time.
Of what makes an array the compiler says that it cannot be so.
"""

from collections.abc import Callable
from typing import Any

from tuneset.kernels.kernel import Kernel

_COUNTED: dict[str, Any] = {"cache": True, "nogil": True}
_UNCOUNTED: dict[str, Any] = {**_COUNTED, "_nrt": False}


def lean(function: Callable[..., Any]) -> Kernel:
    """A kernel that makes no arrays, nor calls one that does; it may take and slice them."""
    return Kernel(function, _UNCOUNTED)


def lean_inline(function: Callable[..., Any]) -> Kernel:
    """The same, taken into its callers before they are compiled."""
    return Kernel(function, {**_UNCOUNTED, "inline": "always"})


def counted(function: Callable[..., Any]) -> Kernel:
    """A kernel that may make arrays."""
    return Kernel(function, _COUNTED)


def counted_inline(function: Callable[..., Any]) -> Kernel:
    """The same, taken into its callers before they are compiled."""
    return Kernel(function, {**_COUNTED, "inline": "always"})


def counted_fused(function: Callable[..., Any]) -> Kernel:
    """A kernel that may make arrays, in which a product and a sum may be one instruction."""
    return Kernel(function, {**_COUNTED, "fastmath": {"contract"}})


def counted_loose(function: Callable[..., Any]) -> Kernel:
    """The same, and sums may be taken in another order."""
    return Kernel(function, {**_COUNTED, "fastmath": {"contract", "reassoc"}})
