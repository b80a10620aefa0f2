"""Rows for tuning on Amazon Bedrock: `schemaVersion: bedrock-conversation-2024`, in the blocks of Converse.

https://docs.aws.amazon.com/nova/latest/userguide/fine-tune-prepare-data-understanding.html
"""

from collections.abc import Mapping

from tuneset.connectors.calls import converse
from tuneset.connectors.calls.call import Call, add_call
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]

_PREFIX = "bedrock-conversation"


class BedrockConverse:
    """Conversations of blocks without a type."""

    name = "bedrock-converse"
    version = 1

    def recognises(self, record: Object) -> str | None:
        """By `schemaVersion`."""
        version = record.get("schemaVersion")
        if type(version) is str and version.startswith(_PREFIX) and "messages" in record:
            return f"`schemaVersion` is `{_PREFIX}-…`, `messages`"
        return None

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        if "messages" not in record:
            raise Rejected("unknown-shape", "no `messages`")
        extra = {name: value for name, value in record.items() if name not in converse.QUESTION}
        call = Call(converse.asked(record), tools=converse.tools(record.get("toolConfig")))
        return add_call(call, into, extra=extra, fields=fields)
