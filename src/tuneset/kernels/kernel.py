"""What the decorators of `lean.py` make of a function: a kernel, which starts without importing numba.

A kernel that this machine has compiled before is loaded as machine code (`native.py`), which takes less
than a millisecond; otherwise numba compiles it, or takes it from its own cache, and the code is kept for
the next process. Importing numba and loading some forty kernels its way took .7 CPU s of every build.
"""

from collections.abc import Callable
from functools import cached_property, update_wrapper
from typing import Any

import numpy as np

from tuneset.kernels import native

Options = dict[str, Any]
"""What `numba.njit` is told."""

Kind = str | tuple[Any, ...]
"""What compiled code depends on in an argument: the type, and of an array its dimensions and layout."""

_CONTIGUOUS, _FORTRAN = 0x1, 0x2
_OF_A_TYPE = (
    _CONTIGUOUS | _FORTRAN | 0x100 | 0x400
)  # and aligned and writeable: what numba's array types tell apart


class Kernel:
    """A compiled function. Numba takes it for one of its own where another kernel calls it."""

    def __init__(self, function: Callable[..., Any], options: Options) -> None:
        self.py_func = function
        self.targetoptions = options  # numba looks here for `inline`
        self._runs: dict[tuple[Kind, ...], Callable[..., Any]] = {}
        update_wrapper(self, function)

    def __call__(self, *arguments: Any) -> Any:  # noqa: ANN401 - numba's functions have no type
        """Runs the compiled code for these types of arguments."""
        try:
            run = self._runs[tuple([kind_of(argument) for argument in arguments])]
        except KeyError:
            run = self._found(arguments)
        return run(*arguments)

    @cached_property
    def compiled(self) -> Any:  # noqa: ANN401
        """The same function as numba makes it."""
        import numba

        try:
            return numba.njit(**self.targetoptions)(self.py_func)
        except RuntimeError:  # numba finds no directory where it can keep code
            unkept: Options = {**self.targetoptions, "cache": False}
            return numba.njit(**unkept)(self.py_func)

    @property
    def _numba_type_(self) -> object:
        from numba.core import types

        return types.Dispatcher(self.compiled)

    def _found(self, arguments: tuple[Any, ...]) -> Callable[..., Any]:
        kinds = tuple(kind_of(argument) for argument in arguments)
        if "" in kinds or len(kinds) != self.py_func.__code__.co_argcount:
            return self.compiled
        name = f"{self.py_func.__module__}.{self.py_func.__qualname__}"
        run = native.load(name, kinds)
        if run is None:
            run = self.compiled
            native.keep(name, kinds, run, arguments)
        self._runs[kinds] = run
        return run


class Instruction:
    """A machine instruction that kernels call: a numba intrinsic, made when numba first meets it."""

    def __init__(self, define: Callable[..., Any]) -> None:
        self._define = define

    @cached_property
    def _numba_type_(self) -> object:
        from numba.core.registry import cpu_target
        from numba.extending import intrinsic

        context = cpu_target.typing_context
        made = intrinsic(self._define)
        context.refresh()
        return context.resolve_value_type(made)


def kind_of(value: object) -> Kind:
    """The kind of an argument; empty if only numba itself can tell."""
    of = type(value)
    if of is np.ndarray:
        return _kind_of_array(value)  # pyright: ignore[reportArgumentType]
    if of is int:
        return "int" if -(1 << 63) <= value < 1 << 63 else ""  # pyright: ignore[reportOperatorIssue]
    if of in _PLAIN:
        return of.__name__
    if of is tuple:
        kinds = tuple([kind_of(part) for part in value])  # pyright: ignore[reportGeneralTypeIssues]
        return "" if "" in kinds else kinds
    return ""


_PLAIN = frozenset([bool, float, np.bool_, *(np.dtype(letter).type for letter in "bBhHiIlLfd")])


def _kind_of_array(array: np.ndarray) -> Kind:
    dtype = array.dtype
    if dtype.kind not in "biuf":
        return ""
    flags = array.flags.num & _OF_A_TYPE
    return (dtype.str, array.ndim, flags & ~_FORTRAN if flags & _CONTIGUOUS else flags)
