"""JSON Schema, draft 2020-12: a schema that is checked once, and answers checked against it offline."""

from collections.abc import Iterator, Mapping

import orjson
from jsonschema import Draft202012Validator, SchemaError
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from tuneset.core.errors import SpecError


def checked(schema: Mapping[str, object]) -> None:
    """Does nothing if the schema can be used.

    Raises:
        SpecError: it is no schema, or refers to something that is not inside it.
    """
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as problem:
        where = "/".join(str(part) for part in problem.absolute_path) or "its root"
        raise SpecError(
            f"`output.schema`: not a JSON Schema of draft 2020-12, at {where}",
            fix=f"see the keyword `{problem.validator}` of the standard",
        ) from None
    resource = Resource.from_contents(dict(schema), default_specification=DRAFT202012)
    resolver = Registry().with_resource("", resource).resolver_with_root(resource)
    for reference in _references(schema):
        try:
            resolver.lookup(reference)
        except Unresolvable:
            raise SpecError(
                f"`output.schema`: the reference `{reference}` leads nowhere",
                fix="put the definition under `$defs` in the same file; nothing is fetched",
            ) from None


def breaches(answers: list[str], *, schema: Mapping[str, object]) -> list[tuple[str, str | None] | None]:
    """For each answer the reason and evidence of what is wrong with it, or None if it satisfies the schema.

    Evidence is the position at which JSON ends, or the place of the broken rule in the schema; never a value.
    """
    validator = Draft202012Validator(schema, registry=Registry())
    return [_breach(answer, validator) for answer in answers]


def _breach(answer: str, validator: Draft202012Validator) -> tuple[str, str | None] | None:
    try:
        value = orjson.loads(answer)
    except orjson.JSONDecodeError as problem:
        return "output-not-json", orjson.dumps({"position": problem.pos}).decode()
    broken = min(validator.iter_errors(value), key=_place, default=None)
    if broken is None:
        return None
    rule = "/" + "/".join(_place(broken))
    return "output-breaks-schema", orjson.dumps({"rule": rule}).decode()


def _place(problem: ValidationError) -> tuple[str, ...]:
    return tuple(
        str(part) for part in problem.absolute_schema_path if part != "$ref"
    )  # not all versions have it


def _references(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key in ("$ref", "$dynamicRef") and isinstance(value, str):
                yield value
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)
