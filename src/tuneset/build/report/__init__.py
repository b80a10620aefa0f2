"""The report: one HTML page about a build. No scripts, nothing fetched, always the same bytes.

`page.py` fills the templates with what is gathered (`gather.py`), put side by side (`pairs.py`) and said
about it (`statements.py`). All text of logs is foreign and perhaps hostile: it is escaped by the template
engine, shown with its invisible characters spelled out, and the page forbids the browser to run or load
anything.
"""

from collections.abc import Sequence
from pathlib import Path

from tuneset.build.report.statements import Judged
from tuneset.build.result import Build

__all__ = ["Judged", "write_report"]


def write_report(build: Build, path: Path, *, gates: Sequence[Judged] = ()) -> None:
    """Writes the page. `gates`: what `release.gates.evaluate` says about the build, if it was asked."""
    from tuneset.build.report.page import (
        render,  # templates, which a build that only shows pairs does not need
    )

    path.write_bytes(render(build, gates=gates).encode())
