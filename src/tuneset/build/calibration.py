"""Calibrates the threshold of semantic twins on pairs that a person judges.

    draw       a finished build -> about 200 pairs to judge, blind to their similarity
    show       pairs -> rows of a sheet (`build.sheet`)
    judgements the judged file -> which pairs are one
    calibrated draw and judgements -> a calibration, written beside the spec and named there as
    `dedupe.calibration`

The population are the pairs that the threshold decides about: the same numbers, negations, names and system
prompt, equivalent answers, not near twins by their words, a cosine of at least `LOWEST`. Of these `wording:
strict` merges only what its second key lets pass (`stages.dedupe.wording`), `loose` all: the judged pairs
say which of the two, and from which cosine.
"""

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa

from tuneset.build.calibration_file import SCHEMA_VERSION
from tuneset.build.index import Index, build_index
from tuneset.build.link import Texts
from tuneset.build.result import Build
from tuneset.build.sheet import answered, asked, reader
from tuneset.core.errors import InputError, UsageError
from tuneset.core.spec import Spec
from tuneset.kernels.embed import MODEL
from tuneset.kernels.words import mix
from tuneset.stages.dedupe import SEMANTIC, kinds_of, relate, representatives, semantic_pairs
from tuneset.stages.dedupe.calibrate import (
    FEWEST,
    Fit,
    Judged,
    Population,
    best,
    drawn,
    fits,
    strata_of,
)
from tuneset.store.workspace import Workspace

LOWEST = 0.75
"""Cosine below which nobody looks for twins."""

MOST_PAIRS = 200_000  # of the population; a draw by hash stands for the rest

COLUMNS: tuple[str, ...] = ("a", "b", "judgement", "input_a", "input_b", "answer_a", "answer_b")
_YES, _NO, _UNSURE = (
    {"yes", "y", "same", "1", "true"},
    {"no", "n", "different", "0", "false"},
    {"unsure", "?"},
)

Pair = tuple[bytes, bytes]


@dataclass(frozen=True)
class Draw:
    """The population of a build, and which pairs of it are to be judged. `a[n]`, `b[n]`: origin ids."""

    a: list[bytes]
    b: list[bytes]
    population: Population
    chosen: np.ndarray


@dataclass(frozen=True)
class Verdict:
    """What the judged file says: pairs that are one, pairs that are not; how many were left open."""

    pairs: dict[Pair, bool]
    unsure: int
    open: int


def draw(build: Build, *, workspace: Workspace, pairs: int) -> Draw:
    """The pairs of a build that calibrate it, the same for every run.

    Raises:
        WorkspaceError: the cache that holds the text was deleted.
    """
    index = build_index(build.part_paths())
    numbers, scores, merged = _population(index, spec=build.spec, workspace=workspace)
    stratum = strata_of(scores, merged)
    population = Population(scores, merged, stratum)
    ids = index.origin_ids.to_pylist()
    a, b = ([ids[i] for i in side] for side in (numbers[:, 0].tolist(), numbers[:, 1].tolist()))
    return Draw(a, b, population, drawn(stratum, _order(index, numbers), pairs=pairs))


def _population(
    index: Index, *, spec: Spec, workspace: Workspace
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`int64[n, 2]` pairs, `float64[n]` cosines, `bool[n]`: does the second key of `strict` let them pass?"""
    chosen = representatives(index.signatures)
    pairs = chosen[semantic_pairs(index.vectors(chosen), min_cosine=LOWEST).pairs]
    if len(pairs) > MOST_PAIRS:
        pairs = pairs[np.sort(np.argsort(_order(index, pairs), kind="stable")[:MOST_PAIRS])]
    with workspace.scratch() as scratch:
        np.save(scratch / "part.npy", index.part)
        np.save(scratch / "row.npy", index.row)
        texts = Texts(index.paths, scratch, ignore=spec.dedupe.ignore)
        numbers, local = np.unique(pairs, return_inverse=True)
        signatures = texts.signatures(numbers)
        found = {
            wording: relate(
                local.reshape(-1, 2),
                signatures,
                lambda rows: texts(numbers[rows]),
                spec=spec.dedupe.model_copy(
                    update={"semantic": True, "semantic_cosine": LOWEST, "wording": wording}
                ),
                task=spec.task,
            )
            for wording in ("strict", "loose")
        }
    loose, passing = (
        links.filter(pa.array(kinds_of(links) == SEMANTIC)) for links in (found["loose"], found["strict"])
    )
    places = np.column_stack([loose.column("i").to_numpy(), loose.column("j").to_numpy()]).reshape(-1, 2)
    keys, known = (
        _packed(places),
        _packed(
            np.column_stack([passing.column("i").to_numpy(), passing.column("j").to_numpy()]).reshape(-1, 2)
        ),
    )
    scores = loose.column("score").to_numpy().astype(np.float64).round(4)
    return numbers[places], scores, np.isin(keys, known)


def _packed(pairs: np.ndarray) -> np.ndarray:
    return pairs[:, 0].astype(np.int64) << 32 | pairs[:, 1].astype(np.int64)


def _order(index: Index, pairs: np.ndarray) -> np.ndarray:
    """`uint64[m]`: a number of each pair that depends on its two ids only."""
    return mix.py_func(index.ids[pairs[:, 0], 0] * np.uint64(3) ^ index.ids[pairs[:, 1], 1])


def pairs_to_judge(build: Build, found: Draw) -> list[dict[str, str]]:
    """Rows of `COLUMNS`, in an order that says nothing about similarity; the judgement is empty."""
    wanted = sorted({end for row in found.chosen.tolist() for end in (found.a[row], found.b[row])})
    examples = build.examples(wanted)
    rows = sorted(found.chosen.tolist(), key=lambda row: found.a[row][::-1] + found.b[row])
    return [_row(found.a[row], found.b[row], examples) for row in rows]


def _row(a: bytes, b: bytes, examples: dict[bytes, pa.Table]) -> dict[str, str]:
    sides = [examples[a], examples[b]]
    texts = [*map(asked, sides), *map(answered, sides)]
    return dict(zip(COLUMNS, [a.hex(), b.hex(), "", *texts], strict=True))


def judgements(path: Path) -> Verdict:
    """What a person wrote into the `judgement` of each pair: yes, no, unsure or nothing.

    Raises:
        InputError: the file cannot be read, lacks a column, or holds another word.
    """
    pairs: dict[Pair, bool] = {}
    unsure = left = 0
    for number, row in enumerate(_rows(path), 1):
        word = str(row.get("judgement") or "").strip().lower()
        if word in _YES | _NO:
            pairs[_ids(row, path=path, number=number)] = word in _YES
        elif word in _UNSURE:
            unsure += 1
        elif not word:
            left += 1
        else:
            raise _unreadable(path, f"pair {number}: `judgement` is none of yes, no and unsure")
    return Verdict(pairs, unsure, left)


def _rows(path: Path) -> Iterable[dict[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise _unreadable(path, f"cannot be read: {(problem.strerror or 'no file').lower()}") from None
    except UnicodeDecodeError:
        raise _unreadable(path, "are no UTF-8 text") from None
    try:
        if path.suffix == ".jsonl":
            return [orjson.loads(line) for line in text.split("\n") if line.strip()]
        return list(reader(text))
    except (orjson.JSONDecodeError, csv.Error):
        raise _unreadable(path, "is neither CSV nor JSON lines") from None


def _ids(row: dict[str, str], *, path: Path, number: int) -> Pair:
    try:
        return bytes.fromhex(row["a"].strip()), bytes.fromhex(row["b"].strip())
    except (KeyError, ValueError, AttributeError):
        raise _unreadable(path, f"pair {number}: no two ids in `a` and `b`") from None


def _unreadable(path: Path, what: str) -> InputError:
    return InputError(
        f"the judged pairs: {what}",
        where=str(path),
        code="TS211",
        fix="write yes, no or unsure as the `judgement` of a pair of `tuneset dedupe --calibrate`",
    )


def calibrated(build: Build, found: Draw, said: Verdict) -> dict[str, object]:
    """The calibration as it is written beside the spec; `wording` is the one that finds clearly more.

    Raises:
        UsageError: too few of the judged pairs are pairs of this build.
    """
    where = {pair: row for row, pair in enumerate(zip(found.a, found.b, strict=True)) if pair in said.pairs}
    rows = np.array(sorted(where.values()), np.int64)
    twin = np.array([said.pairs[found.a[row], found.b[row]] for row in rows.tolist()], bool)
    population = found.population
    judged = Judged(population.score[rows], twin, population.stratum[rows], population.merged[rows])
    made = fits(judged, population)
    if not made:
        raise UsageError(
            f"{len(rows)} of the judged pairs are pairs that a threshold decides; {FEWEST} are needed",
            code="TS518",
            fix="judge more pairs, of the latest build: `tuneset dedupe --calibrate` writes them",
        )
    wording = best(made)
    return {
        "schema_version": SCHEMA_VERSION,
        "embedder": MODEL,
        "wording": wording,
        "build": build.fingerprint,
        "judged": len(rows),
        "duplicates": int(twin.sum()),
        "unsure": said.unsure,
        "unknown": len(said.pairs) - len(rows),
        "population": len(population.score),
        "wordings": {name: _plain(one) for name, one in made.items()},
    }


def _plain(made: Fit) -> dict[str, object]:
    return {
        "proposed": asdict(made.proposed) if made.proposed else None,
        "threshold_interval": None if made.low is None else [made.low, made.high],
        "recall_interval": None if made.recall_low is None else [made.recall_low, made.recall_high],
        "curve": [asdict(point) for point in made.curve],
    }
