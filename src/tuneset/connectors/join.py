"""Results and what they answer, in two files: the requests of a batch are joined to its results by an id.

A connector asks for it with an attribute `joins`, the key of the id; its records get what was found under
`request`. The requests lie in the files that the source names (`requests`), or in those of its own files
that hold nothing else: those are then no logs.
"""

import tempfile
import weakref
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
import orjson
import xxhash

from tuneset.connectors.files import SourceFile, discover
from tuneset.connectors.parts import digest, split
from tuneset.connectors.read import MAX_RECORD_BYTES, records
from tuneset.connectors.readers.batch import RecordBatch
from tuneset.core.connector import Connector
from tuneset.core.spec import Source

_KEY = "custom_id"
_BODIES = ("body", "params")
_ANSWERS = ("response", "result", "error")
_SAMPLE = 5


def joins(connector: object) -> str | None:
    """The key by which a connector's records are joined to their requests; None if they are not."""
    key = getattr(connector, "joins", None)
    return key if type(key) is str else None


def logs_and_requests(source: Source, *, root: Path) -> tuple[list[SourceFile], list[SourceFile]]:
    """The files of a source, apart: logs, and files that only hold requests.

    Raises:
        InputError: as `discover`.
    """
    files = discover(source, root=root)
    named: list[SourceFile] = []
    if source.requests is not None:
        named = discover(Source(path=source.requests, name=source.title), root=root)
    paths = {file.path for file in named}
    if not named and len(files) > 1:
        named = [file for file in files if _holds_requests(file)]
        paths = {file.path for file in named}
    logs = [file for file in files if file.path not in paths]
    return (logs, named) if logs else (files, [])


def _holds_requests(file: SourceFile) -> bool:
    """Are the first records requests of a batch?"""
    sample = [
        value
        for part in split(file)[:1]
        for batch in islice(records(part, batch_rows=_SAMPLE), 1)
        for value in batch.values[:_SAMPLE]
    ]
    return bool(sample) and all(_is_request(value) for value in sample)


def _is_request(value: dict[str, object]) -> bool:
    bodies = any(type(value.get(name)) is dict for name in _BODIES)
    return type(value.get(_KEY)) is str and bodies and not any(name in value for name in _ANSWERS)


def requests_digest(files: Sequence[SourceFile]) -> str:
    """32 hex digits over the bytes of all files, whatever they are called and in whatever order."""
    found = sorted(digest(part) for file in files for part in split(file, part_bytes=max(file.size, 1)))
    return xxhash.xxh3_128("\n".join(found).encode()).hexdigest()


class Requests:
    """All requests of some files, found by their id: 24 bytes of memory each, text in a temporary file."""

    def __init__(self, files: Sequence[SourceFile], *, max_record_bytes: int = MAX_RECORD_BYTES) -> None:
        """Reads the files.

        Raises:
            InputError: one of them as a whole cannot be read.
        """
        self._spool = tempfile.TemporaryFile()  # noqa: SIM115, open as long as the object lives
        weakref.finalize(self, self._spool.close)
        keys, starts, end = list[int](), [0], 0
        for file in files:
            for value, raw in _requests_in(file, max_record_bytes=max_record_bytes):
                keys.append(_hash(value[_KEY]))
                end += self._spool.write(raw)
                starts.append(end)
        order = np.argsort(np.array(keys, np.uint64), kind="stable")
        self._keys = np.array(keys, np.uint64)[order]
        self._starts = np.array(starts[:-1], np.int64)[order]
        self._sizes = np.diff(np.array(starts, np.int64))[order]

    def find(self, key: object) -> dict[str, object] | None:
        """The request with this id; None if there is none, or if several differ."""
        if type(key) is not str:
            return None
        wanted = np.uint64(_hash(key))
        first, last = (
            np.searchsorted(self._keys, wanted, "left"),
            np.searchsorted(self._keys, wanted, "right"),
        )
        raws = {self._raw(place) for place in range(int(first), int(last))}
        found = [value for raw in raws if (value := orjson.loads(raw))[_KEY] == key]
        return found[0] if len(found) == 1 else None

    def _raw(self, place: int) -> bytes:
        self._spool.seek(int(self._starts[place]))
        return self._spool.read(int(self._sizes[place]))


def requests_of(files: Sequence[SourceFile], digest: str) -> Requests:
    """The requests in files with this `requests_digest`; those of one source are kept for its next part."""
    return _kept(tuple(files), digest)


@lru_cache(maxsize=1)
def _kept(files: tuple[SourceFile, ...], _digest: str) -> Requests:
    return Requests(files)


def _requests_in(file: SourceFile, *, max_record_bytes: int) -> Iterator[tuple[dict[str, object], bytes]]:
    for part in split(file):
        for batch in records(part, max_record_bytes=max_record_bytes):
            for value, raw in zip(batch.values, batch.raws, strict=True):
                if _is_request(value):
                    yield value, raw


def _hash(key: object) -> int:
    return xxhash.xxh3_64_intdigest(str(key).encode())


def joined(
    batches: Iterator[RecordBatch], *, connector: Connector, requests: Requests | None
) -> Iterator[RecordBatch]:
    """The batches with its request under `request` in each record for which one is found."""
    key = joins(connector)
    if key is None or requests is None:
        return batches
    return (_with_requests(batch, key=key, requests=requests) for batch in batches)


def _with_requests(batch: RecordBatch, *, key: str, requests: Requests) -> RecordBatch:
    for number, value in enumerate(batch.values):
        request = requests.find(value.get(key)) if "request" not in value else None
        if request is not None:
            batch.values[number] = {**value, "request": request}
    return batch
