"""How the pairs of `join.bucket_pairs` change when few rows come or go, without a look at the rest.

A bucket proposes its smallest row with each other one, and each row with the next along an order. Someone
who comes between two neighbours parts them and meets both; who goes leaves two new neighbours. So it is
enough to know, for each who came or went, who of the others stands before and behind: one pass over the keys.
Only where the smallest row of a bucket is another one than before everybody has to meet again.
"""
# ruff: noqa: ANN001, ANN202 - the types of numba kernels are inferred
# pyright: reportMissingParameterType=false

from typing import NamedTuple

import numpy as np

from tuneset.kernels.compare import Screen, passes
from tuneset.kernels.lean import lean, lean_inline

AWAY, STAYS, CAME, WENT = np.arange(4, dtype=np.int8)
"""A row now and before: absent in both; in both; only now; only before."""


class Changes(NamedTuple):
    """Packed pairs (`i << 32 | j`, i < j) of the buckets of one key.

    Attributes:
        added: `int64[a]`, sorted; they pass the screen.
        removed: `int64[r]`, sorted, among rows that stay.
        again: `uint64[b]` keys whose buckets have to be searched as a whole.
    """

    added: np.ndarray
    removed: np.ndarray
    again: np.ndarray


class _Few(NamedTuple):
    """Rows that came or went, in the order of (bucket, along, row); those of bucket `b` are
    `starts[b]:starts[b + 1]`.
    """

    starts: np.ndarray
    places: np.ndarray
    along: np.ndarray
    rows: np.ndarray
    came: np.ndarray


def changes(
    keys: np.ndarray, rows: np.ndarray, *, order: np.ndarray, state: np.ndarray, screen: Screen
) -> Changes:
    """How the pairs of `bucket_pairs` differ from those before.

    Args:
        keys, rows, order: as of `bucket_pairs`, `[m]`; the rows are distinct.
        state: `int8[m]` who is there now, and who was. screen: of the `m` texts.

    Cost: 3 ns a row, 30 more for each row of a bucket that someone entered or left.
    """
    (some,) = np.nonzero((state >= CAME) & (keys != 0))
    some = some[np.lexsort((rows[some], order[some], keys[some]))]
    opens = np.flatnonzero(np.append(True, keys[some][1:] != keys[some][:-1])) if len(some) else some
    starts = np.append(opens, len(some)).astype(np.int64)
    few = _Few(starts, some, order[some], rows[some], state[some] == CAME)
    own = keys[some[opens]]
    known = _known(own)
    gaps = len(some) + len(own)
    first, low, high = (np.full(size, -1, np.int64) for size in (len(own), gaps, gaps))
    asked = _let_in(keys, known[0])
    _stand(keys, rows, order, state, asked, *known[1:], few.starts, few.along, few.rows, first, low, high)
    added, removed = np.empty(3 * len(some) + gaps, np.int64), np.empty(gaps, np.int64)
    again = np.zeros(len(own), np.bool_)
    counts = np.zeros(2, np.int64)
    _walk(few.starts, few.places, few.came, rows, first, low, high, again, added, removed, counts, *screen)
    return Changes(np.sort(added[: counts[0]]), np.sort(removed[: counts[1]]), own[again])


def held(keys: np.ndarray, some: np.ndarray) -> np.ndarray:
    """`int64[k]`: where `uint64[m]` keys are among others, which are few; 0 is no key."""
    gate, table, _bucket = _known(some[some != 0])
    asked = _let_in(keys, gate)
    marks = np.empty(len(asked), np.bool_)
    _mark(keys, asked, table, marks)
    return asked[marks].astype(np.int64)


def kept_pairs(pairs: np.ndarray, number: np.ndarray, calm: np.ndarray, removed: np.ndarray) -> np.ndarray:
    """`int64[k]`: pairs as packed numbers, of calm rows that still have one, but for some others.

    Args:
        pairs: `uint32[m, 2]`. number: `int64[r]`, -1 for rows that are gone; pairs whose rows stand the other
            way round now are left out. calm: `bool[n]` by number.
        removed: packed pairs to leave out, few.
    """
    gate, table, _bucket = _known(removed.view(np.uint64))
    kept = np.empty(len(pairs), np.int64)
    return kept[: _keep(pairs, number, calm, gate, table, kept)]


def _known(own: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A hash table of `uint64[b]` keys that are not 0, with the place of each, and a look before it."""
    room = 1 << int(4 * max(len(own), 4) - 1).bit_length()  # at most a quarter is taken
    gate, table, bucket = (
        np.zeros(_GATE // 64, np.uint64),
        np.zeros(room, np.uint64),
        np.empty(room, np.int32),
    )
    _enter(gate, table, bucket, own)
    return gate, table, bucket


_GATE = 1 << 18
"""Bits of the look that most keys get: few enough to stay in the nearest cache."""


@lean_inline
def _may_be(gate, key):
    """Has a key with the same last bits been entered?"""
    bit = key & np.uint64(_GATE - 1)
    return gate[bit >> np.uint64(6)] >> (bit & np.uint64(63)) & np.uint64(1) != np.uint64(0)


@lean_inline
def _slot(table, key):
    """Where a key stands in a table, or the free place where it would stand."""
    mask = np.uint64(len(table) - 1)
    slot = (key >> np.uint64(32)) & mask
    while table[slot] != np.uint64(0) and table[slot] != key:
        slot = (slot + np.uint64(1)) & mask
    return slot


@lean
def _enter(gate, table, bucket, own):
    for b in range(len(own)):
        bit, slot = own[b] & np.uint64(_GATE - 1), _slot(table, own[b])
        gate[bit >> np.uint64(6)] |= np.uint64(1) << (bit & np.uint64(63))
        table[slot], bucket[slot] = own[b], b


@lean
def _keep(pairs, number, calm, gate, table, kept):
    k = 0
    for p in range(len(pairs)):
        i, j = number[pairs[p, 0]], number[pairs[p, 1]]
        if i < 0 or j <= i or not (calm[i] and calm[j]):
            continue
        packed = i << 32 | j
        key = np.uint64(packed)
        if _may_be(gate, key) and table[_slot(table, key)] == key:
            continue
        kept[k] = packed
        k += 1
    return k


@lean
def _mark(keys, asked, table, marks):
    for n in range(len(asked)):
        marks[n] = table[_slot(table, keys[asked[n]])] != np.uint64(0)


@lean_inline
def _before(along, row, other_along, other_row):
    return along < other_along or (along == other_along and row < other_row)


def _let_in(keys: np.ndarray, gate: np.ndarray) -> np.ndarray:
    """`int32[k]`: where keys are that may have been entered."""
    asked = np.empty(len(keys) + 1, np.int32)
    return asked[: _pass(keys, gate, asked)]


@lean
def _pass(keys, gate, asked):
    n = 0
    for k in range(len(keys)):
        bit = keys[k] & np.uint64(_GATE - 1)
        asked[n] = k  # always, as a branch that is taken now and then costs more
        n += np.int64(gate[bit >> np.uint64(6)] >> (bit & np.uint64(63)) & np.uint64(1))
    return n


@lean
def _stand(keys, rows, order, state, asked, table, bucket, starts, few_along, few_rows, first, low, high):
    """Of the rows that stay: the smallest of each bucket (`first`), and the outermost of those that stand in
    a gap between the few of their bucket (`low`, `high`); as places, -1 for none. Bucket `b` has one gap more
    than it has few.
    """
    for n in range(len(asked)):
        k = asked[n]
        slot = _slot(table, keys[k])
        if table[slot] == np.uint64(0) or state[k] != STAYS:
            continue
        b = bucket[slot]
        if first[b] < 0 or rows[k] < rows[first[b]]:
            first[b] = k
        start, stop = starts[b], starts[b + 1]
        while start < stop:
            middle = (start + stop) // 2
            if _before(few_along[middle], few_rows[middle], order[k], rows[k]):
                start = middle + 1
            else:
                stop = middle
        gap = start + b
        if low[gap] < 0 or _before(order[k], rows[k], order[low[gap]], rows[low[gap]]):
            low[gap] = k
        if high[gap] < 0 or _before(order[high[gap]], rows[high[gap]], order[k], rows[k]):
            high[gap] = k


@lean_inline
def _packed(rows, a, b):
    return min(rows[a], rows[b]) << 32 | max(rows[a], rows[b])


@lean
def _smallest(rows, first, places, came, now):
    """The place of the smallest row of a bucket: now, or before."""
    for k in range(len(places)):
        if came[k] == now and (first < 0 or rows[places[k]] < rows[first]):
            first = places[k]
    return first


@lean
def _walk(
    starts,
    places,
    came,
    rows,
    first,
    low,
    high,
    again,
    added,
    removed,
    counts,
    bits,
    lengths,
    min_words,
    min_jaccard,
):
    """Goes along each bucket, through the few and the gaps between them, as it is and as it was."""
    a, r = 0, 0
    for b in range(len(first)):
        start, stop = starts[b], starts[b + 1]
        head = _smallest(rows, first[b], places[start:stop], came[start:stop], True)
        if head < 0 or head != _smallest(rows, first[b], places[start:stop], came[start:stop], False):
            again[b] = True
            continue
        now, then = -1, -1  # who stands before
        for s in range(start, stop + 1):
            behind = low[s + b]
            if behind >= 0:
                if now != then and behind != head:
                    joined = now >= 0 and now != head
                    if joined and passes(bits, lengths, min_words, min_jaccard, now, behind):
                        added[a] = _packed(rows, now, behind)
                        a += 1
                    if then >= 0 and then != head:
                        removed[r] = _packed(rows, then, behind)
                        r += 1
                now = then = high[s + b]
            if s == stop:
                break
            here = places[s]
            if not came[s]:
                then = here
                continue
            if now >= 0 and now != head and passes(bits, lengths, min_words, min_jaccard, now, here):
                added[a] = _packed(rows, now, here)
                a += 1
            if passes(bits, lengths, min_words, min_jaccard, head, here):
                added[a] = _packed(rows, head, here)
                a += 1
            now = here
    counts[0], counts[1] = a, r
