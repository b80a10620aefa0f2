"""Chance out of hashes, and the draw of at most so many a user and a day.

A record's number for a purpose is its hash, mixed with a seed of that purpose: uniform, the same everywhere,
and independent between purposes. "At most k" takes the k smallest numbers of a group, so each record of a
group of n has the same probability k/n, and a group that grows exchanges few records.

Source: bottom-k sampling, Cohen & Kaplan 2007, section 2; mixing: splitmix64, Steele et al. 2014.
"""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.spec import Sampling

UNKNOWN_DAY = np.iinfo(np.int32).min


@dataclass(frozen=True)
class Drawn:
    """`taken`: `bool[n]`; `inclusion`: `float64[n]`, the probability of each, given its group."""

    taken: np.ndarray
    inclusion: np.ndarray


def words(records: pa.Array) -> np.ndarray:
    """`uint64[n, 2]`: the hashes of records (`binary(16)`) as numbers in the order of their bytes."""
    raw = np.frombuffer(records.buffers()[1] or b"", ">u8")[2 * records.offset :][: 2 * len(records)]
    return raw.astype(np.uint64).reshape(-1, 2)


def chance(records: np.ndarray, *, salt: str, purpose: str) -> np.ndarray:
    """`uint64[n]`: the number of each record (`uint64[n, 2]`) for a purpose, uniform over all 64 bits."""
    seed = blake2b(f"{purpose}\0{salt}".encode(), digest_size=8, person=b"tuneset:sample").digest()
    mixed = records[:, 0] ^ (records[:, 1] << np.uint64(1)) ^ np.uint64(int.from_bytes(seed, "big"))
    mixed = mixed + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def by_rate(records: np.ndarray, spec: Sampling) -> np.ndarray:
    """`bool[n]`: the records that `rate` takes; at a higher rate also those of a lower one."""
    if spec.rate >= 1:
        return np.ones(len(records), bool)
    limit = np.uint64(min(int(spec.rate * 2.0**64), 2**64 - 1))
    return chance(records, salt=spec.salt, purpose="rate") < limit


def draw(records: np.ndarray, *, user: np.ndarray, day: np.ndarray, spec: Sampling) -> Drawn:
    """At most `per_user` of each user, and of these at most `per_day` of each day.

    Args:
        records: `uint64[n, 2]`, different records of one source. user: `uint64[n]`, 0 if unknown.
        day: `int32[n]`, days since 1970, `UNKNOWN_DAY` if unknown.
        spec: the limits.
    """
    taken, inclusion = np.ones(len(records), bool), np.ones(len(records))
    for limit, group, purpose, limited in (
        (spec.per_user, user, "per_user", user != 0),
        (spec.per_day, day.astype(np.int64), "per_day", np.ones(len(records), bool)),
    ):
        if limit is None:
            continue
        (here,) = np.nonzero(taken & limited)
        first, share = _smallest(
            group[here], chance(records[here], salt=spec.salt, purpose=purpose), records[here], limit=limit
        )
        taken[here] = first
        inclusion[here] *= share
    return Drawn(taken, inclusion)


def _smallest(
    group: np.ndarray, number: np.ndarray, records: np.ndarray, *, limit: int
) -> tuple[np.ndarray, np.ndarray]:
    """Which have one of the `limit` smallest numbers of their group, and what share of the group that is."""
    order = np.lexsort((records[:, 1], records[:, 0], number, group))
    _, start, which, count = np.unique(
        group[order], return_index=True, return_inverse=True, return_counts=True
    )
    first = np.empty(len(group), bool)
    share = np.empty(len(group))
    first[order] = np.arange(len(group)) - start[which] < limit
    share[order] = np.minimum(1.0, limit / count[which])
    return first, share


def day_of(captured_at: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """`int32[n]`: days since 1970 (UTC) of timestamps in microseconds; `UNKNOWN_DAY` for null."""
    at = captured_at.cast(pa.int64())
    days = np.floor_divide(np.asarray(pc.fill_null(at, 0)), 86_400_000_000).astype(np.int32)
    return np.where(np.asarray(at.is_null()), np.int32(UNKNOWN_DAY), days)
