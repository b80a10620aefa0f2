"""Writes the files of a new project."""

import json
from collections.abc import Iterator
from pathlib import Path

from tuneset.build.scaffold.idea import FactorIdea
from tuneset.build.scaffold.look import Seen
from tuneset.build.scaffold.propose import Proposal, project_name
from tuneset.core.errors import UsageError, WorkspaceError
from tuneset.core.meaning import described
from tuneset.core.specfile import parse_spec

SPEC = "tuneset.yaml"
SCHEMA = "tuneset.schema.json"
GUIDELINES = "guidelines.md"
IGNORE = ".gitignore"
_IGNORED = ".tuneset/"


def json_schema() -> dict[str, object]:
    """The JSON Schema of `tuneset.yaml`, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **described().model_json_schema(by_alias=True),
    }


def write(proposal: Proposal, directory: Path, *, force: bool) -> list[Path]:
    """Writes spec, schema, guidelines and .gitignore into `directory`; returns what was written.

    Raises:
        UsageError: there is a spec or a guideline already and `force` is not given.
        WorkspaceError: the directory cannot be written.
    """
    files = {
        SPEC: spec_text(proposal, directory=directory),
        SCHEMA: json.dumps(json_schema(), indent=2) + "\n",
        GUIDELINES: _guidelines(proposal),
    }
    there = [directory / name for name in (SPEC, GUIDELINES) if (directory / name).exists()]
    if there and not force:
        raise UsageError(
            f"`{there[0].name}` is there already",
            where=str(there[0]),
            code="TS506",
            fix="--force replaces it; --dir makes the project elsewhere",
        )
    parse_spec(files[SPEC], file=str(directory / SPEC))  # what we write must load; if not, it is our mistake
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (directory / name).write_text(text, encoding="utf-8")
        ignored = _ignore(directory / IGNORE)
    except OSError as problem:
        raise WorkspaceError(
            f"cannot write here: {problem.strerror}",
            where=str(directory),
            fix="check the directory's permissions and the free space",
        ) from None
    return [directory / name for name in (*files, *([IGNORE] if ignored else []))]


def _ignore(file: Path) -> bool:
    """Adds the workspace to .gitignore unless it is there; says whether it did."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    if _IGNORED in text.split():
        return False
    gap = "" if not text or text.endswith("\n") else "\n"
    file.write_text(f"{text}{gap}{_IGNORED}\n", encoding="utf-8")
    return True


def spec_text(proposal: Proposal, *, directory: Path) -> str:
    """The commented spec."""
    return "\n".join(_lines(proposal, name=proposal.name or project_name(directory))) + "\n"


def _lines(proposal: Proposal, *, name: str) -> Iterator[str]:
    yield f"# yaml-language-server: $schema=./{SCHEMA}"
    yield "# Everything here can change the dataset; nothing else can. `tuneset spec explain KEY` says more."
    yield f"name: {_quoted(name)}"
    yield f"task: {proposal.task}  # {proposal.task_why}"
    yield ""
    yield "sources:"
    for seen in proposal.sources:
        yield from _source(seen)
    yield ""
    yield from _output(proposal)
    yield from _DEFAULTS
    yield from _dedupe(proposal)
    yield from _coverage(proposal)
    yield from _REST


def _source(seen: Seen) -> Iterator[str]:
    yield f"  - path: {_quoted(seen.source.path)}"
    yield f"    name: {_quoted(seen.source.title)}  # part of every id: keep it when the logs move"
    yield f"    format: {seen.source.format}  # {seen.why}"
    if seen.source.requests is not None:
        yield f"    requests: {_quoted(seen.source.requests)}  # joined to the results by their id"
    fields = seen.source.fields.model_dump(exclude_none=True)
    if fields:
        yield "    fields:"
        yield from (f"      {role}: {_quoted(field)}" for role, field in fields.items())
    yield "    # licence: under which agreement these logs may be used"


def _output(proposal: Proposal) -> Iterator[str]:
    if not proposal.labels:
        yield "# What a valid answer looks like; others are dropped. Or labels: [...], or pattern: '...'"
        yield "# output: {schema: answer.schema.json}"
        return
    mark = "" if proposal.labels_complete else "# "
    if mark:
        yield "# Only a sample was read. Complete the labels before you use them: other answers are dropped."
    yield f"{mark}output:"
    yield f"{mark}  labels:"
    yield from (f"{mark}    - {_quoted(label)}" for label in proposal.labels)
    yield f"{mark}  invalid: drop  # or flag"


_DEFAULTS = (
    "",
    "# clean: {truncated: drop, failed: drop}",
    "# redact: {soft: [email, phone, ip], custom: [{name: booking, pattern: 'BK-[0-9A-Z]{6}'}]}",
)

_REST = (
    "",
    "split: {validation: 0.1, test: 0.1}",
    "# gates: {hard_conflicts: 0, min_examples: 500}",
    "export: [openai, trl]",
)


def _dedupe(proposal: Proposal) -> Iterator[str]:
    """Thresholds as a comment, and the passages that many inputs share."""
    if not proposal.shared:
        yield "# dedupe: {near_jaccard: 0.8, semantic_cosine: 0.9}"
        yield ""
        return
    mark = "" if any(passage.taken for passage in proposal.shared) else "# "
    yield f"{mark}dedupe:  # near_jaccard: 0.8, semantic_cosine: 0.9"
    yield f"{mark}  ignore:  # does not count when inputs are compared; the examples keep it"
    for passage in proposal.shared:
        advice = "" if passage.taken else "; if it is a template, take it in"
        yield f"    # {passage.words:,} words in {passage.share:.0%} of the inputs{advice}"
        yield f"    {'' if passage.taken else '# '}- {_in_quotes(passage.text)}"
    yield ""


def _coverage(proposal: Proposal) -> Iterator[str]:
    yield "coverage:"
    yield "  factors:"
    yield from (_factor(idea) for idea in proposal.factors)
    yield from (f"  # {_factor(idea).strip()}" for idea in proposal.spare)
    yield "  # cells:  # targets, set before collecting more"
    example = proposal.factors[0].name
    yield f"  #   - {{where: {{{example}: VALUE}}, train: 100, test: 30, critical: true}}"


def _factor(idea: FactorIdea) -> str:
    default = f", default: {_quoted(idea.default)}" if idea.default else ""
    return f"    {idea.name}: {{from: {_quoted(idea.origin)}{default}}}  # {idea.why}"


def _quoted(text: str) -> str:
    """A YAML scalar: plain where that is safe, else in quotes."""
    plain = (
        text.isascii()
        and text.replace("_", "a").replace("-", "a").replace("/", "a").replace(".", "a").isalnum()
    )
    reserved = text.lower() in ("true", "false", "yes", "no", "on", "off", "null", "y", "n")
    return text if plain and text[0].isalpha() and not reserved else _in_quotes(text)


def _in_quotes(text: str) -> str:
    """A JSON string, which YAML reads; letters that cannot be seen as YAML writes them. It has no pairs of
    escapes for one letter, as JSON has.
    """
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in quoted)


def _guidelines(proposal: Proposal) -> str:
    task = _TASK_GUIDE.get(proposal.task, _TASK_GUIDE["instruction"])
    return _GUIDE.format(name=proposal.name or "this dataset", task=task)


_TASK_GUIDE = {
    "classification": "Each request gets exactly one label. Write here, for each label, one sentence that\n"
    "says when it applies, one example that does and one that nearly does.",
    "instruction": "An answer is right if it does what was asked, with true facts and no more than was\n"
    "asked. Write here what your product must and must not say.",
}

_GUIDE = """# Guidelines for {name}

For everyone who reviews or labels examples. Change the text when a case is not covered, and say what changed.

## The task
{task}

## Keep
- Answers that you would be glad to see in production.
- Refusals and questions back, where they are right: they are behaviour to learn.

## Drop
- Answers that are wrong, cut off, or about someone else's request.
- Examples with personal data that the placeholders missed: report them as well.

## When you are not sure
Say so. "Undecided" with a reason is worth more than a guess.
"""
