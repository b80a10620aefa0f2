"""Helicone's requests: the body that was sent to a provider and the body that came back.

Written by `POST /v1/request/query` and Helicone's export; the bodies are those of the provider's API. Large
bodies are left out of the export, with a link instead of them. https://docs.helicone.ai/rest/request/
"""

from collections.abc import Mapping
from typing import cast

from tuneset.connectors.envelope import remove
from tuneset.connectors.traces.example import Call, error_code, example_of
from tuneset.connectors.traces.payloads import (
    answered_in,
    asked_in,
    left_of_input,
    left_of_output,
    without_nothing,
)
from tuneset.connectors.turns import decoded
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]

_SESSION = "Helicone-Session-Id"
_PROPERTIES = ("request_properties", "properties")
_MODELS = ("response_model", "request_model", "model_override")
_OTHER_PATHS = (
    "/embeddings",
    "/moderations",
    "/images/generations",
    "/audio/speech",
    "/audio/transcriptions",
)
_STUB = "helicone_message"


class Helicone:
    """Records with `request_body` and `response_body`."""

    name = "helicone"
    version = 1

    def recognises(self, record: Object) -> str | None:
        """By the body of the request and Helicone's names around it."""
        also = ("request_created_at", "request_path", "request_user_id", "response_status")
        if "request_body" not in record or not any(name in record for name in also):
            return None
        return "`request_body`, `response_body`" if "response_body" in record else "`request_body`"

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        rest = dict(record)
        given, output = decoded(rest.pop("request_body", None)), decoded(rest.pop("response_body", None))
        _refuse_other(record, given)
        _refuse_error(record, output)
        _refuse_stub(given, output)
        asked, answer = asked_in(given), answered_in(output)
        call = Call(
            asked=asked.messages,
            answered=answer.messages,
            tools=asked.tools,
            model=_take(rest, _MODELS) or answer.model,
            finish_reason=answer.finish_reason,
            conversation=_session(rest),
            user=rest.pop("request_user_id", None),
            time=rest.get("request_created_at"),
            feedback=_feedback(rest),
        )
        asked_too = left_of_input(given)
        if type(asked_too) is dict:  # the record's own fields come first
            call.model = call.model or asked_too.get("model")
            call.user = call.user or asked_too.pop("user", None)
        rest |= without_nothing(request_body=asked_too, response_body=left_of_output(output, answer))
        return example_of(call, rest, into, fields=fields)


def _refuse_other(record: Object, given: object) -> None:
    """Raises:
    Rejected: not-a-model-call, for tools and databases that were logged by hand, and other endpoints.
    """
    if type(given) is dict and "_type" in given:
        raise Rejected("not-a-model-call", "`request_body._type` is there")
    path = record.get("request_path")
    if type(path) is str and path.partition("?")[0].rstrip("/").endswith(_OTHER_PATHS):
        raise Rejected("not-a-model-call", "`request_path` is another endpoint")


def _refuse_error(record: Object, output: object) -> None:
    """Raises:
    Rejected: provider-error, with the provider's code or else the status of HTTP.
    """
    status = record.get("response_status")
    error = output.get("error") if type(output) is dict else None
    if error is None and not (type(status) is int and status >= 400):
        return
    fields = cast("Object", error) if type(error) is dict else {}
    raise Rejected("provider-error", error_code(fields.get("code"), fields.get("type"), status))


def _refuse_stub(given: object, output: object) -> None:
    """Raises:
    Rejected: content-not-captured, if a body was too large for the export.
    """
    for name, body in (("request_body", given), ("response_body", output)):
        if type(body) is dict and _STUB in body:
            raise Rejected("content-not-captured", f"`{name}` is only a link")


def _take(rest: dict[str, object], names: tuple[str, ...]) -> object:
    for name in names:
        if rest.get(name):
            return rest.pop(name)
    return None


def _session(rest: dict[str, object]) -> object:
    found = None
    for name in _PROPERTIES:
        properties = rest.get(name)
        if type(properties) is dict and properties.get(_SESSION):
            found = properties[_SESSION]
            remove(rest, f"{name}.{_SESSION}")
    return found


def _feedback(rest: dict[str, object]) -> object:
    """The thumb, and scores under their names."""
    said: dict[str, object] = {}
    if rest.get("feedback_rating") is not None:
        said["rating"] = rest.pop("feedback_rating")
    if rest.get("scores"):
        said["scores"] = rest.pop("scores")
    return said or None
