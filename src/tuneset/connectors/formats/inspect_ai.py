"""Inspect AI: evaluation logs, as JSON (`.json`) or as archives of samples (`.eval`).

A sample's `messages` are an example, its `scores` are feedback. The header (`eval`: task, model, dataset)
goes along with each sample. Of `.eval` files `readers/eval_log.py` takes out the samples.

https://inspect.aisi.org.uk/eval-logs.html
"""

from collections.abc import Iterator, Mapping
from typing import cast

from tuneset.connectors.envelope import envelope, moment, reach, remove
from tuneset.connectors.turns import Turns
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]

_ATTACHED = "attachment://"
_BULK = frozenset(
    (
        *("events", "events_data", "transcript", "timelines", "attachments"),
        *("message_pool", "messages", "input"),
    )
)
"""What a sample says a second time: the same calls as a trace, and the pools that it refers to."""
_HEADER = ("eval_id", "run_id", "created", "task", "task_id", "task_version", "dataset", "model")
_MESSAGE = ("role", "content", "tool_calls", "function", "tool_call_id")


class InspectAI:
    """Records with `eval` and `samples`, and samples with `epoch`."""

    name = "inspect-ai"
    version = 2

    def recognises(self, record: Object) -> str | None:
        """By the header beside samples, or by what only samples have."""
        if type(record.get("eval")) is dict and type(record.get("samples")) is list:
            return "`eval` and `samples`"
        if "epoch" in record and "target" in record and type(record.get("messages")) is list:
            return "`messages` with `epoch` and `target`"
        return None

    def unpack(self, record: Object) -> Iterator[Object]:
        """The samples of a log, each with the header."""
        if type(record.get("samples")) is not list:
            yield record
            return
        header = {"eval": record["eval"]} if type(record.get("eval")) is dict else {}
        for sample in cast("list[object]", record["samples"]):
            if type(sample) is not dict:
                raise Rejected("unknown-shape", "a sample is no object")
            yield {**sample, **header}

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        if record.get("error") is not None:
            raise Rejected("provider-error", "`error`: the sample did not come to its end")
        attachments = record.get("attachments")
        pool = cast("Object", attachments) if type(attachments) is dict else {}
        turns = Turns(into)
        turns.extend([_message(said, pool) for said in _said(record)], where="messages")
        turns.require_answer()
        extra = {name: value for name, value in record.items() if name not in _BULK and value is not None}
        header = extra.pop("eval", None)
        if type(header) is dict:
            extra["eval"] = {name: header[name] for name in _HEADER if name in header}
        _without_answer(extra)
        identified = extra.get("id")
        times = (record.get("completed_at"), record.get("started_at"), reach(record, "eval.created"))
        extra["captured_at"] = next((value for value in times if moment(value) is not None), None)
        parsed = envelope(extra, fields=fields)
        if turns.leftovers:
            parsed.extra["messages"] = turns.leftovers
        return _known(parsed, record, identified=identified)


def _said(record: Object) -> list[object]:
    """The messages of a sample; of one that has none, its input and its output."""
    listed = record.get("messages")
    if type(listed) is list and listed:
        return cast("list[object]", listed)
    asked, answer = record.get("input"), reach(record, "output.choices")
    before = [{"role": "user", "content": asked}] if type(asked) is str else asked
    choice = answer[0] if type(answer) is list and answer else None
    after = [choice["message"]] if type(choice) is dict and "message" in choice else []
    return [*cast("list[object]", before), *after] if type(before) is list else after


def _message(said: object, pool: Object) -> object:
    """A message in OpenAI's shape; what is no object goes on as it is and is refused there."""
    if type(said) is not dict:
        return said
    message = cast("dict[str, object]", said)
    rest = {name: value for name, value in message.items() if name not in _MESSAGE and value is not None}
    content, thoughts = _content(message.get("content"), pool)
    told: dict[str, object] = {**rest, "role": message.get("role"), "content": content}
    if thoughts:
        told["reasoning_content"] = "\n".join(thoughts)
    calls = message.get("tool_calls")
    if type(calls) is list and calls:
        told["tool_calls"] = [_call(call) for call in cast("list[object]", calls)]
    elif calls:
        told["tool_calls"] = calls
    if type(message.get("tool_call_id")) is str:
        told["tool_call_id"] = message["tool_call_id"]
    if type(message.get("function")) is str:
        told["name"] = message["function"]
    return told


def _content(content: object, pool: Object) -> tuple[object, list[str]]:
    """The content with attachments put back, and the reasoning taken out of it."""
    if type(content) is not list:
        return _attached(content, pool), []
    parts, thoughts = list[object](), list[str]()
    for part in cast("list[object]", content):
        thought = part.get("reasoning") if type(part) is dict and part.get("type") == "reasoning" else None
        if type(thought) is str:
            thoughts.append(cast("str", _attached(thought, pool)))
        else:
            parts.append(_part(part, pool))
    return parts, thoughts


def _part(part: object, pool: Object) -> object:
    if type(part) is not dict:
        return _attached(part, pool)
    read = {name: _attached(value, pool) for name, value in part.items() if value is not None}
    if read.get("type") == "image" and type(read.get("image")) is str:
        detail = {"detail": read["detail"]} if "detail" in read else {}
        return {"type": "image_url", "image_url": {"url": read["image"], **detail}}
    return read


def _attached(value: object, pool: Object) -> object:
    """Long texts and images lie in the sample's `attachments`, with their digest in their place."""
    if type(value) is str and value.startswith(_ATTACHED):
        found = pool.get(value.removeprefix(_ATTACHED))
        return found if type(found) is str else value
    return value


def _call(call: object) -> object:
    if type(call) is not dict or type(call.get("function")) is not str:
        return call
    return {
        "id": call.get("id"),
        "type": "function",
        "function": {"name": call["function"], "arguments": call.get("arguments")},
    }


def _without_answer(extra: dict[str, object]) -> None:
    """The output repeats the last message; what it says besides stays."""
    choices = reach(extra, "output.choices")
    if type(choices) is list and len(choices) == 1 and type(choices[0]) is dict:
        rest = {name: value for name, value in choices[0].items() if name != "message"}
        extra["output"] = {**cast("Object", extra["output"]), "choices": [rest]}
        remove(extra, "output.completion")


def _known(parsed: Parsed, record: Object, *, identified: object) -> Parsed:
    model = reach(record, "output.model") or reach(record, "eval.model")
    if parsed.model is None and type(model) is str and model:
        parsed.model = model
    choices = reach(record, "output.choices")
    reason = (
        choices[0].get("stop_reason")
        if type(choices) is list and choices and type(choices[0]) is dict
        else None
    )
    if parsed.finish_reason is None and type(reason) is str:
        parsed.finish_reason = reason
    scores = record.get("scores")
    if parsed.feedback is None and type(scores) is dict and scores:
        parsed.feedback = {"scores": scores}
        parsed.extra.pop("scores", None)
    task = reach(record, "eval.task")
    if parsed.conversation is None and type(task) is str and type(identified) in (str, int):
        parsed.conversation = f"{task}/{identified}"  # the same question in all epochs and runs
    return parsed
