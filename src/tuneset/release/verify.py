"""Finds any byte of a release that is not as it was packed, and names the file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from tuneset.core.errors import InputError, IntegrityError
from tuneset.core.exporter import SPLITS
from tuneset.core.ids import content_id
from tuneset.release import provenance
from tuneset.release.rows import canonical_of, read_parquet
from tuneset.release.sums import SUMS, digest_of, files_in, parse_sums, sha256

_PAIR = np.dtype([("id", "S32"), ("content", "S32")])


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. `what` never holds a word of the data."""

    file: str
    what: str


@dataclass(frozen=True)
class Verified:
    """What was checked and what was found."""

    digest: str
    files: int
    rows: int
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Nothing is wrong."""
        return not self.problems

    def require(self) -> None:
        """Raises if anything is wrong.

        Raises:
            IntegrityError: with the first file that is not as it was, and how many more.
        """
        if self.problems:
            first, more = self.problems[0], len(self.problems) - 1
            rest = f" (and {more} more)" if more else ""
            raise IntegrityError(
                f"{first.file}: {first.what}{rest}",
                fix="fetch the release again or pack it anew from its build",
                code="TS404",
            )


def verify(directory: Path) -> Verified:
    """Checks digests, names, rows, ids, splits and provenance of a release.

    The content is looked into only if all digests are right: what is damaged needs no second opinion.

    Raises:
        InputError: the directory is no release.
    """
    directory = directory.resolve()
    try:
        sums = (directory / SUMS).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(
            f"not a release: no readable {SUMS}",
            where=str(directory),
            fix="give the directory of a release: `.tuneset/releases/<digest>`",
        ) from None
    problems = list(_check_files(directory, sums))
    counted = 0
    if not problems:
        content = _Content(directory)
        problems = list(content.check())
        counted = content.rows
    return Verified(digest_of(sums), len(sums.splitlines()), counted, tuple(problems))


def _check_files(directory: Path, sums: str) -> Iterator[Problem]:
    try:
        listed = dict(parse_sums(sums))
    except ValueError:
        yield Problem(SUMS, "is not in the format of sha256sum")
        return
    present = set(files_in(directory))
    for name in sorted(set(listed) - present):
        yield Problem(name, "is missing")
    for name in sorted(present - set(listed)):
        yield Problem(name, "does not belong to the release")
    for name in sorted(present & set(listed)):
        path = directory / name
        if path.is_symlink() or not path.is_file():
            yield Problem(name, "is not a regular file")
        elif sha256(path) != listed[name]:
            yield Problem(name, "has other bytes than were packed")
    if digest_of(sums) != directory.name:
        yield Problem(SUMS, "does not give the digest that the directory is named by")


class _Content:
    """Looks at the rows: it holds 128 bytes per example."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.rows = 0

    def check(self) -> Iterator[Problem]:
        try:
            manifest = orjson.loads((self._directory / "manifest.json").read_bytes())
            told = self._told()
            yield from self._check_rows(manifest, told)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, pa.ArrowException) as problem:
            yield Problem(
                "manifest.json", f"the release is not in the expected form ({type(problem).__name__})"
            )

    def _told(self) -> dict[str, np.ndarray]:
        """Split → `(id, content id)` as hex, from the provenance."""
        return {split: np.fromiter(self._told_of(split), _PAIR) for split in SPLITS}

    def _told_of(self, split: str) -> Iterator[tuple[str, str]]:
        with (self._directory / provenance.FILE).open("rb") as lines:
            for line in lines:
                value = orjson.loads(line)
                if value["split"] == split:
                    yield value["id"], value["content_id"]

    def _check_rows(self, manifest: dict[str, Any], told: dict[str, np.ndarray]) -> Iterator[Problem]:
        found = {}
        for split in SPLITS:
            name = f"data/{split}.jsonl"
            pairs = np.fromiter(self._pairs(split), _PAIR)
            found[split] = pairs
            self.rows += len(pairs)
            if len(pairs) != manifest["splits"][split]:
                yield Problem(name, f"holds {len(pairs)} rows, the manifest says {manifest['splits'][split]}")
            if not (pairs["id"][1:] > pairs["id"][:-1]).all():
                yield Problem(name, "ids are not sorted and unique")
            yield from _compare(name, pairs, told[split])
            yield from self._check_parquet(split)
        yield from _apart(found)

    def _lines(self, split: str) -> Iterator[bytes]:
        path = self._directory / "data" / f"{split}.jsonl"
        if path.exists():
            with path.open("rb") as lines:
                yield from (line.rstrip(b"\n") for line in lines)

    def _pairs(self, split: str) -> Iterator[tuple[str, str]]:
        for line in self._lines(split):
            yield orjson.loads(line)["id"], content_id(canonical_of(line)).hex()

    def _check_parquet(self, split: str) -> Iterator[Problem]:
        path = self._directory / "data" / f"{split}.parquet"
        rows: Iterable = read_parquet(path) if path.exists() else ()
        for number, (line, row) in enumerate(zip_longest(self._lines(split), rows), start=1):
            if line is None or row is None or row.line != line:
                yield Problem(f"data/{split}.parquet", f"row {number} differs from the JSON lines")
                return


def _compare(name: str, found: np.ndarray, told: np.ndarray) -> Iterator[Problem]:
    if len(found) != len(told) or (found["id"] != told["id"]).any():
        yield Problem(provenance.FILE, f"does not list exactly the examples of {name}")
    elif wrong := int((found["content"] != told["content"]).sum()):
        yield Problem(name, f"{wrong} rows do not say what their content id was made from")


def _apart(found: dict[str, np.ndarray]) -> Iterator[Problem]:
    """No id and no content in two splits."""
    for column in ("id", "content"):
        values = [np.unique(pairs[column]) for pairs in found.values()]
        joined = np.concatenate(values)
        if len(np.unique(joined)) != len(joined):
            yield Problem("data", f"two splits share an example of the same {column}")
