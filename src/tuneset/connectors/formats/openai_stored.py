"""OpenAI stored completions: objects `chat.completion`, alone or as a `list` with `data`.

`GET /v1/chat/completions` writes them without what was asked; that comes from
`GET /v1/chat/completions/{id}/messages` and must be put beside the completion, as `messages` or `input`. A
completion without it is rejected as `no-request`.

https://platform.openai.com/docs/api-reference/chat/list
"""

from collections.abc import Iterator, Mapping

from tuneset.connectors.calls import chat
from tuneset.connectors.calls.call import add_call, as_object, listed, listed_kind
from tuneset.connectors.calls.errors import refuse_error
from tuneset.connectors.tools import TOOL_FIELDS
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]

_QUESTIONS = ("messages", "input")


class OpenAIStored:
    """Completions as the API stores them."""

    name = "openai-stored"
    version = 1

    def recognises(self, record: Object) -> str | None:
        """By `object`, of the record or of the first in its list."""
        if listed_kind(record) == "chat.completion" and ("choices" in record or "data" in record):
            return "`object` is `chat.completion`" + (" in a `list`" if "data" in record else "")
        return None

    def unpack(self, record: Object) -> Iterator[Object]:
        """The completions of a list; an object of another kind is itself."""
        return listed(record)

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        refuse_error(record)
        if "choices" not in record:
            raise Rejected("unknown-shape", "no `choices`")
        tools = {name: record[name] for name in TOOL_FIELDS if record.get(name)}
        request = {"messages": _asked(record), **tools}
        response = {name: value for name, value in record.items() if name not in (*_QUESTIONS, *TOOL_FIELDS)}
        call = chat.read(request, response)
        return add_call(call, into, extra={}, fields=fields, request_at=None, response_at=None)


def _asked(record: Object) -> object:
    """The messages beside the completion: a list, `input.messages`, or what the API gives for them."""
    for name in _QUESTIONS:
        value = record.get(name)
        inner = as_object(value) or {}
        value = inner.get("messages", inner.get("data", value))
        if type(value) is str and name == "input":
            return [{"role": "user", "content": value}]
        if value:
            return value
    raise Rejected("no-request", "no `messages` and no `input` beside the completion")
