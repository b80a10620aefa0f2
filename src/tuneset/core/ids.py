"""Who an example is (`origin_id`) and what it says now (`content_id`).

Both are public contracts: a change here breaks every release ever made, so the digests of a few known
inputs are pinned in `tests/core/test_ids.py`.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import NewType, cast

OriginId = NewType("OriginId", bytes)
ContentId = NewType("ContentId", bytes)
RecordHash = NewType("RecordHash", bytes)

ID_BYTES = 16


def record_hash(raw: bytes, *, source: str) -> RecordHash:
    """Digest of one raw record of a source: equal for byte-identical records, wherever they stand."""
    [found] = record_hashes((raw,), source=source)
    return found


def record_hashes(raws: Iterable[bytes], *, source: str) -> list[RecordHash]:
    """`record_hash` of each of many records of one source."""
    begun = blake2b(source.encode() + b"\0", digest_size=ID_BYTES, person=b"tuneset:record")
    return cast("list[RecordHash]", _digests(raws, begun=begun))


def origin_id(record: RecordHash, *, occurrence: int = 0) -> OriginId:
    """Id of the `occurrence`-th (from 0) of several byte-identical records; the first keeps the record's
    hash.

    Identical records are interchangeable, so which of them is called first cannot change a release.
    """
    if occurrence == 0:
        return OriginId(bytes(record))
    digest = blake2b(record, digest_size=ID_BYTES, person=b"tuneset:origin")
    digest.update(occurrence.to_bytes(8, "little"))
    return OriginId(digest.digest())


def content_id(canonical: bytes) -> ContentId:
    """Id of a canonical conversation (`core.canonical.canonical_messages`): changes with every edit."""
    [found] = content_ids((canonical,))
    return found


def content_ids(canonical: Iterable[bytes | memoryview], *, after: bytes = b"") -> list[ContentId]:
    """`content_id` of each of many conversations; all begin with `after`, which is not repeated in them."""
    begun = blake2b(after, digest_size=ID_BYTES, person=b"tuneset:content")
    return cast("list[ContentId]", _digests(canonical, begun=begun))


def _digests(texts: Iterable[bytes | memoryview], *, begun: blake2b) -> list[bytes]:
    """Digests of texts that all follow what `begun` has read."""
    found, copy = list[bytes](), begun.copy
    for text in texts:
        digest = copy()  # cheaper than setting the parameters up again for each text
        digest.update(text)
        found.append(digest.digest())
    return found


def keyed(value: str, *, key: bytes) -> str:
    """32 hex digits that stand for a log's own id; meaningless without the project's key."""
    return keyed_all((value,), key=key)[value]


def keyed_all(values: Iterable[str], *, key: bytes) -> dict[str, str]:
    """Each distinct value → its `keyed` form."""
    distinct = list(set(values))
    digits = keyed_digits((value.encode() for value in distinct), key=key)
    return {value: digits[32 * at : 32 * at + 32] for at, value in enumerate(distinct)}


def keyed_digits(values: Iterable[bytes], *, key: bytes) -> str:
    """The `keyed` forms of texts (UTF-8), one after the other."""
    begun = blake2b(digest_size=16, key=key, person=b"tuneset:keyed")
    return b"".join(_digests(values, begun=begun)).hex()
