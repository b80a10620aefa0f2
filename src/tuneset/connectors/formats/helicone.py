"""Helicone's requests: the body that was sent to a provider and the body that came back.

Written by `POST /v1/request/query` and Helicone's export; the bodies are those of the provider's API, streams
put together or not. Bodies that are too large are left out of the export, with a link instead of them.
https://docs.helicone.ai/rest/request/
"""

from collections.abc import Mapping

from tuneset.connectors.calls.call import add_call, as_object
from tuneset.connectors.calls.dialect import read_call
from tuneset.connectors.envelope import remove
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]

_REQUEST, _RESPONSE = "request_body", "response_body"
_AROUND = ("request_created_at", "request_path", "request_user_id", "response_status")
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
        if _REQUEST not in record or not any(name in record for name in _AROUND):
            return None
        return f"`{_REQUEST}`, `{_RESPONSE}`" if _RESPONSE in record else f"`{_REQUEST}`"

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        if _REQUEST not in record:
            raise Rejected("unknown-shape", f"no `{_REQUEST}`")
        _refuse(record)
        call = read_call(record[_REQUEST], record.get(_RESPONSE), status=record.get("response_status"))
        extra = {name: value for name, value in record.items() if name not in (_REQUEST, _RESPONSE)}
        extra |= _known(extra)
        return add_call(call, into, extra=extra, fields=fields, request_at=_REQUEST, response_at=_RESPONSE)


def _refuse(record: Object) -> None:
    """Raises:
    Rejected: not-a-model-call for other endpoints, and for tools and databases that were logged by hand;
        content-not-recorded if a body was too large for the export.
    """
    path = record.get("request_path")
    if type(path) is str and path.partition("?")[0].rstrip("/").endswith(_OTHER_PATHS):
        raise Rejected("not-a-model-call", "`request_path` is another endpoint")
    for name in (_REQUEST, _RESPONSE):
        body = as_object(record.get(name)) or {}
        if _STUB in body:
            raise Rejected("content-not-recorded", f"`{name}` is only a link")
        if "_type" in body:
            raise Rejected("not-a-model-call", f"`{name}._type` is there")


def _known(extra: dict[str, object]) -> dict[str, object]:
    """What Helicone knows, under the names that all logs share; taken out of `extra`."""
    found = {
        "conversation_id": _session(extra),
        "user_id": extra.pop("request_user_id", None),
        "captured_at": extra.get("request_created_at"),
        "model": next((extra.pop(name) for name in _MODELS if extra.get(name)), None),
        "feedback": _feedback(extra),
    }
    return {name: value for name, value in found.items() if value}


def _session(extra: dict[str, object]) -> object:
    found = None
    for name in _PROPERTIES:
        properties = extra.get(name)
        if type(properties) is dict and properties.get(_SESSION):
            found = properties[_SESSION]
            remove(extra, f"{name}.{_SESSION}")
    return found


def _feedback(extra: dict[str, object]) -> object:
    """The thumb, and scores under their names."""
    said: dict[str, object] = {}
    if extra.get("feedback_rating") is not None:
        said["rating"] = extra.pop("feedback_rating")
    if extra.get("scores"):
        said["scores"] = extra.pop("scores")
    return said
