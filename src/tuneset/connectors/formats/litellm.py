"""LiteLLM's standard logging payload: one object a call, in OpenAI's form whatever the provider.

Written by the loggers for S3, GCS, files and callbacks (there inside `standard_logging_object`), and, with
fewer fields, by the proxy's table of spend logs. If the logging of messages is turned off, placeholders stand
in their place. https://docs.litellm.ai/docs/proxy/logging_spec
"""

from collections.abc import Iterator, Mapping
from typing import cast

from tuneset.connectors.calls.errors import provider_error
from tuneset.connectors.envelope import reach, remove
from tuneset.connectors.traces.example import Call, example_of
from tuneset.connectors.traces.payloads import (
    answered_in,
    asked_in,
    left_of_input,
    left_of_output,
    without_nothing,
)
from tuneset.connectors.turns import decoded
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]

_WRAPPER = "standard_logging_object"
_OURS = ("litellm_call_id", "response_cost", "custom_llm_provider", "spend", "model_parameters")
_PLACEHOLDER = "redacted-by-litellm"
_OTHER_CALLS = (
    *("embedding", "image_generation", "image_edit", "moderation", "rerank", "speech", "transcription"),
    *("create_file", "create_batch", "retrieve_batch", "vector_store_search", "ocr", "search"),
)
_REQUEST = "proxy_server_request"
_TOOLS = ("model_parameters.tools", "model_parameters.functions")
_SESSION = ("session_id", "metadata.session_id", "trace_id")
_USER = ("end_user", "user", "metadata.user_api_key_end_user_id")


class LiteLLM:
    """Records with `call_type`, `messages` and `response`."""

    name = "litellm"
    version = 1

    def recognises(self, record: Object) -> str | None:
        """By the type of the call beside names that only LiteLLM has."""
        if type(record.get(_WRAPPER)) is dict:
            return f"`{_WRAPPER}`"
        also = next((name for name in _OURS if name in record), None)
        return f"`call_type`, `{also}`" if also and "call_type" in record else None

    def unpack(self, record: Object) -> Iterator[Object]:
        """The payload, without what a callback has around it."""
        inner = record.get(_WRAPPER)
        yield cast("Object", inner) if type(inner) is dict else record

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        kind = record.get("call_type")
        if type(kind) is str and kind.removeprefix("a") in _OTHER_CALLS:
            raise Rejected("not-a-model-call", "`call_type` is no completion")
        rest = dict(record)
        given, output = decoded(rest.pop("messages", None)), decoded(rest.pop("response", None))
        _refuse_error(record)
        given = given or decoded(rest.get(_REQUEST))
        _refuse_placeholders(given, output)
        asked, answer = asked_in(given), answered_in(output)
        call = Call(
            asked=asked.messages,
            answered=answer.messages,
            tools=_take(rest, _TOOLS) or asked.tools,
            model=_take(rest, ("model",)) or answer.model,
            finish_reason=answer.finish_reason,
            conversation=_take(rest, _SESSION),
            user=_take(rest, _USER),
            time=rest.get("startTime"),
        )
        if asked.messages:
            rest.pop(_REQUEST, None)
        rest |= without_nothing(messages=left_of_input(given), response=left_of_output(output, answer))
        parsed = example_of(call, rest, into, fields=fields)
        if "messages" in rest and "messages" not in parsed.extra:
            parsed.extra["messages"] = rest["messages"]
        return parsed


def _refuse_error(record: Object) -> None:
    """Raises:
    Rejected: provider-error, with the provider's code or LiteLLM's class for it.
    """
    if record.get("status") != "failure":
        return
    error = record.get("error_information")
    fields = cast("Object", error) if type(error) is dict else {}
    raise provider_error(fields.get("error_class"), fields.get("error_code"))


def _refuse_placeholders(*said: object) -> None:
    """Raises:
    Rejected: content-not-recorded, if LiteLLM was told not to log messages.
    """
    for value in said:
        listed = cast("list[object]", value) if type(value) is list else [value]
        first = listed[0] if listed else None
        texts = (first.get("content"), first.get("text")) if type(first) is dict else (first,)
        if _PLACEHOLDER in texts or _PLACEHOLDER in (_answer_text(first),):
            raise Rejected("content-not-recorded", "logging of messages was turned off")


def _answer_text(response: object) -> object:
    choices = response.get("choices") if type(response) is dict else None
    first = cast("list[object]", choices)[0] if type(choices) is list and choices else None
    return reach(cast("Object", first), "message.content") if type(first) is dict else None


def _take(rest: dict[str, object], paths: tuple[str, ...]) -> object:
    for path in paths:
        value = reach(rest, path)
        if value not in (None, "", [], {}):
            remove(rest, path)
            return value
    return None
