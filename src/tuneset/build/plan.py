"""What a build would do, as a value: sources, connectors, parts, and which of these the cache already
holds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import xxhash

from tuneset.build.pipeline import identity, stages
from tuneset.build.prepare import Preparation
from tuneset.connectors.files import SourceFile
from tuneset.connectors.join import joins, logs_and_requests, requests_digest
from tuneset.connectors.parts import Part, digest, split
from tuneset.connectors.sniff import sniff
from tuneset.core import registry
from tuneset.core.errors import InputError, SpecError
from tuneset.core.spec import Source, Spec
from tuneset.core.stage import Stage
from tuneset.store.workspace import Workspace

_BLOCK = 1 << 20

PART_BYTES = 32 * 2**20
"""A run option in all but name: it decides how work is cut, never what comes out."""


@dataclass(frozen=True)
class PlannedFile:
    """One file, how it will be read and why."""

    source: Source
    file: SourceFile
    connector: str
    why: str
    digest: str
    """Of the file's bytes, and of the requests joined to them."""


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
) -> Plan:
    """Looks at the sources and the cache; computes nothing, writes nothing.

    Raises:
        InputError: a source is missing, empty, or in no known format.
        SpecError: the spec names a connector or a file that is not there.
    """
    _check_exporters(spec)
    key = workspace.key()
    chain = checked_stages(spec, root=root, key=key)
    chain_identity = identity(chain)
    files: list[PlannedFile] = []
    parts: list[PlannedPart] = []
    for source in spec.sources:
        logs, requests = logs_and_requests(source, root=root)
        asked = requests_digest(requests) if requests else None
        for file in logs:
            connector, why = _connector(source, file)
            joining = joins(registry.load(registry.CONNECTORS, connector))
            files.append(_planned(source, file, connector, why, requests if joining else None, asked))
            for part in split(file, part_bytes=part_bytes):
                task = Preparation(
                    part=part,
                    source=source,
                    connector=connector,
                    chain=chain,
                    dedupe=spec.dedupe,
                    key=key,
                    chain_identity=chain_identity,
                    digest=digest(part),
                    root=root,
                    requests=tuple(requests) if joining else (),
                    requests_digest=asked if joining else None,
                )
                cached = workspace.has(task.fingerprint)
                parts.append(PlannedPart(len(files) - 1, part, task, cached))
    return Plan(spec, root, tuple(files), tuple(parts), chain_identity)


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


def _planned(
    source: Source,
    file: SourceFile,
    connector: str,
    why: str,
    requests: list[SourceFile] | None,
    asked: str | None,
) -> PlannedFile:
    """The file as it will be read; `requests` is None if its format needs none."""
    bytes_digest = _digest(file)
    if requests is None:
        return PlannedFile(source, file, connector, why, bytes_digest)
    if not requests or asked is None:
        return PlannedFile(
            source, file, connector, f"{why}; requests not found: set `requests`", bytes_digest
        )
    first = requests[0].relative
    named = first if len(requests) == 1 else f"{first} and {len(requests) - 1:,} more"
    return PlannedFile(source, file, connector, f"{why}; requests from {named}", f"{bytes_digest}+{asked}")


def _connector(source: Source, file: SourceFile) -> tuple[str, str]:
    if source.format != "auto":
        registry.load(registry.CONNECTORS, source.format)
        return source.format, "named in the spec"
    seen = sniff(file, fields=source.fields)
    return seen.connector, seen.why


def _digest(file: SourceFile) -> str:
    hasher = xxhash.xxh3_128()
    try:
        with Path(file.path).open("rb", buffering=0) as content:
            while block := content.read(_BLOCK):
                hasher.update(block)
    except OSError as problem:
        raise InputError(
            f"cannot read the file ({problem.strerror})",
            where=file.relative,
            fix="check that it is there and that you may read it",
        ) from None
    return hasher.hexdigest()
