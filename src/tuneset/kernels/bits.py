"""Machine instructions on 64-bit words that numba has no name for."""
# ruff: noqa: ANN001, ANN201, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false, reportCallIssue=false

from tuneset.kernels.kernel import Instruction
from tuneset.kernels.lean import lean_inline


@lean_inline
def ones(value):
    """How many bits of a `uint64` are set."""
    return _population(value)


@lean_inline
def leading_zeros(value):
    """How many bits of a `uint64` are clear above its highest set bit; 64 for 0."""
    return _leading(value)


@lean_inline
def trailing_zeros(value):
    """How many bits of a `uint64` are clear below its lowest set bit; 64 for 0."""
    return _trailing(value)


@Instruction
def _population(_typing, _value):  # pyright: ignore[reportUnusedParameter]
    from numba import types

    def emit(_context, builder, _signature, arguments):
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), emit


@Instruction
def _leading(_typing, _value):  # pyright: ignore[reportUnusedParameter]
    from numba import types

    def emit(_context, builder, _signature, arguments):
        from llvmlite import ir

        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), emit


@Instruction
def _trailing(_typing, _value):  # pyright: ignore[reportUnusedParameter]
    from numba import types

    def emit(_context, builder, _signature, arguments):
        from llvmlite import ir

        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), emit
