"""The call: what was asked and answered, as messages in OpenAI's shape, and what is left of both bodies."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from tuneset.connectors.envelope import envelope, plan
from tuneset.connectors.readers.batch import json_type
from tuneset.connectors.turns import Turns, decoded
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]

_NO_FIELDS = Fields()
_IDS = ("conversation", "user")
_PLACES = (*_IDS, "captured_at", "model", "feedback", "finish_reason")


@dataclass(slots=True)
class Call:
    """One call of a model.

    `messages` is what was asked and, at the end, what was answered; `tools` are definitions in OpenAI's
    shape. `request` and `response` hold what is left of the bodies: parameters, usage, further choices.
    `conversation` is a hint for logs that name none themselves.
    """

    messages: list[object]
    tools: object = None
    finish_reason: object = None
    request: dict[str, object] = field(default_factory=dict)
    response: dict[str, object] = field(default_factory=dict)
    conversation: str | None = None


def add_call(
    call: Call,
    into: ExampleBuilder,
    *,
    extra: Object,
    fields: Fields,
    request_at: str | None = "request",
    response_at: str | None = "response",
) -> Parsed:
    """Adds the call's messages and sorts the rest; what the record says goes before what its bodies say.

    Args:
        call: the call.
        into: gets the messages.
        extra: what the record holds beside the two bodies.
        fields: of the spec; paths reach into `request_at` and `response_at`.
        request_at: key of `extra` for what is left of the request; None spreads it over `extra` itself.
        response_at: the same for the response.

    Raises:
        Rejected: as `Turns.extend`, or no-answer.
    """
    turns = Turns(into)
    turns.extend(call.messages, where="messages")
    turns.require_answer()
    parsed = envelope(_together(call, extra, request_at, response_at), fields=fields)
    parsed.tools = call.tools
    if type(call.finish_reason) is str:
        parsed.finish_reason = call.finish_reason
    for place, left in ((response_at, call.response), (request_at, call.request)):
        if place is not None:
            _fill(parsed, place, left)
    parsed.conversation = parsed.conversation or call.conversation
    if turns.leftovers:
        parsed.extra["messages"] = turns.leftovers
    return parsed


def _together(
    call: Call, extra: Object, request_at: str | None, response_at: str | None
) -> dict[str, object]:
    whole = dict(extra)
    for place, left in ((request_at, call.request), (response_at, call.response)):
        if place is None:
            whole.update(left)
        elif left:
            whole[place] = left
    return whole


def _fill(parsed: Parsed, place: str, left: Object) -> None:
    """What the record does not say, from one of its bodies; what it says otherwise stays in `extra`."""
    inner = envelope(dict(left), fields=_NO_FIELDS)
    if inner.user is None:  # the name under which OpenAI has asked for it since 2025
        inner.user = _word(inner.extra.pop("safety_identifier", None))
    for name in _PLACES:
        if getattr(parsed, name) is None:
            setattr(parsed, name, getattr(inner, name))
    for name, keys, _ in plan(tuple(left)):
        if name not in _IDS and getattr(inner, name) != getattr(parsed, name):
            inner.extra.update({key: left[key] for key in keys if left[key] is not None})
    if inner.extra:
        parsed.extra[place] = inner.extra
    else:
        parsed.extra.pop(place, None)


def _word(value: object) -> str | None:
    return value if type(value) is str and value else None


def objects(value: object) -> list[dict[str, object]]:
    """The objects of a list; nothing if it is none."""
    if type(value) is not list:
        return []
    return [entry for entry in cast("list[object]", value) if type(entry) is dict]


def listed(record: Object) -> Iterator[Object]:
    """The objects of a `list` as OpenAI's API gives it; a record of another kind is itself."""
    data = record.get("data")
    if record.get("object") != "list" or type(data) is not list:
        yield record
        return
    for entry in cast("list[object]", data):
        yield cast("Object", entry) if type(entry) is dict else {"data": entry}


def listed_kind(record: Object) -> object:
    """What kind of object a record is, or the first of its list."""
    if record.get("object") != "list":
        return record.get("object")
    return next(iter(objects(record.get("data"))), {}).get("object")


def as_object(value: object) -> dict[str, object] | None:
    """An object, or the object in a string of JSON; None if it is neither."""
    value = decoded(value)
    return cast("dict[str, object]", value) if type(value) is dict else None


def without(body: Object, *names: str) -> dict[str, object]:
    """The body without these fields and without nulls."""
    return {name: value for name, value in body.items() if name not in names and value is not None}


def messages_of(request: Object) -> list[object]:
    """The `messages` of a request.

    Raises:
        Rejected: no-request, no-messages.
    """
    if request.get("messages") is None:
        raise Rejected("no-request", "the request holds no `messages`")
    listed = decoded(request["messages"])
    if type(listed) is not list or not listed:
        raise Rejected(
            "no-messages", f"`messages` is {'empty' if listed == [] else f'a {json_type(listed)}'}"
        )
    return cast("list[object]", listed)
