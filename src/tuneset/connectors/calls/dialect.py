"""Two recorded bodies → the call: whose API they are in is said by the shape of the response."""

from typing import cast

from tuneset.connectors.calls import anthropic, chat, converse, gemini, responses, text
from tuneset.connectors.calls.call import Call, Object, as_object
from tuneset.connectors.calls.errors import refuse_error
from tuneset.connectors.calls.stream import reassembled, stream
from tuneset.connectors.readers.batch import json_type
from tuneset.connectors.turns import decoded
from tuneset.core.errors import Rejected

_DIALECTS = (responses, anthropic, gemini, converse, chat, text)
_QUESTIONS = ("messages", "input", "prompt", "contents", "inputText")
_NO_CALL = ("embedding", "embeddings", "embeddingsByType")


def is_question(request: object) -> bool:
    """Does this body ask a model something?"""
    body = as_object(request)
    return body is not None and any(name in body for name in _QUESTIONS)


def read_call(request: object, response: object, *, status: object = None) -> Call:
    """The call that two recorded bodies make: objects, their JSON, or a stream as the response.

    Args:
        request: body of the request.
        response: body of the response.
        status: HTTP status of the response, if it was recorded.

    Raises:
        Rejected: provider-error, unfinished, no-request, no-answer, not-a-model-call, unknown-shape and what
            the dialects find wrong.
    """
    try:
        return _read(request, response, status=status)
    except RecursionError:
        raise Rejected("too-deep") from None


def _read(request: object, response: object, *, status: object) -> Call:
    refuse_error(as_object(response), status=status)
    answered, asked = _body(response), as_object(request)
    for dialect in _DIALECTS:
        if dialect.answers(answered):
            if asked is None:
                raise Rejected("no-request", f"the body of the request is a {json_type(request)}")
            return dialect.read(asked, answered)
    if not is_question(request) or any(name in answered for name in _NO_CALL) or _is_list(answered):
        raise Rejected("not-a-model-call", "neither asks nor answers as a model does")
    raise Rejected("unknown-shape", "the response is in no known shape")


def _is_list(answered: Object) -> bool:
    """Embeddings and listings of OpenAI."""
    return answered.get("object") == "list"


def _body(response: object) -> Object:
    """The response as an object, put together if it was streamed."""
    whole = as_object(response)
    if whole is not None:
        refuse_error(whole)
        return whole
    found = stream(response)
    if found is None:
        listed = _as_list(response)
        found = None if listed is None else stream(listed)
    if found is None or not found.events:
        if response is None or response in ("", []):
            raise Rejected("no-answer", "the body of the response is empty")
        raise Rejected("unknown-shape", f"the body of the response is a {json_type(response)}")
    return reassembled(found)


def _as_list(value: object) -> list[object] | None:
    """A list, or the list in a string of JSON; None if it is neither."""
    value = decoded(value)
    return cast("list[object]", value) if type(value) is list else None
