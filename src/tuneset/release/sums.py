"""`SHA256SUMS`, and the digest that names a release."""

from collections.abc import Iterator
from hashlib import blake2b, file_digest
from pathlib import Path

SUMS = "SHA256SUMS"


def files_in(directory: Path) -> list[str]:
    """Relative POSIX paths of all files in a release but the sums themselves, sorted; links are files."""
    found = (path for path in directory.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(name for path in found if (name := path.relative_to(directory).as_posix()) != SUMS)


def sha256(path: Path) -> str:
    """64 hex digits."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def write_sums(directory: Path) -> str:
    """Writes `SHA256SUMS` in the format of coreutils and returns the digest of the release."""
    lines = [f"{sha256(directory / name)}  {name}\n" for name in files_in(directory)]
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
