"""Hugging Face TRL, `SFTTrainer`: conversational language modelling JSONL."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import ASSISTANT, Messages
from tuneset.core.exporter import Rule, Status
from tuneset.core.spec import Fields
from tuneset.exporters import rules as require
from tuneset.exporters.chat import all_rules
from tuneset.exporters.shape import CHAT, shape_rules
from tuneset.exporters.text import member, quoted
from tuneset.exporters.turns import Turns, mapped, one_by_one, present

FORMATS = "https://huggingface.co/docs/trl/dataset_formats"
_TRAINER = "https://huggingface.co/docs/trl/sft_trainer"
_UNIFORM = Rule(
    "file.first-row",
    "types are guessed from the first rows: a later row with another key or type stops the loading",
    FORMATS,
    "give each row the same keys, or declare the types in a README.md, as `tuneset export` does",
    level="warning",
)

CARD = """---
dataset_info:
  features:
%s---

`datasets.load_dataset` of this folder gives what %s takes. The types are declared here because
without them a first tool call late in a file would not fit the types guessed from its start.
"""


def card(features: Mapping[str, str], *, what: str) -> bytes:
    """A card that declares the types of columns: `json` (a list of JSON objects), `string` or `bool`."""
    lines = [
        f"  - name: {name}\n    {'list: json' if kind == 'json' else f'dtype: {kind}'}\n"
        for name, kind in features.items()
    ]
    return (CARD % ("".join(lines), what)).encode()


SHAPE = replace(CHAT, string_arguments=False, tools_as_text=True)


class TRL:
    """`{"messages": […], "tools": "[…]"}`: tools as a string of JSON, arguments of calls as objects.

    Chat templates write `arguments | tojson`: given the string that providers log, they would encode it twice
    and teach the model to answer with quoted JSON.
    """

    name = "trl"
    version = 1
    status: Status = "active"
    last_verified = "2026-11-28"
    reader = "openai-chat"
    fields = Fields()
    rules = all_rules(
        (
            require.assistant_present(_TRAINER),
            require.mask_not_honoured(_TRAINER),
            require.text_only(FORMATS),
            require.arguments_are_objects(FORMATS),
            require.special_tokens(_TRAINER),
        ),
        _UNIFORM,
        *shape_rules(FORMATS),
    )

    def breaks(self, examples: pa.Table) -> list[tuple[int, str]]:
        """`(row, rule id)`, sorted, for each row that the trainer would refuse or learn wrongly."""
        return self.broken(Messages.of(examples))

    def broken(self, messages: Messages) -> list[tuple[int, str]]:
        """The same, of messages that are open already."""
        unwanted = (messages.role == ASSISTANT) & ~messages.train.to_numpy(zero_copy_only=False)
        special = pc.fill_null(pc.match_substring_regex(messages.content, require.SPECIAL), fill_value=False)
        found = [(int(row), "assistant.present") for row in np.flatnonzero(messages.taught < 0)]
        found += [(row, "mask.not-honoured") for row in np.unique(messages.row[unwanted]).tolist()]
        found += [
            (row, "text.special-token")
            for row in np.unique(messages.row[special.to_numpy(zero_copy_only=False)]).tolist()
        ]
        found += _where(messages, messages.parts, "content.text-only", _is_text)
        found += _where(messages, messages.tool_calls, "tools.args-object", _has_objects)
        return sorted(set(found))

    def lines(self, examples: pa.Table) -> Iterator[bytes]:
        """One line per example; a list of parts becomes the text it holds, joined by line ends."""
        return one_by_one(self.encoded(Turns.of(examples)))

    def encoded(self, turns: Turns) -> pa.Array:
        """`[n]` the same lines with their line ends, as text."""
        calls = mapped(turns.messages.tool_calls, with_objects)
        return turns.lines(
            content=turns.content, calls=member("tool_calls", calls), tools=quoted(turns.tools)
        )

    def side_files(self, name: str) -> dict[str, bytes]:  # noqa: ARG002, RUF100
        """A card that declares the types of the columns."""
        return {"README.md": card({"messages": "json", "tools": "string"}, what="`trl.SFTTrainer`")}

    def faults(self, record: Mapping[str, object]) -> list[str]:
        """Rules that a line breaks as it stands."""
        return SHAPE.faults(record)

    def opened(self, record: Mapping[str, object]) -> Mapping[str, object]:
        """The line itself."""
        return record


def with_objects(logged: str) -> str:
    """The calls with their arguments parsed; what is no JSON object stays and breaks `tools.args-object`."""
    return orjson.dumps(parsed_calls(orjson.loads(logged))).decode()


def parsed_calls(calls: object) -> object:
    """The same, of calls that are parsed already."""
    if not isinstance(calls, list):
        return calls
    return [
        {**call, "function": {**call["function"], "arguments": _parsed(call["function"].get("arguments"))}}
        if isinstance(call, dict) and isinstance(call.get("function"), dict)
        else call
        for call in calls
    ]


def _parsed(arguments: object) -> object:
    if not isinstance(arguments, str):
        return arguments
    try:
        value = orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return arguments
    return value if isinstance(value, dict) else arguments


def _where(
    messages: Messages, column: pa.Array, rule: str, holds: Callable[[object], bool]
) -> list[tuple[int, str]]:
    """The rows with a message whose JSON in `column` does not hold."""
    return [(int(messages.row[i]), rule) for i, value in present(column) if not holds(orjson.loads(value))]


def _has_objects(calls: object) -> bool:
    return isinstance(calls, list) and all(
        isinstance(call, dict)
        and isinstance(call.get("function"), dict)
        and isinstance(_parsed(call["function"].get("arguments")), dict)
        for call in calls
    )


def _is_text(parts: object) -> bool:
    return isinstance(parts, list) and all(
        isinstance(part, dict) and part.get("type") == "text" for part in parts
    )
