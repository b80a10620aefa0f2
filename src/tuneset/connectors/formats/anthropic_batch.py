"""Results of Anthropic's Message Batches: `custom_id` and `result`.

What was asked is in the file of requests from which the batch was made (`custom_id` and `params`): name it in
`requests` of the source, or let the pattern in `path` match both. A result without its request is rejected as
`no-request`, one that is no message with what became of it.

https://docs.claude.com/en/docs/build-with-claude/batch-processing
"""

from collections.abc import Mapping

from tuneset.connectors.calls.batch import parse_result
from tuneset.connectors.calls.call import as_object
from tuneset.connectors.calls.errors import provider_error
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]


class AnthropicBatch:
    """Results of a batch, each joined to its request."""

    name = "anthropic-batch"
    version = 1
    joins = "custom_id"

    def recognises(self, record: Object) -> str | None:
        """By `custom_id` with a `result` that has a type."""
        if "custom_id" in record and "type" in (as_object(record.get("result")) or {}):
            return "`custom_id`, `result.type`"
        return None

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        result = as_object(record.get("result"))
        if result is None or "custom_id" not in record:
            raise Rejected("unknown-shape", "no `custom_id` or no `result`")
        if result.get("type") != "succeeded":
            raise provider_error(as_object(result.get("error")), result)
        around = {name: value for name, value in result.items() if name not in ("message", "type")}
        extra = {name: value for name, value in record.items() if name != "result"}
        return parse_result(
            {**extra, "response": around},
            into,
            response=result.get("message"),
            asked="params",
            status=None,
            fields=fields,
        )
