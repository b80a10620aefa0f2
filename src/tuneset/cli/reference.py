"""Every key of the spec with its type, default and meaning, read from the models.

`tuneset spec explain` and the page docs/spec.md say the same because both ask here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from tuneset.core.meaning import described


@dataclass(frozen=True)
class Key:
    """One key. `path` has `[]` where a list is and `NAME` where the user chooses the key."""

    path: str
    type: str
    default: str
    """As written in YAML; empty if the key is required."""
    meaning: str
    section: bool
    """Does it hold further keys?"""


def keys(model: type[BaseModel] | None = None, *, prefix: str = "") -> Iterator[Key]:
    """All keys of the spec, or of a model in it, parents before children, in the order of the models."""
    model = model or described()
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        inner, step = _inside(field.annotation)
        yield Key(path, type_name(field), _default(field), _meaning(field, inner), inner is not None)
        if inner is not None:
            yield from keys(inner, prefix=f"{path}{step}.")


def _meaning(field: FieldInfo, inner: type[BaseModel] | None) -> str:
    """The field's docstring, then that of the section it holds, unless that says the same in more words."""
    own = " ".join((field.description or "").split())
    about = " ".join((inner.__doc__ or "").split()) if inner else ""
    return about if about.lower().startswith(own.lower().rstrip(".")) else f"{own} {about}".strip()


def _inside(annotation: object) -> tuple[type[BaseModel] | None, str]:
    """The model a field holds, and how its path goes on: ``, `[]` or `.NAME`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ""
    step = "[]" if get_origin(annotation) is tuple else ".NAME" if get_origin(annotation) is dict else ""
    for part in get_args(annotation):
        model, rest = _inside(part)
        if model is not None:
            return model, step + rest
    return None, ""


def type_name(field: FieldInfo) -> str:
    """What may stand there, in words: `number 0..1`, `keep or canonical`, `list of text`."""
    return _words(field.annotation, field.metadata)


def _words(annotation: object, limits: list[object]) -> str:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        metadata = [m for extra in parts[1:] for m in getattr(extra, "metadata", [extra])]
        return _words(parts[0], metadata)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in parts)
    if origin in (Union, UnionType):
        return " or ".join(_words(part, limits) for part in parts if part is not NoneType)
    if origin is tuple:
        return f"list of {_plural(_words(parts[0], []))}"
    if origin is dict:
        return f"mapping to {_plural(_words(parts[1], []))}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "section"
    return _plain(annotation) + _range(limits)


def _plain(annotation: object) -> str:
    names = {
        str: "text",
        int: "whole number",
        float: "number",
        bool: "true or false",
        datetime: "date or time",
    }
    return next((word for kind, word in names.items() if annotation is kind), "value")


def _plural(word: str) -> str:
    return "sections" if word == "section" else word


def _range(limits: list[object]) -> str:
    low = next(
        (v for m in limits for v in (getattr(m, "ge", None), getattr(m, "gt", None)) if v is not None), None
    )
    high = next(
        (v for m in limits for v in (getattr(m, "le", None), getattr(m, "lt", None)) if v is not None), None
    )
    above = "above " if any(getattr(m, "gt", None) is not None for m in limits) else ""
    if low is not None and high is not None:
        return f" {above}{low:g}..{high:g}"
    if low is not None:
        return f", at least {low:g}"
    return ""


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return ""
    return _yaml(field.default)


def _yaml(value: object) -> str:
    match value:
        case BaseModel():
            return "{}"
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case tuple() | list():
            return f"[{', '.join(_yaml(v) for v in value)}]"
        case dict():
            return "{}"
        case "":
            return '""'
        case _:
            return str(value)
