"""Spans of Vercel's AI SDK, one a record: `ai.prompt.messages`, `ai.response.text`, `ai.response.toolCalls`.

Written by any exporter of OpenTelemetry in JavaScript when `experimental_telemetry` (or, from version 7, the
adapter `@ai-sdk/otel`) is on; in OTLP's JSON they are read by `otlp`. Only the inner spans (`…doGenerate`,
`…doStream`) are calls to a model. https://ai-sdk.dev/docs/ai-sdk-core/telemetry
"""

from collections.abc import Mapping

from tuneset.connectors.traces.spans import Span, call_of, conventions, example_of_span
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields


class VercelAI:
    """Spans with `ai.` attributes."""

    name = "vercel-ai"
    version = 1

    def recognises(self, record: Mapping[str, object]) -> str | None:
        """By the span's attributes."""
        return "`attributes` with `ai.` names" if conventions(record) == "ai" else None

    def parse(self, record: Mapping[str, object], into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        if "attributes" not in record:
            raise Rejected("not-a-model-call", "a span without `attributes`")
        span = Span.of(record)
        return example_of_span(span, call_of(span), into, fields=fields)
