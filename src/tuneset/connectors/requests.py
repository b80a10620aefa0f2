"""The requests of a batch, in files of their own: found among a source's files, and looked up by their id."""

import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
import orjson
import xxhash

from tuneset.connectors.files import SourceFile, discover
from tuneset.connectors.parts import Part, split
from tuneset.connectors.read import records
from tuneset.core.connector import Answering
from tuneset.core.registry import CONNECTORS, load, names
from tuneset.core.spec import Source

Object = Mapping[str, object]

_SAMPLE = 5


def requests_of(
    source: Source,
    found: Sequence[SourceFile],
    *,
    connector: Answering,
    root: Path,
    fetched: Path | None = None,
) -> list[SourceFile]:
    """The files with the requests of a source: those it names, else those of its own that hold nothing else.

    Raises:
        InputError: as `discover`, for the files that are named.
    """
    if source.requests is not None:
        named = source.model_copy(update={"path": source.requests, "name": source.title})
        return discover(named, root=root, fetched=fetched)
    return _asked(found, connector)


def requests_among(found: Sequence[SourceFile], *, connector: str) -> list[SourceFile]:
    """The files among these with what the records of a format answer; none if it needs none."""
    made = load(CONNECTORS, connector)()
    return _asked(found, made) if isinstance(made, Answering) else []


def needs_requests(connector: str) -> bool:
    """Do the records of a format answer what lies in files of their own?"""
    return isinstance(load(CONNECTORS, connector)(), Answering)


def is_asked(sample: Sequence[Object]) -> bool:
    """Are these records requests of a batch, of whatever provider, without their answers?"""
    makers = (load(CONNECTORS, name)() for name in names(CONNECTORS))
    return any(
        all(_is_request(value, made) for value in sample) for made in makers if isinstance(made, Answering)
    )


def _asked(found: Sequence[SourceFile], connector: Answering) -> list[SourceFile]:
    asked = [file for file in found if _holds_requests(file, connector)] if len(found) > 1 else []
    return asked if len(asked) < len(found) else []


def _holds_requests(file: SourceFile, connector: Answering) -> bool:
    """Are the first records requests of a batch?"""
    sample = [
        value
        for part in split(file)[:1]
        for batch in islice(records(part, batch_rows=_SAMPLE), 1)
        for value in batch.values[:_SAMPLE]
    ]
    return bool(sample) and all(_is_request(value, connector) for value in sample)


def _is_request(value: Object, connector: Answering) -> bool:
    has_id, has_body = type(value.get(connector.joins)) is str, type(value.get(connector.asks)) is dict
    return has_id and has_body and connector.recognises(value) is None


class Requests:
    """All requests in some files, found by their id: 24 bytes of memory each, text in a temporary file."""

    def __init__(self, parts: Sequence[Part], *, connector: Answering) -> None:
        """Reads the files.

        Raises:
            InputError: one of them as a whole cannot be read.
        """
        self._joins = connector.joins
        self._spool = tempfile.TemporaryFile()  # noqa: SIM115, open as long as the object lives
        weakref.finalize(self, self._spool.close)
        keys, starts = list[int](), [0]
        for value, raw in _requests_in(parts, connector):
            keys.append(_hash(value[self._joins]))
            starts.append(starts[-1] + self._spool.write(raw))
        order = np.argsort(np.array(keys, np.uint64), kind="stable")
        self._keys = np.array(keys, np.uint64)[order]
        self._starts = np.array(starts[:-1], np.int64)[order]
        self._sizes = np.diff(np.array(starts, np.int64))[order]

    def find(self, key: object) -> Object | None:
        """The request with this id; None if there is none, or if several differ."""
        if type(key) is not str:
            return None
        wanted = np.uint64(_hash(key))
        first, last = (
            np.searchsorted(self._keys, wanted, "left"),
            np.searchsorted(self._keys, wanted, "right"),
        )
        raws = {self._raw(place) for place in range(int(first), int(last))}
        found = [value for raw in raws if (value := orjson.loads(raw))[self._joins] == key]
        return found[0] if len(found) == 1 else None

    def _raw(self, place: int) -> bytes:
        self._spool.seek(int(self._starts[place]))
        return self._spool.read(int(self._sizes[place]))


def kept_requests(parts: tuple[Part, ...], connector: type[Answering]) -> Requests:
    """The requests in parts of files, kept for the next part of the source, which mostly needs the same."""
    return _kept(parts, connector, tuple(Path(part.path).stat().st_mtime_ns for part in parts))


@lru_cache(maxsize=1)
def _kept(parts: tuple[Part, ...], connector: type[Answering], _written: tuple[int, ...]) -> Requests:
    return Requests(parts, connector=connector())


def _requests_in(parts: Sequence[Part], connector: Answering) -> Iterator[tuple[Object, bytes]]:
    for part in parts:
        for batch in records(part):
            for value, raw in zip(batch.values, batch.raws, strict=True):
                if _is_request(value, connector):
                    yield value, raw


def _hash(key: object) -> int:
    return xxhash.xxh3_64_intdigest(str(key).encode())
