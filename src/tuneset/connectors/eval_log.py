"""Evaluation logs of Inspect AI in their archive form (`.eval`): a header and one JSON file a sample.

    header.json, or _journal/start.json while it runs      task, model, dataset
    samples/ID_epoch_N.json                                a sample
    samples/ID_epoch_N/                                    a sample in pieces
        sample.json              all but the following; `message_refs` into messages/
        metadata.json
        messages/START.json, attachments/START.json        lists; the name is the number of the first entry
        events/…, calls/…, skeleton.json                   the same calls again, as a trace; not read

https://inspect.aisi.org.uk/eval-logs.html#log-format
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tuneset.connectors.archive import Member, members
from tuneset.connectors.limits import LIMITS, Limits

_SAMPLE = re.compile(r"(samples/[^/]+)(?:\.json|/sample\.json)")
_PIECE = re.compile(r"(samples/[^/]+)/(?:metadata|(messages|attachments)/([0-9]{1,12}))\.json")
_HEADERS = ("header.json", "_journal/start.json")
_TOP = ("header.json", "summaries.json", "reductions.json")


@dataclass(frozen=True)
class Sample:
    """A sample: a file, or the first of its pieces.

    `metadata`, `messages` and `attachments` are its other pieces; of lists with the number of their first
    entry, in order.
    """

    file: Member
    in_pieces: bool = False
    metadata: Member | None = None
    messages: tuple[tuple[int, Member], ...] = ()
    attachments: tuple[tuple[int, Member], ...] = ()

    @property
    def members(self) -> list[Member]:
        """All files that it is read from."""
        lists = [member for _, member in (*self.messages, *self.attachments)]
        return [self.file, *([self.metadata] if self.metadata else []), *lists]


@dataclass(frozen=True)
class EvalLog:
    """`samples` in the order of the archive; `header` is None if the log has none."""

    header: Member | None
    samples: tuple[Sample, ...]

    def read_for(self, start: int, stop: int) -> list[Member]:
        """What is read for some of the samples."""
        pieces = [member for sample in self.samples[start:stop] for member in sample.members]
        return [*([self.header] if self.header else []), *pieces]


def is_eval_log(names: Sequence[str]) -> bool:
    """By the names in an archive."""
    return any(header in names for header in _HEADERS) and not any(
        "/" not in n and n not in _TOP for n in names
    )


def listed(path: str, *, relative: str, limits: Limits = LIMITS) -> EvalLog:
    """What is in a log.

    Raises:
        InputError: as `archive.members`.
    """
    found = members(path, relative=relative, limits=limits)
    by_name = {member.name: member for member in found}
    header = next((by_name[name] for name in _HEADERS if name in by_name), None)
    pieces = _pieces(found)
    named = [(member, matched[1]) for member in found if (matched := _SAMPLE.fullmatch(member.name))]
    return EvalLog(header, tuple(_sample(member, pieces.get(name)) for member, name in named))


@dataclass
class _Pieces:
    metadata: Member | None = None
    lists: dict[str, list[tuple[int, Member]]] = field(
        default_factory=lambda: {"messages": [], "attachments": []}
    )


def _pieces(found: Sequence[Member]) -> dict[str, _Pieces]:
    """The pieces of each sample, by its folder."""
    pieces: dict[str, _Pieces] = {}
    for member in found:
        matched = _PIECE.fullmatch(member.name)
        if matched is None:
            continue
        of = pieces.setdefault(matched[1], _Pieces())
        if matched[2]:
            of.lists[matched[2]].append((int(matched[3]), member))
        else:
            of.metadata = member
    return pieces


def _sample(member: Member, pieces: _Pieces | None) -> Sample:
    if not member.name.endswith("/sample.json"):
        return Sample(member)
    pieces = pieces or _Pieces()
    ordered = {name: tuple(sorted(some, key=lambda entry: entry[0])) for name, some in pieces.lists.items()}
    return Sample(member, True, pieces.metadata, ordered["messages"], ordered["attachments"])


def cuts(log: EvalLog, part_bytes: int) -> list[int]:
    """Where parts begin, in samples: each holds about `part_bytes`, at least one sample."""
    found, size = [0], 0
    for number, sample in enumerate(log.samples[:-1], 1):
        size += sum(member.size for member in sample.members)
        if size >= part_bytes:
            found.append(number)
            size = 0
    return [*found, len(log.samples)]
