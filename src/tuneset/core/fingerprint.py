"""Fingerprints: what a result *is*, as opposed to how it was computed.

The encoder refuses what it does not know: a permissive `str(x)` would let a value fork a fingerprint
silently.
"""

from collections.abc import Mapping
from enum import Enum
from hashlib import blake2b

import orjson
from pydantic import BaseModel


def fingerprint(*parts: object) -> str:
    """32 hex digits over JSON values, pydantic models (defaults left out), bytes and tuples of these.

    Defaults are left out so that spelling one out changes nothing and a new optional field keeps old
    caches; that a
    changed default needs a new version is guarded by the pinned table in `tests/core/test_fingerprint.py`.
    """
    encoded = orjson.dumps([plain(part) for part in parts], option=orjson.OPT_SORT_KEYS)
    return blake2b(encoded, digest_size=16, person=b"tuneset:finger").hexdigest()


def plain(value: object) -> object:
    """The JSON value that stands for `value`.

    Raises:
        TypeError: for anything whose identity is not plain data.
    """
    match value:
        case BaseModel():
            return plain(value.model_dump(mode="json", by_alias=True, exclude_defaults=True))
        case Enum():
            return plain(value.value)
        case bool() | int() | float() | str() | None:
            return value
        case bytes():
            return {"bytes": value.hex()}
        case list() | tuple():
            return [plain(entry) for entry in value]
        case Mapping():
            return {_text(name): plain(entry) for name, entry in value.items()}
        case _:
            raise TypeError(f"a {type(value).__name__} has no fingerprint")


def _text(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError(f"a key of type {type(name).__name__} has no fingerprint")
    return name
