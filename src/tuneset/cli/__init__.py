"""The command line: parse, call one use case, print.

One file a command in `commands/`, imported only when it is called: `tuneset --help` costs next to nothing.
Nothing is decided here that a Python user of `tuneset` would miss. Start at `app.py`.
"""

import gc
import sys

from tuneset.core.collecting import collecting_seldom
from tuneset.engine import own_process


def main() -> None:
    """The `tuneset` program."""
    own_process.set_up()
    with collecting_seldom():
        from tuneset.cli.app import run

        status = run(sys.argv[1:])
    # Python looks for cycles once more at its end: .1 s for what the system takes back anyway. But DuckDB
    # then prints what is left over of it.
    if "_duckdb" not in sys.modules:
        gc.freeze()
    sys.exit(status)
