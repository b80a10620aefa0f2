"""Reads `tuneset.yaml` text into a `Spec`, and says in which line a mistake stands."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from tuneset.core.errors import SpecError
from tuneset.core.spec import Spec


def parse_spec(text: str, *, file: str) -> Spec:
    """The spec written in `text`.

    Raises:
        SpecError: not YAML, an unknown or duplicate key, a value out of range; with `file:line` and a fix.
    """
    document = _yaml(text, file=file)
    if not isinstance(document, CommentedMap):
        raise SpecError(
            "the spec is not a mapping of keys to values",
            where=f"{file}:1",
            fix="start with `name:` and `sources:`, or run `tuneset init`",
        )
    try:
        return Spec.model_validate(plain(document))
    except ValidationError as problem:
        raise _explained(
            problem.errors(include_input=False, include_url=False), document, file=file
        ) from None


def _yaml(text: str, *, file: str) -> object:
    try:
        return YAML(typ="rt").load(text)
    except DuplicateKeyError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        named = re.search(r'found duplicate key "([A-Za-z_][\w.-]{0,40})"', problem.problem or "")
        raise SpecError(
            f"{f'`{named[1]}`' if named else 'a key'} stands twice in the same mapping",
            where=f"{file}:{line}",
            code="TS102",
            fix="remove one of them; the second would silently win",
        ) from None
    except MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        raise SpecError(
            f"not valid YAML: {_unquoted(problem.problem or problem.context or '')}",
            where=f"{file}:{line}",
            code="TS103",
            fix="check the indentation and quotes around this line",
        ) from None
    except YAMLError:
        raise SpecError(
            "not valid YAML: it holds characters that YAML does not allow",
            where=file,
            code="TS103",
            fix="save the spec as plain UTF-8 text",
        ) from None


def _unquoted(said: str) -> str:
    """The parser's words without what it quotes from the file."""
    return re.sub(r"\s*'[^']*'", "", said)


def plain(node: object) -> object:
    """Ordinary dicts and lists out of ruamel's."""
    match node:
        case Mapping():
            return {str(key): plain(value) for key, value in node.items()}
        case list() | tuple():
            return [plain(value) for value in node]
        case bool() | None:
            return node
        case int():
            return int(node)
        case float():
            return float(node)
        case str():
            return str(node)
        case _:
            return node


def _explained(problems: Sequence[ErrorDetails], document: CommentedMap, *, file: str) -> SpecError:
    problem = problems[0]
    path = [part for part in problem["loc"] if not _is_union_tag(part)]
    line = _line(document, path)
    dotted = ".".join(str(part) for part in path) or "spec"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    if problem["type"] == "extra_forbidden":
        known = _known_keys(path[:-1])
        near = get_close_matches(str(path[-1]), known, n=1)
        fix = f"did you mean `{near[0]}`?" if near else f"known keys: {', '.join(known)}"
        return SpecError(f"`{dotted}`: unknown key{more}", where=f"{file}:{line}", fix=fix, code="TS104")
    if problem["type"] == "missing":
        return SpecError(
            f"`{dotted}`: is required{more}", where=f"{file}:{line}", fix=_meaning(path), code="TS105"
        )
    what = problem["msg"].removeprefix("Value error, ")
    return SpecError(
        f"`{dotted}`: {what[:1].lower()}{what[1:]}{more}", where=f"{file}:{line}", fix=_meaning(path)
    )


def _is_union_tag(part: str | int) -> bool:
    """Pydantic adds the branch of a union to the path: `split.test.constrained-float`."""
    return isinstance(part, str) and (
        part.startswith(("literal[", "constrained-", "function-")) or part == "float"
    )


def _line(document: CommentedMap, path: Sequence[str | int]) -> int:
    """1-based line of the deepest node on the path that exists."""
    node: object = document
    line = 0
    for part in path:
        try:
            if isinstance(node, CommentedMap):
                line = node.lc.key(part)[0] if part in node else line
            elif isinstance(node, CommentedSeq) and isinstance(part, int):
                line = node.lc.item(part)[0]
            node = node[part]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            break
    return line + 1


def _model_at(path: Sequence[str | int]) -> type[BaseModel] | None:
    model: type[BaseModel] | None = Spec
    for part in path:
        if isinstance(part, int) or model is None:
            continue
        field = next((f for name, f in model.model_fields.items() if part in (name, f.alias)), None)
        if field is None:
            continue  # a key of a free mapping, as in `coverage.factors.intent`
        model = _model_in(field.annotation)
    return model


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for m in map(_model_in, getattr(annotation, "__args__", ())) if m is not None), None)


def _known_keys(path: Sequence[str | int]) -> list[str]:
    model = _model_at(path)
    return sorted(field.alias or name for name, field in model.model_fields.items()) if model else []


def _meaning(path: Sequence[str | int]) -> str | None:
    """The docstring of the field that the path leads to, as a hint."""
    from tuneset.core.meaning import described

    named = [part for part in path if isinstance(part, str)]
    if not named:
        return None
    described()
    model = _model_at(named[:-1])
    fields = model.model_fields if model else {}
    field = next((f for name, f in fields.items() if named[-1] in (name, f.alias)), None)
    return " ".join(field.description.split()) if field and field.description else None
