"""Plugins: connectors, exporters and executors are found by entry point, ours through the same door as
others'.
"""

from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from tuneset.core.errors import UsageError

CONNECTORS = "tuneset.connectors"
EXPORTERS = "tuneset.exporters"
EXECUTORS = "tuneset.executors"


@cache
def _entries(group: str) -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=group):
        known = found.setdefault(entry.name, entry)
        if known.value != entry.value:
            raise UsageError(
                f"two packages offer `{entry.name}` in {group}: `{known.value}` and `{entry.value}`",
                fix="uninstall one of them",
            )
    return found


def names(group: str) -> list[str]:
    """Names in a group, sorted; imports nothing."""
    return sorted(_entries(group))


def load(group: str, name: str) -> type:
    """The class behind a name.

    Raises:
        UsageError: no plugin of that name, with the names there are.
    """
    entry = _entries(group).get(name)
    if entry is None:
        kind = group.rpartition(".")[2].removesuffix("s")
        close = get_close_matches(name, names(group), n=1)
        meant = f"did you mean `{close[0]}`? There are: " if close else "one of: "
        raise UsageError(f"there is no {kind} `{name}`", fix=f"{meant}{', '.join(names(group))}")
    return entry.load()
