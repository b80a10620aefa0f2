"""Connectors with what they need to know from files beside the logs."""

from collections.abc import Mapping, Sequence
from typing import cast

from tuneset.connectors.parts import Part
from tuneset.connectors.read import records
from tuneset.core.connector import Connector, Joining
from tuneset.core.registry import CONNECTORS, load


def connector(name: str, *, beside: Sequence[Part] = ()) -> Connector:
    """The connector of a name, joined with the records of the files beside, which are held in memory.

    Raises:
        UsageError: there is no such connector.
        InputError: a file beside cannot be read.
    """
    made = cast("Connector", load(CONNECTORS, name)())
    if not beside or not isinstance(made, Joining):
        return made
    known: dict[str, list[Mapping[str, object]]] = {}
    for part in beside:
        entries = known.setdefault(part.file.rpartition("/")[2], [])
        for batch in records(part):
            entries += batch.values
    return made.joined(known)


def companions(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the files that a connector reads beside its logs, and of all that come along and hold none."""
    made = load(CONNECTORS, name)()
    return (made.beside, (*made.beside, *made.no_logs)) if isinstance(made, Joining) else ((), ())
