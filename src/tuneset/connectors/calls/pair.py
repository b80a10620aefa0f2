"""Finds the two bodies in a recorded pair: as they are, or wrapped as cassettes and HAR files wrap them."""

import base64
import binascii
from dataclasses import dataclass
from typing import cast

from tuneset.connectors.calls.call import Object, add_call, as_object
from tuneset.connectors.calls.dialect import is_question, read_call
from tuneset.connectors.envelope import moment
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

NAMES = (("request", "response"), ("request_body", "response_body"), ("full_request", "full_response"))
_HTTP = ("method", "uri", "url", "status")
"""What is kept of a message around its body: headers, cookies and queries hold keys."""
_STATUS = ("status", "status_code", "response_status")
_TIMES = ("recorded_at", "startedDateTime", "logging_time", "ts")


@dataclass(frozen=True)
class Pair:
    """Bodies as recorded, HTTP status if there is one, and what else the record holds."""

    request: object
    response: object
    status: object
    extra: dict[str, object]
    names: tuple[str, str] = NAMES[0]


def names_of(record: Object) -> tuple[str, str] | None:
    """The keys of the two bodies; None if the record is no pair."""
    return next((names for names in NAMES if names[0] in record and names[1] in record), None)


def pair(record: Object) -> Pair:
    """The two bodies.

    Raises:
        Rejected: unknown-shape.
    """
    names = names_of(record)
    if names is None:
        raise Rejected("unknown-shape", "no `request` and `response`")
    extra = {name: value for name, value in record.items() if name not in names}
    request, asked = _unwrapped(record[names[0]])
    response, answered = _unwrapped(record[names[1]])
    around = {name: said for name, said in (("request", asked), ("response", answered)) if said}
    if around:
        extra["http"] = around
    status = answered.get("status", next((record[name] for name in _STATUS if name in record), None))
    status = cast("Object", status).get("code") if type(status) is dict else status
    return Pair(request, response, status, extra, names)


def parse_pair(record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
    """The example of a recorded pair, whoever the provider is.

    Raises:
        Rejected: as `read_call`.
    """
    found = pair(record)
    call = read_call(found.request, found.response, status=found.status)
    request_at, response_at = found.names
    parsed = add_call(
        call, into, extra=found.extra, fields=fields, request_at=request_at, response_at=response_at
    )
    for name in _TIMES:
        if parsed.captured_at is None:
            parsed.captured_at = moment(parsed.extra.get(name))
    return parsed


def _unwrapped(message: object) -> tuple[object, dict[str, object]]:
    """The body, and what is kept of the HTTP message around it."""
    whole = as_object(message)
    if whole is None or is_question(whole):
        return message, {}
    for name in ("body", "postData", "content"):  # VCR, HAR requests, HAR responses
        held = whole.get(name)
        if held is None or (name == "content" and not _is_har_content(held)):
            continue
        said = {key: value for key in _HTTP if (value := whole.get(key)) is not None}
        return _text(held), {key: _without_query(value) for key, value in said.items()}
    return whole, {}


def _is_har_content(held: object) -> bool:
    return type(held) is dict and "text" in held


def _text(held: object) -> object:
    """A body in the forms in which recorders write it."""
    if type(held) is not dict:
        return held
    if held.get("encoding") == "base64" or "base64_string" in held:
        return _decoded(held.get("base64_string", held.get("text", held.get("string"))))
    return next((held[name] for name in ("string", "text") if type(held.get(name)) is str), held)


def _decoded(data: object) -> object:
    try:
        return base64.b64decode(data).decode() if type(data) is str else data
    except (binascii.Error, ValueError):
        raise Rejected("unknown-shape", "a body is packed: neither text nor JSON in base64") from None


def _without_query(value: object) -> object:
    return value.partition("?")[0] if type(value) is str else value
