"""Runs a build: parts in parallel, then the global questions, then one rename that makes the result visible.

door      who is let in              build/door.py, only where a source is limited per user or day
prepare   part → cache               build/prepare.py, in the executor
spare     sealed examples back in    build/spared.py, only where a source is sampled
index     all examples by origin id  build/index.py
retag     who is rare or far longer  build/retag.py
link      who is related to whom     build/link.py
settle    which twins stay           stages/dedupe
split     who goes where             build/divide.py
suspect   whom to look at first      build/suspect.py
write     .tuneset/builds/<fingerprint>/
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa

from tuneset.build import prepare, remembered
from tuneset.build.divide import Division, divide
from tuneset.build.door import counted
from tuneset.build.index import Index, build_index, numbers_of
from tuneset.build.link import Texts, find_links
from tuneset.build.outcome import Finished, write_build
from tuneset.build.plan import PART_BYTES, Plan, plan
from tuneset.build.result import Build
from tuneset.build.retag import retag
from tuneset.build.reviews import Reviews, read_reviews
from tuneset.build.seal import Seal, read_seal, write_seal
from tuneset.build.spared import spared
from tuneset.build.suspect import Suspicion, look
from tuneset.core.fingerprint import fingerprint
from tuneset.core.spec import Spec
from tuneset.engine.executor import Executor, default_executor
from tuneset.engine.progress import NoticesOnly, Progress
from tuneset.stages.coverage import cell_of, test_targets, wanted_targets
from tuneset.stages.dedupe import Settled, rank_of, settle
from tuneset.stages.traces import prefixes
from tuneset.store.workspace import Workspace

VERSION = 18
"""Goes up when the same parts and spec would give another build."""

LATEST = "build"
"""The ref that names the newest build."""

_BYTES_PER_RECORD = 600  # a guess that only decides whether a pool pays


def run(
    spec: Spec,
    *,
    root: Path,
    workspace: Workspace,
    workers: int | None = None,
    progress: Progress | None = None,
    part_bytes: int | None = None,
) -> Build:
    """The finished build of a spec; hold the project's lock.

    Raises:
        InputError, SpecError, WorkspaceError, IntegrityError: with place and fix.
    """
    workspace.clean_tmp()
    with progress or NoticesOnly() as told:
        planned = plan(
            spec,
            root=root,
            workspace=workspace,
            part_bytes=part_bytes or PART_BYTES,
            on_notice=told.notice,
        )
        seal = read_seal(workspace.directory)
        reviews = read_reviews(spec.suspicion.reviews, root=root)
        identity = _identity(planned, seal, reviews)
        if not _is_whole(identity, workspace):
            rows = planned.bytes // _BYTES_PER_RECORD
            with default_executor(workers, items=len(planned.parts), rows_hint=rows) as executor:
                planned = counted(planned, executor=executor, progress=told)
                receipts = _prepared(planned, executor=executor, progress=told)
                whole = spared(planned, sealed=seal.before_build(identity).origin_ids, workspace=workspace)
                if whole is not planned:
                    planned, receipts = whole, _prepared(whole, executor=executor, progress=told)
                _settled_build(
                    planned,
                    receipts,
                    seal=seal,
                    reviews=reviews,
                    identity=identity,
                    workspace=workspace,
                    executor=executor,
                    progress=told,
                )
    build = Build(workspace.builds / identity, spec, identity)
    if seal.build != identity:
        write_seal(workspace.directory, old=seal, test_ids=build.test_ids(), build=identity)
    workspace.write_ref(LATEST, identity)
    return build


def latest(workspace: Workspace) -> Build | None:
    """The newest finished build; None if there is none, or if it was damaged, which is said aloud."""
    identity = workspace.read_ref(LATEST)
    entry = workspace.finished.get(identity) if identity is not None else None
    if identity is None or entry is None:
        return None
    return Build(
        entry.path, Spec.model_validate(orjson.loads(entry.file("spec.json").read_bytes())), identity
    )


def stale(planned: Plan, workspace: Workspace) -> bool:
    """Would a build give something else than the newest one?"""
    reviews = read_reviews(planned.spec.suspicion.reviews, root=planned.root)
    return workspace.read_ref(LATEST) != _identity(planned, read_seal(workspace.directory), reviews)


def _identity(planned: Plan, seal: Seal, reviews: Reviews) -> str:
    """The build's fingerprint: everything that can change a byte of it, and not how the work was cut into
    parts.
    """
    files = [[file.source.title, file.file.relative, file.connector, file.digest] for file in planned.files]
    said = [[check.origin_id, check.factor, check.value] for check in planned.checks]
    serving = [] if planned.serving is None else [planned.serving]
    # what the newest build sealed itself is not an input of repeating it
    for before in (seal.before, seal.digest):
        known = [VERSION, prepare.VERSION, planned.spec, planned.chain_identity, files, before]
        known.append(reviews.digest)
        told = [] if planned.calibration is None else [planned.calibration]
        identity = fingerprint(*known, *([said] if said else []), *serving, *told)
        if identity == seal.build:
            break
    return identity


def _is_whole(identity: str, workspace: Workspace) -> bool:
    """Is the build there, with the text that it refers to? What is damaged is found out and removed here."""
    entry = workspace.finished.get(identity)
    if entry is None:
        return False
    parts = orjson.loads(entry.file("parts.json").read_bytes())
    whole = all([workspace.cache(part["fingerprint"]) is not None for part in parts])  # noqa: C419, every one is checked
    if not whole:
        workspace.finished.forget(identity)
    return whole


def _prepared(planned: Plan, *, executor: Executor, progress: Progress) -> list[dict]:
    progress.phase("reading, cleaning, redacting", steps=len(planned.parts))

    def done(_index: int, receipt: Mapping) -> None:
        gone = {"rejected": receipt["rejected"], "dropped": receipt["dropped"]}
        progress.advance(rows=receipt["read"], dropped={name: count for name, count in gone.items() if count})

    return executor.map(prepare.prepare, [part.task for part in planned.parts], on_done=done)


def _settled_build(
    planned: Plan,
    receipts: Sequence[dict],
    *,
    seal: Seal,
    reviews: Reviews,
    identity: str,
    workspace: Workspace,
    executor: Executor,
    progress: Progress,
) -> None:
    spec = planned.spec
    index = build_index([workspace.directory / "cache" / part.task.fingerprint for part in planned.parts])
    index, retags = retag(index, spec.coverage)
    sealed = seal.before_build(identity).holds(index.origin_ids)
    cells, names = cell_of(index.keys, spec.coverage)
    prefix_of = _repeated_calls(index, planned, spared=sealed | index.column("corrected"))
    with workspace.scratch() as scratch:
        links = _links(
            index,
            gone=prefix_of >= 0,
            spec=spec,
            workspace=workspace,
            executor=executor,
            scratch=scratch,
            progress=progress,
        )
        progress.phase("settling and splitting", steps=3)
        settled = settle(
            links,
            rank=_rank(index, sealed=sealed, keep=spec.dedupe.keep),
            cell=cells,
            target=wanted_targets(index.keys, spec.coverage),
            prefix_of=prefix_of,
        )
        progress.advance()
        division = divide(
            index,
            links,
            settled,
            sealed=sealed,
            cells=cells,
            spec=spec,
            targets=test_targets(index.keys, spec.coverage),
            texts=Texts(index.paths, scratch),
        )
        progress.advance()
    suspicion = _suspicion(
        index, links, settled, division, cells=cells, spec=spec, reviews=reviews, progress=progress
    )
    found = Finished(planned, receipts, index, links, settled, division, cells, names, retags, suspicion)
    workspace.finished.commit(identity, lambda directory: write_build(directory, found))
    progress.advance()


def _suspicion(
    index: Index,
    links: pa.Table,
    settled: Settled,
    division: Division,
    *,
    cells: np.ndarray,
    spec: Spec,
    reviews: Reviews,
    progress: Progress,
) -> Suspicion | None:
    """Whom to look at first, if the spec asks."""
    if not spec.suspicion.enabled:
        return None
    progress.phase("looking for suspects", steps=1)
    found = look(
        index,
        links,
        stays=settled.kept & ~division.evicted,
        multiplicity=settled.multiplicity,
        component=division.component,
        cells=cells,
        spec=spec,
        reviews=reviews,
    )
    progress.advance()
    return found


def _links(
    index: Index,
    *,
    gone: np.ndarray,
    spec: Spec,
    workspace: Workspace,
    executor: Executor,
    scratch: Path,
    progress: Progress,
) -> pa.Table:
    """All links; what an earlier build knows is taken over, and all is remembered for the next one."""
    leaks = (spec.split.leak_jaccard, spec.split.leak_cosine)
    key = fingerprint(remembered.VERSION, VERSION, spec.dedupe, spec.task, leaks)
    before = remembered.recall(workspace, key, index)
    found = find_links(
        index,
        gone=gone,
        spec=spec,
        executor=executor,
        scratch=scratch,
        progress=progress,
        before=before,
    )
    remembered.remember(
        workspace, key, index, took=found.took, pairs=found.pairs, links=found.links, bands=found.bands
    )
    return found.links


def _repeated_calls(index: Index, planned: Plan, *, spared: np.ndarray) -> np.ndarray:
    """`int64[n]`: the longer call that holds all messages of a call, -1 if there is none. What people decided
    on (a sealed test example, a correction) stays.
    """
    conversation = index.column("conversation")
    each = np.array([part.task.source.calls == "each" for part in planned.parts], bool)
    alone = each[index.part] if len(index) else np.zeros(0, bool)
    prefix_of = prefixes(np.where(alone, 0, conversation), *index.threads(conversation))
    return np.where(spared, -1, prefix_of)


def _rank(index: Index, *, sealed: np.ndarray, keep: str) -> np.ndarray:
    """Sealed test examples stay whatever their twins are like; then the usual order."""
    content = numbers_of(index.keys.column("content_id"))
    return rank_of(
        verified=sealed,
        corrected=index.column("corrected"),
        captured_at=index.column("captured_at"),
        richness=index.column("words"),
        content_id=content,
        origin_id=np.arange(len(index)),
        keep=keep,
    )
