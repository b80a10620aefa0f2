"""The detectors of curation beside their peers: recall, precision, false alarms on clean data, speed.

    python benchmarks/curate.py                  all topics
    python benchmarks/curate.py pii dupes        some topics; the sections of the others stay as they are
    python benchmarks/curate.py pii --quick      a few texts of each set, printed and not written

A topic is a module of `benchmarks/curate/` with `TITLE` and `section(run)`; one more file is one more topic.
Peers get environments of their own under `benchmarks/.peers/`. Data of other people is read from
`../shared/data`; a topic without it says so in its section. Results go to `benchmarks/curate.md`.
"""

import argparse
import platform
import re
import sys
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from curate.topic import Run, Topic  # noqa: E402  (the folder of the benchmarks is no package)

PAGE = HERE / "curate.md"
HEAD = """# Curation: what is found, and what is wrongly found

Made by `make bench-curate` (`benchmarks/curate.py`), a section a topic, on texts that neither we nor the
peers wrote unless a line says otherwise. CPU time, not wall time. What was tried stands in [LOG.md](LOG.md).
"""


def topics() -> dict[str, Topic]:
    """Name → module."""
    names = sorted(path.stem for path in (HERE / "curate").glob("*.py"))
    modules = {name: import_module(f"curate.{name}") for name in names if name != "__init__"}
    return {name: module for name, module in modules.items() if hasattr(module, "section")}


def sections(page: str) -> dict[str, str]:
    """Name → text of the sections that a page has."""
    found = re.finditer(r"<!-- (\w+) -->\n(.*?)(?=\n<!-- \w+ -->\n|\Z)", page, re.DOTALL)
    return {match[1]: match[2].strip() for match in found}


def written(name: str, topic: Topic, run: Run) -> str:
    """One section, with what it was measured on."""
    machine = f"Python {platform.python_version()}, {platform.machine()}. `benchmarks/curate.py {name}`."
    return "\n".join([f"## {topic.TITLE}", "", machine, "", *topic.section(run)]).strip()


def main() -> None:
    known = topics()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("topics", nargs="*", help=f"some of {', '.join(known) or 'none yet'}; default: all")
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    parser.add_argument("--quick", action="store_true", help="a few texts of each set; nothing is written")
    options = parser.parse_args()
    if unknown := set(options.topics) - set(known):
        parser.error(f"no such topic: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    page = sections(PAGE.read_text()) if PAGE.exists() else {}
    for name in options.topics or known:
        page[name] = written(name, known[name], Run(options.data, options.quick))
        print(page[name], end="\n\n", flush=True)
        if not options.quick:
            body = "\n\n".join(f"<!-- {other} -->\n{page[other]}" for other in sorted(page))
            PAGE.write_text(f"{HEAD}\n{body}\n")


if __name__ == "__main__":
    main()
