"""OpenAI chat completions, which most gateways and servers speak too.

https://platform.openai.com/docs/api-reference/chat
"""

from tuneset.connectors.calls.call import Call, Object, messages_of, objects, without
from tuneset.connectors.calls.errors import provider_error
from tuneset.connectors.readers.batch import json_type
from tuneset.connectors.tools import TOOL_FIELDS, offered
from tuneset.core.errors import Rejected


def answers(response: Object) -> bool:
    """Is this the body of a chat completion?"""
    choices = response.get("choices")
    if type(choices) is not list:
        return False
    return not choices or (type(choices[0]) is dict and "text" not in choices[0])


def read(request: Object, response: Object) -> Call:
    """The call; the first choice is the answer, further ones stay in `response`.

    Raises:
        Rejected: no-request, no-answer, provider-error, bad-message, bad-tools.
    """
    answer, reason, choices = chosen(response)
    return Call(
        messages=[*messages_of(request), _bare(answer)],
        tools=offered(request),
        finish_reason=reason,
        request=without(request, "messages", *TOOL_FIELDS),
        response={**without(response, "choices"), **({"choices": choices} if choices else {})},
    )


def chosen(response: Object) -> tuple[Object, object, list[Object]]:
    """Message and finish reason of the first choice, and what else the choices hold.

    Raises:
        Rejected: no-answer, bad-message, provider-error.
    """
    choices = objects(response.get("choices"))
    if not choices:
        raise Rejected("no-answer", "`choices` is empty")
    first = min(choices, key=_index)
    message = first.get("message")
    if message is None and first.get("finish_reason") == "content_filter":  # Azure leaves the message out
        raise provider_error("content_filter")
    if type(message) is not dict:
        raise Rejected("bad-message", f"`choices[0].message` is a {json_type(message)}")
    others = [without(first, "message", "finish_reason", "index")]
    others += [choice for choice in choices if choice is not first]
    return message, first.get("finish_reason"), [choice for choice in others if choice]


def _index(choice: Object) -> int:
    index = choice.get("index")
    return index if type(index) is int else 0


def _bare(message: Object) -> Object:
    """The message without the empty fields that the API fills in."""
    bare = {name: value for name, value in message.items() if value not in ([], {}, None)}
    return {"role": "assistant", "content": None, **bare}
