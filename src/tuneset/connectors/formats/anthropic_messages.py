"""Anthropic Messages: pairs of a request and its message, or messages with their request beside them.

https://docs.claude.com/en/api/messages
"""

from collections.abc import Mapping

from tuneset.connectors.calls import anthropic
from tuneset.connectors.calls.call import add_call, as_object
from tuneset.connectors.calls.dialect import read_call
from tuneset.connectors.calls.errors import refuse_error
from tuneset.connectors.calls.pair import names_of, parse_pair
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]

_QUESTION = (
    "messages",
    "system",
    "tools",
    "tool_choice",
    "max_tokens",
    "metadata",
    "thinking",
    "temperature",
)


class AnthropicMessages:
    """Requests and messages of the Messages API."""

    name = "anthropic-messages"
    version = 1

    def recognises(self, record: Object) -> str | None:
        """By the message: its `type`, its `stop_reason`, or the first event of its stream."""
        if anthropic.answers(record) and record.get("type") == "message":
            beside = next((name for name in ("request", "messages") if name in record), None)
            return "`type` is `message`" + (f" beside `{beside}`" if beside else "")
        for name in (names_of(record) or ("", "response"))[1:]:
            response = record.get(name)
            if anthropic.answers(as_object(response) or {}):
                return f"`{name}` is a message with `content` and `stop_reason`"
            if type(response) is str and response.startswith("event: message_start"):
                return f"`{name}` is a stream of a message"
        return None

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        if names_of(record) is not None:
            return parse_pair(record, into, fields=fields)
        if "response" in record:
            return _beside_request(record, into, fields=fields)
        refuse_error(record)
        if not anthropic.answers(record):
            raise Rejected("unknown-shape", "neither a pair nor a message")
        if "request" in record:
            message = {name: value for name, value in record.items() if name != "request"}
            call = read_call(record["request"], message)
            return add_call(call, into, extra={}, fields=fields, response_at=None)
        request = {name: record[name] for name in _QUESTION if name in record}
        message = {name: value for name, value in record.items() if name not in request}
        call = read_call(request, message)
        return add_call(call, into, extra={}, fields=fields, request_at=None, response_at=None)


def _beside_request(record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
    """The fields of a request, and its `response`."""
    request = {name: value for name, value in record.items() if name != "response"}
    call = read_call(request, record["response"])
    return add_call(call, into, extra={}, fields=fields, request_at=None)
