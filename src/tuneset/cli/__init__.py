"""The command line: parse, call one use case, print.

One file a command in `commands/`, imported only when it is called: `tuneset --help` costs next to nothing.
Nothing is decided here that a Python user of `tuneset` would miss. Start at `app.py`.
"""

import sys


def main() -> None:
    """The `tuneset` program."""
    from tuneset.cli.app import run

    sys.exit(run(sys.argv[1:]))
