"""Recorded streams → the body that the same call would have had without streaming.

A stream is the text of server-sent events, or a list of chunks: objects, JSON, or texts of events. Chunks of
chat completions and completions, events of Responses and Anthropic, chunks of Gemini and of Bedrock's text
models are understood.

A stream that breaks off before its end is `unfinished`: nobody can say what the answer would have been.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

import orjson

from tuneset.connectors.calls import gemini, text
from tuneset.connectors.calls.call import objects, without
from tuneset.connectors.calls.errors import refuse_error
from tuneset.core.errors import Rejected

Object = Mapping[str, object]

_SSE = ("data:", "event:", "id:", "retry:", ":")
_LINE_END = re.compile(r"\r\n|\n|\r")
"""And no other: U+2028, at which `splitlines` cuts too, may stand in the middle of an answer."""
_END = "[DONE]"
_WHOLE = ("role", "type", "id", "object")
"""Fields of a piece that are not pieces themselves."""


@dataclass(frozen=True)
class Stream:
    """The events of a stream; `ended`: was its last one there?"""

    events: list[Object]
    ended: bool


def stream(recorded: object) -> Stream | None:
    """The stream in a recording; None if it is none.

    Raises:
        Rejected: unfinished if an event is no JSON, as the last one of a stream that was cut.
    """
    if type(recorded) is list:
        return _of_list(cast("list[object]", recorded))
    if type(recorded) is not str or not recorded.lstrip().startswith(_SSE):
        return None
    return _decoded(_payloads(recorded))


def _of_list(recorded: list[object]) -> Stream | None:
    """Chunks in a list, each an object or a text."""
    if not recorded or any(type(chunk) not in (dict, str) for chunk in recorded):
        return None
    if all(type(chunk) is dict for chunk in recorded):
        return Stream(cast("list[Object]", recorded), ended=False)
    return _decoded(
        payload
        for chunk in recorded
        for payload in (
            [cast("object", chunk)] if type(chunk) is dict else _payloads_or_json(cast("str", chunk))
        )
    )


def _payloads_or_json(chunk: str) -> Iterator[str]:
    if chunk.lstrip().startswith(_SSE):
        yield from _payloads(chunk)
    elif chunk.strip():
        yield chunk.strip()


def _payloads(content: str) -> Iterator[str]:
    """The data of each server-sent event."""
    data: list[str] = []
    for line in _LINE_END.split(content):
        if line.startswith("data:"):  # nearly all that are not empty
            data.append(line[5:].strip())
            continue
        name, _, value = line.strip().partition(":")
        if name == "data":
            data.append(value.strip())
        elif not line.strip() and data:
            yield "\n".join(data)
            data = []
    if data:
        yield "\n".join(data)


def _decoded(payloads: Iterable[object]) -> Stream:
    events, ended = list[Object](), False
    for number, payload in enumerate(payloads, 1):
        if payload == _END:
            ended = True
            continue
        try:
            event = orjson.loads(payload) if type(payload) is str else payload
        except orjson.JSONDecodeError:
            raise Rejected("unfinished", f"event {number} of the stream is no JSON") from None
        if type(event) is dict:
            events.append(event)
    return Stream(events, ended)


def reassembled(found: Stream) -> Object:
    """The body that the events add up to.

    Raises:
        Rejected: unfinished, provider-error if one of the events is an error, unknown-shape.
    """
    for event in found.events:
        refuse_error(event)
    first = next((event for event in found.events if event.get("type") != "ping"), {})
    kind = str(first.get("type", ""))
    if kind.startswith("response."):
        return _responses(found)
    if kind in ("message_start", "content_block_start", "content_block_delta", "message_delta"):
        return _anthropic(found)
    if any(type(event.get("choices")) is list for event in found.events):
        return _chat(found)
    if gemini.answers(first):
        return _gemini(found)
    if text.answers(first):
        return _text(found)
    raise Rejected("unknown-shape", "the stream is of no known kind")


def _unfinished() -> Rejected:
    return Rejected("unfinished", "the stream breaks off before its end")


# OpenAI


class _Pieces:
    """One object whose texts come in pieces: a message, or a call inside it."""

    def __init__(self) -> None:
        self._whole: dict[str, object] = {}
        self._texts: dict[str, list[str]] = {}
        self._lists: dict[str, list[object]] = {}
        self._calls: dict[object, _Pieces] = {}
        self._function: _Pieces | None = None

    def add(self, piece: Object) -> None:
        for name, value in piece.items():
            if name == "content" and type(value) is str:  # nearly all
                self._texts.setdefault(name, []).append(value)
                continue
            if value is None or name == "index":
                continue
            if name == "tool_calls":
                self._add_calls(objects(value))
            elif name in ("function", "function_call") and type(value) is dict:
                self._function = self._function or _Pieces()
                self._function.add(value)
                self._whole[name] = self._function
            elif type(value) is list:
                self._lists.setdefault(name, []).extend(cast("list[object]", value))
            elif type(value) is not str:
                self._whole[name] = value
            elif name in _WHOLE:
                self._whole[name] = value or self._whole.get(name, "")
            elif name != "name" or self._texts.get(name) != [value]:  # some servers repeat it
                self._texts.setdefault(name, []).append(value)

    def _add_calls(self, calls: list[dict[str, object]]) -> None:
        for number, call in enumerate(calls):
            index = call.get("index", number)
            key = index if type(index) is int else number
            self._calls.setdefault(key, _Pieces()).add(call)

    def whole(self) -> dict[str, object]:
        found = {
            name: value.whole() if isinstance(value, _Pieces) else value
            for name, value in self._whole.items()
        }
        found.update(self._lists)
        found.update({name: "".join(pieces) for name, pieces in self._texts.items()})
        if self._calls:
            found["tool_calls"] = [call.whole() for call in self._calls.values()]
        return found


_PIECES = frozenset({"delta", "message", "text", "logprobs"})


@dataclass(slots=True)
class _Choice:
    message: _Pieces = field(default_factory=_Pieces)
    is_text: bool = False
    said: dict[str, object] = field(default_factory=dict)

    def add(self, choice: Object) -> None:
        delta = choice.get("delta", choice.get("message"))
        if type(delta) is dict:
            self.message.add(delta)
        if type(choice.get("text")) is str:
            self.is_text = True
            self.message.add({"text": choice["text"]})
        for name, value in choice.items():
            if value is not None and name not in _PIECES:
                self.said[name] = value

    def whole(self) -> dict[str, object]:
        said = self.message.whole()
        if self.is_text:
            return {**self.said, "text": said.get("text", "")}
        return {**self.said, "message": {"role": "assistant", "content": None, **said}}


def _chat(found: Stream) -> Object:
    body: dict[str, object] = {}
    choices: dict[int, _Choice] = {}
    for chunk in found.events:
        body |= ((name, value) for name, value in chunk.items() if value and name != "choices")
        for choice in objects(chunk.get("choices")):
            index = choice.get("index")
            choices.setdefault(index if type(index) is int else 0, _Choice()).add(choice)
    if choices and not found.ended and choices[min(choices)].said.get("finish_reason") is None:
        raise _unfinished()
    whole = [choices[index].whole() for index in sorted(choices)]
    return {**body, "object": "chat.completion", "choices": whole}


def _responses(found: Stream) -> Object:
    """The last event holds the whole response; some gateways leave the output out of it."""
    done: dict[object, object] = {}
    for event in found.events:
        if event.get("type") == "response.output_item.done" and type(event.get("item")) is dict:
            done[event.get("output_index") if type(event.get("output_index")) is int else len(done)] = event[
                "item"
            ]
    for event in reversed(found.events):
        response = event.get("response")
        if event.get("type") in _RESPONSE_ENDS and type(response) is dict:
            return response if response.get("output") else {**response, "output": list(done.values())}
    raise _unfinished()


_RESPONSE_ENDS = ("response.completed", "response.incomplete", "response.failed", "response.cancelled")


# Anthropic


@dataclass(slots=True)
class _Block:
    start: dict[str, object]
    texts: dict[str, list[str]] = field(default_factory=dict)
    citations: list[object] = field(default_factory=list)

    def add(self, delta: Object) -> None:
        for name in ("text", "partial_json", "thinking"):
            piece = delta.get(name)
            if type(piece) is str:
                self.texts.setdefault(name, []).append(piece)
        if delta.get("citation") is not None:
            self.citations.append(delta["citation"])

    def whole(self) -> dict[str, object]:
        block = dict(self.start)
        for name, pieces in self.texts.items():
            given = "".join(pieces)
            if name != "partial_json":
                begun = block.get(name)
                block[name] = f"{begun if type(begun) is str else ''}{given}"
            elif given:
                block["input"] = given
        if self.citations:
            block["citations"] = self.citations
        return block


def _anthropic(found: Stream) -> Object:
    body: dict[str, object] = {"type": "message", "role": "assistant"}
    blocks: dict[int, _Block] = {}
    ended = False
    for event in found.events:
        index = event.get("index")
        place = index if type(index) is int else len(blocks) - 1
        match event.get("type"):
            case "message_start":
                body.update(_object(event.get("message")))
            case "content_block_start":
                blocks[place] = _Block(dict(_object(event.get("content_block"))))
            case "content_block_delta" if place in blocks:
                blocks[place].add(_object(event.get("delta")))
            case "message_delta":
                usage = {**_object(body.get("usage")), **_object(event.get("usage"))}
                body.update({**without(_object(event.get("delta"))), **({"usage": usage} if usage else {})})
            case "message_stop":
                ended = True
            case _:
                pass
    if not ended and body.get("stop_reason") is None:
        raise _unfinished()
    return {**body, "content": [blocks[place].whole() for place in sorted(blocks)]}


def _object(value: object) -> Object:
    return cast("Object", value) if type(value) is dict else {}


# Google, and text models of Bedrock


def _gemini(found: Stream) -> Object:
    body: dict[str, object] = {}
    first: dict[str, object] = {}
    parts: list[object] = []
    for chunk in found.events:
        body.update(without(chunk, "candidates"))
        for candidate in objects(chunk.get("candidates"))[:1]:
            content = _object(candidate.get("content"))
            given = content.get("parts")
            parts += given if type(given) is list else []
            first.update(without(candidate, "content"))
    blocked = body.get("promptFeedback") is not None and not parts
    if not (found.ended or blocked or gemini.either(first, "finishReason") is not None):
        raise _unfinished()
    return {**body, "candidates": [{**first, "content": {"role": "model", "parts": parts}}] if first else []}


def _text(found: Stream) -> Object:
    """Chunks of text: Titan, Llama and Mistral on Bedrock."""
    pieces = [piece for event in found.events if (piece := text.completion(event))]
    reasons = [piece.finish_reason for piece in pieces if piece.finish_reason is not None]
    if not reasons and not found.ended:
        raise _unfinished()
    last = found.events[-1]
    return {
        **without(last, pieces[0].field, "stop_reason", "completionReason"),
        "generation": "".join(piece.text for piece in pieces),
        "stop_reason": reasons[-1] if reasons else None,
    }
