"""Evaluation log: a sample is a record, its number in the archive is its line; the header goes along."""

from collections.abc import Iterator

import orjson

from tuneset.connectors import eval_log
from tuneset.connectors.archive import Damaged, Member, whole
from tuneset.connectors.parts import Part
from tuneset.connectors.readers.batch import RecordBatch
from tuneset.connectors.streams import unreadable


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
    sample: Member,
    *,
    part: Part,
    line: int,
    header: dict[str, object],
    batch: RecordBatch,
    max_record_bytes: int,
) -> None:
    if eval_log.is_in_pieces(sample):
        return batch.reject(line, reason="unknown-shape", detail="a sample in pieces")
    if sample.size > max_record_bytes:
        return batch.reject(line, reason="line-too-long", detail=f"more than {max_record_bytes} bytes")
    try:
        raw = whole(part.path, sample)
    except Damaged:
        return batch.reject(line, reason="truncated-file", detail="a sample of the archive")
    except OSError as problem:
        raise unreadable(part.path, problem) from None
    good = len(batch.values)
    batch.parse(raw, line=line)
    if len(batch.values) > good:
        batch.values[-1] = {**batch.values[-1], **header}
    return None
