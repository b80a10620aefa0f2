"""The numbers and examples of a build in the shape in which the page shows them."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from tuneset.build.report.pairs import Pair, compared, marked, visible
from tuneset.build.result import Build

PAIRS_SHOWN = 3
ROWS_SHOWN = 40
COLUMNS_SHOWN = 10
LINES_SHOWN = 3
CROSSING_SHOWN = 5

Mapping = dict[str, Any]

_Chosen = tuple[bytes, bytes, float | None, str]
"""Both ids of a pair, its score, and what is said about it."""


@dataclass(frozen=True)
class Bar:
    """A row of a table with a bar: from `start` to `start + length`, shares of the whole."""

    name: str
    count: int
    start: float
    length: float
    kind: str
    detail: str = ""


def funnel(summary: Mapping) -> list[Bar]:
    """From records read to splits: what is lost on the way, and what is left."""
    read = max(1, summary["read"])
    bars = [Bar("records read", summary["read"], 0, summary["read"] / read, "whole")]
    left = summary["read"]
    losses = [("rejected", summary["rejected"], "no examples")]
    losses += [(name, count, "dropped") for name, count in _top(summary["dropped_by_reason"])]
    for name, count, detail in losses:
        left -= count
        bars.append(Bar(name, count, max(0, left) / read, count / read, "lost", detail))
    bars.append(Bar("kept", summary["kept"], 0, summary["kept"] / read, "kept"))
    start = 0.0
    for split in ("train", "validation", "test"):
        count = summary["splits"].get(split, 0)
        bars.append(Bar(split, count, start, count / read, split))
        start += count / read
    return bars


def bars(counts: dict[str, int], *, whole: int | None = None) -> list[Bar]:
    """Counts as bars, the given order; longest is full, or shares of `whole`."""
    full = max(1, whole or max(counts.values(), default=1))
    return [Bar(name, count, 0, count / full, "plain") for name, count in _top(counts)]


def users(summary: Mapping) -> dict[str, int]:
    """Kept examples of the heaviest users, by rank: a release holds the report, and no one's hash."""
    return {f"user {rank}": user["kept"] for rank, user in enumerate(summary.get("top_users", ()), 1)}


def _top(counts: dict[str, int]) -> list[tuple[str, int]]:
    """At most `ROWS_SHOWN`; the rest together, so that the sum stays true."""
    entries = list(counts.items())
    shown, rest = entries[:ROWS_SHOWN], entries[ROWS_SHOWN:]
    return [*shown, (f"{len(rest)} more", sum(count for _, count in rest))] if rest else shown


@dataclass(frozen=True)
class RejectGroup:
    """Records of one file that were rejected for one reason."""

    file: str
    reason: str
    count: int
    lines: tuple[int, ...]


def rejects(build: Build) -> list[RejectGroup]:
    """By falling count, with the first lines of each."""
    count: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], list[int]] = {}
    for reject in build.rejects():
        key = (reject["file"], reject["reason"])
        count[key] += 1
        lines = first.setdefault(key, [])
        if len(lines) < LINES_SHOWN:
            lines.append(reject["line"])
    ordered = sorted(count.items(), key=lambda entry: (-entry[1], entry[0]))
    return [
        RejectGroup(visible(file), reason, n, tuple(first[file, reason])) for (file, reason), n in ordered
    ]


@dataclass(frozen=True)
class Grid:
    """Two factors against each other; `heat` is 0 (empty) to 5 (fullest)."""

    rows: str
    columns: str
    heads: tuple[str, ...]
    body: tuple[tuple[str, tuple[Mapping, ...]], ...]


def grid(matrix: Mapping) -> Grid | None:
    """Two factors of the matrix as a grid, the others summed over; None if there are not two that fit.

    The two that the targets name most often, else the first two.
    """
    named = Counter(factor for target in matrix["targets"] for factor in target["where"])
    fits = [name for name, levels in matrix["factors"].items() if 1 < len(levels) <= ROWS_SHOWN]
    pair = sorted(fits, key=lambda name: -named[name])[:2]
    if len(pair) < 2:
        return None
    column_name, row_name = sorted(pair, key=lambda name: len(matrix["factors"][name]))
    rows, columns = matrix["factors"][row_name], matrix["factors"][column_name]
    if len(columns) > COLUMNS_SHOWN:
        return None
    cells: dict[tuple[str, str], Counter] = defaultdict(Counter)
    for cell in matrix["cells"]:
        place = cell["where"][row_name], cell["where"][column_name]
        cells[place].update({name: cell[name] for name in ("examples", "train", "test")})
    wanted = {
        (target["where"][row_name], target["where"][column_name]): target["fill"]
        for target in matrix["targets"]
        if target["where"].keys() == {row_name, column_name}
    }
    fullest = max((cell["examples"] for cell in cells.values()), default=0)
    body = tuple(
        (row, tuple(_heated(cells[row, column], fullest, wanted.get((row, column))) for column in columns))
        for row in rows
    )
    return Grid(row_name, column_name, tuple(columns), body)


def _heated(cell: Mapping, fullest: int, fill: float | None) -> Mapping:
    heat = -(-5 * cell["examples"] // fullest) if fullest else 0
    return {"examples": cell["examples"], "test": cell["test"], "heat": heat, "fill": fill}


class Samples:
    """Chooses and loads the few examples that are shown."""

    def __init__(self, build: Build) -> None:
        """Reads the links and narrow verdicts once, and the text of what may be shown."""
        self._links = build.links(["a", "b", "kind", "score"])
        columns, words = ["origin_id", "kept_by", "outcome"], ["outcome"]
        narrow = pa.concat_tables(build.verdict_groups(columns, dictionaries=words))
        twins = narrow.filter(narrow.column("kept_by").is_valid())
        self._twins = twins.select(["kept_by", "origin_id"])
        self.clusters = len(pc.unique(self._twins.column("kept_by")))
        dropped = pc.equal(narrow.column("outcome").cast(pa.string()), "dropped")
        self._dropped_ends = self._ends_among(narrow.column("origin_id").filter(dropped))
        self._chosen = {
            "largest": self._choose_clusters(),
            "closest": self._choose_calls(),
            "contrast": self._choose_kind("contrast"),
            "conflict": self._choose_kind("conflict"),
            "across": [_crossing_pair(pair) for pair in crossing(build.summary)],
        }
        both = {end for chosen in self._chosen.values() for pair in chosen for end in pair[:2]}
        self._texts = build.examples(sorted(both))

    def largest_clusters(self) -> list[Pair]:
        """The kept example of the largest clusters beside the first of its twins."""
        return self._loaded(self._chosen["largest"])

    def closest_calls(self) -> list[Pair]:
        """Pairs merged with the lowest similarity: where a wrong merge would be."""
        return self._loaded(self._chosen["closest"])

    def of_kind(self, kind: Literal["contrast", "conflict"]) -> list[Pair]:
        """Pairs of one kind of link of which both stay, the most similar first."""
        return self._loaded(self._chosen[kind])

    def across(self) -> list[Pair]:
        """Pairs of a test example and one of another split, as `crossing` gives them."""
        return self._loaded(self._chosen["across"])

    def count(self, kind: str) -> int:
        """How many links of a kind there are."""
        return int(pc.sum(pc.equal(self._links.column("kind"), kind)).as_py() or 0)

    def _choose_clusters(self) -> list[_Chosen]:
        sizes = self._twins.group_by("kept_by").aggregate([("origin_id", "count"), ("origin_id", "min")])
        ordered = sizes.sort_by([("origin_id_count", "descending"), ("kept_by", "ascending")]).slice(0, 8)
        return [
            (row["kept_by"], row["origin_id_min"], None, _stands_for(row["origin_id_count"]))
            for row in ordered.to_pylist()
        ]

    def _choose_calls(self) -> list[_Chosen]:
        near = pc.is_in(self._links.column("kind"), value_set=pa.array(["near", "semantic"]))
        one_stays = pc.xor(*self._dropped_ends)
        return _first(self._links.filter(pc.and_(near, one_stays)), order="ascending")

    def _choose_kind(self, kind: str) -> list[_Chosen]:
        both_stay = pc.invert(pc.or_(*self._dropped_ends))
        here = pc.and_(pc.equal(self._links.column("kind"), kind), both_stay)
        return _first(self._links.filter(here), order="descending")

    def _ends_among(self, ids: pa.ChunkedArray) -> list[pa.ChunkedArray]:
        """For both ends of each link: is it one of `ids`?"""
        values = ids.combine_chunks()
        return [pc.is_in(self._links.column(end), value_set=values) for end in ("a", "b")]

    def _loaded(self, chosen: Sequence[_Chosen]) -> list[Pair]:
        """The first `PAIRS_SHOWN` pairs whose text was kept: what an early stage dropped has none."""
        found: list[Pair] = []
        for a, b, score, note in chosen:
            left, right = self._texts.get(a), self._texts.get(b)
            if left is None or right is None:
                continue
            if note == "contrast" and _same_content(left, right):
                note = "contrast in values that were redacted"
            found.append(compared(left, right, score=score, note=note))
            if len(found) == PAIRS_SHOWN:
                break
        return found


def _first(links: pa.Table, *, order: str) -> list[_Chosen]:
    ordered = links.sort_by([("score", order), ("a", "ascending"), ("b", "ascending")]).slice(0, 8)
    return [(row["a"], row["b"], row["score"], row["kind"]) for row in ordered.to_pylist()]


def _crossing_pair(pair: Mapping) -> _Chosen:
    return bytes.fromhex(pair["train"]), bytes.fromhex(pair["test"]), pair["score"], pair["kind"]


def _same_content(left: pa.Table, right: pa.Table) -> bool:
    return left.column("content_id")[0] == right.column("content_id")[0]


def crossing(summary: Mapping) -> list[Mapping]:
    """The closest pairs of a test example and one of another split, a few of each measure, closest first."""
    shown: list[Mapping] = []
    for pair in sorted(summary["closest_cross_split"], key=lambda p: (-p["score"], p["train"], p["test"])):
        if sum(other["kind"] == pair["kind"] for other in shown) < CROSSING_SHOWN:
            shown.append({"split": "train", **pair})
    return shown


def _stands_for(twins: int) -> str:
    return f"stands for {twins:,} more" if twins > 1 else "stands for one more"


def prompts(summary: Mapping) -> Iterator[Mapping]:
    """The inventory of system prompts; a near variant is shown by how it differs from a more frequent one."""
    known: dict[str, str] = {}
    for prompt in summary["system_prompts"][:ROWS_SHOWN]:
        text = prompt["text"]
        model = next((digest for digest in prompt["near"] if digest in known), None)
        segments = marked(known[model], text)[1] if model else marked(text, text)[1]
        yield {**prompt, "model": model, "segments": segments}
        known[prompt["digest"]] = text
