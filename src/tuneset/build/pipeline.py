"""The row-local stages of a build, in their order, made from the spec."""

from pathlib import Path

import orjson

from tuneset.core.errors import SpecError
from tuneset.core.fingerprint import fingerprint
from tuneset.core.spec import Spec
from tuneset.core.stage import Stage
from tuneset.stages.clean import Clean
from tuneset.stages.coverage import CoverageTags
from tuneset.stages.labels import Labels
from tuneset.stages.redact import Redact
from tuneset.stages.system_prompt import CanonicalPrompt


def stages(spec: Spec, *, root: Path, key: bytes) -> tuple[Stage, ...]:
    """Clean, system prompt, redact, labels, coverage: each looks at one example at a time.

    Raises:
        SpecError: a file that the spec names is missing or does not hold what it should.
    """
    chain: list[Stage] = [Clean(spec.clean)]
    if spec.system_prompt.policy == "canonical":
        text = text_of(spec.system_prompt.canonical or "", root=root, key="system_prompt.canonical")
        chain.append(CanonicalPrompt(text.strip()))
    chain.append(redaction(spec, root=root, key=key))
    chain.append(Labels(spec.output, schema=_schema(spec, root=root)))
    chain.append(CoverageTags(spec.coverage))
    return tuple(chain)


def redaction(spec: Spec, *, root: Path, key: bytes) -> Redact:
    """The redact stage of a spec, with its dictionaries read. Raises `SpecError`."""
    terms: dict[str, list[str]] = {}
    for book in spec.redact.dictionaries:
        lines = text_of(book.path, root=root, key=f"redact.dictionaries.{book.name}").splitlines()
        words = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        terms.setdefault(book.name, []).extend(words)
    return Redact(spec.redact, key=key, terms=terms)


def identity(chain: tuple[Stage, ...]) -> str:
    """Fingerprint of everything in the stages that can change what comes out."""
    return fingerprint([[stage.name, stage.version, stage.identity()] for stage in chain])


def _schema(spec: Spec, *, root: Path) -> dict[str, object] | None:
    name = spec.output.json_schema
    if name is None:
        return None
    try:
        schema = orjson.loads(text_of(name, root=root, key="output.schema"))
    except orjson.JSONDecodeError as problem:
        raise SpecError(
            f"`output.schema`: {name} is not JSON",
            where=f"{root / name}:{problem.lineno}",
            fix="mend the file at that line",
        ) from None
    if not isinstance(schema, dict):
        raise SpecError(
            f"`output.schema`: {name} holds no JSON object",
            where=str(root / name),
            fix='a JSON Schema starts with {"type": …}',
        )
    return schema


def text_of(name: str, *, root: Path, key: str) -> str:
    """The text of a file that the spec names under `key`, relative to `root`.

    Raises:
        SpecError: it cannot be read, or is not UTF-8.
    """
    try:
        return (root / name).read_text(encoding="utf-8")
    except OSError:
        raise SpecError(
            f"`{key}`: cannot read the file `{name}`",
            where=str(root / name),
            fix="the path is relative to the spec file",
            code="TS106",
        ) from None
    except UnicodeDecodeError:
        raise SpecError(
            f"`{key}`: the file `{name}` is not UTF-8 text",
            where=str(root / name),
            fix="convert it to UTF-8",
            code="TS106",
        ) from None
