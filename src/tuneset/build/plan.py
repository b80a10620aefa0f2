"""What a build would do, as a value: sources, connectors, parts, and which of these the cache already
holds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tuneset.build.calibration_file import read_calibration
from tuneset.build.findings.prompts import as_taught
from tuneset.build.findings.spot_checks import spot_checks
from tuneset.build.pipeline import identity, stages, text_of
from tuneset.build.prepare import Preparation, said_of
from tuneset.build.tagging.model_tags import questions
from tuneset.connectors.files import NO_RECORD, SourceFile, beside, found_in
from tuneset.connectors.joined import companions
from tuneset.connectors.parts import PART_BYTES, Part, digest, file_digest, split
from tuneset.connectors.requests import requests_of
from tuneset.connectors.sniff import sniff
from tuneset.core import registry
from tuneset.core.connector import Answering
from tuneset.core.errors import InputError, SpecError
from tuneset.core.fingerprint import fingerprint
from tuneset.core.spec import Source, Spec
from tuneset.core.stage import Stage
from tuneset.stages.cases import Question
from tuneset.stages.coverage import SpotCheck
from tuneset.store.unchanged import Read
from tuneset.store.workspace import Workspace

_NAMED = 5
"""Files that a notice names."""


@dataclass(frozen=True)
class PlannedFile:
    """One file, how it will be read and why."""

    source: Source
    file: SourceFile
    connector: str
    why: str
    digest: str
    """Of the file's bytes, and of those beside it that its connector reads."""
    beside: tuple[Part, ...] = ()
    """Files that say something about this one, such as ratings, or what it answers."""
    beside_digests: tuple[tuple[str, str], ...] = ()
    """Their names and digests, part by part."""


@dataclass(frozen=True)
class PlannedPart:
    """One task of the build. `file` is an index into `Plan.files`."""

    file: int
    part: Part
    task: Preparation
    cached: bool


@dataclass(frozen=True)
class Plan:
    """All files and tasks, in the order of their sources and paths."""

    spec: Spec
    root: Path
    files: tuple[PlannedFile, ...]
    parts: tuple[PlannedPart, ...]
    chain_identity: str
    checks: tuple[SpotCheck, ...] = ()
    """What people say are the right tags of some examples."""
    serving: str | None = None
    """The system prompt that production sends, as the stages leave it, if the spec names its file."""
    empty: tuple[str, ...] = ()
    """Files without a record, beside others: nothing is read from them."""
    calibration: dict[str, object] | None = None
    """What `dedupe.calibration` says; it is reported and changes no example."""
    questions: dict[str, Question] = field(default_factory=dict[str, Question])
    """Factor → what a model is asked about it."""

    @property
    def to_compute(self) -> int:
        """Parts that are not in the cache."""
        return sum(not part.cached for part in self.parts)

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(planned.file.size for planned in self.files)


def plan(
    spec: Spec,
    *,
    root: Path,
    workspace: Workspace,
    part_bytes: int = PART_BYTES,
    on_notice: Callable[[str], None] = lambda _: None,
    read: Read | None = None,
) -> Plan:
    """Looks at the sources and the cache; computes nothing, writes nothing.

    `read`: what earlier builds have read of the files, and is told what this one reads.

    Raises:
        InputError: a source is missing, empty, or in no known format.
        SpecError: the spec names a connector or a file that is not there.
    """
    _check_exporters(spec)
    key = workspace.key()
    read = Read.load(workspace.directory) if read is None else read
    chain = checked_stages(spec, root=root, key=key)
    chain_identity = identity(chain)
    checks = spot_checks(spec, root=root)
    looked = [
        planned_files(
            source, root=root, fetched=workspace.directory / "fetched", on_notice=on_notice, read=read
        )
        for source in spec.sources
    ]
    files = [file for files, _empty in looked for file in files]
    empty = tuple(name for _files, names in looked for name in names)
    if any(one.named for factor in spec.coverage.factors.values() for one in factor.prototypes.values()):
        # the text of an example that is named depends on how its own source is read
        ways = {fingerprint(said_of(file.source, file.connector)) for file in files}
        chain_identity = fingerprint(chain_identity, sorted(ways))
    parts: list[PlannedPart] = []
    for number, planned in enumerate(files):
        for part in split(planned.file, part_bytes=part_bytes):
            task = Preparation(
                part=part,
                source=planned.source,
                connector=planned.connector,
                chain=chain,
                dedupe=spec.dedupe,
                suspicion=spec.suspicion.enabled,
                key=key,
                chain_identity=chain_identity,
                digest=_joined(_read(read, part), planned.beside_digests),
                root=root,
                beside=planned.beside,
            )
            parts.append(PlannedPart(number, part, task, workspace.has(task.fingerprint)))
    serving = _serving(spec, root=root, chain=chain)
    told = read_calibration(spec, root=root)
    asked = questions(spec.coverage, guidelines=_guidelines(spec, root=root))
    return Plan(spec, root, tuple(files), tuple(parts), chain_identity, checks, serving, empty, told, asked)


def _guidelines(spec: Spec, *, root: Path) -> dict[str, str]:
    """Factor → the text of its guideline, where it names a file."""
    return {
        name: text_of(factor.model.prompt, root=root, key=f"coverage.factors.{name}.model.prompt")
        for name, factor in spec.coverage.factors.items()
        if factor.model is not None and factor.model.prompt is not None
    }


def _serving(spec: Spec, *, root: Path, chain: tuple[Stage, ...]) -> str | None:
    name = spec.system_prompt.serving
    if name is None:
        return None
    return as_taught(text_of(name, root=root, key="system_prompt.serving").strip(), chain)


def planned_files(
    source: Source,
    *,
    root: Path,
    fetched: Path | None = None,
    read: Read,
    on_notice: Callable[[str], None] = lambda _: None,
) -> tuple[list[PlannedFile], list[str]]:
    """The files of a source and how each is read, and the names of those without a record beside others;
    those that come along and hold no logs are left out.

    Raises:
        InputError: as `discover` and `sniff`.
    """
    found, nothing = found_in(source, root=root, fetched=fetched)
    known: dict[str, tuple[str, str]] = {}
    unknown: dict[str, InputError] = {}
    for file in found:
        try:
            known[file.relative] = _connector(source, file)
        except InputError as problem:
            unknown[file.relative] = problem
    asked = _asked(source, found, known, root=root, fetched=fetched)
    alone = without_logs(found, known)
    alone.update({file.relative for file in asked} & {file.relative for file in found})
    empty = [file.relative for file in nothing]
    if known:  # else it is an error
        empty = sorted([*empty, *(name for name, why in unknown.items() if why.code == NO_RECORD)])
    passed = alone.union(empty)
    for file in found:
        if file.relative in unknown and file.relative not in passed:
            raise unknown[file.relative]
    if alone:
        on_notice(f"not read as logs, because they hold none: {_first(sorted(alone))}")
    if empty:
        on_notice(f"without a record: {_first(empty)}")
    requests = _Beside.of(asked)
    planned = [
        _planned(source, file, *known[file.relative], among=found, requests=requests, read=read)
        for file in found
        if file.relative not in passed
    ]
    return planned, empty


def _first(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _asked(
    source: Source,
    found: list[SourceFile],
    known: dict[str, tuple[str, str]],
    *,
    root: Path,
    fetched: Path | None,
) -> list[SourceFile]:
    """The files with what the records of the others answer, if a format among them needs such files."""
    asked: dict[str, SourceFile] = {}
    for name in sorted({connector for connector, _ in known.values()}):
        made = registry.load(registry.CONNECTORS, name)()
        if isinstance(made, Answering):
            files = requests_of(source, found, connector=made, root=root, fetched=fetched)
            asked.update({file.relative: file for file in files})
    return [asked[name] for name in sorted(asked)]


def without_logs(found: list[SourceFile], known: dict[str, tuple[str, str]]) -> set[str]:
    """Files that the connector of another file in the same place says hold no logs."""
    names: dict[str, set[str]] = {}
    for file in found:
        if file.relative in known:
            names.setdefault(file.folder, set()).update(companions(known[file.relative][0])[1])
    return {file.relative for file in found if file.name in names.get(file.folder, ())}


@dataclass(frozen=True)
class _Beside:
    """Files that a connector reads besides, and what they are."""

    parts: tuple[Part, ...]
    digests: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, files: list[SourceFile]) -> "_Beside":
        parts = tuple(part for file in files for part in split(file))
        return cls(parts, tuple((part.file.rpartition("/")[2], digest(part)) for part in parts))


def _planned(
    source: Source,
    file: SourceFile,
    connector: str,
    why: str,
    *,
    among: list[SourceFile],
    requests: _Beside,
    read: Read,
) -> PlannedFile:
    others = _Beside.of(beside(file, companions(connector)[0], among=among))
    if isinstance(registry.load(registry.CONNECTORS, connector)(), Answering):
        others, why = requests, f"{why}; {_said(requests)}"
    whole = read.digest(file.path, f"{file.member}", lambda: file_digest(file))
    own = _joined(whole, others.digests)
    return PlannedFile(source, file, connector, why, own, others.parts, others.digests)


def _read(read: Read, part: Part) -> str:
    """The digest of a part."""
    what = f"{part.kind} {part.compression} {part.start} {part.stop} {part.member}"
    return read.digest(part.path, what, lambda: digest(part))


def _said(requests: _Beside) -> str:
    names = sorted({part.file for part in requests.parts})
    if not names:
        return "their requests are not found: set `requests`"
    return f"requests from {names[0]}" + (f" and {len(names) - 1:,} more" if len(names) > 1 else "")


def _joined(own: str, others: tuple[tuple[str, str], ...]) -> str:
    """The digest of a file, or of one that is read together with others."""
    return fingerprint(own, others) if others else own


def _check_exporters(spec: Spec) -> None:
    known = registry.names(registry.EXPORTERS)
    unknown = [name for name in spec.export if name not in known]
    if unknown:
        raise SpecError(
            f"`export`: there is no exporter `{unknown[0]}`",
            where="tuneset.yaml",
            fix=f"one of: {', '.join(known)}",
        )


def checked_stages(spec: Spec, *, root: Path, key: bytes) -> tuple[Stage, ...]:
    """The stages of a spec; for a mistake that only a stage finds, the error names the spec as its place.

    Raises:
        SpecError: a pattern or schema does not work, or a file that the spec names cannot be read.
    """
    try:
        return stages(spec, root=root, key=key)
    except SpecError as problem:
        problem.where = problem.where or "tuneset.yaml"
        raise


def _connector(source: Source, file: SourceFile) -> tuple[str, str]:
    if source.format != "auto":
        registry.load(registry.CONNECTORS, source.format)
        return source.format, "named in the spec"
    seen = sniff(file, fields=source.fields)
    return seen.connector, seen.why
