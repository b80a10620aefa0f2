"""The demo: makes production-like logs, turns them into a release, and compares what was found with what was
planted.

Run it with `make demo`. Everything lands in `examples/support/demo/`, a tuneset project like any other.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from compare import compare, table
from generate import generate

HERE = Path(__file__).parent
PROJECT = HERE / "demo"


def main() -> int:
    """Runs the steps a user would run; returns the exit status of the first that fails."""
    began = time.monotonic()
    shutil.rmtree(PROJECT, ignore_errors=True)
    PROJECT.mkdir()
    for name in ("tuneset.yaml", "guidelines.md"):
        shutil.copy(HERE / name, PROJECT / name)
    planted = generate(out=PROJECT)
    print(
        "Made 5,000 support conversations in three log formats, with "
        f"{planted.total():,} planted things, in {_shown()}/logs\n"
    )
    for words in (["plan"], ["build"], ["release"], ["verify", "latest"]):
        status = _tuneset(*words)
        if status:
            return status
    print("What was planted, and what was found:\n")
    print(table(compare(PROJECT, PROJECT / "truth.jsonl")))
    report = next((PROJECT / ".tuneset" / "releases").glob("*/report.html"))
    print(f"\nDone in {time.monotonic() - began:.0f} s. Look at the report in a browser:\n  {report}")
    print("Ask for the life of one log line:")
    print(f"  .venv/bin/tuneset -C {_shown()} explain logs/email/tickets.csv:2")
    return 0


def _tuneset(*words: str) -> int:
    """Runs the command line as a user would; its output goes to the terminal."""
    print(f"$ tuneset -C {_shown()} {' '.join(words)}", flush=True)
    status = subprocess.run(
        [sys.executable, "-m", "tuneset", "-C", str(PROJECT), *words], check=False
    ).returncode
    print(flush=True)
    return status


def _shown() -> str:
    """The project as a path that can be typed where the demo was started."""
    return str(PROJECT.relative_to(Path.cwd())) if PROJECT.is_relative_to(Path.cwd()) else str(PROJECT)


if __name__ == "__main__":
    raise SystemExit(main())
