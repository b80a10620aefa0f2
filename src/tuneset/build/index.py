"""The narrow view of all examples at once, in the order of their origin ids.

Global steps number examples by that order, so nothing they decide can depend on how the logs were cut into
parts,
in which order these were read, or how the files are called.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.build.prepare import KEYS, open_ipc
from tuneset.core.example import ID, Messages
from tuneset.core.ids import RecordHash, origin_id
from tuneset.kernels.order import grouped, lexicographic
from tuneset.kernels.words import sequence_digest
from tuneset.stages.dedupe import Signatures

_BLOCK = 16_384  # rows that are written at a time


@dataclass(frozen=True)
class Index:
    """`n` examples sorted by origin_id. `part[i]`, `row[i]` say where example `i` lies in the cache."""

    ids: np.ndarray
    """`S16[n]`-like bytes as two big-endian words, `uint64[n, 2]`: the final origin ids."""
    part: np.ndarray
    row: np.ndarray
    keys: pa.Table
    """`KEYS` columns, row-aligned, in one chunk; its origin_id column holds the final ids."""
    moved: np.ndarray
    """`bool[n]`: its id is not the one that its part gave it."""
    renamed: dict[int, dict[bytes, bytes]]
    """Part → provisional id → final id, for records that occur byte for byte in several parts."""
    paths: tuple[Path, ...]
    """Cache directory of each part."""

    def __len__(self) -> int:
        return len(self.part)

    @cached_property
    def origin_ids(self) -> pa.Array:
        """`binary(16)[n]`."""
        return self.keys.column("origin_id").chunk(0) if len(self) else pa.array([], ID)

    def column(self, name: str) -> np.ndarray:
        """A key column as numpy."""
        return self.keys.column(name).to_numpy()

    @cached_property
    def signatures(self) -> Signatures:
        """Signatures of all examples; bits, bands and vectors are empty (see `vectors`)."""
        found = pa.concat_tables([open_ipc(path / "signatures.arrow") for path in self.paths])
        return Signatures.from_table(found.take(pa.array(self.place)).combine_chunks())

    def vectors(self, examples: np.ndarray, *, into: Path | None = None) -> np.ndarray:
        """`int8[k, 256]`: sentence vectors of some examples, given by number; `into`: as of `rows_of`."""
        part, row = self.part[examples], self.row[examples]
        return rows_of("vectors.npy", self.paths, part=part, row=row, into=into)

    def threads(self, conversation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Digests of the messages (`stages.traces`), `uint64[m]`, and `int64[n + 1]`: which belong to whom.
        Examples whose `conversation` nobody else has get none.
        """
        same = grouped(conversation)
        wanted = (conversation != 0) & same.each(same.counts > 1)
        length, first = np.zeros(len(self), np.int64), np.zeros(len(self), np.int64)
        for number, path in enumerate(self.paths):
            (here,) = np.nonzero(wanted & (self.part == number))
            bounds = _message_bounds(path) if len(here) else np.zeros(1, np.int64)
            first[here] = bounds[self.row[here]]
            length[here] = bounds[self.row[here] + 1] - first[here]
        offsets = np.concatenate([[0], np.cumsum(length)])
        digests = np.zeros(int(offsets[-1]), np.uint64)
        for number, path in enumerate(self.paths):
            (here,) = np.nonzero((length > 0) & (self.part == number))
            if len(here):
                found = np.load(path / "threads.npy", mmap_mode="r")
                digests[_run(offsets[here], length[here])] = found[_run(first[here], length[here])]
        return digests, offsets

    @cached_property
    def asked(self) -> np.ndarray:
        """`uint64[n]`: what an example is asked: words of the input in order, system prompt, protected
        words.
        """
        found = self.signatures
        columns = np.stack([found.input, found.system, found.protected], axis=1)
        return sequence_digest(columns.ravel(), 3 * np.arange(len(self) + 1))

    @cached_property
    def place(self) -> np.ndarray:
        """`int64[n]`: position of each example in the parts laid end to end."""
        return self._starts[self.part] + self.row

    @cached_property
    def _starts(self) -> np.ndarray:
        counts = np.bincount(self.part, minlength=len(self.paths))
        return np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)


def build_index(paths: list[Path]) -> Index:
    """Reads the keys of all parts (given in the order of their files) and sorts them by final origin id."""
    tables = [open_ipc(path / "keys.arrow") for path in paths]
    keys = pa.concat_tables([KEYS.empty_table(), *tables]).combine_chunks()
    part = np.repeat(np.arange(len(tables), dtype=np.int32), [len(t) for t in tables])
    row = np.concatenate([np.arange(len(t)) for t in tables]) if tables else np.empty(0, np.int64)
    dropped = [
        open_ipc(path / "dropped.arrow").column("origin_id") for path in paths
    ]  # they count as occurrences
    every = pa.chunked_array(
        [*keys.column("origin_id").chunks, *(c for ids in dropped for c in ids.chunks)], ID
    )
    gone = np.repeat(np.arange(len(tables), dtype=np.int32), [len(ids) for ids in dropped])
    given = numbers_of(every)
    ids, renamed, order = _occurrences(given, part=np.concatenate([part, gone]))
    order = order[order < len(part)]
    moved = (ids != given).any(axis=1)[order]
    ids = ids[order]
    keys = keys.drop_columns("origin_id").take(pa.array(order)).combine_chunks()
    keys = keys.add_column(0, KEYS.field("origin_id"), _binary(ids))
    return Index(ids, part[order], row[order], keys, moved, renamed, tuple(paths))


def numbers_of(column: pa.ChunkedArray) -> np.ndarray:
    """`uint64[n, 2]` whose order is the order of the bytes."""
    chunks = [chunk for chunk in column.chunks if len(chunk)]
    if not chunks:
        return np.empty((0, 2), np.uint64)
    raw = [np.frombuffer(c.buffers()[1], ">u8")[2 * c.offset : 2 * (c.offset + len(c))] for c in chunks]
    return np.concatenate(raw).astype(np.uint64).reshape(-1, 2)


def _binary(ids: np.ndarray) -> pa.Array:
    return pa.Array.from_buffers(ID, len(ids), [None, pa.py_buffer(ids.astype(">u8").tobytes())])


def _occurrences(
    ids: np.ndarray, *, part: np.ndarray
) -> tuple[np.ndarray, dict[int, dict[bytes, bytes]], np.ndarray]:
    """Numbers byte-identical records through all parts; within a part they are numbered already.

    A record that occurs `k` times gets the ids of occurrences 0 .. k-1, however its copies lie in the parts.

    Returns:
        The final ids, who was renamed, and the order of the final ids.
    """
    order = lexicographic(ids[:, 0], ids[:, 1], part)
    same = (ids[order[1:]] == ids[order[:-1]]).all(axis=1)
    renamed: dict[int, dict[bytes, bytes]] = {}
    if not same.any():
        return ids, renamed, order
    final = ids.copy()
    copies = _copies(ids, order=order, repeated=order[1:][same])
    for record, rows in copies.items():
        for occurrence, i in enumerate(rows):
            old, new = _bytes(ids[i]), origin_id(RecordHash(record), occurrence=occurrence)
            if old != new:
                renamed.setdefault(int(part[i]), {})[old] = new
                final[i] = np.frombuffer(new, ">u8")
    return final, renamed, lexicographic(final[:, 0], final[:, 1])


def _copies(ids: np.ndarray, *, order: np.ndarray, repeated: np.ndarray) -> dict[bytes, list[int]]:
    """Record hash → rows of its copies by (occurrence within the part, part), for records in more than
    one part.
    """
    first, second = ids[order, 0], ids[order, 1]

    def rows(entry: bytes) -> list[int]:
        high, low = (int(word) for word in np.frombuffer(entry, ">u8"))
        start, stop = (
            np.searchsorted(first, np.uint64(high), "left"),
            np.searchsorted(first, np.uint64(high), "right"),
        )
        return [
            int(i) for i, word in zip(order[start:stop], second[start:stop], strict=True) if int(word) == low
        ]

    found: dict[bytes, list[int]] = {}
    later: set[bytes] = set()
    repeats = sorted({_bytes(ids[i]) for i in repeated})
    for record in repeats:
        members, occurrence = rows(record), 1
        while more := rows(origin_id(RecordHash(record), occurrence=occurrence)):
            later.add(origin_id(RecordHash(record), occurrence=occurrence))
            members += more
            occurrence += 1
        found[record] = members
    # a second occurrence that is itself in two parts belongs to its record, not to a chain of its own
    return {record: members for record, members in found.items() if record not in later}


def _bytes(entry: np.ndarray) -> bytes:
    return entry.astype(">u8").tobytes()


def _message_bounds(path: Path) -> np.ndarray:
    """`int64[rows + 1]`: where the messages of each example of a part begin."""
    return Messages.of(open_ipc(path / "examples.arrow").select(["messages"])).offsets


def _run(start: np.ndarray, length: np.ndarray) -> np.ndarray:
    """`int64`: `start[0], start[0] + 1, …` for `length[0]` numbers, then the next run."""
    before = np.cumsum(length) - length
    return np.repeat(start - before, length) + np.arange(int(length.sum()))


def rename(ids: pa.ChunkedArray | pa.Array, names: dict[bytes, bytes]) -> pa.ChunkedArray | pa.Array:
    """The ids with the renamed ones exchanged."""
    if not names:
        return ids
    old, new = pa.array(list(names), ID), pa.array(list(names.values()), ID)
    return pc.coalesce(new.take(pc.index_in(ids, old)), ids)


def rows_of(
    name: str, paths: Sequence[Path], *, part: np.ndarray, row: np.ndarray, into: Path | None = None
) -> np.ndarray:
    """`[k, ...]`: the rows at `part[k]`, `row[k]` of the array `name` of the parts.

    A part without examples says nothing about the width of a row. `into`: a new file that holds what is
    gathered, so that the system may take its memory back.
    """
    parts = [np.load(path / name, mmap_mode="r") for path in paths]
    if not parts:
        return np.zeros((0, 0), np.int8)
    like = next((rows for rows in parts if len(rows)), parts[0])
    shape = (len(part), *like.shape[1:])
    if into is None or 0 in shape:
        found = np.zeros(shape, like.dtype)
        _gather(parts, part, row, found)
        return found
    with array_file(into, like.dtype, shape) as file:
        block = np.empty((_BLOCK, *shape[1:]), like.dtype)
        for start in range(0, len(part), _BLOCK):
            some = block[: len(part) - start]
            _gather(parts, part[start : start + _BLOCK], row[start : start + _BLOCK], some)
            file.write(some.data)
    return np.asarray(np.load(into, mmap_mode="r+"))


@contextmanager
def array_file(path: Path, dtype: np.dtype, shape: tuple[int, ...]) -> Generator[BinaryIO]:
    """A new file of an array, of which the rows have yet to be written: written, not mapped, because a page
    that is faulted in costs three times as much.
    """
    with path.open("wb") as file:
        header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        yield file


def _gather(parts: Sequence[np.ndarray], part: np.ndarray, row: np.ndarray, found: np.ndarray) -> None:
    """Puts the rows at `part[k]`, `row[k]` to `found[k]`."""
    same = grouped(part)
    for number, start, stop in zip(part[same.first], same.starts[:-1], same.starts[1:], strict=True):
        here = same.order[start:stop]
        found[here] = parts[number][row[here]]
