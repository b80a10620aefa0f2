"""Files in object storage and wherever else fsspec reaches: listed, fetched once, then read as local files.

A fetched object lies under a name made of its address and of what the storage says about this version of it
(ETag, size, time), so an object that changes is fetched again and one that does not is not. Credentials are
found by the storage's own client (environment, profile, instance role), never in a spec, and nothing that a
client says in an error is repeated: it may hold keys or signed addresses.

https://filesystem-spec.readthedocs.io/en/latest/
"""

import errno
import os
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import Any, cast
from uuid import uuid4

import orjson

from tuneset.core.errors import InputError, MissingExtra, ServiceError, WorkspaceError

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*)://(.*)", re.DOTALL)
_EXTRAS = {"s3": "s3", "s3a": "s3"}
_VERSIONS = (
    "ETag",
    "etag",
    "md5Hash",
    "content_md5",
    "VersionId",
    "LastModified",
    "last_modified",
    "mtime",
    "updated",
)
"""What storages call the things that change with an object."""
_AT_ONCE = 32
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_REFUSED = (
    "NoCredentialsError",
    "PartialCredentialsError",
    "PermissionError",
    "TokenRetrievalError",
    "AuthError",
)
_READABLE = re.compile(
    r"\.(jsonl|ndjson|json|csv|tsv)(\.gz|\.zst|\.zstd)?$|\.(parquet|arrow|zip|eval)$", re.IGNORECASE
)


@dataclass(frozen=True)
class _Object:
    """One object: `name` as its file system calls it, `size` in bytes, `version` as JSON."""

    name: str
    size: int
    version: bytes


def is_remote(path: str) -> bool:
    """Is it an address as `s3://bucket/key`?"""
    return _ADDRESS.fullmatch(path) is not None


def fetch(address: str, *, into: Path | None) -> list[tuple[str, str]]:
    """(address, local path) of the objects behind an address: one, all below a prefix, or those of a glob.

    Args:
        address: `PROTOCOL://…`. into: directory of fetched files, made if absent.

    Raises:
        InputError: nothing there, an unknown protocol, or credentials in the address.
        ServiceError: the storage cannot be reached or refuses.
        MissingExtra: the package for this protocol is not installed.
    """
    protocol, place = _parsed(address)
    if into is None:
        raise InputError(
            "object storage is read only within a project", where=address, fix="write a tuneset.yaml first"
        )
    filesystem = _filesystem(protocol, where=address)
    with _explained(address):
        found = sorted(_listed(filesystem, place), key=lambda entry: entry.name)
    if not found:
        raise InputError(
            "no object matches", where=address, code="TS201", fix="check bucket, prefix and wildcards"
        )
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    named = {entry.name: _kept_at(into, protocol, entry) for entry in found}
    missing = [entry for entry in found if not named[entry.name].is_file()]
    for start in range(0, len(missing), _AT_ONCE):
        with _explained(address):
            _get(filesystem, {e: named[e.name] for e in missing[start : start + _AT_ONCE]}, where=address)
    return [(f"{protocol}://{entry.name}", str(named[entry.name])) for entry in found]


def _parsed(address: str) -> tuple[str, str]:
    matched = cast("re.Match[str]", _ADDRESS.fullmatch(address))
    protocol, place = matched[1], matched[2]
    if "@" in place.partition("/")[0] or "?" in place:
        raise InputError(
            "the address holds credentials or a signature",
            where=f"{protocol}://…",
            code="TS209",
            fix="leave them to the environment (for S3: AWS_PROFILE, AWS_ACCESS_KEY_ID and others)",
        )
    return protocol, place


def _filesystem(protocol: str, *, where: str) -> Any:  # noqa: ANN401, fsspec has no types
    """The file system of a protocol.

    Raises:
        MissingExtra, InputError: see `fetch`.
    """
    extra = _EXTRAS.get(protocol, "remote")
    missing = MissingExtra(
        f"a package is needed for {protocol}://",
        where=where,
        fix=f"pip install 'tuneset[{extra}]'"
        + ("" if extra == "s3" else f" and fsspec's package for {protocol}"),
    )
    try:
        import fsspec
    except ImportError:
        raise missing from None
    try:
        # a listing that is kept would hide what was written since
        return fsspec.filesystem(protocol, use_listings_cache=False)
    except ImportError:
        raise missing from None
    except ValueError:
        raise InputError(
            f"nobody knows the protocol {protocol}://",
            where=where,
            code="TS201",
            fix="for S3: s3://BUCKET/KEY",
        ) from None


def _listed(filesystem: Any, place: str) -> Iterator[_Object]:  # noqa: ANN401
    from glob import has_magic

    if has_magic(place):
        found = filesystem.glob(place, detail=True)
        infos = found.values() if isinstance(found, dict) else ()
    else:
        info = filesystem.info(place)
        below = info.get("type") == "directory"
        infos = filesystem.find(place, detail=True).values() if below else [info]
        infos = [entry for entry in infos if not below or _READABLE.search(entry["name"])]
    for info in infos:
        if info.get("type") == "file" and info.get("size"):
            yield _Object(info["name"], int(info["size"]), _version(info))


def _version(info: Mapping[str, object]) -> bytes:
    said = {name: str(info[name]) for name in _VERSIONS if info.get(name) is not None}
    return orjson.dumps([info["size"], said], option=orjson.OPT_SORT_KEYS)


def _kept_at(into: Path, protocol: str, entry: _Object) -> Path:
    address = f"{protocol}://{entry.name}\0".encode()
    digest = blake2b(address + entry.version, digest_size=16, person=b"tuneset:fetched").hexdigest()
    name = _UNSAFE.sub("_", PurePosixPath(entry.name).name)[-120:]  # the suffix says what it is
    return into / digest / f"_{name}"


def _get(filesystem: Any, wanted: Mapping[_Object, Path], *, where: str) -> None:  # noqa: ANN401
    """Fetches objects under other names and renames the whole ones: nobody ever sees half a file."""
    beside: dict[_Object, Path] = {}
    try:
        for entry, path in wanted.items():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside[entry] = path.with_name(f".{uuid4().hex}")
        filesystem.get([entry.name for entry in beside], [str(path) for path in beside.values()])
        for entry, path in beside.items():
            if path.stat().st_size != entry.size:
                raise ServiceError(
                    "an object changed while it was fetched", where=where, fix="run the same command again"
                )
            path.chmod(0o600)
            os.replace(path, wanted[entry])  # noqa: PTH105, atomic
    finally:
        for path in beside.values():
            path.unlink(missing_ok=True)


@contextmanager
def _explained(address: str) -> Generator[None]:
    """Errors of any client as ours, without their words."""
    try:
        yield
    except (ServiceError, InputError):
        raise
    except FileNotFoundError:
        raise InputError(
            "there is no such object or bucket", where=address, code="TS201", fix="check bucket and key"
        ) from None
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            raise WorkspaceError(
                "the disk is full", where=address, code="TS302", fix="free some space"
            ) from None
        raise _service_error(problem, address) from None
    except Exception as problem:
        raise _service_error(problem, address) from None


def _service_error(problem: Exception, address: str) -> ServiceError:
    kinds: Sequence[str] = [kind.__name__ for kind in type(problem).__mro__]
    if any(kind in _REFUSED for kind in kinds):
        return ServiceError(
            "the storage refuses access",
            where=address,
            code="TS702",
            fix="check the credentials that its client finds (for S3: AWS_PROFILE, AWS_ACCESS_KEY_ID)",
        )
    return ServiceError(
        f"the storage cannot be read ({kinds[0]})",
        where=address,
        fix="check the network and the address of the service (for S3: AWS_ENDPOINT_URL), then try again",
    )
