"""Makes a release out of a build: writes everything aside, then moves it to its place in one step.

The bytes depend on the build, the parent and the installed versions alone: not on the clock, the machine, the
number of workers, or how the examples are batched. Packing the same build twice gives the same directory.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.build.report import write_report
from tuneset.build.result import BLOCK_ROWS, Build
from tuneset.core.errors import InputError, IntegrityError
from tuneset.core.exporter import SPLITS
from tuneset.exporters.text import block
from tuneset.exporters.turns import Turns
from tuneset.release.card import card, licence_note
from tuneset.release.diff import diff, write_changes
from tuneset.release.gates import Gate, evaluate, require
from tuneset.release.preferences import FILE as PREFERENCES
from tuneset.release.preferences import write_preferences
from tuneset.release.provenance import FILE, TOLD, Lineage
from tuneset.release.rows import RowWriter, Shape, rows
from tuneset.release.sums import SUMS, SummedFiles, write_sums
from tuneset.release.targets import Run, TargetWriter
from tuneset.store.atomic import TEMPORARY, publish
from tuneset.store.disk import explained
from tuneset.store.workspace import Workspace

SCHEMA_VERSION = 1

_WRITE_ROWS = 4096
_COLUMNS = ("content_id", "messages", "tools", "tags", *TOLD)
"""Columns of `KEPT` that are read, unless an exporter of a plugin wants to see whole examples."""
_JSON = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


@dataclass(frozen=True)
class Release:
    """An immutable directory named by its digest."""

    digest: str
    dir: Path
    manifest: dict[str, Any]
    gates: tuple[Gate, ...]


def pack(
    build: Build,
    *,
    workspace: Workspace,
    parent: Path | None = None,
    out: Path | None = None,
    batch_rows: int = BLOCK_ROWS,
) -> Release:
    """Judges the gates, writes a release and moves it to `.tuneset/releases/<digest>`.

    Args:
        build: a finished build.
        workspace: where the release is written and kept.
        parent: directory of the release that this one follows; `changes/` compares with it.
        out: directory that gets a copy, as `<out>/<digest>`; the copy is then what is returned.
        batch_rows: examples held in memory at once; a run option, it changes no byte.

    Raises:
        IntegrityError: a gate fails, or an example is not what was signed.
        WorkspaceError: the disk is full or cannot be written.
    """
    gates = evaluate(build)
    require(gates)
    with workspace.scratch() as draft:
        files = SummedFiles(draft)
        manifest = _write(files, build, gates=gates, parent=parent, batch_rows=batch_rows)
        digest = write_sums(draft, known=files.sums)
        place = _settle(draft, workspace.releases / digest)
    if out is not None:
        place = _copy(place, out / digest)
    return Release(digest, place, manifest, gates)


def _write(
    files: SummedFiles, build: Build, *, gates: tuple[Gate, ...], parent: Path | None, batch_rows: int
) -> dict[str, Any]:
    directory = files.directory
    (directory / "data").mkdir()
    with ExitStack() as opened:
        data = {s: opened.enter_context(RowWriter(directory / "data" / s, files=files)) for s in SPLITS}
        targets = {
            name: opened.enter_context(TargetWriter(name, directory=directory, files=files))
            for name in build.spec.export
        }
        provenance = opened.enter_context(files.open(directory / FILE))
        lineage, shape = Lineage(build), Shape()
        columns = _COLUMNS if all(target.by_columns for target in targets.values()) else None
        for batch in _batches(build, columns=columns, batch_rows=batch_rows):
            provenance.write(block(lineage.lines(batch.by_id)))
            for examples, runs in batch.blocks():
                turns = Turns.of(examples)
                made = rows(examples, turns)
                shape.see(turns, labels=made.tags)
                for run in runs:
                    data[run.split].add(made, start=run.start, stop=run.stop)
                for target in targets.values():
                    target.add(examples, turns, runs=runs)
    manifest = _manifest(
        build,
        gates=gates,
        parent=parent,
        splits={split: writer.count for split, writer in data.items()},
        targets={name: target.finish(dataset=build.spec.name) for name, target in targets.items()},
    )
    write_preferences(build, directory / PREFERENCES)
    if parent is not None:
        write_changes(diff(parent, directory), directory / "changes")
    _write_notes(directory, build, manifest=manifest, shape=shape, gates=gates)
    return manifest


@dataclass(frozen=True)
class _Batch:
    """Examples in blocks of `_WRITE_ROWS` by id, each block grouped by split: fetched in the order in which
    they are written, because to take a split out of a table copies all of its text once more.
    """

    examples: pa.Table
    order: np.ndarray
    """`int64[n]`: the place by id of each row."""
    split: np.ndarray
    """`int[n]`: the split of each row, as a position in `SPLITS`."""

    @property
    def by_id(self) -> pa.Table:
        """What provenance tells of them, in the order of their ids."""
        return self.examples.select(TOLD).take(pa.array(np.argsort(self.order)))

    def blocks(self) -> Iterator[tuple[pa.Table, list[Run]]]:
        """The examples of each block, and which of its rows belong to which split."""
        for start in range(0, len(self.split), _WRITE_ROWS):
            split = self.split[start : start + _WRITE_ROWS]
            ends = np.searchsorted(split, range(len(SPLITS) + 1)).tolist()
            runs = [Run(*run) for run in zip(SPLITS, ends, ends[1:], strict=False) if run[1] < run[2]]
            yield self.examples.slice(start, _WRITE_ROWS), runs


def _batches(build: Build, *, columns: Sequence[str] | None, batch_rows: int) -> Iterator[_Batch]:
    pointers = build.pointers()
    for start in range(0, len(pointers), batch_rows):
        chosen = pointers.slice(start, batch_rows)
        split = pc.index_in(chosen.column("split").cast(pa.string()), value_set=pa.array(SPLITS)).to_numpy()
        order = np.lexsort((split, np.arange(len(split)) // _WRITE_ROWS))
        examples = build.examples_at(chosen.take(pa.array(order)), columns=columns)
        yield _Batch(examples, order, split[order])


def _manifest(
    build: Build, *, gates: tuple[Gate, ...], parent: Path | None, splits: dict, targets: dict
) -> dict:
    return {
        "schema_version": SCHEMA_VERSION,
        "tuneset": version("tuneset"),
        "name": build.spec.name,
        "task": build.spec.task,
        "parent": parent.name if parent is not None else None,
        "splits": splits,
        "targets": targets,
        "gates": [gate.plain() for gate in gates],
        "spec": build.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True),
    }


def _public(summary: Mapping[str, Any]) -> dict[str, object]:
    """The summary without hashes of users: they mean something in the project only."""
    users = summary.get("top_users", ())
    shares = [{name: value for name, value in user.items() if name != "user"} for user in users]
    return {**summary, "top_users": shares}


def _write_notes(
    directory: Path, build: Build, *, manifest: dict, shape: Shape, gates: tuple[Gate, ...]
) -> None:
    (directory / "manifest.json").write_bytes(orjson.dumps(manifest, option=_JSON))
    metrics = {"schema_version": SCHEMA_VERSION, "summary": _public(build.summary), "matrix": build.matrix}
    (directory / "metrics.json").write_bytes(orjson.dumps(metrics, option=_JSON))
    _text(directory / "README.md", card(build, manifest=manifest, shape=shape))
    _text(directory / "LICENSE", licence_note(build))
    write_report(build, directory / "report.html", gates=gates)


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _settle(draft: Path, place: Path) -> Path:
    """Moves the draft to its name. The same release may be there already; anything else there is an error."""
    for path in draft.rglob("*"):
        if path.is_file():
            path.chmod(0o444)
    if not publish(draft, place) and _sums(place) != _sums(draft):
        raise IntegrityError(
            "a release of this digest exists and says something else",
            where=str(place),
            fix="run `tuneset verify` on it and move the damaged directory away",
            code="TS405",
        )
    return place


def _sums(directory: Path) -> bytes | None:
    path = directory / SUMS
    return path.read_bytes() if path.is_file() else None


def _copy(release: Path, target: Path) -> Path:
    """The same bytes elsewhere, complete or not there at all."""
    if _sums(target) == _sums(release):
        return target
    with explained(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f"{TEMPORARY}{target.name}")
        try:
            shutil.copytree(release, draft)
            draft.rename(target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return target


def read_release(directory: Path) -> Release:
    """A release as it lies on the disk; `verify` says whether it is whole.

    Raises:
        InputError: the directory is no release.
    """
    try:
        manifest = orjson.loads((directory / "manifest.json").read_bytes())
        gates = tuple(Gate(**gate) for gate in manifest["gates"])
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            "not a release",
            where=str(directory),
            fix="give the directory of a release: `.tuneset/releases/<digest>`",
        ) from None
    return Release(directory.name, directory, manifest, gates)
