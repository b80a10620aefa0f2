"""Spans of OpenInference's conventions (Arize Phoenix and many instrumentations) → calls.

Messages are flattened into numbered attributes (`llm.input_messages.0.message.role`), or nested again by an
exporter; `input.value` and `output.value` hold the same as the code had it, and more if the list has gaps.
https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
"""

from collections.abc import Mapping
from typing import cast

from tuneset.connectors.traces.attributes import drop_under, has_under, is_complete, tree_of, under
from tuneset.connectors.traces.example import Call
from tuneset.connectors.traces.payloads import answered_in, asked_in
from tuneset.connectors.turns import decoded
from tuneset.core.errors import Rejected

Object = Mapping[str, object]

_KIND = "openinference.span.kind"
_INPUT, _OUTPUT, _TOOLS = "llm.input_messages", "llm.output_messages", "llm.tools"
_PROMPTS, _CHOICES = "llm.prompts", "llm.choices"
_TAKEN = (
    *(_INPUT, _OUTPUT, _TOOLS, "llm.model_name", "llm.finish_reason", "session.id", "user.id"),
    *("input.value", "output.value"),  # they repeat what is read
)
_WRAPPED = ("message", "prompt", "completion")


def is_openinference(attributes: Object) -> bool:
    """Has the span an attribute of these conventions?"""
    return any(has_under(attributes, prefix) for prefix in (_KIND, _INPUT, _OUTPUT))


def openinference_call(attributes: dict[str, object], kind: object = None) -> Call:
    """The call of a span; what is used is taken out of `attributes`. `kind` is what else says what it is.

    Raises:
        Rejected: not-a-model-call, content-not-recorded.
    """
    tree = tree_of(attributes)
    kind = under(tree, _KIND) or kind
    if type(kind) is str and kind.upper() != "LLM":
        raise Rejected("not-a-model-call", "`openinference.span.kind` is not `LLM`")
    given = asked_in(under(tree, "input.value"))
    answer = answered_in(under(tree, "output.value"))
    asked = _messages(tree, _INPUT) or given.messages or _messages(tree, _PROMPTS)
    answered = _messages(tree, _OUTPUT) or answer.messages or _messages(tree, _CHOICES)
    if not asked and not answered:
        raise Rejected("content-not-recorded", "no `llm.input_messages`, no `input.value`")
    call = Call(
        asked=asked,
        answered=answered,
        tools=_tools(under(tree, _TOOLS)) or given.tools,
        model=under(tree, "llm.model_name") or answer.model,
        finish_reason=under(tree, "llm.finish_reason") or answer.finish_reason,
        conversation=under(tree, "session.id"),
        user=under(tree, "user.id"),
    )
    if not is_complete(tree, _INPUT) and not given.messages:
        raise Rejected("content-not-recorded", f"the numbers of `{_INPUT}` have a gap")
    drop_under(attributes, _TAKEN)
    return call


def _messages(tree: Object, prefix: str) -> list[object]:
    """The messages below a prefix; none if some of them are missing."""
    listed = decoded(under(tree, prefix))
    if type(listed) is not list or not is_complete(tree, prefix):
        return []
    role = "user" if prefix in (_INPUT, _PROMPTS) else "assistant"
    return [_message(entry, role=role) for entry in cast("list[object]", listed)]


def _message(entry: object, *, role: str) -> object:
    if type(entry) is str:
        return {"role": role, "content": entry}
    if type(entry) is not dict:
        return entry
    spelled = tree_of(entry)
    inner = next((found for name in _WRAPPED if type(found := under(spelled, name)) is dict), entry)
    fields = dict(cast("Object", inner))
    if "text" in fields and "content" not in fields:
        fields["content"] = fields.pop("text")
    fields.setdefault("role", role)
    if "contents" in fields:
        contents = fields.pop("contents")
        if not fields.get("content"):
            fields["content"] = contents
    calls = fields.get("tool_calls")
    if type(calls) is list:
        fields["tool_calls"] = [_call(call) for call in cast("list[object]", calls)]
    name = fields.pop("function_call_name", None)
    if type(name) is str:
        arguments = fields.pop("function_call_arguments_json", None)
        fields["function_call"] = {"name": name, "arguments": arguments}
    return fields


def _call(call: object) -> object:
    inner = under(tree_of(cast("Object", call)), "tool_call") if type(call) is dict else None
    return inner if type(inner) is dict else call


def _tools(listed: object) -> object:
    """Each tool's `tool.json_schema`, nested or, in tables, as one key."""
    if type(listed) is not list:
        return listed
    return [
        (type(tool) is dict and under(tree_of(cast("Object", tool)), "tool.json_schema")) or tool
        for tool in cast("list[object]", listed)
    ]
