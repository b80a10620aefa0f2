"""The shape of lines as they stand in a file, before any connector is kind to them.

Connectors forgive much: aliases of roles, missing ids, calls as text. A trainer does not, so `tuneset check`
looks at the bare record first. Nothing here quotes a value: rules are named, nothing else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tuneset.core.exporter import Rule
from tuneset.exporters.toolcalls import ids_of

Object = Mapping[str, object]

ROLES = ("system", "user", "assistant", "tool")

ROW = "shape.row"
ROLE = "shape.role"
CONTENT = "shape.content"
KEYS = "shape.keys"
WEIGHT = "weight.zero-or-one"
TOOLS = "shape.tools"
CALLS = "tools.call-shape"
TWO_FORMS = "shape.two-forms"


_OTHER_FORMS = frozenset({"text", "prompt", "completion", "input", "conversations"})


def shape_rules(link: str, *, keys: bool = True, weight: bool = False) -> tuple[Rule, ...]:
    """The rules that the checks below name, with where a target documents them."""
    rules = [
        Rule(
            ROW, "the line is not one example in this format", link, "write one object a line with these keys"
        ),
        Rule(ROLE, "a message has a role that the format does not know", link, "use the format's own roles"),
        Rule(
            CONTENT,
            "the content of a message is of a type that the format does not know",
            link,
            "text, or a list of parts",
        ),
        Rule(
            TOOLS, "`tools` is not a list of definitions with names", link, "as the provider was given them"
        ),
    ]
    if keys:
        rules.append(
            Rule(
                KEYS,
                "a key that the format does not know: it is refused, or lost",
                link,
                "take it out",
                level="warning",
            )
        )
    if weight:
        rules.append(
            Rule(
                WEIGHT, "`weight` is 0 or 1, and only the assistant has one", link, "round it, or take it out"
            )
        )
    return tuple(rules)


@dataclass(frozen=True)
class MessagesShape:
    """Lines with `messages` of `role` and `content`, as OpenAI has them."""

    key: str = "messages"
    roles: tuple[str, ...] = ROLES
    row_keys: frozenset[str] = frozenset({"messages", "tools", "parallel_tool_calls", "functions"})
    message_keys: frozenset[str] = frozenset(
        {"role", "content", "name", "tool_calls", "tool_call_id", "weight", "function_call", "refusal"}
    )
    string_arguments: bool = True
    """Are arguments of calls text? Else they are objects, or text of one."""
    weight: bool = False
    """Does an assistant's message have a `weight`?"""
    content_required: bool = False
    """Must each message have the key `content`?"""
    tools_as_text: bool = False
    """May `tools` be a string of JSON?"""
    one_form: bool = False
    """Is a line refused, or read as something else, if it holds another form beside `messages`?"""

    def faults(self, record: Object) -> list[str]:
        """Ids of the rules that the record breaks."""
        messages = record.get(self.key)
        if type(messages) is not list or not messages:
            return [ROW]
        found = {fault for message in messages for fault in self.message(message)}
        if not _are_tools(record.get("tools"), as_text=self.tools_as_text):
            found.add(TOOLS)
        if self.one_form and not record.keys().isdisjoint(_OTHER_FORMS):
            found.add(TWO_FORMS)
        if not record.keys() <= self.row_keys:
            found.add(KEYS)
        return sorted(found)

    def message(self, message: object) -> set[str]:
        """The same, of one message."""
        if type(message) is not dict:
            return {ROW}
        found = set[str]()
        if message.get("role") not in self.roles:
            found.add(ROLE)
        if not _is_content(message.get("content")) or (self.content_required and "content" not in message):
            found.add(CONTENT)
        calls = message.get("tool_calls")
        if calls is not None and not self._are_calls(calls):
            found.add(CALLS)
        if self.weight and not _is_weight(message):
            found.add(WEIGHT)
        if not message.keys() <= self.message_keys:
            found.add(KEYS)
        return found

    def _are_calls(self, calls: object) -> bool:
        if self.string_arguments or type(calls) is not list:
            return ids_of(calls) is not None
        return all(
            type(call) is dict
            and type(function := call.get("function")) is dict
            and type(function.get("name")) is str
            and type(function.get("arguments")) in (dict, str)
            for call in calls
        )


CHAT = MessagesShape()
WEIGHTED = replace(CHAT, weight=True)


def _is_content(content: object) -> bool:
    if content is None or type(content) is str:
        return True
    return type(content) is list and all(
        type(part) is dict and type(part.get("type")) is str for part in content
    )


def _is_weight(message: Object) -> bool:
    weight = message.get("weight")
    return weight is None or (
        type(weight) in (int, float) and weight in (0, 1) and message.get("role") == "assistant"
    )


def _are_tools(tools: object, *, as_text: bool) -> bool:
    if tools is None:
        return True
    if type(tools) is str:
        return as_text and tools.lstrip()[:1] == "["
    return type(tools) is list and all(
        type(tool) is dict and (type(tool.get("function")) is dict or type(tool.get("type")) is str)
        for tool in tools
    )


def is_text_or_messages(value: object, shape: MessagesShape) -> bool:
    """A text, or messages without a fault; what `prompt` and `completion` may be."""
    if type(value) is str:
        return True
    return (
        type(value) is list and bool(value) and not any(shape.message(message) - {KEYS} for message in value)
    )


def fields_are(record: Object, kinds: Mapping[str, Callable[[object], bool]]) -> list[str]:
    """`shape.row` if a field is missing or not as its check wants it."""
    return [] if all(holds(record.get(name)) for name, holds in kinds.items()) else [ROW]
