"""ShareGPT: `conversations` of `from` and `value`, with `system` and `tools` beside them."""

from collections.abc import Mapping

from tuneset.connectors.envelope import envelope
from tuneset.connectors.preference import (
    add_chosen,
    chosen_field,
    completed,
    is_whole_conversation,
    settle_rejected,
)
from tuneset.connectors.system_prompt import add_system
from tuneset.connectors.tools import TOOL_FIELDS, offered
from tuneset.connectors.turns import Turns, decoded
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

_LISTS = ("conversations", "conversation", "messages")


class ShareGPT:
    """Records with `conversations` of `from` and `value`."""

    name = "sharegpt"
    version = 4

    def recognises(self, record: Mapping[str, object]) -> str | None:
        """By a list of turns: under `conversations` whatever its keys, elsewhere only with `from`."""
        for name in _LISTS:
            turns = decoded(record.get(name))
            if type(turns) is list and turns and type(turns[0]) is dict:
                keys = [key for key in ("from", "value", "role", "content") if key in turns[0]]
                if "from" in keys or (name == "conversations" and "role" in keys):
                    return f"`{name}` with " + " and ".join(f"`{key}`" for key in keys)
        return None

    def parse(self, record: Mapping[str, object], into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        name = fields.messages or next((name for name in _LISTS if name in record), None)
        if name is None or name not in record:
            raise Rejected("unknown-shape", "no `conversations`")
        turns, extra = Turns(into), dict(record)
        settle_rejected(extra, record)
        listed, chosen = decoded(extra.pop(name)), chosen_field(record)
        add_system(extra, turns, listed=listed, fields=fields)
        if not (chosen and is_whole_conversation(record[chosen])):
            turns.extend(listed, where=name)
        if chosen:
            add_chosen(extra.pop(chosen), turns, where=chosen)
        turns.require_answer()
        tools = offered(record)
        for field in TOOL_FIELDS:
            extra.pop(field, None)
        return completed(envelope(extra, fields=fields), tools=tools, turns=turns)
