"""How good the detectors of a build are, by what was measured on texts of others (benchmarks/curate.md)."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import orjson

from tuneset.core.spec import Spec


@dataclass(frozen=True)
class Detector:
    """One detector on one set. `found`: of what was there; `alarms`: where nothing was, or of what was found;
    empty where it was not measured.
    """

    group: str
    detector: str
    found: str
    alarms: str
    on: str


def detectors(spec: Spec) -> list[Detector]:
    """Those that this spec uses, in the order of the record; `scripts/measured.py` writes the record."""
    record = files("tuneset.build.report").joinpath("measured.json").read_bytes()
    used = set(_used(spec))
    rows = [Detector(**row) for row in orjson.loads(record)]
    return [row for row in rows if (row.group, row.detector) in used or (row.group, "") in used]


def _used(spec: Spec) -> Iterator[tuple[str, str]]:
    """Group and detector; no detector stands for the whole group."""
    yield "clean", ""
    if spec.suspicion.enabled:
        record = ("placeholder", "cut_off", "copied_prompt", "leaked_system", "other_language")
        tools = ("tool_not_offered", "tool_arguments", "contradicts_tool", "unsupported")
        compared = ("confidence", "neighbours", "conflict", "dissimilar", "length")
        named = (*record, *tools, *compared)
        yield from (("suspicion", name) for name in named if name not in spec.suspicion.off)
    group = "redact with ner" if spec.redact.ner else "redact"
    yield from ((group, name) for name in (*spec.redact.hard, *spec.redact.soft))
    if any(factor.origin == "case" for factor in spec.coverage.factors.values()):
        yield "cases", ""
    if spec.dedupe.semantic:
        yield ("dedupe" if spec.dedupe.wording == "strict" else "dedupe, loose"), ""
