"""10,000 damaged records of every format, read as a build does: `python benchmarks/hostile.py [records]`.

Hypothesis draws the seeds, `tuneset.testing.hostile` does the damage, `tests/connectors/hostile.py` says what
must hold of each record. The table goes to benchmarks/hostile.md; a failure is said with the seeds that make
it again, and nothing is written.
"""

import faulthandler
import sys
import tempfile
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # the samples and the rules are those of the tests

from connectors.containers import CONTAINERS, ContainerTally  # noqa: E402
from connectors.hostile import AT_ONCE, Tally  # noqa: E402
from connectors.samples import KINDS  # noqa: E402
from tuneset.testing.hostile import BYTES, STRUCTURE  # noqa: E402

_HYPOTHESIS = f"Hypothesis {version('hypothesis')}"
PAGE = Path(__file__).with_suffix(".md")
HANGS_S = 300
"""Wall time after which a batch counts as hanging, on a machine that does other work too."""


def main() -> None:
    """Measures, then writes the page."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        tallies = {name: _damaged(name, records, folder=Path(folder)) for name in KINDS}
        containers = {name: _spoiled(name, records, folder=Path(folder)) for name in CONTAINERS}
    PAGE.write_text(
        "\n".join([*_head(records), *_records(tallies), *_containers(containers), *_kinds(tallies)])
    )
    print(f"written to {PAGE.relative_to(ROOT)}")


def _tried(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def _damaged(name: str, records: int, *, folder: Path) -> Tally:
    tally = Tally()
    before = time.process_time()

    @_tried(-(-records // AT_ONCE))
    @given(st.lists(st.integers(0, 2**63), min_size=AT_ONCE, max_size=AT_ONCE))
    def read(seeds: list[int]) -> None:
        faulthandler.dump_traceback_later(HANGS_S, exit=True)
        tally.read(name, seeds, folder)
        faulthandler.cancel_dump_traceback_later()

    read()
    print(f"{name:20} {tally.mutations:6} {time.process_time() - before:6.1f} CPU s", flush=True)
    return tally


def _spoiled(name: str, records: int, *, folder: Path) -> ContainerTally:
    tally = ContainerTally()
    before = time.process_time()

    @_tried(records)
    @given(st.integers(0, 2**63))
    def read(seed: int) -> None:
        faulthandler.dump_traceback_later(HANGS_S, exit=True)
        tally.read(name, seed, folder)
        faulthandler.cancel_dump_traceback_later()

    read()
    print(f"{name:20} {tally.mutations:6} {time.process_time() - before:6.1f} CPU s", flush=True)
    return tally


def _head(records: int) -> list[str]:
    return [
        "# Hostile input",
        "",
        f"Written by `make bench-hostile` with Python {sys.version.split()[0]} and {_HYPOTHESIS}:",
        f"at least {records:,} damaged records of every format, each with one to six kinds of damage to its",
        "structure and one in four with damaged bytes too. Every line ended in examples or in a reject whose",
        "reason is explained: no crash, no hang, no lost line, no word of a record in a reject. Any other",
        "outcome would have stopped the run.",
        "",
    ]


def _records(tallies: dict[str, Tally]) -> list[str]:
    lines = [
        "## Records",
        "",
        "One record can hold several examples. `slowest`: CPU time for one record, `longest`: of all tried.",
        "",
        "| connector | mutations | examples | rejects | crashes | slowest | longest | rejects by reason |",
        "|---|--:|--:|--:|--:|--:|--:|---|",
    ]
    for name, tally in tallies.items():
        lines.append(
            f"| {name} | {tally.mutations:,} | {tally.examples:,} | {tally.rejects.total():,} | 0 "
            f"| {1000 * tally.slowest_s:.0f} ms | {tally.longest / 1e6:.1f} MB | {_counted(tally.rejects)} |"
        )
    return [*lines, ""]


def _containers(tallies: dict[str, ContainerTally]) -> list[str]:
    lines = [
        "## Containers",
        "",
        "Files of good records with damaged bytes: what is left is read, or the file is refused with a code.",
        "",
        "| container | mutations | read whole or in part | refused | crashes | slowest | refused as |",
        "|---|--:|--:|--:|--:|--:|---|",
    ]
    for name, tally in tallies.items():
        lines.append(
            f"| {name} | {tally.mutations:,} | {tally.read_files:,} | {tally.refused.total():,} | 0 "
            f"| {1000 * tally.slowest_s:.0f} ms | {_counted(tally.refused)} |"
        )
    return [*lines, ""]


def _kinds(tallies: dict[str, Tally]) -> list[str]:
    found = sum((tally.damage for tally in tallies.values()), Counter[str]())
    lines = ["## Damage", "", "| kind | times |", "|---|--:|"]
    return [*lines, *(f"| {name} | {found[name]:,} |" for name in (*STRUCTURE, *BYTES)), ""]


def _counted(found: Counter[str]) -> str:
    return ", ".join(
        f"{name} {count:,}" for name, count in sorted(found.items(), key=lambda e: (-e[1], e[0]))
    )


if __name__ == "__main__":
    main()
