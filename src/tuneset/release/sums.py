"""`SHA256SUMS`, and the digest that names a release."""

from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b, file_digest
from hashlib import sha256 as sha256_of
from pathlib import Path
from types import MappingProxyType
from typing import Self

SUMS = "SHA256SUMS"


def files_in(directory: Path) -> list[str]:
    """Relative POSIX paths of all files in a release but the sums themselves, sorted; links are files."""
    found = (path for path in directory.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(name for path in found if (name := path.relative_to(directory).as_posix()) != SUMS)


def sha256(path: Path) -> str:
    """64 hex digits."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


class SummedFiles:
    """Opens files for writing and knows the SHA-256 of each once it is closed: nobody reads it again."""

    def __init__(self, directory: Path) -> None:
        """`directory`: that of the release."""
        self.directory = directory
        self.sums: dict[str, str] = {}
        """Digests of the closed files by relative POSIX path."""

    def open(self, path: Path) -> "SummedFile":
        """A new file in the directory."""
        name = path.relative_to(self.directory).as_posix()
        return SummedFile(path, on_close=lambda digest: self.sums.update({name: digest}))


class SummedFile:
    """A file that is hashed while it is written, without a buffer: meant for large pieces."""

    def __init__(self, path: Path, *, on_close: Callable[[str], None]) -> None:
        """`on_close` is given the digest."""
        self._file = path.open("wb", buffering=0)
        self._hash, self._on_close = sha256_of(), on_close

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def write(self, piece: bytes | memoryview) -> None:
        """Appends a piece."""
        left = memoryview(piece)
        self._hash.update(left)
        while left:
            left = left[self._file.write(left) :]

    def close(self) -> None:
        """Closing twice does nothing."""
        if not self._file.closed:
            self._file.close()
            self._on_close(self._hash.hexdigest())


def write_sums(directory: Path, *, known: Mapping[str, str] = MappingProxyType({})) -> str:
    """Writes `SHA256SUMS` in the format of coreutils and returns the digest of the release.

    Args:
        directory: that of the release.
        known: digests of files hashed while they were written (`SummedFiles.sums`); the others are read.
    """
    lines = [f"{known.get(name) or sha256(directory / name)}  {name}\n" for name in files_in(directory)]
    text = "".join(lines)
    (directory / SUMS).write_text(text, encoding="utf-8", newline="\n")
    return digest_of(text)


def digest_of(sums: str) -> str:
    """32 hex digits that name a release: blake2b-128 over the lines of its `SHA256SUMS`, ordered by path."""
    lines = sorted(sums.splitlines(keepends=True), key=lambda line: line[66:])
    return blake2b("".join(lines).encode(), digest_size=16, person=b"tuneset:release").hexdigest()


def parse_sums(sums: str) -> Iterator[tuple[str, str]]:
    """`(path, sha256)` of each line.

    Raises:
        ValueError: a line is not two columns as coreutils writes them.
    """
    for line in sums.splitlines():
        digest, gap, name = line[:64], line[64:66], line[66:]
        if gap != "  " or not name or not set(digest) <= set("0123456789abcdef"):
            raise ValueError("not a line of sha256sum")
        yield name, digest
