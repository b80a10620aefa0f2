"""What a build tells of how far it is."""

from collections.abc import Mapping
from pathlib import Path

import orjson

import tuneset
from tuneset.engine.progress import SilentProgress


class Steps(SilentProgress):
    """Counts what is told: title, steps and steps done of each phase."""

    def __init__(self) -> None:
        self.phases: list[tuple[str, int, int]] = []

    def phase(self, title: str, *, steps: int) -> None:
        self.phases.append((title, steps, 0))

    def advance(self, *, steps: int = 1, rows: int = 0, dropped: Mapping[str, int] | None = None) -> None:
        title, wanted, done = self.phases[-1]
        self.phases[-1] = title, wanted, done + steps


def test_every_phase_does_the_steps_that_it_announced(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "good day"}]
    (tmp_path / "logs.jsonl").write_bytes(orjson.dumps({"messages": turns}))
    (tmp_path / "tuneset.yaml").write_text("name: a\nsources: [{path: logs.jsonl}]\n")
    seen = Steps()
    tuneset.open(tmp_path).build(workers=1, progress=seen)
    assert "looking for suspects" in [title for title, *_ in seen.phases]
    assert [phase for phase in seen.phases if phase[1] != phase[2]] == []
