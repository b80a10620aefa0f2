"""A digest of every message together with all messages before it."""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import ASSISTANT, Messages
from tuneset.kernels.lean import counted
from tuneset.kernels.words import buffer_of, mix
from tuneset.stages.dedupe.texts import call_texts


def thread_digests(messages: Messages) -> np.ndarray:
    """`uint64[m]`, never 0: two messages have the same one if they and all messages before them are the same.

    What counts is the role, the text without white space at its ends, parts that are no text, and the names
    and arguments of tool calls. Ids of calls do not: a client that repeats them may number them anew.

    Cost: about 1 ns per byte.
    """
    said = _digests(*buffer_of(pc.fill_null(messages.content, "").cast(pa.large_string())))
    called = _digests(*buffer_of(pc.fill_null(call_texts(messages.tool_calls), "")))
    shown = _digests(*buffer_of(pc.fill_null(messages.parts, "").cast(pa.large_string())))
    return _chained(messages.offsets, messages.role.astype(np.uint64), said, called, shown)


def only_final(examples: pa.Table) -> pa.Table:
    """The examples with every turn of the assistant but the last one masked: context, not learned from."""
    messages = Messages.of(examples)
    earlier = messages.role == ASSISTANT
    earlier[messages.taught[messages.taught >= 0]] = False
    train = pc.and_(messages.train, pa.array(~earlier))
    return messages.replace(train=train).into(examples)


@counted
def _digests(data, offsets):
    digests = np.zeros(len(offsets) - 1, np.uint64)
    for row in range(len(digests)):
        start, stop = offsets[row], offsets[row + 1]
        while start < stop and data[start] <= 32:
            start += 1
        while stop > start and data[stop - 1] <= 32:
            stop -= 1
        h = np.uint64(0xCBF29CE484222325)
        for k in range(start, stop):
            h = (h ^ np.uint64(data[k])) * np.uint64(0x100000001B3)
        digests[row] = mix(h)
    return digests


@counted
def _chained(offsets, role, said, called, shown):
    chained = np.empty(len(role), np.uint64)
    for row in range(len(offsets) - 1):
        h = np.uint64(0)
        for k in range(offsets[row], offsets[row + 1]):
            for part in (role[k], said[k], called[k], shown[k]):
                h = mix((h ^ part) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(1))
            h |= np.uint64(1)
            chained[k] = h
    return chained
