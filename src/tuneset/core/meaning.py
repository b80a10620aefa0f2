"""What the keys of the spec mean: the docstrings of their fields, read when somebody asks.

Pydantic can read them while the models are made, which took 45 ms of the start of every command.
"""

import ast
import inspect
from functools import cache
from itertools import pairwise
from pathlib import Path

from pydantic import BaseModel

from tuneset.core import spec
from tuneset.core.spec import Spec


@cache
def described() -> type[Spec]:
    """The spec, with the description of every field of it and of what it holds."""
    models: list[type[BaseModel]] = []
    for node in ast.parse(Path(spec.__file__).read_text(encoding="utf-8")).body:
        model = getattr(spec, node.name) if isinstance(node, ast.ClassDef) else None
        if isinstance(node, ast.ClassDef) and isinstance(model, type) and issubclass(model, BaseModel):
            for name, said in _docstrings(node):
                model.model_fields[name].description = said
            models.append(model)
    for model in models:  # in the order of the file: those that others hold come first
        model.model_rebuild(force=True)
    return Spec


def _docstrings(node: ast.ClassDef) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for field, after in pairwise(node.body):
        match field, after:
            case (ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(said)))):
                found.append((name, inspect.cleandoc(said)))
            case _:
                pass
    return found
