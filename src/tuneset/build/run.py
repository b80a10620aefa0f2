"""Runs a build: parts in parallel, then the global questions, then one rename that makes the result visible.

name      texts of prototypes      build/tagging/named.py, only where one is named by its id
door      who is let in              build/door.py, only where a source is limited per user or day
prepare   part → cache               build/prepare.py, in the executor
spare     sealed examples back in    build/spared.py, only where a source is sampled
index     all examples by origin id  build/index.py
ask       what models say of tags    build/tagging/model_tags.py, only where a factor names one
retag     who is rare or far longer  build/tagging/retag.py
link      who is related to whom     build/link.py, and build/bands.py
settle    which twins stay           stages/dedupe
split     who goes where             build/divide.py
suspect   whom to look at first      build/findings/suspicion.py
write     .tuneset/builds/<fingerprint>/
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
from threadpoolctl import threadpool_limits

from tuneset.build import prepare, remembered
from tuneset.build.divide import Division, divide
from tuneset.build.door import counted
from tuneset.build.findings.reviews import Reviews, read_reviews
from tuneset.build.findings.suspicion import Suspicion, look
from tuneset.build.finished import Finished
from tuneset.build.index import Index, build_index, numbers_of
from tuneset.build.link import Texts, find_links
from tuneset.build.meant import write_alike
from tuneset.build.outcome import write_build
from tuneset.build.plan import Plan, plan
from tuneset.build.remembered import COMPARED, LINKED, NEIGHBOURS
from tuneset.build.result import Build
from tuneset.build.seal import Seal, read_seal, write_seal
from tuneset.build.spared import spared
from tuneset.build.tagging.model_tags import ModelTags, model_tags
from tuneset.build.tagging.named import named
from tuneset.build.tagging.retag import retag
from tuneset.build.thumbs import carried, held_together
from tuneset.connectors.parts import PART_BYTES
from tuneset.core.fingerprint import fingerprint
from tuneset.core.spec import Spec
from tuneset.engine.executor import Executor, default_executor
from tuneset.engine.memory import give_back
from tuneset.engine.progress import NoticesOnly, Progress
from tuneset.stages.coverage import cell_of, test_targets, wanted_targets
from tuneset.stages.dedupe import Settled, rank_of, settle
from tuneset.stages.traces import prefixes
from tuneset.store.answers import remember_used, used_answers
from tuneset.store.unchanged import Read
from tuneset.store.workspace import Workspace

VERSION = 30
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
    # the matrices are small: a second thread spins more than it helps, and could change a last digit
    with threadpool_limits(1, "blas"), progress or NoticesOnly() as told:
        planned = plan(
            spec,
            root=root,
            workspace=workspace,
            part_bytes=part_bytes or PART_BYTES,
            on_notice=told.notice,
            read=(read := Read.load(workspace.directory)),
        )
        read.save(workspace.directory)
        seal = read_seal(workspace.directory)
        reviews = read_reviews(spec.suspicion.reviews, root=root)
        identity = _made(
            planned, seal=seal, reviews=reviews, workspace=workspace, workers=workers, progress=told
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
    known = _named(planned, read_seal(workspace.directory), reviews, workspace=workspace)
    return known.identity is None or workspace.read_ref(LATEST) != known.identity


@dataclass(frozen=True)
class _Named:
    """`inputs`: fingerprint of everything a build is made from but the answers of models. `identity`: the
    build's fingerprint; None if models have never been asked about these inputs.
    """

    inputs: str
    identity: str | None


def _made(
    planned: Plan,
    *,
    seal: Seal,
    reviews: Reviews,
    workspace: Workspace,
    workers: int | None,
    progress: Progress,
) -> str:
    """The identity of the build, which is there afterwards.

    It may take two rounds: if answers that made the newest build are lost and a model answers otherwise, this
    is a new build, and the test examples of the other one are sealed.
    """
    named = _named(planned, seal, reviews, workspace=workspace)
    while True:
        if named.identity is not None and _is_whole(named.identity, workspace):
            return named.identity
        rows = planned.bytes // _BYTES_PER_RECORD
        with default_executor(workers, items=len(planned.parts), rows_hint=rows) as executor:
            sealed = seal.before_build(named.identity)
            ready, receipts = _ready(
                planned, sealed=sealed, workspace=workspace, executor=executor, progress=progress
            )
            give_back()  # parts take several times of what is held of them
            index = build_index([workspace.directory / "cache" / p.task.fingerprint for p in ready.parts])
            by_model = model_tags(
                index,
                planned.spec.coverage,
                asked=planned.questions,
                workspace=workspace.directory,
                progress=progress,
            )
            if by_model.digest is not None:
                remember_used(workspace.directory, named.inputs, by_model.digest)
            before, named = named, _named(planned, seal, reviews, workspace=workspace)
            if named.inputs != before.inputs or named.identity is None:
                continue
            if before.identity is not None or not _is_whole(named.identity, workspace):
                _settled_build(
                    ready,
                    receipts,
                    index,
                    by_model,
                    seal=seal,
                    reviews=reviews,
                    identity=named.identity,
                    workspace=workspace,
                    executor=executor,
                    progress=progress,
                )
            return named.identity


def _ready(
    planned: Plan, *, sealed: Seal, workspace: Workspace, executor: Executor, progress: Progress
) -> tuple[Plan, list[dict]]:
    """The plan as it was carried out, and the receipts of its parts, which are in the cache."""
    planned = named(planned, executor=executor, progress=progress)
    planned = counted(planned, executor=executor, progress=progress)
    receipts = _prepared(planned, executor=executor, progress=progress)
    whole = spared(planned, sealed=sealed.origin_ids, workspace=workspace)
    if whole is planned:
        return planned, receipts
    return whole, _prepared(whole, executor=executor, progress=progress)


def _named(planned: Plan, seal: Seal, reviews: Reviews, *, workspace: Workspace) -> _Named:
    """What the build is: everything that can change a byte of it, and not how the work was cut into parts."""
    files = [[file.source.title, file.file.relative, file.connector, file.digest] for file in planned.files]
    said = [[check.origin_id, check.factor, check.value] for check in planned.checks]
    serving = [] if planned.serving is None else [planned.serving]
    asked = [[name, question.digest] for name, question in planned.questions.items()]
    # what the newest build sealed itself is not an input of repeating it
    for before in (seal.before, seal.digest):
        known = [VERSION, prepare.VERSION, planned.spec, planned.chain_identity, files, before]
        known.append(reviews.digest)
        told = [] if planned.calibration is None else [planned.calibration]
        told += [{"without a record": planned.empty}] if planned.empty else []
        inputs = fingerprint(*known, *([said] if said else []), *serving, *told, *asked)
        used = used_answers(workspace.directory, inputs) if asked else None
        named = _Named(inputs, inputs if not asked else None if used is None else fingerprint(inputs, used))
        if named.identity is not None and named.identity == seal.build:
            break
    return named


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
    index: Index,
    by_model: ModelTags,
    *,
    seal: Seal,
    reviews: Reviews,
    identity: str,
    workspace: Workspace,
    executor: Executor,
    progress: Progress,
) -> None:
    spec = planned.spec
    index, retags = retag(index, spec.coverage, by_model=by_model.tags)
    sealed = seal.before_build(identity).holds(index.ids)
    cells, names = cell_of(index.keys, spec.coverage)
    prefix_of = _repeated_calls(index, planned, spared=sealed | index.column("corrected"))
    index, thumbs = carried(index, prefix_of=prefix_of, spec=spec)
    prefix_of = np.where(thumbs.stays, -1, prefix_of)
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
        give_back()
        if "conversation" not in spec.split.group_by:
            links = held_together(links, thumbs)
        progress.phase("settling and splitting", steps=2)
        settled = settle(
            links,
            rank=_rank(index, sealed=sealed, keep=spec.dedupe.keep),
            cell=cells,
            target=wanted_targets(index.keys, spec.coverage),
            prefix_of=prefix_of,
        )
        progress.advance()
        compared = fingerprint(remembered.VERSION, VERSION, spec.dedupe, _leaks(spec))
        division = divide(
            index,
            links,
            settled,
            sealed=sealed,
            cells=cells,
            spec=spec,
            targets=test_targets(index.keys, spec.coverage),
            texts=Texts(index.paths, scratch, ignore=spec.dedupe.ignore),
            before=remembered.recall(workspace, COMPARED, compared, index),
        )
        remembered.remember(workspace, COMPARED, compared, index, took=settled.kept, write=division.remember)
        give_back()
        progress.advance()
        suspicion = _suspicion(
            index,
            links,
            settled,
            division,
            cells=cells,
            spec=spec,
            reviews=reviews,
            workspace=workspace,
            scratch=scratch,
            progress=progress,
        )
    found = Finished(
        planned, receipts, index, links, settled, division, cells, names, retags, by_model, thumbs, suspicion
    )
    give_back()
    progress.phase("writing", steps=1)
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
    workspace: Workspace,
    scratch: Path,
    progress: Progress,
) -> Suspicion | None:
    """Whom to look at first, if the spec asks."""
    if not spec.suspicion.enabled:
        return None
    progress.phase("looking for suspects", steps=1)
    key = fingerprint(remembered.VERSION, VERSION, spec.suspicion.neighbours)
    found = look(
        index,
        links,
        kept=settled.kept,
        evicted=division.evicted,
        multiplicity=settled.multiplicity,
        component=division.component,
        cells=cells,
        spec=spec,
        reviews=reviews,
        scratch=scratch,
        before=remembered.recall(workspace, NEIGHBOURS, key, index),
    )
    remembered.remember(workspace, NEIGHBOURS, key, index, took=settled.kept, write=found.remember)
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
    key = fingerprint(remembered.VERSION, VERSION, spec.dedupe, spec.task, _leaks(spec))
    before = remembered.recall(workspace, LINKED, key, index)
    found = find_links(
        index,
        gone=gone,
        spec=spec,
        executor=executor,
        scratch=scratch,
        progress=progress,
        before=before,
    )

    def write(directory: Path, place: np.ndarray) -> None:
        remembered.write_links(directory, place, pairs=found.pairs, links=found.links, bands=found.bands)
        if found.alike is not None:
            write_alike(directory, place, alike=found.alike, chosen=np.flatnonzero(found.took))

    remembered.remember(workspace, LINKED, key, index, took=found.took, write=write)
    return found.links


def _leaks(spec: Spec) -> tuple[float, float]:
    """From which similarity two examples must not stand in two splits."""
    return spec.split.leak_jaccard, spec.split.leak_cosine


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
