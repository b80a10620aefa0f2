"""OpenAI Responses: pairs of a request and its response, or responses with their `input` beside them.

A response does not hold what was asked: that is in the request, or comes from
`GET /v1/responses/{id}/input_items`. A response without it is rejected as `no-request`.

https://platform.openai.com/docs/api-reference/responses
"""

from collections.abc import Iterator, Mapping

from tuneset.connectors.calls.call import add_call, as_object, listed, listed_kind
from tuneset.connectors.calls.dialect import read_call
from tuneset.connectors.calls.errors import refuse_error
from tuneset.connectors.calls.pair import names_of, parse_pair
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]

_INPUTS = ("input", "input_items")


class OpenAIResponses:
    """Requests and responses of the Responses API."""

    name = "openai-responses"
    version = 1

    def recognises(self, record: Object) -> str | None:
        """By `object` of the response, or by the first event of its stream."""
        if listed_kind(record) == "response":
            return "`object` is `response`" + (" in a `list`" if "data" in record else "")
        names = names_of(record)
        if names is None:
            return None
        response = record[names[1]]
        if (as_object(response) or {}).get("object") == "response":
            return f"`{names[1]}.object` is `response`"
        if type(response) is str and response.startswith("event: response."):
            return f"`{names[1]}` is a stream of Responses"
        return None

    def unpack(self, record: Object) -> Iterator[Object]:
        """The responses of a list; an object of another kind is itself."""
        return listed(record)

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        if names_of(record) is not None:
            return parse_pair(record, into, fields=fields)
        if "output" not in record:
            raise Rejected("unknown-shape", "neither a pair nor a response")
        refuse_error(record)
        response = {name: value for name, value in record.items() if name not in _INPUTS}
        call = read_call(_asked(record), {**response, "object": "response"})
        return add_call(call, into, extra={}, fields=fields, request_at=None, response_at=None)


def _asked(record: Object) -> Object:
    """The input beside a response: items, a text, or the answer of the API that has them."""
    for name in _INPUTS:
        value = record.get(name)
        inner = as_object(value)
        listed = inner.get("data", value) if inner else value
        if listed:
            return {"input": listed}
    return {}
