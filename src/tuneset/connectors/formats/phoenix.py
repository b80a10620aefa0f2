"""Spans of Arize Phoenix, with OpenInference's attributes, and people's annotations.

Written by Phoenix's REST API (`/v1/projects/…/spans`), its client (`get_spans`, `get_spans_dataframe`) and
whatever else exports OpenInference's spans one by one. https://arize.com/docs/phoenix
"""

import re
from collections.abc import Mapping
from typing import cast

from tuneset.connectors.traces.example import Call
from tuneset.connectors.traces.payloads import answered_in
from tuneset.connectors.traces.spans import Span, call_of, conventions, example_of_span
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]

_ANNOTATIONS = ("annotations", "span_annotations", "spanAnnotations")
_CORRECTION = re.compile(r"correct(ion|ed)([ _-]?(output|answer|response|text))?", re.IGNORECASE)
"""Names under which people write down a better answer; Phoenix itself has no such kind of annotation."""
_PEOPLE = ("id", "user_id", "username", "identifier")


class Phoenix:
    """Spans with a `context` of ids and OpenInference's attributes."""

    name = "phoenix"
    version = 1

    def recognises(self, record: Object) -> str | None:
        """By the attributes, or by Phoenix's own fields around them."""
        context = record.get("context")
        ours = type(context) is dict and "trace_id" in context and "span_kind" in record
        if conventions(record) == "llm":
            return "`attributes` with `llm.` or `openinference.` names"
        return "`context.trace_id`, `span_kind`" if ours and "attributes" in record else None

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        span = Span.of(record)
        if not span.attributes and "attributes" not in record:
            raise Rejected("not-a-model-call", "a span without `attributes`")
        call = call_of(span)
        _annotate(call, span)
        return example_of_span(span, call, into, fields=fields)


def _annotate(call: Call, span: Span) -> None:
    """Annotations are feedback; a person's corrected text is also the better answer."""
    said: list[object] = []
    for name in _ANNOTATIONS:
        listed = span.rest.get(name)
        if type(listed) is list:
            said += cast("list[object]", span.rest.pop(name))
    notes = [cast("Object", note) for note in said if type(note) is dict]
    for note in notes:
        if (text := _corrected(note)) is not None:
            call.corrected = answered_in(text).messages
    kept = [{name: value for name, value in note.items() if name not in _PEOPLE} for note in notes]
    call.feedback = kept or call.feedback


def _corrected(note: Object) -> str | None:
    """The text of a correction: the explanation that a person gave, else the label."""
    name, kind = note.get("name"), note.get("annotator_kind", note.get("annotatorKind"))
    if type(name) is not str or not _CORRECTION.fullmatch(name) or kind != "HUMAN":
        return None
    result = note.get("result")
    fields = cast("Object", result) if type(result) is dict else note
    found = next((fields[field] for field in ("explanation", "label") if fields.get(field)), None)
    return found if type(found) is str else None
