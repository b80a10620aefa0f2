"""What models answered, kept line by line as it comes: `.tuneset/answers/<question>.jsonl`.

A line is written at once and whole, so that a run that was killed has lost nothing but what was under way; a
line that was cut off is no answer and is asked again. Answers hold values of the spec and reasons, never
text. `used/` says for each build which answers it is made of. Safe to delete, at the price of asking again,
and a model may then answer otherwise.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from tuneset.store.atomic import write_bytes
from tuneset.store.disk import explained

ROOM = "answers"

Answer = tuple[str | None, str | None]
"""A value, or None and the reason why there is none."""


def used_answers(directory: Path, inputs: str) -> str | None:
    """Digest of the answers that a build from these inputs (a fingerprint) used; None if none was made."""
    path = _used(directory, inputs)
    return path.read_text(encoding="utf-8").strip() or None if path.exists() else None


def remember_used(directory: Path, inputs: str, digest: str) -> None:
    """Says which answers a build from these inputs uses."""
    path = _used(directory, inputs)
    with explained(directory):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, f"{digest}\n".encode())


def _used(directory: Path, inputs: str) -> Path:
    return directory / ROOM / "used" / inputs


@dataclass(frozen=True)
class AnswerFile:
    """The answers to one question; hold the project's lock to write. `directory`: the workspace."""

    directory: Path
    question: str

    @property
    def path(self) -> Path:
        """Where they are."""
        return self.directory / ROOM / f"{self.question}.jsonl"

    def read(self) -> dict[bytes, Answer]:
        """Content id → answer. Of several the last counts; what is no whole line says nothing."""
        if not self.path.exists():
            return {}
        with explained(self.directory):
            found = (_parsed(line) for line in self.path.read_bytes().split(b"\n"))
        return dict(entry for entry in found if entry is not None)

    @contextmanager
    def writer(self) -> Generator["AnswerWriter"]:
        """Adds answers.

        Raises:
            WorkspaceError: the disk is full or cannot be written.
        """
        with explained(self.directory):
            self.path.parent.mkdir(exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
            try:
                size = os.fstat(descriptor).st_size
                if size and os.pread(descriptor, 1, size - 1) != b"\n":
                    os.write(descriptor, b"\n")
                yield AnswerWriter(descriptor)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


@dataclass(frozen=True)
class AnswerWriter:
    """An open file of answers."""

    descriptor: int

    def add(self, content_id: bytes, answer: Answer) -> None:
        """Writes one answer."""
        value, no_value = answer
        said = {"value": value} if value is not None else {"no_value": no_value}
        line = orjson.dumps({"content_id": content_id.hex(), **said}) + b"\n"
        while line:
            line = line[os.write(self.descriptor, line) :]


def _parsed(line: bytes) -> tuple[bytes, Answer] | None:
    try:
        known = orjson.loads(line)
        value, no_value = known.get("value"), known.get("no_value")
        content_id = bytes.fromhex(known["content_id"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return (content_id, (value, no_value)) if isinstance(value or no_value, str) else None
