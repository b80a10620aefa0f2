"""What must hold of every damaged line: it ends in examples or rejects, soon, and nobody quotes it."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from connectors.reading import Reading, read_text
from connectors.samples import KINDS
from tuneset.connectors.rejects import REASONS
from tuneset.testing.connectors import texts_in
from tuneset.testing.hostile import hostile_line
from tuneset.testing.promise import windows

AT_ONCE = 20
"""Damaged records in a file: reading one is mostly the cost of a file."""
SECONDS = 5.0
"""CPU time that no record of some megabytes may take, on any machine."""
_FIRST = b'{"z": 1}\n'
_BLANK = b" \t\r\n\x0b\x0c"
_BOM = b"\xef\xbb\xbf"


@dataclass
class Tally:
    """What became of many damaged records."""

    mutations: int = 0
    examples: int = 0
    rejects: Counter[str] = field(default_factory=Counter)
    damage: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    longest: int = 0

    def read(self, name: str, seeds: Sequence[int], folder: Path) -> None:
        """Reads the damaged records of these seeds; `AssertionError` where one is not as it must be."""
        made = [hostile_line(KINDS[name], Random(f"{name}/{seed}")) for seed in seeds]
        lines = [line for line, _ in made]
        spent, reading = _timed(name, lines, folder)
        check(lines, reading, secret=SECRETS[name])
        self.mutations += len(lines)
        self.examples += len(reading.lines)
        self.rejects.update(reading.reasons)
        self.damage.update(kind for _, kinds in made for kind in kinds)
        self.longest = max(self.longest, *map(len, lines))
        if spent > self.slowest_s:
            alone = max(_timed(name, [line], folder)[0] for line in lines)
            assert alone < SECONDS, "a record takes too long"
            self.slowest_s = max(self.slowest_s, alone)


def _timed(name: str, lines: list[bytes], folder: Path) -> tuple[float, Reading]:
    before = time.process_time()
    reading = read_text(_FIRST + b"\n".join(lines), folder, connector=name)
    return time.process_time() - before, reading


def check(lines: list[bytes], reading: Reading, *, secret: set[str]) -> None:
    """Every line has its outcome, by a reason that is explained, in words that are not the record's."""
    physical = (_FIRST + b"\n".join(lines)).split(b"\n")
    wanted = {number for number, line in enumerate(physical, 1) if _bare(line)}
    assert {*reading.lines, *(line for line, _ in reading.rejects)} == wanted
    assert set(reading.reasons) <= REASONS.keys() - {"connector-failed"}, reading.details
    assert secret.isdisjoint(set().union(*map(windows, reading.details)))


def _bare(line: bytes) -> bytes:
    line = line.strip(_BLANK)
    return line[3:].strip(_BLANK) if line.startswith(_BOM) else line


SECRETS = {name: {run for run in texts_in(records) if " " in run} for name, records in KINDS.items()}
"""Runs of characters in the values of the samples; without a space it may be the code of a provider."""
