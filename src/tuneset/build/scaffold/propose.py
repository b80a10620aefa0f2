"""Decides task, labels and coverage factors from a sample, and says why."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from tuneset.build.scaffold.boilerplate import Shared, boilerplate
from tuneset.build.scaffold.edge_cases import case_factor, language_factor, style_factor
from tuneset.build.scaffold.idea import FactorIdea
from tuneset.build.scaffold.look import Look, Seen
from tuneset.core.errors import InputError, UsageError
from tuneset.core.example import USER, Messages

TASKS = ("classification", "instruction", "domain", "style")
MOST_LABELS = 200
LABEL_CHARS = 60
MOST_FACTORS = 3
"""Cells multiply: three factors of ten values are a thousand cells, and nobody fills those."""
MOST_VALUES = 50
VALUE_CHARS = 40

_TELLING = re.compile(
    r"(^|[._])(intent|category|topic|label|scenario|task|type|reason|queue|skill)s?$", re.IGNORECASE
)
_USEFUL = re.compile(
    r"(^|[._])(channel|lang|language|locale|product|region|country|tier|plan|segment|\w*version)$",
    re.IGNORECASE,
)
_PERSONAL = re.compile(
    r"(id|ids|uuid|guid|hash|key|token|time|date|created|updated|at|user|name|agent|customer|email|phone|address|ip|url|text"
    r"|title|subject|note|comment|object|fingerprint)$",
    re.IGNORECASE,
)
"""Fields whose values are identifiers, times or people, never a dimension of the data."""


@dataclass(frozen=True)
class Proposal:
    """Everything that a first spec says."""

    name: str | None
    task: str
    task_why: str
    labels: tuple[str, ...]
    labels_complete: bool
    """Were all records read, so that no label can be missing?"""
    factors: tuple[FactorIdea, ...]
    spare: tuple[FactorIdea, ...]
    """Further dimensions, written as comments."""
    sources: tuple[Seen, ...]
    skipped: tuple[InputError, ...]
    """Files that no connector knows."""
    shared: tuple[Shared, ...] = ()
    """Passages that many inputs hold."""

    def said(self) -> list[str]:
        """What was seen, decided and why, in sentences."""
        lines = [line for seen in self.sources for line in _source_lines(seen)]
        lines += [f"{problem.where}: left out, {problem.what}" for problem in self.skipped]
        lines.append(f"task: {self.task}, because {self.task_why}")
        if self.labels:
            whole = (
                "all records were read"
                if self.labels_complete
                else "only a sample was read, so they are a comment"
            )
            lines.append(f"labels: {len(self.labels)} ({whole})")
        lines += [f"factor: {idea.name}, from {idea.origin}: {idea.why}" for idea in self.factors]
        if self.spare:
            lines.append(f"not taken, but possible: {', '.join(idea.name for idea in self.spare)}")
        for passage in self.shared:
            what = "not compared" if passage.taken else "proposed as a comment"
            lines.append(
                f"dedupe.ignore: {passage.words:,} words in {passage.share:.0%} of the inputs: {what}"
            )
        return lines

    def payload(self) -> dict[str, object]:
        """The same for machines."""
        return {
            "task": self.task,
            "why": self.task_why,
            "labels": list(self.labels),
            "labels_complete": self.labels_complete,
            "factors": [vars(idea) for idea in self.factors],
            "sources": [
                {
                    "path": s.source.path,
                    "connector": s.source.format,
                    "why": s.why,
                    "files": s.files,
                    "bytes": s.bytes,
                    "read": s.read,
                    "complete": s.complete,
                    "rejected": sum(s.rejects.values()),
                }
                for s in self.sources
            ],
            "skipped": [{"file": problem.where, "why": problem.what} for problem in self.skipped],
            "shared": [{"words": p.words, "share": round(p.share, 4), "taken": p.taken} for p in self.shared],
        }


def propose(found: Look, *, name: str | None, task: str | None) -> Proposal:
    """What the sample suggests; `task` overrules what it would say about the task.

    Raises:
        UsageError: there is no such task.
    """
    if task is not None and task not in TASKS:
        raise UsageError(f"there is no task `{task}`", fix=f"one of: {', '.join(TASKS)}", code="TS505")
    seen = found.sources
    labels = _labels(seen)
    why = _classification_why(seen, labels)
    decided = task or ("classification" if why else "instruction")
    reason = "you said so" if task else why or "answers are free text"
    chosen = labels if decided == "classification" else ()
    ideas = _ideas(seen, labels=chosen)
    return Proposal(
        name,
        decided,
        reason,
        chosen,
        all(s.complete for s in seen),
        tuple(ideas[:MOST_FACTORS]),
        tuple(ideas[MOST_FACTORS:]),
        seen,
        found.skipped,
        tuple(boilerplate(seen)),
    )


def _ideas(seen: Sequence[Seen], *, labels: tuple[str, ...]) -> list[FactorIdea]:
    """The most telling first. A field of the log replaces a tagger of its name; labels have no edge cases."""
    fields = _field_factors(seen)
    taken = {idea.name for idea in fields}
    cases = [] if labels else [*case_factor(seen), *style_factor(seen)]
    ideas = [
        *_label_factor(labels),
        *fields[:1],
        *(idea for idea in cases if idea.name not in taken),
        *fields[1:],
    ]
    ideas += (idea for idea in language_factor(seen) if idea.name not in taken)
    return [*ideas, *_shape_factors(seen)]


def project_name(directory: Path) -> str:
    """A dataset name from a directory's name."""
    cleaned = re.sub(r"[^A-Za-z0-9_.-]+", "-", directory.resolve().name).strip("-.")[:64]
    return cleaned if re.match(r"[A-Za-z]", cleaned) else "dataset"


def _source_lines(seen: Seen) -> Iterator[str]:
    files = "1 file" if seen.files == 1 else f"{seen.files:,} files"
    extent = f"{'all' if seen.complete else 'a sample of'} {seen.read:,} records read"
    yield f"{seen.source.path}: {seen.source.format} ({seen.why}); {files}, {extent}"
    for reason, count in seen.rejects.most_common():
        yield f"  {count:,} of them become no example: {reason}"


def _labels(seen: Sequence[Seen]) -> tuple[str, ...]:
    """The distinct outputs if there are few and all are short; else none."""
    found: set[str] = set()
    for source in seen:
        outputs = source.examples.column("output").drop_null().unique()
        if len(outputs) > MOST_LABELS:
            return ()
        found.update(outputs.to_pylist())
    short = all(0 < len(label) <= LABEL_CHARS and "\n" not in label for label in found)
    return tuple(sorted(found)) if short and 2 <= len(found) <= MOST_LABELS else ()


def _classification_why(seen: Sequence[Seen], labels: tuple[str, ...]) -> str | None:
    examples = sum(len(source.examples) for source in seen)
    named = {source.source.format for source in seen} == {"classification"}
    if labels and (named or examples >= 5 * len(labels)):
        return f"the {examples:,} answers read are {len(labels)} distinct short values"
    return None


def _label_factor(labels: tuple[str, ...]) -> Iterator[FactorIdea]:
    if labels:
        yield FactorIdea("label", "label", f"{len(labels)} labels")


def _field_factors(seen: Sequence[Seen]) -> list[FactorIdea]:
    """Fields of the records with few distinct short values, the most telling names first."""
    counts: dict[str, Counter[str]] = {}
    examples = 0
    for source in seen:
        for extra in source.examples.column("extra").to_pylist():
            examples += 1
            for path, value in _leaves(orjson.loads(extra) if extra else {}):
                counts.setdefault(path, Counter())[value] += 1
    ideas = []
    for path, values in counts.items():
        share = values.total() / max(examples, 1)
        telling = bool(_TELLING.search(path))
        few = 2 <= len(values) <= (MOST_VALUES if telling else 12) and values.total() >= 3 * len(values)
        if (
            few
            and share >= 0.2
            and (telling or not _PERSONAL.search(path))
            and max(map(len, values)) <= VALUE_CHARS
        ):
            where = "in every record" if share == 1 else f"in {int(100 * share)} % of the records"
            idea = FactorIdea(_factor_name(path), f"field:{path}", f"{len(values)} values, {where}")
            ideas.append((_rank(path), -share, path, idea))
    found: dict[str, FactorIdea] = {}
    for *_, idea in sorted(ideas, key=lambda entry: entry[:3]):
        found.setdefault(idea.name, idea)
    return list(found.values())


def _rank(path: str) -> int:
    return 0 if _TELLING.search(path) else 1 if _USEFUL.search(path) else 2


def _factor_name(path: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", path.rpartition(".")[2]).strip("_")
    return name if re.match(r"[A-Za-z]", name) else f"field_{name}"


def _leaves(record: Mapping[str, object], *, prefix: str = "", depth: int = 2) -> Iterator[tuple[str, str]]:
    """Paths and values of the text and yes/no fields, at most `depth` deep."""
    for key, value in record.items():
        path = f"{prefix}{key}"
        if isinstance(value, str) and value:
            yield path, value
        elif isinstance(value, bool):
            yield path, "true" if value else "false"
        elif isinstance(value, dict) and depth > 1:
            yield from _leaves(value, prefix=f"{path}.", depth=depth - 1)


def _shape_factors(seen: Sequence[Seen]) -> Iterator[FactorIdea]:
    turns: Counter[int] = Counter()
    for source in seen:
        messages = Messages.of(source.examples)
        per_example = Counter(messages.row[messages.role == USER].tolist())
        turns.update(per_example.values())
    several = sum(count for number, count in turns.items() if number > 1)
    if several >= 0.05 * max(turns.total(), 1):
        yield FactorIdea(
            "turns", "turns", f"{several / turns.total():.0%} of the conversations have several user turns"
        )
    yield FactorIdea("length", "length", "short and long requests behave differently")
