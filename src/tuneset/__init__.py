"""tuneset turns production LLM logs into a fine-tuning dataset a team can sign.

import tuneset

project = tuneset.open(".")      # a directory with a tuneset.yaml
build = project.build()          # cleaned, redacted, deduplicated, covered, split
build.matrix                     # what the data holds, cell by cell
release = project.release()      # immutable, named by its digest
"""

from importlib import import_module
from typing import TYPE_CHECKING

from tuneset.core.collecting import collecting_seldom

if TYPE_CHECKING:
    from tuneset.api import Project, open  # noqa: A004, the public name reads as it should
    from tuneset.build.result import Build
    from tuneset.core.errors import TunesetError
    from tuneset.core.spec import Spec
    from tuneset.release.pack import Release

__version__ = "0.1.0"

__all__ = ["Build", "Project", "Release", "Spec", "TunesetError", "__version__", "open"]

_HOME = {
    "Build": "tuneset.build.result",
    "Project": "tuneset.api",
    "Release": "tuneset.release.pack",
    "Spec": "tuneset.core.spec",
    "TunesetError": "tuneset.core.errors",
    "open": "tuneset.api",
}


def __getattr__(name: str) -> object:
    """Imports a public name when it is first used: `tuneset --help` needs none of them."""
    if name not in _HOME:
        raise AttributeError(f"module 'tuneset' has no attribute {name!r}")
    with collecting_seldom():
        return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
