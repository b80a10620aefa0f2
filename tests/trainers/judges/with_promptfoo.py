"""promptfoo validates the config that we wrote and runs every case on a model that says what it is asked.

python with_promptfoo.py FOLDER OUT
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(sys.prefix) / "node_modules" / ".bin" / "promptfoo"
QUIET = {
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "PROMPTFOO_DISABLE_UPDATE": "1",
    "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
}
SOME_FAILED = 100
"""What `promptfoo eval` ends with when an assertion does not hold."""


def main(folder: Path, out: Path) -> None:
    place = out.parent / "cases"
    shutil.copytree(folder, place)
    config = place / "promptfooconfig.yaml"
    text = config.read_text()
    assert text.count("providers: [] ") == 1
    config.write_text(text.replace("providers: [] ", "providers: [echo] "))
    assert _run("validate", "-c", config.name, place=place) == 0
    answered = place / "answered.json"
    options = ("--no-cache", "--no-table", "--no-share", "--no-write")
    assert _run("eval", "-c", config.name, "-o", answered.name, *options, place=place) in (0, SOME_FAILED)
    rows = json.loads(answered.read_bytes())["results"]["results"]
    rows.sort(key=lambda row: row["testIdx"])
    out.write_text(json.dumps([_row(row) for row in rows]))


def _run(*arguments: str, place: Path) -> int:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    settings = {**os.environ, **QUIET, "PATH": path, "PROMPTFOO_CONFIG_DIR": str(place.parent / "own")}
    done = subprocess.run([PROGRAM, *arguments], cwd=place, env=settings, check=False)
    return done.returncode


def _row(row: dict) -> dict:
    """What was asked, what it was compared with, and what came along."""
    (compared,) = row["gradingResult"]["componentResults"]
    return {
        "asked": row["response"]["output"],
        "reference": compared["metadata"]["renderedAssertionValue"],
        "vars": row["vars"],
        "metadata": row["testCase"]["metadata"],
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
