"""Patterns that are compiled when they are first asked for.

Compiling the patterns of redaction took a sixth of the start of every command; most logs need few of them,
and a build that finds nothing new needs none.
"""

import re
from typing import Any, AnyStr, cast


class _Later:
    """Turns into the compiled pattern's methods with the first question."""

    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source, self._flags = source, flags

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a pattern has
        if name.startswith("_"):  # asked by copy and pickle
            raise AttributeError(name)
        compiled = re.compile(self._source, self._flags)
        for known in ("finditer", "search", "match", "fullmatch", "findall", "split", "sub", "subn"):
            setattr(self, known, getattr(compiled, known))
        return getattr(compiled, name)

    def __reduce__(self) -> tuple[Any, ...]:
        return _Later, (self._source, self._flags)


def later(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """The pattern, compiled when it is first used; what is wrong with it is found out then."""
    return cast("re.Pattern[AnyStr]", _Later(source, flags))
