"""OpenTelemetry traces in OTLP's JSON: `resourceSpans` → `scopeSpans` → `spans`, a document or a line each.

Written by the Collector's file exporter and by every OTLP exporter that speaks JSON. Ids are hexadecimal
there, not base64 as protobuf's own JSON mapping would have it, so the JSON is walked as it is. Attributes
follow the GenAI conventions of today or before, OpenInference's, or the AI SDK's. Spans on their own, as SDKs
print them, are read too. https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

from collections.abc import Iterator, Mapping
from typing import cast

from tuneset.connectors.traces.attributes import plain_attributes
from tuneset.connectors.traces.spans import Span, call_of, conventions, example_of_span
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]

_LISTS = ("resourceSpans", "scopeSpans", "instrumentationLibrarySpans", "spans")


class OTLP:
    """Records with `resourceSpans`, and spans with `gen_ai.` attributes."""

    name = "otlp"
    version = 1

    def recognises(self, record: Object) -> str | None:
        """By OTLP's lists, or by a span's attributes."""
        for name in _LISTS:
            if type(record.get(name)) is list and (name != "spans" or "scope" in record):
                return f"`{name}`"
        if conventions(record) == "gen_ai":
            return "`attributes` with `gen_ai.` names"
        return None

    def unpack(self, record: Object) -> Iterator[Object]:
        """Its spans, each with the attributes of its resource and the name of its scope."""
        if not any(type(record.get(name)) is list for name in _LISTS):
            yield record
            return
        for resource in _objects(record, "resourceSpans"):
            for scope in _scopes(resource):
                for span in _objects(scope, "spans"):
                    yield _with_context(span, resource=resource.get("resource"), scope=scope.get("scope"))

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        if "attributes" not in record:
            raise Rejected("not-a-model-call", "a span without `attributes`")
        span = Span.of(record)
        return example_of_span(span, call_of(span), into, fields=fields)


def _objects(holder: Object, name: str) -> Iterator[Object]:
    """The objects of a list; the holder itself if it has no such list."""
    listed = holder.get(name)
    if type(listed) is not list:
        yield holder
        return
    for entry in cast("list[object]", listed):
        yield cast("Object", entry) if type(entry) is dict else {"attributes": None}


def _scopes(resource: Object) -> Iterator[Object]:
    old = "instrumentationLibrarySpans"
    return _objects(resource, old if old in resource else "scopeSpans")


def _with_context(span: Object, *, resource: object, scope: object) -> Object:
    shared: dict[str, object] = {}
    if type(resource) is dict and resource.get("attributes"):
        shared["resource"] = plain_attributes(resource["attributes"])
    if type(scope) is dict and scope:
        shared["scope"] = scope
    attributes = span.get("attributes")
    return (
        {**shared, **span, "attributes": plain_attributes(attributes)} if attributes else {**shared, **span}
    )
