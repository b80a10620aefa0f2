"""Spans of traces → examples, whichever conventions their attributes follow.

A span is `attributes` (plain, see `attributes`), `events`, and around them ids, times and a status under the
names of OTLP or of whoever exported it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from tuneset.connectors.calls.errors import provider_error
from tuneset.connectors.envelope import reach, remove
from tuneset.connectors.traces.aisdk import aisdk_call, is_aisdk
from tuneset.connectors.traces.attributes import plain_attributes
from tuneset.connectors.traces.example import Call, example_of
from tuneset.connectors.traces.genai import genai_call, is_genai
from tuneset.connectors.traces.openinference import is_openinference, openinference_call
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]

_SESSIONS = (
    "gen_ai.conversation.id",
    "session.id",
    "langfuse.session.id",
    "traceloop.association.properties.session_id",
)
_USERS = ("user.id", "enduser.id", "langfuse.user.id", "traceloop.association.properties.user_id")
_TRACES = ("traceId", "trace_id", "context.trace_id", "context.traceId", "spanContext.traceId")
_STARTS = ("startTimeUnixNano", "start_time", "startTime")
_COLUMN = "attributes."
_FAILED = (2, "2", "STATUS_CODE_ERROR", "ERROR", "Error")


@dataclass(slots=True)
class Span:
    """A span taken apart: plain attributes, its events with plain attributes, its kind, and the rest."""

    attributes: dict[str, object]
    events: list[object]
    rest: dict[str, object]

    @classmethod
    def of(cls, record: Object) -> "Span":
        """Copies what will be changed; the record stays as it was. Columns of Phoenix's tables
        (`attributes.llm.model_name`) are attributes too.
        """
        rest = dict(record)
        attributes, events = dict[str, object](), list[object]()
        if type(rest.get("attributes")) in (dict, list):
            attributes = plain_attributes(rest.pop("attributes"))
        if type(rest.get("events")) is list:
            events = [_plain_event(event) for event in cast("list[object]", rest.pop("events"))]
        for name in [name for name in rest if name.startswith(_COLUMN)]:
            attributes[name.removeprefix(_COLUMN)] = rest.pop(name)
        return cls(attributes, events, rest)


def _plain_event(event: object) -> object:
    if type(event) is not dict or "attributes" not in event:
        return event
    return {**event, "attributes": plain_attributes(event["attributes"])}


def call_of(span: Span) -> Call:
    """The call of a span, with the ids that its attributes hold; what is used is taken out of the span.

    Raises:
        Rejected: not-a-model-call, content-not-recorded, provider-error.
    """
    kind = span.rest.get("span_kind", span.rest.get("kind"))
    attributes = span.attributes
    if is_aisdk(attributes):
        call = aisdk_call(attributes, span.rest.get("name"))
    elif is_openinference(attributes):
        call = openinference_call(attributes, kind)
    elif is_genai(attributes):
        call = genai_call(attributes, span.events)
    else:
        raise Rejected("not-a-model-call", "no attribute of a known convention")
    if not call.answered and failed(span):
        raise provider_error(*_error(span))
    call.conversation = call.conversation or _taken(attributes, _SESSIONS)
    call.user = call.user or _taken(attributes, _USERS)
    return call


def failed(span: Span) -> bool:
    """Does the span's status say that the call failed?"""
    status = span.rest.get("status")
    if type(status) is dict:
        return status.get("code", status.get("status_code")) in _FAILED
    code = span.rest.get("status_code", status)
    return code in _FAILED


def _error(span: Span) -> list[object]:
    """The types of the error and of exceptions in events, without the names of their modules."""
    thrown = [span.attributes.get("error.type")]
    thrown += [
        cast("Object", event["attributes"]).get("exception.type")
        for event in span.events
        if type(event) is dict and type(event.get("attributes")) is dict and event.get("name") == "exception"
    ]
    return [said.rpartition(".")[2] for said in thrown if type(said) is str]


def _taken(attributes: dict[str, object], names: tuple[str, ...]) -> object:
    found = next((attributes[name] for name in names if attributes.get(name)), None)
    for name in names:
        if found is not None and attributes.get(name) == found:
            del attributes[name]
    return found


def example_of_span(span: Span, call: Call, into: ExampleBuilder, *, fields: Fields) -> Parsed:
    """The example of a call; without a session, the trace is the conversation.

    Raises:
        Rejected: as `calls.example_of`.
    """
    rest = dict(span.rest)
    if not call.conversation:
        path = next((path for path in _TRACES if reach(rest, path)), "")
        call.conversation = reach(rest, path)
        remove(rest, path)
    call.time = next((_time(rest[name]) for name in _STARTS if rest.get(name)), None)
    if span.attributes:
        rest["attributes"] = span.attributes
    if span.events:
        rest["events"] = span.events
    return example_of(call, rest, into, fields=fields)


def _time(value: object) -> object:
    """JavaScript's spans have a pair of seconds and nanoseconds."""
    if type(value) is list and [type(entry) for entry in value] == [int, int]:
        return value[0]
    return value


def conventions(record: Object) -> str | None:
    """Which conventions a span's attributes follow: `ai`, `llm`, `gen_ai`, or None."""
    span = Span.of(record)
    if is_aisdk(span.attributes):
        return "ai"
    if is_openinference(span.attributes):
        return "llm"
    return "gen_ai" if is_genai(span.attributes) else None
