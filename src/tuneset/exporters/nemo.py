"""NVIDIA NeMo AutoModel, `ChatDataset`: messages JSONL; it learns from every assistant turn.

https://docs.nvidia.com/nemo/automodel/latest/datasets/text-dataset
"""

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa

from tuneset.core.exporter import Rule, Status
from tuneset.exporters import rules as require
from tuneset.exporters.chat import ChatLines, all_rules
from tuneset.exporters.rules import Check
from tuneset.exporters.shape import CHAT, shape_rules
from tuneset.exporters.turns import Turns, one_by_one

_GUIDE = "https://docs.nvidia.com/nemo/automodel/latest/datasets/text-dataset"

_SEPARATORS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""The loader splits files with Python's `splitlines`, which cuts at these too; escapes are harmless."""

_CONFIG = """# Part of a NeMo AutoModel recipe: the dataset %s as tuneset wrote it.
dataset:
  _target_: nemo_automodel.components.datasets.llm.chat_dataset.ChatDataset
  path_or_dataset_id: train.jsonl
validation_dataset:
  _target_: nemo_automodel.components.datasets.llm.chat_dataset.ChatDataset
  path_or_dataset_id: validation.jsonl
"""

_NO_ID = Check(
    Rule(
        "tools.result-id",
        "a tool message names the call that it answers",
        _GUIDE,
        "give the result the id of its call",
    ),
    lambda talk: any(m["role"] == "tool" and not m.get("tool_call_id") for m in talk.messages),
)


class NeMo(ChatLines):
    """`{"messages": […], "tools": […]}`, with line separators inside texts written as escapes."""

    name = "nemo"
    version = 1
    status: Status = "active"
    last_verified = "2026-11-28"
    shape = replace(CHAT, tools_as_text=True, string_arguments=False)
    checks = (
        require.assistant_present(_GUIDE),
        require.mask_not_honoured(_GUIDE),
        require.text_only(_GUIDE),
        *require.tools_meet(_GUIDE),
        require.arguments_are_objects(_GUIDE),
        _NO_ID,
        require.special_tokens(_GUIDE),
    )
    rules = all_rules(
        checks,
        Rule(
            "file.separators",
            "the loader cuts lines also at U+0085, U+2028 and U+2029, in the middle of a text",
            _GUIDE,
            "write them as escapes, as `tuneset export` and `check --fix` do",
        ),
        *shape_rules(_GUIDE),
    )

    def lines(self, examples: pa.Table) -> Iterator[bytes]:
        """One line per example."""
        turns = Turns.of(examples)
        encoded = turns.lines(content=turns.content, calls=turns.calls, tools=turns.tools)
        return map(escaped, one_by_one(encoded))

    def side_files(self, name: str) -> dict[str, bytes]:
        """The fragment of a recipe."""
        return {"nemo.yaml": (_CONFIG % name).encode()}


def escaped(line: bytes) -> bytes:
    """The line with separators as escapes: the same JSON."""
    for character, escape in _SEPARATORS.items():
        line = line.replace(character.encode(), escape.encode())
    return line
