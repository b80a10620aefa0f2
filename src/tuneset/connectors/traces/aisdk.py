"""Spans of Vercel's AI SDK → calls.

Each call to a model has two spans: an outer one for the function (`ai.generateText`, `ai.streamObject`) and
an inner one for each request to the provider (`…doGenerate`, `…doStream`). The inner ones are the calls; the
outer one repeats them. https://ai-sdk.dev/docs/ai-sdk-core/telemetry
"""

from collections.abc import Mapping

from tuneset.connectors.traces.attributes import has_under
from tuneset.connectors.traces.example import Call
from tuneset.connectors.traces.payloads import asked_in
from tuneset.connectors.turns import decoded
from tuneset.core.errors import Rejected

Object = Mapping[str, object]

_INNER = (".doGenerate", ".doStream")
_SESSION = ("sessionId", "session_id", "threadId", "thread_id", "conversationId", "chatId", "session.id")
_USER = ("userId", "user_id", "user.id")
_TAKEN = (
    *("ai.prompt.messages", "ai.prompt", "ai.prompt.tools"),
    *("ai.response.text", "ai.response.toolCalls", "ai.response.object", "ai.response.reasoning"),
    *("ai.response.finishReason", "ai.response.model"),
    *("ai.result.text", "ai.result.toolCalls", "ai.result.object", "ai.finishReason"),
)


def is_aisdk(attributes: Object) -> bool:
    """Has the span an attribute that only the AI SDK writes?"""
    return "ai.operationId" in attributes or has_under(attributes, "ai.prompt")


def aisdk_call(attributes: dict[str, object], name: object = None) -> Call:
    """The call of a span; what is used is taken out of `attributes`. `name` is the span's own.

    Raises:
        Rejected: not-a-model-call, content-not-recorded.
    """
    operation = attributes.get("ai.operationId", name)
    if type(operation) is not str or not operation.endswith(_INNER):
        raise Rejected("not-a-model-call", "`ai.operationId` is no request to a provider")
    given = asked_in(attributes.get("ai.prompt.messages") or attributes.get("ai.prompt"))
    answer = _answer(attributes)
    if not given.messages and answer is None:
        raise Rejected("content-not-recorded", "no `ai.prompt.messages`")
    call = Call(
        asked=given.messages,
        answered=[] if answer is None else [answer],
        tools=attributes.get("ai.prompt.tools") or given.tools,
        model=attributes.get("ai.response.model") or attributes.get("ai.model.id"),
        finish_reason=_first(attributes, ("ai.response.finishReason", "ai.finishReason")),
        conversation=_metadata(attributes, _SESSION),
        user=_metadata(attributes, _USER),
    )
    for taken in _TAKEN:
        attributes.pop(taken, None)
    return call


def _answer(attributes: Object) -> dict[str, object] | None:
    """Text and calls, or the object that was generated, as the JSON that the model wrote."""
    text = _first(attributes, ("ai.response.text", "ai.result.text"))
    calls = decoded(_first(attributes, ("ai.response.toolCalls", "ai.result.toolCalls")))
    if text is None:
        text = _first(attributes, ("ai.response.object", "ai.result.object"))
    if text is None and not calls:
        return None
    said: dict[str, object] = {"role": "assistant", "content": text}
    if type(calls) is list and calls:
        said["tool_calls"] = calls
    if type(thought := attributes.get("ai.response.reasoning")) is str:
        said["reasoning_content"] = thought
    return said


def _metadata(attributes: dict[str, object], names: tuple[str, ...]) -> object:
    """An id among the metadata that the caller gave; it is taken out."""
    for name in names:
        for key in (f"ai.telemetry.metadata.{name}", name):
            if attributes.get(key) is not None:
                return attributes.pop(key)
    return None


def _first(attributes: Object, names: tuple[str, ...]) -> object:
    return next((attributes[name] for name in names if attributes.get(name) not in (None, "")), None)
