"""How much a compressed file may expand: against files made to fill a disk or a memory."""

from dataclasses import dataclass

from tuneset.core.errors import InputError

_SMALL = 256 << 20
"""Bytes that may come out of any file: below, a ratio says nothing."""


@dataclass(frozen=True)
class Limits:
    """`ratio`: times by which a file may expand; `total`: bytes that may come out of a file or archive.

    Text of logs shrinks 5 to 50 times; gzip cannot do better than about 1030 (RFC 1951), which only a bomb
    reaches, zstd and archives whose members share bytes can.
    """

    ratio: float = 400
    total: int = 64 << 30

    def allowed(self, stored: int) -> int:
        """Bytes that may come out of `stored` bytes."""
        return min(self.total, max(_SMALL, int(stored * self.ratio)))

    def check(self, size: int, *, of: int, where: str) -> None:
        """Raises:
        InputError: `size` bytes are more than may come out of the `of` bytes in which they are stored.
        """
        if size > self.total:
            raise expands_too_far(where, f"to more than {self.total / 2**30:g} GiB", key="max_unpacked_gib")
        if size > self.allowed(of):
            raise expands_too_far(where, f"more than {self.ratio:g} times", key="max_unpacked_ratio")


def expands_too_far(where: str, words: str, *, key: str | None = None) -> InputError:
    """The error for a file that is a bomb, or looks like one; `key` of the source would allow it."""
    fix = "decompress it yourself and look at what it holds"
    return InputError(
        f"the file expands {words}",
        where=where,
        code="TS207",
        fix=f"{fix}; if it is good, raise `{key}` of the source" if key else fix,
    )


LIMITS = Limits()
