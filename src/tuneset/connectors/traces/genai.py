"""Spans of OpenTelemetry's conventions for generative AI → calls.

Today's names hold whole lists of messages with parts (`gen_ai.input.messages`, `gen_ai.output.messages`,
`gen_ai.system_instructions`, `gen_ai.tool.definitions`), as attributes of the span or of the event
`gen_ai.client.inference.operation.details`. Before, texts lay in numbered attributes
(`gen_ai.prompt.0.content`, OpenLLMetry) or in an event a message (`gen_ai.user.message`, `gen_ai.choice`,
`gen_ai.content.prompt`). https://github.com/open-telemetry/semantic-conventions-genai
"""

from collections.abc import Mapping
from typing import cast

from tuneset.connectors.traces.attributes import drop_under, has_under, tree_of, under
from tuneset.connectors.traces.example import Call
from tuneset.connectors.traces.payloads import answered_in, asked_in
from tuneset.connectors.turns import decoded
from tuneset.core.errors import Rejected

Object = Mapping[str, object]

_CURRENT = ("gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.output.messages")
_TOOLS = "gen_ai.tool.definitions"
_DETAILS = "gen_ai.client.inference.operation.details"
_EVALUATION = "gen_ai.evaluation.result"
_NUMBERED = ("gen_ai.prompt", "gen_ai.completion", "llm.request.functions")
_ROLES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_CHOICE = "gen_ai.choice"
_CONTENT = {"gen_ai.content.prompt": "gen_ai.prompt", "gen_ai.content.completion": "gen_ai.completion"}
_NOT_CALLS = (
    "create_agent",
    "invoke_agent",
    "invoke_workflow",
    "execute_tool",
    "embeddings",
    "retrieval",
    "rerank",
    "plan",
)
"""Operations around a model's answer; an agent repeats what its calls said."""
_ELSEWHERE = tuple(f"{name}_ref" for name in (*_CURRENT, _TOOLS))


def is_genai(attributes: Object) -> bool:
    """Has the span an attribute of these conventions?"""
    return any(name.startswith("gen_ai.") for name in attributes)


def genai_call(attributes: dict[str, object], events: list[object]) -> Call:
    """The call of a span; what is used is taken out of `attributes` and `events`.

    Raises:
        Rejected: not-a-model-call, content-not-recorded.
    """
    operation, kind = attributes.get("gen_ai.operation.name"), attributes.get("traceloop.span.kind")
    if operation in _NOT_CALLS or kind in ("workflow", "task", "agent", "tool"):
        raise Rejected("not-a-model-call", "`gen_ai.operation.name` names no inference")
    call = _current(attributes, events) or _numbered(attributes) or _from_events(events)
    if call is None:
        elsewhere = next((name for name in _ELSEWHERE if name in attributes), None)
        if operation is None and elsewhere is None and "gen_ai.request.model" not in attributes:
            raise Rejected("not-a-model-call", "no `gen_ai.operation.name` and no messages")
        raise Rejected("content-not-recorded", f"`{elsewhere}`" if elsewhere else "the span has no messages")
    call.model = attributes.get("gen_ai.response.model") or attributes.get("gen_ai.request.model")
    reasons = decoded(attributes.get("gen_ai.response.finish_reasons"))
    if type(reasons) is list and reasons:
        call.finish_reason = cast("list[object]", reasons)[0]
    call.feedback = [event for event in events if _name(event) == _EVALUATION] or None
    events[:] = [event for event in events if _name(event) != _EVALUATION]
    return call


def _current(attributes: dict[str, object], events: list[object]) -> Call | None:
    """Lists of messages, on the span or in its event."""
    places = [attributes, *(_attributes(event) for event in events if _name(event) == _DETAILS)]
    held = next((place for place in places if any(name in place for name in _CURRENT)), None)
    if held is None:
        return None
    call = Call(
        asked=[*_instructions(held.get(_CURRENT[0])), *_list(held.get(_CURRENT[1]))],
        answered=_list(held.get(_CURRENT[2])),
        tools=held.get(_TOOLS) or attributes.get(_TOOLS),
    )
    last = call.answered[-1] if call.answered else None
    if type(last) is dict:
        call.finish_reason = last.get("finish_reason")
    call.answered = [_without(message, "finish_reason") for message in call.answered]
    for name in (*_CURRENT, _TOOLS):
        attributes.pop(name, None)
    events[:] = [event for event in events if _name(event) != _DETAILS]
    return call


def _instructions(value: object) -> list[object]:
    """The system prompt: a list of parts, or already a list of messages, or a text."""
    value = decoded(value)
    if type(value) is list and any(type(entry) is dict and "role" in entry for entry in value):
        return cast("list[object]", value)
    if type(value) is str and value:
        return [{"role": "system", "content": value}]
    return [{"role": "system", "parts": value}] if type(value) is list and value else []


def _list(value: object) -> list[object]:
    value = decoded(value)
    return cast("list[object]", value) if type(value) is list else [] if value is None else [value]


def _without(message: object, name: str) -> object:
    return {key: value for key, value in message.items() if key != name} if type(message) is dict else message


def _numbered(attributes: dict[str, object]) -> Call | None:
    """`gen_ai.prompt.0.role` and so on, or the whole as the JSON of one attribute."""
    if not any(has_under(attributes, prefix) for prefix in _NUMBERED[:2]):
        return None
    tree = tree_of(attributes)
    prompt, completion = under(tree, "gen_ai.prompt"), under(tree, "gen_ai.completion")
    if prompt is None and completion is None:
        return None
    answer = answered_in(completion)
    call = Call(
        asked=asked_in(prompt).messages,
        answered=answer.messages,
        tools=under(tree, "llm.request.functions"),
        finish_reason=answer.finish_reason,
    )
    drop_under(attributes, _NUMBERED)
    return call


def _from_events(events: list[object]) -> Call | None:
    """An event a message, in their order."""
    call, used = Call(), list[int]()
    for i, event in enumerate(events):
        name, said = _name(event), _attributes(event)
        if name in _CONTENT:
            value = said.get(_CONTENT[name])
            if name == "gen_ai.content.prompt":
                call.asked += asked_in(value).messages
            else:
                call.answered += answered_in(value).messages
        elif name in _ROLES:
            call.asked.append({"role": _ROLES[name], **_body(said)})
        elif name == _CHOICE:
            _add_choice(call, _body(said))
        else:
            continue
        used.append(i)
    if not used:
        return None
    events[:] = [event for i, event in enumerate(events) if i not in used]
    return call


def _add_choice(call: Call, body: Object) -> None:
    """The first choice is the answer; others are none of this example."""
    if call.answered:
        return
    message = decoded(body.get("message"))
    fields = cast("Object", message) if type(message) is dict else body
    call.finish_reason = body.get("finish_reason")
    said = {name: decoded(fields[name]) for name in ("tool_calls",) if name in fields}
    content = message if type(message) is str else fields.get("content")
    call.answered.append({"role": "assistant", "content": content, **said})


def _body(attributes: Object) -> dict[str, object]:
    """What an event says: its attributes, or the JSON in one of them (Azure)."""
    whole = decoded(attributes.get("gen_ai.event.content"))
    fields = cast("Object", whole) if type(whole) is dict else attributes
    body = {
        name: fields[name]
        for name in ("role", "content", "name", "message", "finish_reason")
        if name in fields
    }
    if "tool_calls" in fields:
        body["tool_calls"] = decoded(fields["tool_calls"])
    if type(fields.get("id")) is str:
        body["tool_call_id"] = fields["id"]
    return body


def _name(event: object) -> str:
    name = event.get("name") if type(event) is dict else None
    return name if type(name) is str else ""


def _attributes(event: object) -> dict[str, object]:
    fields = event.get("attributes") if type(event) is dict else None
    return cast("dict[str, object]", fields) if type(fields) is dict else {}
