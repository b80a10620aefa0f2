"""Machine instructions on 64-bit words that numba has no name for."""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


@intrinsic
def ones(context, _value):  # pyright: ignore[reportUnusedParameter]
    """How many bits of a `uint64` are set."""
    del context

    def emit(_context, builder, _signature, arguments):
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), emit


@intrinsic
def leading_zeros(context, _value):  # pyright: ignore[reportUnusedParameter]
    """How many bits of a `uint64` are clear above its highest set bit; 64 for 0."""
    del context

    def emit(_context, builder, _signature, arguments):
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), emit
