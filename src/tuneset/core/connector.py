"""The contract of a connector: one log format, records in, examples out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields


@dataclass(slots=True)
class Parsed:
    """Everything about a record except its messages, which went into the builder.

    `tools` and `feedback` are JSON values; `extra` holds every field that has no other place, so that
    nothing is lost
    at the door; `finish_reason` is the provider's word (`length`, `content_filter`, …).
    """

    tools: object = None
    conversation: str | None = None
    user: str | None = None
    captured_at: datetime | None = None
    model: str | None = None
    feedback: object = None
    tags: dict[str, str] = field(default_factory=dict)
    extra: dict[str, object] = field(default_factory=dict)
    finish_reason: str | None = None
    kind: str = "production"


@runtime_checkable
class Connector(Protocol):
    """Knows one format. Stateless; the same record always gives the same example."""

    name: str
    version: int

    def recognises(self, record: Mapping[str, object]) -> str | None:
        """Why this record is in the connector's format, in words that name keys; None if it is not."""
        ...

    def parse(self, record: Mapping[str, object], into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """Adds the record's messages to the builder and returns the rest.

        Raises:
            Rejected: the record is no example of this format.
        """
        ...


@runtime_checkable
class Unpacking(Protocol):
    """What a connector has beside, if one record of its files holds several examples: a trace with its model
    calls, a chat with its branches. `recognises` is asked about the whole record, `parse` gets what
    `unpack` made.
    """

    def unpack(self, record: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
        """The records inside, in the order of the file; each is read and kept or rejected by itself.

        What they share (ids of trace and session, the time) is put into each of them.

        Raises:
            Rejected: nothing can be found inside.
        """
        ...


@runtime_checkable
class Joining(Protocol):
    """What a connector has beside, if other files lie beside its logs: ratings that name conversations.

    `beside`: names of JSON files whose records it wants to know; `no_logs`: names of files that come along
    and hold no logs, so that nobody need look at them.
    """

    beside: tuple[str, ...]
    no_logs: tuple[str, ...]

    def joined(self, beside: Mapping[str, Sequence[Mapping[str, object]]]) -> Connector:
        """The connector that knows the records of the files that are there, by name."""
        ...
