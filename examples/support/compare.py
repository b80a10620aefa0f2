"""Compares what a build found in the example project with what was planted, and prints the table.

Run `python examples/support/compare.py DIR` after `generate.py --out DIR` and `tuneset -C DIR build`.
"""

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

import tuneset
from tuneset import Build, TunesetError
from tuneset.core.canonical import canonical_messages

Place = tuple[str, int]
Truth = dict[str, Any]

TWINS = ("exact_duplicate", "near_duplicate", "near_duplicate_short", "paraphrase")
APART = ("contrast", "redacted_contrast")
CASES = ("refusal", "out_of_scope", "ambiguous", "missing_value", "conflicting")
LABELS = {
    "email": "email",
    "phone": "phone",
    "card": "card",
    "iban": "iban",
    "ip": "ip",
    "us_ssn": "government_id",
    "government_id": "government_id",
    "url_credentials": "credential",
    "api_key": "credential",
    "booking": "booking",
}
"""Planted type → the type under which redaction reports it."""


@dataclass(frozen=True)
class Row:
    """One kind: how many were planted, how many of them were found, and how many false alarms there were.

    What *found* means is said in `meaning`. `false` is None where there is nothing to be wrong about.
    """

    kind: str
    planted: int
    found: int
    false: int | None
    meaning: str

    @property
    def recall(self) -> float:
        """Found among planted; 1 if nothing was planted."""
        return self.found / self.planted if self.planted else 1.0

    @property
    def precision(self) -> float | None:
        """Found among found and false; None where there is nothing to be wrong about."""
        if self.false is None:
            return None
        return self.found / (self.found + self.false) if self.found + self.false else 1.0


def compare(project_dir: Path, truth_path: Path) -> list[Row]:
    """One row per kind, from the newest build of the project.

    Raises:
        UsageError: the project has not been built.
    """
    truth = [json.loads(line) for line in truth_path.read_text(encoding="utf-8").splitlines()]
    found = Found(tuneset.open(project_dir).latest_build())
    by_kind: defaultdict[str, list[Truth]] = defaultdict(list)
    for entry in truth:
        by_kind[entry["kind"]].append(entry)
    return [
        *_doors(by_kind, found),
        *_cleaning(by_kind, found),
        *_twins(by_kind, found),
        *_apart(by_kind, found),
        *_personal(by_kind, found),
        *_cases(by_kind, found),
        *_prompts(by_kind, found),
    ]


class Found:
    """What a build says about each place in the logs."""

    def __init__(self, build: Build) -> None:
        """Reads the verdicts; texts and links are read when asked for."""
        self.build = build
        self.verdicts = {_place(row): row for row in build.verdicts().to_pylist()}
        self.place_of = {row["origin_id"]: place for place, row in self.verdicts.items()}

    @cached_property
    def rejects(self) -> set[Place]:
        """Places of the records that never became examples."""
        return {_place(reject) for reject in self.build.rejects()}

    @cached_property
    def links(self) -> dict[frozenset[Place], set[str]]:
        """Pair → kinds of links between the two."""
        links: defaultdict[frozenset[Place], set[str]] = defaultdict(set)
        for row in self.build.links().select(["a", "b", "kind"]).to_pylist():
            links[frozenset((self.place_of[row["a"]], self.place_of[row["b"]]))].add(row["kind"])
        return links

    @cached_property
    def _kept(self) -> dict[Place, tuple[list[dict[str, Any]], dict[str, str]]]:
        kept: dict[Place, tuple[list[dict[str, Any]], dict[str, str]]] = {}
        for table in self.build.kept():
            tags = [dict(pairs) for pairs in table.column("tags").to_pylist()]
            places = zip(table.column("file").to_pylist(), table.column("line").to_pylist(), strict=True)
            for place, messages, tag in zip(places, canonical_messages(table), tags, strict=True):
                kept[place] = (json.loads(messages)["messages"], tag)
        return kept

    def messages(self, place: Place) -> list[dict[str, Any]] | None:
        """The messages as they are now; None if the text of a dropped example was not kept."""
        if place in self._kept:
            return self._kept[place][0]
        try:
            table = self.build.example(self.verdicts[place]["origin_id"])
        except (TunesetError, KeyError):
            return None
        return json.loads(canonical_messages(table)[0])["messages"]

    def tag(self, place: Place, name: str) -> str | None:
        """A coverage tag of a kept example."""
        return self._kept[place][1].get(name) if place in self._kept else None

    def tagged(self, name: str, value: str) -> set[Place]:
        """Kept examples with that tag."""
        return {place for place, (_, tags) in self._kept.items() if tags.get(name) == value}

    def dropped(self, *, stage: str, reasons: Iterable[str]) -> set[Place]:
        """Examples that a stage dropped for one of the reasons."""
        wanted = set(reasons)
        return {
            place
            for place, row in self.verdicts.items()
            if row["outcome"] == "dropped" and row["stage"] == stage and row["reason"] in wanted
        }

    def is_kept(self, place: Place) -> bool:
        """Is the example in the data set?"""
        return place in self.verdicts and self.verdicts[place]["outcome"] != "dropped"

    @cached_property
    def twins_dropped(self) -> set[Place]:
        """Examples in whose place another one stays."""
        return {place for place, row in self.verdicts.items() if row["kept_by"] is not None}

    @cached_property
    def redactions(self) -> dict[str, set[Place]]:
        """Type → examples in which something of the type was replaced."""
        events = self.build.events()
        edits = events.filter(pc.equal(events.column("stage"), "redact")).select(["origin_id", "evidence"])
        types: defaultdict[str, set[Place]] = defaultdict(set)
        for row in edits.to_pylist():
            types[json.loads(row["evidence"])["type"]].add(self.place_of[row["origin_id"]])
        return types


def _doors(by_kind: dict[str, list[Truth]], found: Found) -> Iterator[Row]:
    planted = _places(by_kind["malformed"])
    yield Row(
        "malformed",
        len(planted),
        len(planted & found.rejects),
        len(found.rejects - planted),
        "rejected, at the right file and line",
    )


def _cleaning(by_kind: dict[str, list[Truth]], found: Found) -> Iterator[Row]:
    reasons = {"truncated": "truncated", "error_answer": "failed-answer", "empty_turn": "empty-turn"}
    for kind, reason in reasons.items():
        planted, dropped = _places(by_kind[kind]), found.dropped(stage="clean", reasons=[reason])
        yield Row(kind, len(planted), len(planted & dropped), len(dropped - planted), "dropped")
    for kind in ("mojibake", "control_characters"):
        repaired = sum(_is_repaired(entry, found) for entry in by_kind[kind])
        yield Row(kind, len(by_kind[kind]), repaired, None, "repaired, no letter lost")


def _is_repaired(entry: Truth, found: Found) -> bool:
    messages = found.messages(_place(entry))
    if messages is None:
        return False
    text = messages[entry["message"]]["content"]
    pieces = re.split(r"\[[A-Z_]+_\d+\]", text)  # a name in it may have been redacted
    pattern = ".+".join(re.escape(_letters(piece)) for piece in pieces)
    return re.fullmatch(pattern, _letters(entry["expected"])) is not None


def _letters(text: str) -> str:
    """What must survive a repair: everything but white space and the shape of quotation marks."""
    return re.sub(r"[\s'’‘\"“”]", "", text)


def _twins(by_kind: dict[str, list[Truth]], found: Found) -> Iterator[Row]:
    pairs = [entry for kind in TWINS for entry in by_kind[kind]]
    known = {place for entry in pairs for place in _pair(entry)}
    for kind in TWINS:
        yield _merged(kind, by_kind[kind], found)
    for strength in ("light", "full"):
        entries = [entry for entry in by_kind["paraphrase"] if entry["strength"] == strength]
        yield _merged(f"- {strength}", entries, found)
    merged = sum(not all(map(found.is_kept, _pair(entry))) for entry in pairs)
    false = len(found.twins_dropped - known)
    lost = sum(not any(map(found.is_kept, _pair(entry))) for entry in pairs)
    yield Row("all twins", len(pairs), merged, false, "one of the two stays; false: others dropped as twins")
    yield Row("twins lost", len(pairs), len(pairs) - lost, None, "at least one of the two stays")


def _merged(kind: str, entries: list[Truth], found: Found) -> Row:
    merged = sum(not all(map(found.is_kept, _pair(entry))) for entry in entries)
    return Row(kind, len(entries), merged, None, "one of the two stays")


def _apart(by_kind: dict[str, list[Truth]], found: Found) -> Iterator[Row]:
    for kind in APART:
        both = sum(all(map(found.is_kept, _pair(entry))) for entry in by_kind[kind])
        yield Row(kind, len(by_kind[kind]), both, None, "both stay")
    linked = sum("contrast" in found.links[frozenset(_pair(entry))] for entry in by_kind["contrast"])
    yield Row("contrast, linked", len(by_kind["contrast"]), linked, None, "linked as a contrast")
    planted = {frozenset(_pair(entry)) for entry in by_kind["conflict"]}
    conflicts = {pair for pair, kinds in found.links.items() if "conflict" in kinds}
    yield Row(
        "conflict",
        len(planted),
        len(planted & conflicts),
        len(conflicts - planted),
        "linked as a conflict",
    )
    pairs = [_pair(entry) for kind in (*TWINS, *APART, "conflict") for entry in by_kind[kind]]
    kept = [pair for pair in pairs if all(map(found.is_kept, pair))]
    together = sum(len({found.verdicts[place]["split"] for place in pair}) == 1 for pair in kept)
    yield Row("pairs kept", len(kept), together, None, "both in the same split")


def _personal(by_kind: dict[str, list[Truth]], found: Found) -> Iterator[Row]:
    planted: defaultdict[str, set[Place]] = defaultdict(set)
    for entry in by_kind["pii"]:
        planted[LABELS[entry["type"]]].add(_place(entry))
    for kind in LABELS:
        entries = [entry for entry in by_kind["pii"] if entry["type"] == kind]
        visible = [entry for entry in entries if found.messages(_place(entry)) is not None]
        gone = sum(entry["where"]["value"] not in _text_at(entry, found) for entry in visible)
        false = len(found.redactions[LABELS[kind]] - planted[LABELS[kind]])
        yield Row(f"pii {kind}", len(visible), gone, false, "replaced; false: examples without any")
    traps = by_kind["pii_trap"]
    left = sum(entry["where"]["value"] in _text_at(entry, found) for entry in traps)
    yield Row("pii_trap", len(traps), left, len(traps) - left, "left alone")


def _text_at(entry: Truth, found: Found) -> str:
    """The text in which the value stood."""
    where = entry["where"]
    messages = found.messages(_place(entry))
    message = messages[where["message"]] if messages else {}
    if "tool_call" in where:
        return message["tool_calls"][where["tool_call"]]["function"]["arguments"]
    return message.get("content") or ""


def _cases(by_kind: dict[str, list[Truth]], found: Found) -> Iterator[Row]:
    for case in CASES:
        planted, tagged = _places(by_kind[case]), found.tagged("case", case)
        yield Row(case, len(planted), len(planted & tagged), len(tagged - planted), "kept and tagged")


def _prompts(by_kind: dict[str, list[Truth]], found: Found) -> Iterator[Row]:
    prompts = found.build.summary["system_prompts"]
    seen = sum(bool(prompt["near"]) for prompt in prompts) >= 2
    planted = len(by_kind["prompt_drift"])
    yield Row("prompt_drift", planted, planted * seen, None, "shown as a near variant")


def _place(entry: Truth) -> Place:
    return entry["file"], entry["line"]


def _pair(entry: Truth) -> tuple[Place, Place]:
    return _place(entry), (entry["other_file"], entry["other_line"])


def _places(entries: list[Truth]) -> set[Place]:
    return {_place(entry) for entry in entries}


def table(rows: list[Row]) -> str:
    """The rows as aligned text."""
    head = f"{'kind':<22}{'planted':>8}{'found':>8}{'recall':>8}{'false':>7}{'precision':>11}   found means"
    lines = [head, "-" * len(head)]
    for row in rows:
        false = "" if row.false is None else row.false
        precision = "" if row.precision is None else f"{row.precision:.3f}"
        counts = f"{row.planted:>8}{row.found:>8}{row.recall:>8.3f}{false:>7}{precision:>11}"
        lines.append(f"{row.kind:<22}{counts}   {row.meaning}")
    return "\n".join(lines)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description="What was planted in the logs, and what a build found of it."
    )
    parser.add_argument("project", type=Path, nargs="?", default=Path(__file__).parent)
    project = parser.parse_args().project
    print(table(compare(project, project / "truth.jsonl")))


if __name__ == "__main__":
    main()
