"""Progress on stderr while something long runs."""

import os
import sys

from tuneset.engine.progress import NoticesOnly, Progress, terminal_progress


def watcher(*, quiet: bool) -> Progress:
    """A moving bar on a terminal; notices alone if `quiet`, in CI or where nobody looks."""
    calm = quiet or "CI" in os.environ or os.environ.get("TERM") == "dumb"
    return NoticesOnly(sys.stderr) if calm else terminal_progress()
