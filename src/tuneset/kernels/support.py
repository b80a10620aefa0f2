"""What a text says that another text gives no ground for: numbers, and runs of words they share."""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

import numpy as np

from tuneset.kernels.lean import counted, lean
from tuneset.kernels.words import Buffer, Words, mix

GRAM = 8
"""Words of a run below which two texts are not said to share one."""

SMALL = 31
"""Largest whole number that needs no ground: counts, steps of a list, days of a month."""

_TERMS = 48  # numbers of the ground that are added and subtracted at most
_FACTORS = 12  # and multiplied: an invented number is the product of some two numbers soon
_TOKEN = 8  # components of a number at most: a date has three, a phone number five
_FREE = np.array([36, 40, 45, 48, 50, 60, 90, 99, 100, 365, 404, 500, 911, 1000], np.uint64)


def ungrounded(claims: Buffer, ground: Buffer) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of each text of `claims` that its text of `ground` does not hold.

    A number is a run of digits, or several joined by one of `. , : / - ( ) +` or a space; it is grounded if
    the digits of the whole or of every component stand in the ground in any such form, if it is a time of
    the other clock, or if it is a sum, difference or product of two numbers there (no date and no phone
    number is reckoned). Whole numbers up to
    `SMALL` and a few round ones need no ground.

    Returns:
        `int32[n]` ungrounded numbers and `int32[n]` all numbers that need ground.

    Cost: about 1 ns per byte.
    """
    n = len(claims.offsets) - 1
    missing, stated = np.zeros(n, np.int32), np.zeros(n, np.int32)
    _ungrounded(*claims, *ground, missing, stated)
    return missing, stated


def shared_run(texts: Words, others: Words, which: np.ndarray) -> np.ndarray:
    """`int32[n]`: words of the longest run, of at least `GRAM`, that each text shares with `others[which]`;
    0 if there is none or `which` is -1.

    Cost: about 20 ns per word of a text, and per word of another once for neighbouring texts that share it.
    """
    longest = np.zeros(len(texts.offsets) - 1, np.int32)
    order = np.argsort(which, kind="stable")
    _shared(texts.hashes, texts.offsets, others.hashes, others.offsets, which, order, longest)
    return longest


@lean
def _is_digit(byte):
    return 48 <= byte <= 57


@lean
def _joins(byte):
    """One of space ( ) + , - . / :"""
    return byte == 32 or byte == 40 or byte == 41 or 43 <= byte <= 47 or byte == 58


@lean
def _token(data, at, stop, parts):
    """Reads a number that starts at a digit: its components, how many, its digits joined, whether the last
    component is a fraction, whether it is a time; and where it ends.
    """
    count, joined, fraction, clock = 0, np.uint64(0), False, False
    while True:
        value = np.uint64(0)
        digits = 0
        while at < stop and _is_digit(data[at]):
            value = value * np.uint64(10) + np.uint64(data[at] - 48)
            joined = joined * np.uint64(10) + np.uint64(data[at] - 48)
            at += 1
            digits += 1
        parts[count] = value
        count += 1
        after = at
        while after < stop and after - at < 2 and _joins(data[after]):
            after += 1
        if count == _TOKEN or after == at or after >= stop or not _is_digit(data[after]):
            break
        fraction = data[at] == 46 and after == at + 1 and count == 1
        clock = data[at] == 58 and count == 1
        at = after
    if fraction and count == 2:
        while joined and joined % np.uint64(10) == 0 and parts[1] != 0 and parts[1] % np.uint64(10) == 0:
            joined, parts[1] = joined // np.uint64(10), parts[1] // np.uint64(10)
        if parts[1] == 0:
            joined, count = parts[0], 1
    return count, joined, clock, at


@counted
def _numbers(data, start, stop, parts, found):
    """The numbers of a text in every form in which they may be said again."""
    size, at = 0, start
    while at < stop:
        if not _is_digit(data[at]):
            at += 1
            continue
        count, joined, clock, at = _token(data, at, stop, parts)
        if size + _TOKEN + 3 > len(found):
            larger = np.empty(2 * len(found), np.uint64)
            larger[:size] = found[:size]
            found = larger
        for k in range(count):
            found[size] = parts[k]
            size += 1
        found[size] = joined
        size += 1
        if clock:
            hour, minute = parts[0] % np.uint64(24), parts[1]
            found[size] = (hour + np.uint64(12)) % np.uint64(24) * np.uint64(100) + minute
            size += 1
    return found, size


@lean
def _has(values, size, value):
    low, high = 0, size
    while low < high:
        middle = (low + high) >> 1
        if values[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low < size and values[low] == value


@lean
def _computed(values, size, value):
    few = min(size, _TERMS)
    for i in range(few):
        for j in range(few):
            a, b = values[i], values[j]
            product = max(i, j) < _FACTORS and a * b == value
            if product or a + b == value or (a >= b and a - b == value):
                return True
    return False


@lean
def _grounded(values, size, value, reckoned):
    return (
        value <= np.uint64(SMALL)
        or _has(values, size, value)
        or _has(_FREE, len(_FREE), value)
        or (reckoned and _computed(values, size, value))
    )


@counted
def _ungrounded(data, offsets, ground, ground_offsets, missing, stated):
    parts, found = np.zeros(_TOKEN, np.uint64), np.empty(64, np.uint64)
    for row in range(len(missing)):
        at, stop, size = offsets[row], offsets[row + 1], -1
        while at < stop:
            if not _is_digit(data[at]):
                at += 1
                continue
            count, joined, clock, at = _token(data, at, stop, parts)
            if joined <= np.uint64(SMALL) or (count == 1 and _has(_FREE, len(_FREE), joined)):
                continue
            stated[row] += 1
            if size < 0:
                found, size = _numbers(
                    ground, ground_offsets[row], ground_offsets[row + 1], parts.copy(), found
                )
                values = np.unique(found[:size])
                found[: len(values)] = values
                size = len(values)
            fine = _has(found, size, joined)
            if not fine:
                fine = True
                for k in range(count):
                    fine = fine and _grounded(found, size, parts[k], count <= 2)
                fine = fine and not (clock and parts[1] != 0 and count == 2)
            missing[row] += np.int32(not fine)


@lean
def _gram(hashes, at):
    value = np.uint64(0)
    for k in range(GRAM):
        value = mix(value ^ hashes[at + k])
    return value | np.uint64(1)


@counted
def _shared(hashes, offsets, others, other_offsets, which, order, longest):
    table, held = np.zeros(64, np.uint64), -1
    for row in order:
        other = which[row]
        if other < 0:
            continue
        if other != held:
            held = other
            start, stop = other_offsets[other], other_offsets[other + 1] - GRAM + 1
            room = 64
            while room < 2 * max(stop - start, 0):
                room *= 2
            table = np.zeros(room, np.uint64)
            for at in range(start, stop):
                gram = _gram(others, at)
                slot = np.int64(gram >> np.uint64(1)) & (room - 1)
                while table[slot] != 0 and table[slot] != gram:
                    slot = (slot + 1) & (room - 1)
                table[slot] = gram
        run = 0
        for at in range(offsets[row], offsets[row + 1] - GRAM + 1):
            gram = _gram(hashes, at)
            slot = np.int64(gram >> np.uint64(1)) & (len(table) - 1)
            while table[slot] != 0 and table[slot] != gram:
                slot = (slot + 1) & (len(table) - 1)
            run = run + 1 if table[slot] == gram else 0
            if run:
                longest[row] = max(longest[row], run + GRAM - 1)
