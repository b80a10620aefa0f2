"""What class each example teaches: its label, or the tool that it calls."""

from dataclasses import dataclass

import numpy as np

FEWEST = 5
"""Examples of a class from which its members can be judged by each other."""

_REPEATED = 0.8  # share of examples in classes of `FEWEST` from which answers are taken for labels
_MOST_LABELS = 200  # more different answers than that are phrases, unless the spec calls them labels


@dataclass(frozen=True)
class Classes:
    """Attributes:
    rows: `int64[m]`, the examples that have a class with at least `FEWEST` examples.
    classes: `int64[m]`, its number. digests: `uint64[c]`, of each number.
    are_answers: is the class the whole answer, not only the tool?
    problem: why there are none and what would change that, or None.
    """

    rows: np.ndarray
    classes: np.ndarray
    digests: np.ndarray
    are_answers: bool
    problem: tuple[str, str] | None = None


def classes_of(answers: np.ndarray, calls: np.ndarray, *, labelled: bool) -> Classes:
    """The answers themselves if the task is to label, or if they repeat like labels; else the tools called.

    Args:
        answers: `uint64[n]` digests of the answers. calls: `uint64[n]` of the names of the tools called, 0
        for
            an answer in words. labelled: does the spec say that answers are labels?
    """
    by_answer = _numbered(answers, are_answers=True)
    repeated = len(by_answer.rows) >= _REPEATED * max(len(answers), 1)
    if labelled or (repeated and len(by_answer.digests) <= _MOST_LABELS):
        return by_answer
    if calls.any():
        return _numbered(calls, are_answers=False)
    return _none(
        are_answers=False,
        problem=(
            "answers are free text, and no tools are called",
            "`task: classification`, or logs with tool calls",
        ),
    )


def _numbered(digests: np.ndarray, *, are_answers: bool) -> Classes:
    values, number, count = np.unique(digests, return_inverse=True, return_counts=True)
    frequent = count >= FEWEST
    if int(frequent.sum()) < 2:
        return _none(
            are_answers=are_answers,
            problem=(f"fewer than two classes with {FEWEST} examples", "more examples of each class"),
        )
    (rows,) = np.nonzero(frequent[number])
    place = np.cumsum(frequent) - 1
    return Classes(rows, place[number[rows]], values[frequent], are_answers)


def _none(*, are_answers: bool, problem: tuple[str, str]) -> Classes:
    nobody = np.zeros(0, np.int64)
    return Classes(nobody, nobody, np.zeros(0, np.uint64), are_answers, problem)
