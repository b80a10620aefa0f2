"""Who an example is (`origin_id`) and what it says now (`content_id`).

Both are public contracts: a change here breaks every release ever made, so the digests of a few known
inputs are pinned in `tests/core/test_ids.py`.
"""

from hashlib import blake2b
from typing import NewType

OriginId = NewType("OriginId", bytes)
ContentId = NewType("ContentId", bytes)
RecordHash = NewType("RecordHash", bytes)

ID_BYTES = 16


def record_hash(raw: bytes, *, source: str) -> RecordHash:
    """Digest of one raw record of a source: equal for byte-identical records, wherever they stand."""
    digest = blake2b(source.encode(), digest_size=ID_BYTES, person=b"tuneset:record")
    digest.update(b"\0")
    digest.update(raw)
    return RecordHash(digest.digest())


def origin_id(record: RecordHash, *, occurrence: int = 0) -> OriginId:
    """Id of the `occurrence`-th (from 0) of several byte-identical records; the first keeps the record's hash.

    Identical records are interchangeable, so which of them is called first cannot change a release.
    """
    if occurrence == 0:
        return OriginId(bytes(record))
    digest = blake2b(record, digest_size=ID_BYTES, person=b"tuneset:origin")
    digest.update(occurrence.to_bytes(8, "little"))
    return OriginId(digest.digest())


def content_id(canonical: bytes) -> ContentId:
    """Id of a canonical conversation (`core.canonical.canonical_messages`): changes with every edit."""
    return ContentId(blake2b(canonical, digest_size=ID_BYTES, person=b"tuneset:content").digest())


def keyed(value: str, *, key: bytes) -> str:
    """32 hex digits that stand for a log's own id; meaningless without the project's key."""
    return blake2b(value.encode(), digest_size=16, key=key, person=b"tuneset:keyed").hexdigest()
