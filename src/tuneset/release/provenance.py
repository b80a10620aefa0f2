"""`provenance.jsonl`: for each example of a release where it comes from and what was done to it.

Ids of people and conversations, even hashed ones, stay in the project.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.build.result import Build
from tuneset.exporters.text import TEXT, Text, large, listed, member, one_chunk, quoted, spliced
from tuneset.release.rows import bytes_of, hexed

FILE = "provenance.jsonl"

_TOLD = ("keep", "edit", "tag", "flag", "link")
_NAMES = ("stage", "action", "reason")
_PLAIN = (
    "split",
    "cell",
    "source",
    "file",
    "line",
    "licence",
    "kind",
    "model",
    "captured_at",
    "multiplicity",
)


TOLD = ("origin_id", "content_id", *_PLAIN)
"""Columns of `build.result.KEPT` that are read here."""


class Lineage:
    """Looks up, for ids in any order, what happened to them and which twins they stand for.

    Holds at most 28 bytes per different operation of an example and 48 per twin; no text.
    """

    def __init__(self, build: Build) -> None:
        """Reads the narrow columns of the build's events and verdicts."""
        self._twins = _twins(build)
        self._operations = _operations(build)
        pa.default_memory_pool().release_unused()  # sorting took several times of what is held

    def lines(self, examples: pa.Table) -> pa.Array:
        """`[n]` lines of JSON (`TEXT`, with line ends), one per kept example."""
        ids = one_chunk(examples.column("origin_id"))
        content_ids = hexed(examples.column("content_id"))
        plain = [_member(name, examples.column(name)) for name in _PLAIN]
        merged, done = self._twins.of(ids), self._operations.of(ids)
        head = ('{"id":"', hexed(ids), '","content_id":"', content_ids, '"')
        return spliced(*head, *plain, ',"merged":[', merged, '],"operations":[', done, "]}\n")


def _member(name: str, column: pa.ChunkedArray) -> Text:
    """`,"name":value` of each row; nothing where there is no value."""
    values = one_chunk(column)
    if pa.types.is_integer(values.type):
        return member(name, large(values))
    if pa.types.is_timestamp(values.type):  # UTC; without its zone the cast is 20 times as fast
        text = large(values.cast(pa.timestamp(values.type.unit)).cast(pa.string()))
        return member(name, spliced('"', pc.replace_substring(text, " ", "T"), 'Z"'))
    few = values.dictionary_encode(null_encoding="encode")  # names: each different one is encoded once
    told = member(name, quoted(few.dictionary))
    return told if isinstance(told, str) else told.take(few.indices)


@dataclass(frozen=True)
class _Told:
    """What belongs to ids: the values `codes[offsets[i]:offsets[i + 1]]` to the i-th id."""

    ids: pa.Array
    """`[k]` ascending."""
    offsets: np.ndarray
    """`int64[k + 1]`"""
    codes: np.ndarray
    encode: Callable[[np.ndarray], pa.Array]
    """JSON of codes."""

    def of(self, ids: pa.Array) -> pa.Array:
        """`[n]` for each id the JSON of its values, joined by commas."""
        low, high = self._between(ids)
        found = pc.index_in(ids, value_set=self.ids.slice(low, high - low))
        known = found.is_valid().to_numpy(zero_copy_only=False)
        at = found.drop_null().to_numpy() + low
        starts, counts = np.zeros(len(ids), np.int64), np.zeros(len(ids), np.int64)
        starts[known], counts[known] = self.offsets[at], self.offsets[at + 1] - self.offsets[at]
        ends = np.concatenate([[0], np.cumsum(counts)])
        flat = np.arange(ends[-1]) + np.repeat(starts - ends[:-1], counts)
        return listed(self.encode(self.codes[flat]), ends)

    def _between(self, ids: pa.Array) -> tuple[int, int]:
        """The stretch of our ids in which all of `ids` lie: small, as batches ascend."""
        if not len(ids):
            return 0, 0
        ends, every = pc.min_max(ids), range(len(self.ids))
        low = bisect_left(every, ends["min"].as_py(), key=lambda i: self.ids[i].as_py())
        return low, bisect_right(every, ends["max"].as_py(), key=lambda i: self.ids[i].as_py())


def _told(ids: pa.Array, codes: np.ndarray, *, encode: Callable[[np.ndarray], pa.Array]) -> _Told:
    """Groups row-aligned ids and codes; each pair counts once, codes ascend within an id."""
    pairs = pa.table({"id": ids, "code": pa.array(codes)})
    pairs = pairs.sort_by([("id", "ascending"), ("code", "ascending")])
    ordered, code = one_chunk(pairs.column("id")), pairs.column("code").to_numpy()
    number = np.frombuffer(bytes_of(ordered), np.uint64).reshape(-1, 2)
    new_id = np.ones(len(ordered), np.bool_)
    new_id[1:] = (number[1:] != number[:-1]).any(axis=1)
    new = new_id.copy()
    new[1:] |= code[1:] != code[:-1]
    offsets = np.append(np.flatnonzero(new_id[new]), new.sum())
    return _Told(ordered.filter(pa.array(new_id)), offsets, code[new], encode)


def _twins(build: Build) -> _Told:
    groups = build.verdict_groups(["kept_by", "origin_id"])
    merged = pa.concat_tables([group.filter(group.column("kept_by").is_valid()) for group in groups])
    merged = merged.sort_by("origin_id")
    twins = one_chunk(merged.column("origin_id"))

    def encode(codes: np.ndarray) -> pa.Array:
        return spliced('"', hexed(twins.take(pa.array(codes))), '"')

    return _told(one_chunk(merged.column("kept_by")), np.arange(len(twins)), encode=encode)


def _operations(build: Build) -> _Told:
    """Distinct operations of an example, ordered by stage, action, reason."""
    events = build.events(["origin_id", *_NAMES], dictionaries=True)
    told = events.filter(pc.is_in(events.column("action").cast(pa.string()), value_set=pa.array(_TOLD)))
    names = [one_chunk(told.column(name)) for name in _NAMES]
    sizes = [max(1, len(column.dictionary)) for column in names]
    joined = np.ravel_multi_index([column.indices.to_numpy().astype(np.int64) for column in names], sizes)
    different, code = np.unique(joined, return_inverse=True)
    places = zip(*(place.tolist() for place in np.unravel_index(different, sizes)), strict=True)
    kinds = [
        tuple(column.dictionary[i].as_py() for column, i in zip(names, at, strict=True)) for at in places
    ]
    order = sorted(range(len(kinds)), key=kinds.__getitem__)
    words = pa.array([orjson.dumps(dict(zip(_NAMES, kinds[i], strict=True))).decode() for i in order], TEXT)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order))
    return _told(
        one_chunk(told.column("origin_id")), rank[code], encode=lambda codes: words.take(pa.array(codes))
    )
