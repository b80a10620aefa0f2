"""Which records this project has redacted already: `.tuneset/redacted/<settings>/`, keyed hashes of what was
written.

Surrogates look like values, so nothing in a record says that it was redacted. A hash of the whole record with
the project's secret does, and says nothing to anybody else: no value, no surrogate and no mapping is kept.
Safe to delete, at the price of surrogates that are drawn anew.
"""

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from tuneset.store.atomic import write_bytes
from tuneset.store.disk import explained

ROOM = "redacted"
RELEASES = "releases"
SUMS = "SHA256SUMS"
DIGEST_BYTES = 16


@dataclass(frozen=True)
class RedactedBefore:
    """The records written under some settings.

    Attributes:
        directory: the workspace. settings: a fingerprint of all that decides what a record becomes.
        key: the project's secret.
    """

    directory: Path
    settings: str
    key: bytes

    @property
    def _place(self) -> Path:
        return self.directory / ROOM / self.settings

    def digest(self, record: str) -> bytes:
        """What is kept of a record."""
        data = record.encode("utf-8", "surrogatepass")
        return blake2b(data, digest_size=DIGEST_BYTES, key=self.key[:64], person=b"tuneset:redacted").digest()

    def known(self) -> frozenset[bytes]:
        """The digests of all records, 16 bytes each on the disk. Raises `WorkspaceError`."""
        found: set[bytes] = set()
        with explained(self.directory):
            for path in sorted(self._place.glob("*.bin")):
                data = path.read_bytes()
                found.update(data[at : at + DIGEST_BYTES] for at in range(0, len(data), DIGEST_BYTES))
        return frozenset(found)

    def add(self, digests: Collection[bytes]) -> None:
        """Remembers records, in a file that is named by what it holds. Raises `WorkspaceError`."""
        if not digests:
            return
        data = b"".join(sorted(digests))
        with explained(self.directory):
            self._place.mkdir(parents=True, exist_ok=True)
        write_bytes(self._place / f"{blake2b(data, digest_size=16).hexdigest()}.bin", data)


def release_with(directory: Path, sha256: str) -> Path | None:
    """The release of this workspace that has a file of this SHA-256, if there is one."""
    with explained(directory):
        for sums in sorted((directory / RELEASES).glob(f"*/{SUMS}")):
            if any(line.startswith(sha256) for line in sums.read_text(encoding="utf-8").splitlines()):
                return sums.parent
    return None
