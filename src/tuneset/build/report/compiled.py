"""Templates are compiled once for an installed version: a fifth of a second that every release would pay."""

import os
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemBytecodeCache, PackageLoader, StrictUndefined


def environment(package: str, **options: Any) -> Environment:  # noqa: ANN401 - jinja2's own
    """The templates of a package of ours; `options` are those of jinja2."""
    return Environment(  # noqa: S701 - who makes HTML asks for `autoescape`
        loader=PackageLoader(package),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=_beside_us(),
        **options,
    )


def _beside_us() -> BytecodeCache | None:
    """Where Python keeps this module compiled; nowhere if that cannot be written."""
    place = Path(__file__).parent / "__pycache__"
    try:
        place.mkdir(exist_ok=True)
    except OSError:
        return None
    return FileSystemBytecodeCache(str(place)) if os.access(place, os.W_OK) else None
