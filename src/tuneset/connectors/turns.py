"""Messages of any chat dialect → turns of an example. The one place that knows roles, parts and tool calls.

Understood: `role`/`content` and `from`/`value`, role aliases, contents that are lists of parts, tool calls
in the new and the old form, masks (`weight`, `train`, `loss_weight`). What has no place is kept in
`leftovers`.
"""

from collections import deque
from collections.abc import Mapping
from typing import cast

import orjson

from tuneset.connectors.readers.batch import json_type
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder

Object = Mapping[str, object]

_ALIASES = {
    "system": ("system", "developer"),
    "user": ("user", "human", "prompter"),
    "assistant": ("assistant", "gpt", "bot", "model", "chatgpt", "ai", "function_call", "tool_call"),
    "tool": ("tool", "function", "observation", "ipython", "tool_response", "function_response"),
}
"""Roles and what OpenAI, ShareGPT, OpenAssistant, Llama and trainers' examples call them."""
ROLE_OF = {alias: role for role, aliases in _ALIASES.items() for alias in aliases}
"""The role that an alias stands for."""
_PLAIN_ROLES = ("system", "user", "assistant")
_CALL_ROLES = ("function_call", "tool_call")
_MASKS = ("weight", "train", "loss_weight", "loss")
_TEXT_TYPES = ("text", "input_text", "output_text")
_PART_TYPES = (
    *_TEXT_TYPES,
    "image_url",
    "image",
    "input_image",
    "input_audio",
    "file",
    "input_file",
    "document",
)
_KNOWN = {"role", "from", "content", "value", "name", "tool_calls", "tool_call_id", "function_call", *_MASKS}


def json_text(value: object) -> str:
    """JSON of a value that came out of JSON.

    Raises:
        Rejected: `too-deep`.
    """
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        raise Rejected("too-deep") from None


class Turns:
    """Adds messages to an example and remembers what they leave open.

    `spoken`: has the assistant said or called something? `leftovers`: fields of messages that have no
    column, by the message's number in the example.
    """

    __slots__ = ("_calls", "_into", "_unanswered", "leftovers", "spoken")

    def __init__(self, into: ExampleBuilder) -> None:
        """A new example begins."""
        self.spoken = False
        self.leftovers: dict[str, Object] = {}
        self._into = into
        self._calls = 0
        self._unanswered: deque[str] | None = None

    def extend(self, messages: object, *, where: str) -> None:
        """All messages of a list; `where` is its name in the record.

        Raises:
            Rejected: no-messages, bad-message, unknown-role, bad-tool-call, too-deep.
        """
        if type(messages) is not list:
            messages = decoded(messages)
        if type(messages) is not list or not messages:
            raise Rejected(
                "no-messages", f"`{where}` is {'an empty list' if messages == [] else json_type(messages)}"
            )
        plain = self._into.message
        for index, message in enumerate(messages):
            if type(message) is not dict:
                raise Rejected("bad-message", f"`{where}[{index}]` is a {json_type(message)}")
            content, role = message.get("content"), message.get("role")
            if (
                type(content) is not str
                or len(message) != 2
                or type(role) is not str
                or role not in _PLAIN_ROLES
            ):
                self._add(message, where=where, index=index)
            else:  # nine of ten messages
                plain(role, content)
                self.spoken = self.spoken or role == "assistant"

    def say(self, role: str, text: str) -> None:
        """One plain turn."""
        self.spoken = self.spoken or role == "assistant"
        self._into.message(role, text)

    def require_answer(self) -> None:
        """Raises:
        Rejected: `no-answer` if the assistant never had a turn.
        """
        if not self.spoken:
            raise Rejected("no-answer", "no turn of the assistant")

    def _add(self, message: Object, *, where: str, index: int) -> None:
        said = message.get("role", message.get("from"))
        content = message.get("content", message.get("value"))
        role = ROLE_OF.get(said) or ROLE_OF.get(said.lower()) if type(said) is str else None
        if role is None:
            raise Rejected("unknown-role", f"`{where}[{index}]`")
        self._add_rich(message, _Turn(role, str(said), content, f"{where}[{index}]"))

    def _add_rich(self, message: Object, turn: "_Turn") -> None:
        text, parts, called = turn.text_and_parts(message)
        calls = self._tool_calls(message, called=called, where=turn.where)
        train, rest = _train(message), _rest(message)
        name, call_id = message.get("name"), message.get("tool_call_id")
        if type(text) is not str and calls is None and not message.keys() & {"content", "value", "refusal"}:
            raise Rejected("bad-message", f"`{turn.where}` has no content")
        if rest:
            self.leftovers[str(self._into.pending)] = rest
        self.spoken = self.spoken or turn.role == "assistant"
        self._into.message(
            turn.role,
            text,
            parts=parts,
            name=name if type(name) is str else None,
            tool_calls=calls,
            tool_call_id=self._answered(call_id) if turn.role == "tool" else None,
            train=train,
        )

    def _tool_calls(self, message: Object, *, called: list[object], where: str) -> str | None:
        """JSON of the calls in OpenAI's shape, in which every call has an id."""
        calls = list(called)
        if message.get("function_call") is not None:
            calls.append(message["function_call"])
        listed = decoded(message.get("tool_calls"))
        if listed is not None:
            if type(listed) is not list:
                raise Rejected("bad-tool-call", f"`{where}.tool_calls` is a {json_type(listed)}")
            calls += listed
        if not calls:
            return None
        return json_text([self._call(call, where=where) for call in calls])

    def _call(self, call: object, *, where: str) -> Object:
        call = decoded(call)
        if type(call) is not dict:
            raise Rejected("bad-tool-call", f"a call in `{where}` is a {json_type(call)}")
        function = call.get("function", call)
        if type(function) is not dict or type(function.get("name")) is not str or not function["name"]:
            raise Rejected("bad-tool-call", f"a call in `{where}` has no name")
        call_id = call.get("id")
        if type(call_id) is not str or not call_id:
            call_id = f"call_{self._calls}"
        self._calls += 1
        if self._unanswered is None:
            self._unanswered = deque()
        self._unanswered.append(call_id)
        arguments = function.get("arguments", function.get("parameters"))
        text = arguments if type(arguments) is str else json_text({} if arguments is None else arguments)
        return {"id": call_id, "type": "function", "function": {"name": function["name"], "arguments": text}}

    def _answered(self, call_id: object) -> str | None:
        """The call a tool message answers: the one it names, else the oldest that has no answer yet."""
        waiting = self._unanswered
        if type(call_id) is str and call_id:
            if waiting and call_id in waiting:
                waiting.remove(call_id)
            return call_id
        return waiting.popleft() if waiting else None


class _Turn:
    """What one message says, in whatever form."""

    __slots__ = ("content", "role", "said", "where")

    def __init__(self, role: str, said: str, content: object, where: str) -> None:
        self.role, self.said, self.content, self.where = role, said, content, where

    def text_and_parts(self, message: Object) -> tuple[str | None, str | None, list[object]]:
        """Text, JSON of the parts if there are several or one that is not text, and calls found in the
        content.
        """
        content = self.content
        if self.said.lower() in _CALL_ROLES:
            return None, None, _calls_in(content, where=self.where)
        if type(content) is str:
            return content, None, []
        if content is None:
            refusal = message.get("refusal")
            return refusal if type(refusal) is str else None, None, []
        if self.role == "tool" and (type(content) is dict or not _are_parts(content)):
            return json_text(content), None, []
        if type(content) is not list:
            raise Rejected("bad-message", f"content of `{self.where}` is a {json_type(content)}")
        return self._from_parts([self._part(part) for part in content])

    def _from_parts(self, parts: list[dict[str, object]]) -> tuple[str | None, str | None, list[object]]:
        calls = [
            call
            for part in parts
            if part["type"] in _CALL_ROLES
            for call in _calls_in(part, where=self.where)
        ]
        parts = [part for part in parts if part["type"] not in _CALL_ROLES]
        texts = [cast("str", part["text"]) for part in parts if part["type"] == "text"]
        text = "\n".join(texts) if texts else None
        plain = len(parts) == 0 or (len(parts) == 1 and texts and len(parts[0]) == 2)
        return text, None if plain else json_text(parts), calls

    def _part(self, part: object) -> dict[str, object]:
        """A part with a `type`; text lies in `text`, whatever it was called."""
        if type(part) is str:
            return {"type": "text", "text": part}
        if type(part) is not dict:
            raise Rejected("bad-message", f"a part of `{self.where}` is a {json_type(part)}")
        kind = part.get("type", "text" if "text" in part else None)
        if type(kind) is not str:
            raise Rejected("bad-message", f"a part of `{self.where}` has no type")
        if kind not in _TEXT_TYPES:
            return {**part, "type": kind}
        text = part.get("text", part.get("value"))
        if type(text) is dict:
            text = cast("Object", text).get("value")
        if type(text) is not str:
            raise Rejected("bad-message", f"a text part of `{self.where}` has no text")
        rest = {
            name: value
            for name, value in part.items()
            if name not in ("type", "text", "value") and value is not None
        }
        return {"type": "text", "text": text, **rest}


def decoded(value: object) -> object:
    """The value inside a string that holds a JSON list or object, as tables have it; else the value
    itself.
    """
    if type(value) is str and value.lstrip()[:1] in ("[", "{"):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def _calls_in(content: object, *, where: str) -> list[object]:
    """Calls in a `function_call` turn or `tool_call` part: JSON of one call or a list of them."""
    if type(content) is dict and "value" in content:
        content = cast("Object", content)["value"]
    content = decoded(content)
    if type(content) is str or content is None:
        raise Rejected("bad-tool-call", f"`{where}` is not the JSON of a call")
    return cast("list[object]", content) if type(content) is list else [content]


def _are_parts(content: object) -> bool:
    """Is it a list of parts, and not a tool's result that happens to be a list?"""
    return type(content) is list and all(
        type(part) is dict and part.get("type", "text" if "text" in part else None) in _PART_TYPES
        for part in cast("list[object]", content)
    )


def _train(message: Object) -> bool:
    """False if a mask says so: `weight: 0`, `train: false`, `loss_weight: 0.0`."""
    return not any(message[name] == 0 for name in _MASKS if type(message.get(name)) in (int, float, bool))


def _rest(message: Object) -> dict[str, object]:
    """Fields that have no column, nulls left out; a mask between 0 and 1 is one of them."""
    if message.keys() <= _KNOWN and not message.keys() & set(_MASKS):
        return {}
    return {
        name: value
        for name, value in message.items()
        if value is not None and (name not in _KNOWN or (name in _MASKS and value not in (0, 1)))
    }
