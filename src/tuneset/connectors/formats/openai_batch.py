"""Output of OpenAI's Batch API and of those who took it over: Azure, Groq, Together, `vllm run-batch`.

A line of output holds the answer and a `custom_id`; what was asked is in the input file, under the same id.
The two are joined before they come here: name the input file in `requests` of the source, or let the pattern
in `path` match both. A line without its request is rejected as `no-request`.

https://platform.openai.com/docs/guides/batch
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


class OpenAIBatch:
    """Lines of a batch's output, each joined to its request."""

    name = "openai-batch"
    version = 1
    joins = "custom_id"

    def recognises(self, record: Object) -> str | None:
        """By `custom_id` with `response` or `error`."""
        if "custom_id" in record and "response" in record and ("error" in record or _status(record)):
            return "`custom_id`, `response`"
        return None

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        response = as_object(record.get("response"))
        if response is None:
            if record.get("error"):
                raise provider_error(record["error"])
            raise Rejected("unknown-shape", "neither `response` nor `error`")
        if "custom_id" not in record or "body" not in response:
            raise Rejected("unknown-shape", "no `custom_id` or no `response.body`")
        around = {name: value for name, value in response.items() if name != "body"}
        extra = {name: value for name, value in record.items() if value is not None}
        return parse_result(
            {**extra, "response": around},
            into,
            response=response["body"],
            asked="body",
            status=response.get("status_code"),
            fields=fields,
        )


def _status(record: Object) -> bool:
    return "status_code" in (as_object(record["response"]) or {})
