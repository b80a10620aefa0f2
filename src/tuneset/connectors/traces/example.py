"""One model call out of a trace → an example. The same for every observability format.

A connector says what was asked and what was answered (`Call`); `example_of` adds the turns, puts a human
correction in the place of the model's answer, and sorts ids, time, model and feedback into their columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from tuneset.connectors.envelope import envelope
from tuneset.connectors.tools import offered
from tuneset.connectors.traces.dialects import offered_tools, openai_messages
from tuneset.connectors.turns import Turns, json_text
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]


@dataclass(slots=True)
class Call:
    """What was asked and answered, as messages of any dialect, and what is known about it.

    `tools` are definitions in any shape that `tools` reads; `corrected` are the messages of the answer as a
    person mended it, empty if nobody did; `time` is whatever `envelope.moment` reads.
    """

    asked: list[object] = field(default_factory=list)
    answered: list[object] = field(default_factory=list)
    corrected: list[object] = field(default_factory=list)
    tools: object = None
    model: object = None
    finish_reason: object = None
    conversation: object = None
    user: object = None
    time: object = None
    feedback: object = None


_SEEDS = (
    ("conversation", "conversation_id"),
    ("user", "user_id"),
    ("time", "captured_at"),
    ("model", "model"),
    ("finish_reason", "finish_reason"),
    ("feedback", "feedback"),
)
"""What a call knows, and the name under which `envelope` looks for it first."""


def example_of(call: Call, rest: dict[str, object], into: ExampleBuilder, *, fields: Fields) -> Parsed:
    """Adds the messages of the call and returns everything else; `rest` is what is left of its record.

    Raises:
        Rejected: nothing was asked or answered, or the messages cannot be read.
    """
    turns, answered = Turns(into), _speaking(call.answered)
    if not answered:
        raise Rejected("no-answer", "the call has no output")
    turns.extend(openai_messages(call.asked), where="input")
    own, mended = one_answer(answered), _speaking(call.corrected)
    if mended and one_answer(mended) == own:
        mended = []
    turns.extend(mended or answered, where="correction" if mended else "output")
    turns.require_answer()
    tools = offered({"tools": offered_tools(call.tools)})
    seeds = {name: value for place, name in _SEEDS if (value := getattr(call, place)) not in _NOTHING}
    parsed = envelope({**rest, **seeds}, fields=fields)
    for name, value in seeds.items():  # left there if the spec says that the value is elsewhere
        if parsed.extra.get(name) is value:
            del parsed.extra[name]
    parsed.tools = tools
    if mended:
        parsed.kind, parsed.extra["rejected"] = "corrected", own
    if turns.leftovers:
        parsed.extra["messages"] = turns.leftovers
    return parsed


_NOTHING: tuple[object, ...] = (None, "", [], {})


def _speaking(messages: list[object]) -> list[object]:
    """The messages in OpenAI's form; none if they neither say nor call anything."""
    listed = cast("list[object]", openai_messages(messages))
    return listed if any(map(_says_something, listed)) else []


def _says_something(message: object) -> bool:
    if type(message) is not dict:
        return True  # `turns` says what is wrong with it
    return any(message.get(name) not in _NOTHING for name in _SAYING)


_SAYING = ("content", "tool_calls", "function_call", "refusal", "value")


def one_answer(messages: list[object]) -> dict[str, object]:
    """An answer of one or several messages as one message: its text and its calls."""
    objects = [cast("Object", message) for message in messages if type(message) is dict]
    texts = [text for message in objects for text in _texts(message.get("content"))]
    calls = [
        call
        for message in objects
        if type(message.get("tool_calls")) is list
        for call in cast("list[object]", message["tool_calls"])
    ]
    said: dict[str, object] = {"role": "assistant", "content": "\n".join(texts) if texts else None}
    return {**said, "tool_calls": [_with_text(call) for call in calls]} if calls else said


def _texts(content: object) -> list[str]:
    if type(content) is str:
        return [content]
    parts = cast("list[object]", content) if type(content) is list else []
    return [part["text"] for part in parts if type(part) is dict and type(part.get("text")) is str]


def _with_text(call: object) -> object:
    """The call with its arguments as text."""
    function = call.get("function") if type(call) is dict else None
    if type(call) is not dict or type(function) is not dict or type(function.get("arguments")) is str:
        return call
    arguments = function.get("arguments")
    return {**call, "function": {**function, "arguments": json_text({} if arguments is None else arguments)}}
