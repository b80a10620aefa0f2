"""inspect_ai: samples with messages as input and the answer as target, for the sealed test split.

https://inspect.aisi.org.uk/datasets.html
"""

from collections.abc import Mapping

from tuneset.core.exporter import Status
from tuneset.core.spec import Fields
from tuneset.exporters import rules as require
from tuneset.exporters.chat import all_rules
from tuneset.exporters.conversation import Conversation, Json, Message, arguments_of, calls_of, spoken
from tuneset.exporters.evaluation import Cases, case_checks
from tuneset.exporters.shape import CHAT, fields_are, is_text_or_messages, shape_rules

_GUIDE = "https://inspect.aisi.org.uk/datasets.html"

_TASK = b'''"""The sealed test set as an inspect_ai task: inspect eval task.py --model PROVIDER/MODEL"""

from inspect_ai import Task, task
from inspect_ai.dataset import json_dataset
from inspect_ai.scorer import match
from inspect_ai.solver import generate


@task
def tuneset_test() -> Task:
    return Task(dataset=json_dataset("test.jsonl"), solver=generate(), scorer=match())
'''


class InspectAI(Cases):
    """`{"id", "input": [messages], "target", "metadata"}`; the metadata are the tags."""

    name = "inspect-ai"
    version = 1
    status: Status = "active"
    last_verified = "2026-11-28"
    fields = Fields(prompt="input", completion="target")
    checks = (*case_checks(_GUIDE), require.arguments_are_objects(_GUIDE))
    rules = all_rules(checks, *shape_rules(_GUIDE))

    def case(self, talk: Conversation) -> dict[str, Json]:
        """A sample."""
        names = {str(c.get("id")): c["function"].get("name") for m in talk.messages for c in calls_of(m)}
        return {
            "id": talk.id,
            "input": [_message(message, names) for message in talk.messages[:-1]],
            "target": spoken(talk.messages[-1]),
            "metadata": {**talk.tags, **({} if talk.tools is None else {"tools": talk.tools})},
        }

    def side_files(self, name: str) -> dict[str, bytes]:  # noqa: ARG002, RUF100
        """A task to begin with."""
        return {"task.py": _TASK}

    def faults(self, record: Mapping[str, object]) -> list[str]:
        """Rules that a line breaks as it stands."""
        # calls have another form here than in chats, so that only roles and contents are looked at
        return fields_are(
            record,
            {
                "input": lambda value: is_text_or_messages(_without_calls(value), CHAT),
                "target": lambda value: type(value) in (str, list),
            },
        )

    def opened(self, record: Mapping[str, object]) -> Mapping[str, object]:
        """The line with calls in OpenAI's form."""
        listed = record.get("input")
        if type(listed) is not list:
            return record
        tools = (record.get("metadata") or {}).get("tools") if type(record.get("metadata")) is dict else None
        return {**record, "input": [_opened(m) for m in listed], **({"tools": tools} if tools else {})}


def _message(message: Message, names: Mapping[str, Json]) -> Json:
    said: dict[str, Json] = {"role": message["role"], "content": spoken(message)}
    if "tool_calls" in message:
        said["tool_calls"] = [
            {"id": c.get("id"), "function": c["function"].get("name"), "arguments": arguments_of(c)}
            for c in calls_of(message)
        ]
    if "tool_call_id" in message:
        said["tool_call_id"] = message["tool_call_id"]
        said["function"] = names.get(message["tool_call_id"])
    return said


def _without_calls(value: Json) -> Json:
    if type(value) is not list:
        return value
    return [{k: v for k, v in m.items() if k != "tool_calls"} if type(m) is dict else m for m in value]


def _opened(message: Json) -> Json:
    if type(message) is not dict:
        return message
    opened = {name: value for name, value in message.items() if name != "function"}
    if type(message.get("tool_calls")) is list:
        opened["tool_calls"] = [
            {"id": c.get("id"), "function": {"name": c.get("function"), "arguments": c.get("arguments")}}
            if type(c) is dict
            else c
            for c in message["tool_calls"]
        ]
        opened["content"] = message.get("content") or None
    return opened
