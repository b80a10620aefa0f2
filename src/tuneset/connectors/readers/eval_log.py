"""Evaluation log: a sample is a record, its number in the archive is its line; the header goes along."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TypeVar, cast

import orjson

from tuneset.connectors import eval_log
from tuneset.connectors.archive import Damaged, Member, whole
from tuneset.connectors.eval_log import Sample
from tuneset.connectors.parts import Part
from tuneset.connectors.readers.batch import RecordBatch, json_type
from tuneset.connectors.streams import unreadable
from tuneset.core.errors import Rejected

Kind = TypeVar("Kind", dict[str, object], list[object])

_MOST_ENTRIES = 200_000
"""Messages of a conversation; a few bytes in a file could ask for billions."""
_REFERENCE = re.compile(rb"attachment://([0-9]{1,12})\b")


def read(part: Part, *, batch_rows: int, max_record_bytes: int) -> Iterator[RecordBatch]:
    """Batches of samples, each with the log's `eval` beside its own fields.

    Raises:
        InputError: the archive cannot be read.
    """
    log = eval_log.listed(part.path, relative=part.file, limits=part.limits)
    header = _header(part.path, log.header)
    batch = RecordBatch()
    for line, sample in enumerate(log.samples[part.start : part.stop], 1):
        _add(sample, part=part, line=line, header=header, batch=batch, max_record_bytes=max_record_bytes)
        batch.physical_lines += 1
        if batch.read >= batch_rows:
            yield batch
            batch = RecordBatch()
    yield batch


def _header(path: str, member: Member | None) -> dict[str, object]:
    try:
        value = orjson.loads(whole(path, member)) if member else {}
    except (Damaged, orjson.JSONDecodeError):
        return {}
    except OSError as problem:
        raise unreadable(path, problem) from None
    told = value.get("eval") if type(value) is dict else None
    return {"eval": told} if type(told) is dict else {}


def _add(
    sample: Sample,
    *,
    part: Part,
    line: int,
    header: dict[str, object],
    batch: RecordBatch,
    max_record_bytes: int,
) -> None:
    try:
        pieces = _Pieces(part.path, most=max_record_bytes)
        raw = pieces.joined(sample) if sample.in_pieces else pieces.bytes_of(sample.file)
    except Damaged:
        return batch.reject(line, reason="truncated-file", detail="a sample of the archive")
    except Rejected as outcome:
        return batch.reject(line, reason=outcome.reason, detail=outcome.detail)
    except OSError as problem:
        raise unreadable(part.path, problem) from None
    good = len(batch.values)
    batch.parse(raw, line=line)
    if len(batch.values) > good:
        batch.values[-1] = {**batch.values[-1], **header}
    return None


class _Pieces:
    """Reads the files of one sample; what is taken from them together is no longer than a record may be."""

    def __init__(self, path: str, *, most: int) -> None:
        """Of the archive at `path`."""
        self._path, self._most, self._taken = path, most, 0

    def bytes_of(self, member: Member) -> bytes:
        """All bytes of a file.

        Raises:
            Rejected: line-too-long.
            Damaged, OSError: as `archive.whole`.
        """
        if member.size > self._most:
            raise Rejected("line-too-long", f"more than {self._most} bytes")
        return whole(self._path, member)

    def joined(self, sample: Sample) -> bytes:
        """A sample in pieces as the one record that it would have been, with the attachments it refers to.

        Raises:
            Rejected: not-json, unknown-shape, line-too-long.
            Damaged, OSError: as `archive.whole`.
        """
        record = _parsed(self.bytes_of(sample.file), dict, where="sample.json")
        said = self._entries(sample.messages, _numbers(record.pop("message_refs", [])), where="messages")
        record["messages"] = said
        if sample.metadata is not None:
            record["metadata"] = _parsed(self.bytes_of(sample.metadata), dict, where="metadata.json")
        wanted = sorted({int(number) for number in _REFERENCE.findall(_written(record))})
        attached = self._entries(sample.attachments, wanted, where="attachments")
        record["attachments"] = dict(zip(map(str, wanted), attached, strict=True))
        return _written(record)

    def _entries(
        self, files: Sequence[tuple[int, Member]], numbers: list[int], *, where: str
    ) -> list[object]:
        """The entries of these numbers, in their order; only the files that hold one of them are read."""
        starts = [start for start, _ in files]
        within: defaultdict[int, set[int]] = defaultdict(set)
        for number in numbers:
            within[bisect_right(starts, number) - 1].add(number)
        found: dict[int, object] = {}
        for place, some in within.items():
            start, file = files[place] if place >= 0 else (0, None)
            entries = _parsed(self.bytes_of(file), list, where=f"{where}/{start}.json") if file else []
            found |= {number: entries[number - start] for number in some if number - start < len(entries)}
        if not all(number in found for number in numbers):
            raise Rejected("unknown-shape", f"`{where}` lacks an entry that the sample refers to")
        sizes = {number: len(_written(entry)) for number, entry in found.items()}
        self._taken += sum(sizes[number] for number in numbers)
        if self._taken > self._most:
            raise Rejected("line-too-long", f"more than {self._most} bytes")
        return [found[number] for number in numbers]


def _numbers(refs: object) -> list[int]:
    """`message_refs`: ranges, each with the number of its first entry and of the one after its last.

    Raises:
        Rejected: unknown-shape, line-too-long.
    """
    numbers: list[int] = []
    for entry in cast("list[object]", refs) if type(refs) is list else [None]:
        match entry:
            case [int(first), int(stop)] if 0 <= first < stop:
                if len(numbers) + stop - first > _MOST_ENTRIES:
                    raise Rejected("line-too-long", f"more than {_MOST_ENTRIES} messages")
                numbers.extend(range(first, stop))
            case _:
                raise Rejected("unknown-shape", "`message_refs` are not ranges")
    return numbers


def _parsed(raw: bytes, kind: type[Kind], *, where: str) -> Kind:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Rejected("not-json", f"`{where}`") from None
    if type(value) is not kind:
        raise Rejected("unknown-shape", f"`{where}` is a {json_type(value)}")
    return value


def _written(value: object) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:
        raise Rejected("too-deep") from None
