"""Which of many short literals occur in a text: one pass over its bytes, whatever their number.

A gate before regular expressions: a rule names words without which it cannot match, and only texts that hold
one of them are read again.

Source: Aho & Corasick 1975, Efficient string matching; goto and failure functions folded into one table.
"""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tuneset.kernels.lean import lean
from tuneset.kernels.words import Buffer

GROUPS = 64
_ROOT = 0


@dataclass(frozen=True)
class Literals:
    """An automaton over bytes: `step` is `int32[states * 256]`, the next state's row; `found` is
    `uint64[states]`, bit `g` set where a literal of group `g` ends.
    """

    step: np.ndarray
    found: np.ndarray

    @classmethod
    def of(cls, groups: Sequence[Sequence[str]]) -> "Literals":
        """The automaton of up to 64 groups of literals; ASCII letters match in either case."""
        if len(groups) > GROUPS:
            raise ValueError("more groups than bits")
        children: list[dict[int, int]] = [{}]
        found = [0]
        for number, literals in enumerate(groups):
            for literal in literals:
                state = _ROOT
                for byte in literal.lower().encode():
                    if byte not in children[state]:
                        children.append({})
                        found.append(0)
                        children[state][byte] = len(children) - 1
                    state = children[state][byte]
                found[state] |= 1 << number
        return cls(_table(children, found), np.array(found, np.uint64))

    def groups_in(self, texts: Buffer) -> np.ndarray:
        """`uint64[n]`: bit `g` is set if a literal of group `g` occurs. Cost: about 1 ns per byte."""
        hits = np.zeros(len(texts.offsets) - 1, np.uint64)
        _scan(texts.data, texts.offsets, self.step, self.found, hits)
        return hits


def _table(children: list[dict[int, int]], found: list[int]) -> np.ndarray:
    """The transitions with failures followed; adds to `found` what ends inside a longer literal."""
    step = np.zeros((len(children), 256), np.int32)
    queue = deque([(_ROOT, _ROOT)])
    while queue:
        state, failure = queue.popleft()
        found[state] |= found[failure]
        step[state] = step[failure]
        for byte, child in children[state].items():
            queue.append((child, _ROOT if state == _ROOT else int(step[failure, byte])))
        for byte, child in children[state].items():
            step[state, byte] = child
    step[:, ord("A") : ord("Z") + 1] = step[:, ord("a") : ord("z") + 1]
    return step.ravel() * 256


@lean
def _scan(data, offsets, step, found, hits):
    for row in range(len(hits)):
        state, seen = 0, np.uint64(0)
        for i in range(offsets[row], offsets[row + 1]):
            state = step[state + data[i]]
            if state:
                seen |= found[state >> 8]
        hits[row] = seen
