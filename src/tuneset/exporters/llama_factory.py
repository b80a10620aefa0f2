"""LLaMA-Factory: ShareGPT's form, with the `dataset_info.json` by which it finds the files.

Not its `openai` form: that converter writes "detailed thinking off" into every system prompt it reads.

https://llamafactory.readthedocs.io/en/latest/getting_started/data_preparation.html
"""

from collections.abc import Iterator, Mapping

import orjson
import pyarrow as pa

from tuneset.core.exporter import Rule, Status
from tuneset.core.spec import Fields
from tuneset.exporters import rules as require
from tuneset.exporters.chat import all_rules
from tuneset.exporters.conversation import (
    Conversation,
    Json,
    Message,
    arguments_of,
    calls_of,
    conversations,
    spoken,
)
from tuneset.exporters.fixing import SLOTS
from tuneset.exporters.rules import Check, broken
from tuneset.exporters.shape import CONTENT, KEYS, ROLE, ROW, TOOLS, shape_rules

_GUIDE = "https://llamafactory.readthedocs.io/en/latest/getting_started/data_preparation.html"
_CODE = "https://github.com/hiyouga/LLaMA-Factory/blob/main/src/llamafactory/data/converter.py"
_TEMPLATE = "https://github.com/hiyouga/LLaMA-Factory/blob/main/src/llamafactory/data/formatter.py"

_TAGS = {"system": "system", "user": "human", "assistant": "gpt", "tool": "observation"}
_SPEAKERS = frozenset({*_TAGS.values(), "function_call"})
_KEYS = frozenset({"conversations", "tools", "system"})

_TEXT_BESIDE = Check(
    Rule(
        "content.beside-calls",
        "a turn that calls a tool has no place for what it says beside the call",
        _CODE,
        "leave it out, or choose a target that keeps both: axolotl, trl",
    ),
    lambda talk: any(spoken(m) and "tool_calls" in m for m in talk.messages),
)


class LlamaFactory:
    """`{"conversations": [{"from", "value"}], "tools": "[…]"}`; a call is a turn of `function_call`.

    The converter empties rows whose turns do not alternate or whose number is odd, and the trainer then drops
    them with a line in its log: our rules name them before.
    """

    name = "llama-factory"
    version = 1
    status: Status = "active"
    last_verified = "2026-11-28"
    reader = "sharegpt"
    fields = Fields()
    checks = (
        require.assistant_present(_GUIDE),
        require.mask_not_honoured(_GUIDE),
        require.last_assistant(_CODE),
        require.system_first(_CODE),
        require.user_first(_CODE),
        require.alternate(_CODE),
        require.content_present(_GUIDE),
        require.text_only(_GUIDE),
        *require.tools_meet(_GUIDE),
        require.arguments_are_objects(_GUIDE),
        _TEXT_BESIDE,
        require.no_names(_GUIDE),
        require.special_tokens(_GUIDE),
        require.reserved_words(_TEMPLATE, SLOTS, roles=("user",), fixer="space-slots"),
    )
    rules = all_rules(checks, *shape_rules(_GUIDE))

    def breaks(self, examples: pa.Table) -> list[tuple[int, str]]:
        """`(row, rule id)`, sorted, for each row that would be dropped, or learned wrongly."""
        return broken(self.checks, examples)

    def lines(self, examples: pa.Table) -> Iterator[bytes]:
        """One line per example; all lines have the same keys, because the columns of a file are one table."""
        return (orjson.dumps(_row(talk)) for talk in conversations(examples))

    def side_files(self, name: str) -> dict[str, bytes]:
        """`dataset_info.json` with an entry a split: `NAME`, `NAME_validation`, `NAME_test`."""
        entries = {
            f"{name}{suffix}": _entry(f"{split}.jsonl")
            for split, suffix in (("train", ""), ("validation", "_validation"), ("test", "_test"))
        }
        return {"dataset_info.json": orjson.dumps(entries, option=orjson.OPT_INDENT_2) + b"\n"}

    def faults(self, record: Mapping[str, object]) -> list[str]:
        """Rules that a line breaks as it stands."""
        turns = record.get("conversations")
        if type(turns) is not list or not turns:
            return [ROW]
        found = {fault for turn in turns for fault in _turn_faults(turn)}
        if type(record.get("tools", "")) is not str:
            found.add(TOOLS)
        return sorted(found if record.keys() <= _KEYS else {*found, KEYS})

    def opened(self, record: Mapping[str, object]) -> Mapping[str, object]:
        """The line itself."""
        return record


def _row(talk: Conversation) -> dict[str, Json]:
    tools = "" if talk.tools is None else orjson.dumps(talk.tools).decode()
    return {"conversations": [_turn(message) for message in talk.messages], "tools": tools}


def _turn(message: Message) -> Json:
    calls = calls_of(message)
    if not calls:
        return {"from": _TAGS[message["role"]], "value": spoken(message)}
    made = [{"name": c["function"].get("name"), "arguments": arguments_of(c)} for c in calls]
    return {"from": "function_call", "value": orjson.dumps(made[0] if len(made) == 1 else made).decode()}


def _entry(file: str) -> Json:
    return {
        "file_name": file,
        "formatting": "sharegpt",
        "columns": {"messages": "conversations", "tools": "tools"},
        "tags": {
            "role_tag": "from",
            "content_tag": "value",
            "user_tag": "human",
            "assistant_tag": "gpt",
            "observation_tag": "observation",
            "function_tag": "function_call",
            "system_tag": "system",
        },
    }


def _turn_faults(turn: object) -> Iterator[str]:
    if type(turn) is not dict:
        yield ROW
        return
    if turn.get("from") not in _SPEAKERS:
        yield ROLE
    if type(turn.get("value")) is not str:
        yield CONTENT
