"""What can honestly be said about a build, what could not be checked, and what to do next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tuneset.build.divide import similarity
from tuneset.build.result import Build

_LARGE_USER = 0.10
"""Share of the examples from which one user weighs too much. Source: rule of thumb."""
_LARGE_COMPONENT = 0.10
"""Share of the examples from which one connected group makes splits unbalanced. Source: rule of thumb."""


class Judged(Protocol):
    """A gate that has been evaluated."""

    @property
    def name(self) -> str:
        """Its key in the spec."""
        ...

    @property
    def verdict(self) -> str:
        """`pass`, `fail` or `undecided`."""
        ...

    @property
    def words(self) -> str:
        """What was found, in a sentence."""
        ...


@dataclass(frozen=True)
class Statement:
    """One sentence and how it is meant: pass, fail, undecided or note."""

    mark: str
    words: str


@dataclass(frozen=True)
class Gap:
    """Something that was not done, and what would make it possible."""

    what: str
    unlock: str


@dataclass(frozen=True)
class Advice:
    """What to do next; `command` may be empty."""

    words: str
    command: str = ""


TITLES = {
    "min_examples": "Size",
    "leak_twins": "Leaks",
    "hard_conflicts": "Conflicts",
    "critical_cells": "Critical cells",
    "mislabelled": "Label quality",
    "pii_hard": "Hard identifiers",
}


def statements(build: Build, *, gates: Sequence[Judged]) -> list[Statement]:
    """Gates first, then what the counts show."""
    judged = [Statement(gate.verdict, f"{TITLES.get(gate.name, gate.name)}: {gate.words}.") for gate in gates]
    return [*judged, *_noticed(build, gates={gate.name for gate in gates})]


def _noticed(build: Build, *, gates: set[str]) -> Iterator[Statement]:
    summary = build.summary
    if "leak_twins" not in gates and summary["closest_cross_split"]:
        closest = max(pair["score"] for pair in summary["closest_cross_split"])
        yield Statement(
            "note",
            f"Leaks: the closest pair of a test and a training example has similarity {similarity(closest)}.",
        )
    if "mislabelled" not in gates:
        yield Statement(
            "undecided", "Label quality: nobody has said yet how many wrong answers are acceptable."
        )
    yield from _thin(build.matrix)
    floor = summary.get("irreducible_error_floor")
    if floor:
        yield Statement(
            "note",
            f"Error floor: contradictory answers make at least {floor:.1%} of answers wrong, "
            "whatever is learned.",
        )
    for user in summary.get("top_users", ())[:1]:
        if user["share"] > _LARGE_USER and summary["users"] > 1:
            yield Statement(
                "note",
                f"Users: one of {summary['users']:,} has {user['share']:.0%} of the examples that name a "
                "user; `sample.per_user` of the source would limit it.",
            )
    share = summary.get("largest_component", 0) / max(1, summary["kept"])
    if share > _LARGE_COMPONENT:
        words = f"Splits: one connected group holds {share:.0%} of the examples and cannot be divided"
        yield Statement("note", f"{words}{_held_by(summary)}.")


def _held_by(summary: dict[str, Any]) -> str:
    """What may hold a large group together, if it is text that means nothing."""
    shared = summary["passages"]
    if not shared["listed"] or shared["examples"] < shared["looked_at"] / 2:
        return ""
    return "; passages that most examples share may hold it together (tuneset dedupe --passages)"


def _thin(matrix: dict[str, Any]) -> Iterator[Statement]:
    cells = matrix["cells"]
    thin = sum(cell["too_thin"] for cell in cells)
    if len(cells) > 1 and thin:
        need = matrix["claims"][0]
        yield Statement(
            "undecided",
            f"Coverage: {thin:,} of {len(cells):,} cells are too thin to claim anything about; "
            f"even {need['pass_rate']:.0%} takes {need['test_examples']} test examples in a cell.",
        )
    short = [target for target in matrix["targets"] if target["verdict"] != "full"]
    if short:
        yield Statement("note", f"Targets: {len(short):,} of {len(matrix['targets']):,} are not reached.")


def gaps(build: Build) -> Iterator[Gap]:
    """What nothing in this build has looked at."""
    if "person" not in build.spec.redact.soft:
        yield Gap("Names of people were not looked for.", "`person` in redact.soft.")
    elif not build.spec.redact.ner:
        yield Gap(
            "Names in running text that nothing announces were not looked for.",
            "pip install 'tuneset[ner]' and redact.ner: true; measured recall is in docs/stages/redact.md.",
        )
    if build.spec.dedupe.semantic and build.summary["dedupe"]["calibration"] is None:
        yield Gap(
            "The threshold for semantic twins is not calibrated on your data.",
            "tuneset dedupe --calibrate: about 200 pairs to judge; until then read the closest calls above.",
        )
    elif not build.spec.dedupe.semantic:
        yield Gap("Semantic twins were not looked for.", "dedupe.semantic: true.")
    yield Gap(
        "Whether the answers are right was not checked; a machine cannot see its own blind spots.",
        "A review of a random sample, as large as the gates say.",
    )
    if not build.summary.get("conversations"):
        yield Gap(
            "Nothing tells which examples belong to one conversation, so splits may part them.",
            "sources.fields.conversation: the field with the conversation's id.",
        )
    if not build.spec.coverage.factors:
        yield Gap("Coverage was not measured.", "coverage.factors in the spec.")
    for missing in build.quality["missing"]:
        yield Gap(missing["what"], f"{missing['unlock']}.")


def advice(build: Build, *, gates: Sequence[Judged], conflicts: Sequence[str]) -> Iterator[Advice]:
    """Next steps, the most pressing first. `conflicts`: ids of examples in conflict."""
    summary = build.summary
    for gate in gates:
        if gate.verdict == "fail":
            yield Advice(
                f"{TITLES.get(gate.name, gate.name)} keeps this build from being released: {gate.words}."
            )
    if summary["rejected"]:
        yield Advice(
            "Look at the records that could not be read, and fix the format or the fields of their source.",
            "tuneset explain FILE:LINE",
        )
    if conflicts:
        yield Advice("Settle the contradictory answers.", f"tuneset explain {conflicts[0][:12]}")
    for signal in build.quality["signals"]:
        if signal["verdict"] == "poor" and signal["next"]:
            yield Advice(f"{signal['words']}: {signal['next']}.".capitalize())
    short = [target for target in build.matrix["targets"] if target["verdict"] != "full"]
    if short:
        where = ", ".join(f"{factor}={value}" for factor, value in short[0]["where"].items())
        yield Advice(f"Collect or write examples for the cells that are not full, first {where}.")
    for gate in gates:
        if gate.verdict == "undecided":
            yield Advice(f"{TITLES.get(gate.name, gate.name)}: {gate.words}.")
    if not any(gate.verdict == "fail" for gate in gates):
        yield Advice("Pack this build into a release.", "tuneset release")
