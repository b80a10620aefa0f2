"""What a call was given and what came back, as the instrumented code had it → messages.

Traces keep inputs and outputs as they were passed around: a request of a provider, its response, the state of
a framework, the arguments of a function, a text. Each form is found by its keys, the most particular first.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from tuneset.connectors.envelope import remove
from tuneset.connectors.traces.dialects import openai_messages
from tuneset.connectors.traces.langchain import is_langchain
from tuneset.connectors.traces.reprs import from_repr
from tuneset.connectors.turns import ROLE_OF, decoded, json_text

Object = Mapping[str, object]

_QUESTIONS = ("prompt", "question", "query", "input", "text", "message", "new_message", "user_message")
_ANSWERS = ("text", "answer", "completion", "response", "result", "generated_text", "output", "output_text")
_SYSTEM = ("system_instruction", "systemInstruction", "system", "instructions")
_TOOLS = ("tools", "functions", "tool_definitions", "toolDefinitions")
_REASONS = ("finish_reason", "finishReason", "stop_reason", "stopReason", "done_reason")
_MAX_DEPTH = 8


@dataclass(slots=True)
class Asked:
    """Messages of any dialect, and the tools that were offered, as they were."""

    messages: list[object] = field(default_factory=list)
    tools: object = None


@dataclass(slots=True)
class Answered:
    """Messages of the answer; `others` are further answers to the same question."""

    messages: list[object] = field(default_factory=list)
    finish_reason: object = None
    model: object = None
    others: list[object] = field(default_factory=list)
    tools: object = None


def asked_in(value: object) -> Asked:
    """What a model was given; no messages if nothing is known about the value's form."""
    return _without_tool_messages(_asked(decoded(value), 0))


def _asked(value: object, depth: int) -> Asked:
    if type(value) is str:
        return Asked(_transcript(value) if value else [])
    if type(value) is list:
        return Asked(_messages_in(cast("list[object]", value)))
    if type(value) is not dict or depth > _MAX_DEPTH:
        return Asked()
    given = cast("Object", value)
    tools = _first(given, _TOOLS)
    if given.get("contents") is not None:
        return _gemini_request(given)
    if given.get("messages") is not None:
        listed = decoded(given["messages"])
        inner = _messages_in(cast("list[object]", listed)) if type(listed) is list else []
        return Asked([*_system(given, before=inner), *inner], tools)
    if _is_message(given):
        return Asked([given], tools)
    for name in ("kwargs", "args", "prompts"):
        inner = decoded(given.get(name))
        if inner:
            found = _asked(inner, depth + 1)
            if found.messages:
                return Asked([*_system(given, before=found.messages), *found.messages], found.tools or tools)
    for name in _QUESTIONS:
        inner = decoded(given.get(name))
        if inner:
            found = _asked(inner, depth + 1)
            return Asked([*_system(given, before=found.messages), *found.messages], found.tools or tools)
    return Asked()


def _user(text: str) -> Object:
    return {"role": "user", "content": text}


_TURN = re.compile(r"^(system|developer|user): ", re.MULTILINE)


def _transcript(text: str) -> list[object]:
    """A system prompt and a question that OpenLIT wrote into one text, `system: …` and `user: …`, each on a
    line of its own, are taken apart; any other text is one turn of the user.

    Longer transcripts stay whole: what looks like an answer in them may be the user's own words.
    """
    found = list(_TURN.finditer(text))
    roles = [turn[1] for turn in found]
    if len(roles) != 2 or roles[0] == "user" or roles[1] != "user" or found[0].start():
        return [_user(text)]
    prompt = text[found[0].end() : found[1].start()].removesuffix("\n")
    return [{"role": "system", "content": prompt}, _user(text[found[1].end() :])]


def _messages_in(listed: list[object]) -> list[object]:
    """The messages of a list; of a batch the first conversation, of texts one user turn each."""
    for _ in range(_MAX_DEPTH):
        if not listed or type(listed[0]) is not list:
            break
        listed = cast("list[object]", listed[0])
    return [_message_or_text(entry) for entry in listed]


def _message_or_text(entry: object) -> object:
    if type(entry) is not str or type(decoded(entry)) is not str:
        return entry
    return from_repr(entry) or _user(entry)


def _gemini_request(given: Object) -> Asked:
    """`contents` may be a text, one content, or a list of both; the rest lies beside it or in `config`."""
    contents, config = decoded(given["contents"]), given.get("config")
    config = cast("Object", config) if type(config) is dict else {}
    listed = cast("list[object]", contents) if type(contents) is list else [contents]
    messages = [
        _user(entry) if type(entry) is str else {"role": "user", **entry} if type(entry) is dict else entry
        for entry in listed
    ]
    return Asked(
        [*(_system(given, before=[]) or _system(config, before=[])), *messages],
        _first(given, _TOOLS) or _first(config, _TOOLS),
    )


def _system(given: Object, *, before: list[object]) -> list[object]:
    """The system prompt that stands beside the messages, unless they begin with one."""
    first = before[0] if before else None
    prompt = _first(given, _SYSTEM)
    if not prompt or (type(first) is dict and first.get("role") in ("system", "developer")):
        return []
    if type(prompt) is dict:
        return [{**prompt, "role": "system"}]
    return [{"role": "system", "content": prompt}]


def _is_message(value: object) -> bool:
    if type(value) is not dict:
        return False
    role = value.get("role")
    return (type(role) is str and role.lower() in ROLE_OF) or is_langchain(value)


def _without_tool_messages(asked: Asked) -> Asked:
    """Definitions of tools that stand among the messages: Langfuse's LangChain callback puts them there."""
    defined = [message for message in asked.messages if _defines_a_tool(message)]
    if not defined:
        return asked
    kept = [message for message in asked.messages if not _defines_a_tool(message)]
    return Asked(kept, asked.tools or [cast("Object", message)["content"] for message in defined])


def _defines_a_tool(message: object) -> bool:
    content = message.get("content") if type(message) is dict and message.get("role") == "tool" else None
    return type(content) is dict and type(content.get("function")) is dict and "type" in content


def answered_in(value: object) -> Answered:
    """What a model gave back. A text is the answer exactly as it is, unless it is the JSON of a known form;
    an object of no known form is an answer in JSON.
    """
    known = decoded(value)
    found = _answered(known, 0)
    if found is not None:
        return found
    if value is None or known in ({}, []):
        return Answered()
    return Answered([_assistant(value if type(value) is str else json_text(known))])


def _assistant(content: object) -> Object:
    return {"role": "assistant", "content": content}


def _answered(value: object, depth: int) -> Answered | None:
    if depth > _MAX_DEPTH:
        return None
    if type(value) is list:
        return _from_list(cast("list[object]", value), depth)
    if type(value) is not dict:
        return None
    given = cast("Object", value)
    for read in (_choices, _candidates, _generations, _items, _content, _message, _state):
        found = read(given, depth)
        if found is not None:
            found.model = found.model or _first(given, ("model", "model_version", "modelVersion"))
            found.finish_reason = found.finish_reason or _first(given, _REASONS)
            return found
    return _text(given, depth)


def _from_list(listed: list[object], depth: int) -> Answered | None:
    if not listed:
        return Answered()
    if all(map(_is_message, listed)):
        reasons = [_first(cast("Object", message), _REASONS) for message in listed]
        return Answered([*map(_without_reason, listed)], reasons[-1])
    if any(_is_item(entry) for entry in listed):
        return Answered(listed)
    if any(type(entry) is dict and entry.get("type") == "text" for entry in listed):
        return Answered([_assistant(listed)])
    return _answered(listed[0], depth + 1) if len(listed) == 1 else None


def _is_item(entry: object) -> bool:
    return type(entry) is dict and entry.get("type") in ("function_call", "message", "reasoning")


def _without_reason(message: object) -> object:
    if type(message) is not dict or not message.keys() & set(_REASONS):
        return message
    if openai_messages([message]) != [message]:
        return message  # the reason says how the text is to be read
    return {name: value for name, value in message.items() if name not in _REASONS}


def _choices(given: Object, depth: int) -> Answered | None:
    listed = given.get("choices")
    if type(listed) is not list:
        return None
    first = cast("object", listed[0]) if listed else None
    if type(first) is not dict:
        return Answered()
    message = _first(first, ("message", "delta"))
    if message is None and type(first.get("text")) is str:
        message = _assistant(first["text"])
    message = {"role": "assistant", **message} if type(message) is dict else message
    return Answered([] if message is None else [message], _first(first, _REASONS), others=listed[1:])


def _candidates(given: Object, depth: int) -> Answered | None:
    listed = given.get("candidates")
    first = cast("object", listed[0]) if type(listed) is list and listed else None
    if type(listed) is not list:
        return None
    if type(first) is not dict:
        return Answered()
    found = _content(first, depth) or Answered()
    found.others = listed[1:]
    return found


def _generations(given: Object, depth: int) -> Answered | None:
    listed = given.get("generations")
    if type(listed) is not list:
        return None
    for _ in range(_MAX_DEPTH):
        if not listed or type(listed[0]) is not list:
            break
        listed = cast("list[object]", listed[0])
    first = cast("object", listed[0]) if listed else None
    if type(first) is not dict:
        return Answered()
    details = _first(first, ("generation_info", "generationInfo"))
    message = first.get("message")
    said = message if type(message) is dict else _assistant(first.get("text"))
    reason = _first(cast("Object", details), _REASONS) if type(details) is dict else None
    return Answered([said], reason or _deep_reason(said), others=listed[1:])


def _deep_reason(message: object) -> object:
    """The finish reason in a LangChain message's metadata of the response."""
    fields = cast("Object", message)
    inner = fields.get("kwargs")
    fields = cast("Object", inner) if type(inner) is dict else fields
    metadata = fields.get("response_metadata")
    return _first(cast("Object", metadata), _REASONS) if type(metadata) is dict else None


def _items(given: Object, depth: int) -> Answered | None:
    """A response of the Responses API."""
    listed = given.get("output")
    if type(listed) is not list or not any(map(_is_item, cast("list[object]", listed))):
        return None
    reason = given.get("status")
    details = given.get("incomplete_details")
    if type(details) is dict:
        reason = details.get("reason") or reason
    return Answered(cast("list[object]", listed), None if reason == "completed" else reason)


def _content(given: Object, depth: int) -> Answered | None:
    """One content of Gemini, or a message of Anthropic."""
    content = given.get("content")
    if type(content) is dict and type(content.get("parts")) is list:
        return Answered([{"role": "model", **content}], _first(given, _REASONS))
    if given.get("type") == "message" and content is not None:
        said = {name: given[name] for name in ("role", "content") if name in given}
        return Answered([{"role": "assistant", **said}], _first(given, _REASONS))
    if type(given.get("parts")) is list:
        return Answered([{"role": "model", **given}])
    return None


def _message(given: Object, depth: int) -> Answered | None:
    if _is_message(given):
        return Answered([_without_reason(given)], _first(given, _REASONS) or _deep_reason(given))
    for name in ("message", "output"):
        inner = decoded(given.get(name))
        if _is_message(inner) or (type(inner) is dict and type(inner.get("message")) is dict):
            return _answered(inner, depth + 1)
    return None


def _state(given: Object, depth: int) -> Answered | None:
    """The state of a framework: a list of messages of which the last ones are the answer."""
    listed = decoded(given.get("messages"))
    if type(listed) is not list or not any(map(_is_message, cast("list[object]", listed))):
        return None
    return Answered(cast("list[object]", listed), tools=_first(given, _TOOLS))


def _text(given: Object, depth: int) -> Answered | None:
    calls = _first(given, ("tool_calls", "toolCalls"))
    for name in _ANSWERS:
        if type(given.get(name)) is str and (calls or _only_says(given, name)):
            said = dict(_assistant(given[name]))
            return Answered([{**said, "tool_calls": calls} if calls else said], _first(given, _REASONS))
    if type(calls) is list and calls:
        return Answered(
            [{"role": "assistant", "content": None, "tool_calls": calls}], _first(given, _REASONS)
        )
    return None


_BESIDE = {"usage", "model", "id", "created", "metadata", "text", *_REASONS}


def _only_says(given: Object, name: str) -> bool:
    """Is the text all that the object says? An object with other fields is an answer in JSON."""
    return given.keys() <= {name, *_BESIDE}


def after(asked: list[object], answered: list[object]) -> list[object]:
    """The answer without the question at its beginning, as the state of a framework repeats it."""
    if not 0 < len(asked) < len(answered):
        return answered
    repeats = list(_identities(asked)) == list(_identities(answered[: len(asked)]))
    return answered[len(asked) :] if repeats else answered


def _identities(messages: list[object]) -> Iterator[object]:
    """What a message says, whatever ids and metadata it carries."""
    for message in messages:
        said = cast("list[object]", openai_messages([message]))
        yield [
            (entry.get("role"), entry.get("content"), entry.get("tool_calls"))
            if type(entry) is dict
            else entry
            for entry in said
        ]


_ASKED_IN = ("messages", "contents", "kwargs", "args", "prompts", *_QUESTIONS, *_SYSTEM, *_TOOLS)
_ANSWERED_IN = (
    *("choices", "candidates", "generations", "messages", "role", "content", "parts", "message", "output"),
    *("tool_calls", "toolCalls", *_ANSWERS, *_REASONS, *_TOOLS),
)


def left_of_input(value: object) -> object:
    """What an input says beside messages and tools: parameters of the call, or None."""
    given = decoded(value)
    if type(given) is not dict or _is_message(given):
        return None
    rest = {name: entry for name, entry in given.items() if name not in _ASKED_IN}
    for name in (*_SYSTEM, *_TOOLS):
        remove(rest, f"config.{name}")
    return rest or None


def left_of_output(value: object, answer: Answered) -> object:
    """What an output says beside the answer: usage, ids, further answers, or None."""
    given = decoded(value)
    if type(given) is not dict or _is_message(given) or _answered(given, 0) is None:
        return {"others": answer.others} if answer.others else None
    rest = {name: entry for name, entry in given.items() if name not in _ANSWERED_IN}
    return ({**rest, "others": answer.others} if answer.others else rest) or None


def _first(given: Object, names: tuple[str, ...]) -> object:
    return next((given[name] for name in names if given.get(name)), None)


def without_nothing(**left: object) -> dict[str, object]:
    """What is left of the bodies, by the names that the record has for them; None is nothing."""
    return {name: value for name, value in left.items() if value is not None}
