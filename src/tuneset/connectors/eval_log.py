"""Evaluation logs of Inspect AI in their archive form (`.eval`): a header and one JSON file a sample.

    header.json, or _journal/start.json while it runs      task, model, dataset
    samples/ID_epoch_N.json                                a sample
    samples/ID_epoch_N/sample.json and other files         a large sample in pieces; not read yet

https://inspect.aisi.org.uk/eval-logs.html#log-format
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tuneset.connectors.archive import Member, members
from tuneset.connectors.limits import LIMITS, Limits

_SAMPLE = re.compile(r"samples/[^/]+(\.json|/sample\.json)")
_HEADERS = ("header.json", "_journal/start.json")


@dataclass(frozen=True)
class EvalLog:
    """`samples` in the order of the archive; `header` is None if the log has none."""

    header: Member | None
    samples: tuple[Member, ...]

    def read_for(self, start: int, stop: int) -> list[Member]:
        """What is read for some of the samples."""
        return [*([self.header] if self.header else []), *self.samples[start:stop]]


def is_eval_log(names: Sequence[str]) -> bool:
    """By the names in an archive."""
    return any(header in names for header in _HEADERS) and not any(
        "/" not in n and n not in _TOP for n in names
    )


_TOP = ("header.json", "summaries.json", "reductions.json")


def listed(path: str, *, relative: str, limits: Limits = LIMITS) -> EvalLog:
    """What is in a log.

    Raises:
        InputError: as `archive.members`.
    """
    found = members(path, relative=relative, limits=limits)
    by_name = {member.name: member for member in found}
    header = next((by_name[name] for name in _HEADERS if name in by_name), None)
    return EvalLog(header, tuple(member for member in found if _SAMPLE.fullmatch(member.name)))


def is_in_pieces(sample: Member) -> bool:
    """Is it a large sample, of which this is the first piece?"""
    return sample.name.endswith("/sample.json")


def cuts(log: EvalLog, part_bytes: int) -> list[int]:
    """Where parts begin, in samples: each holds about `part_bytes`, at least one sample."""
    found, size = [0], 0
    for number, sample in enumerate(log.samples[:-1], 1):
        size += sample.size
        if size >= part_bytes:
            found.append(number)
            size = 0
    return [*found, len(log.samples)]
