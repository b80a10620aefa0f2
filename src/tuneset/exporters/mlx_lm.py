"""MLX-LM, `mlx_lm.lora`: `train.jsonl`, `valid.jsonl` and `test.jsonl` in one directory.

https://github.com/ml-explore/mlx-lm/blob/main/mlx_lm/LORA.md
"""

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa

from tuneset.core.exporter import Files, Rule, Status
from tuneset.exporters import rules as require
from tuneset.exporters.chat import ChatLines, all_rules, masked, one_form
from tuneset.exporters.shape import CHAT, shape_rules
from tuneset.exporters.text import member
from tuneset.exporters.trl import with_objects
from tuneset.exporters.turns import Turns, flag, mapped, one_by_one

_GUIDE = "https://github.com/ml-explore/mlx-lm/blob/main/mlx_lm/LORA.md"

_CODE = "https://github.com/ml-explore/mlx-lm/blob/main/mlx_lm/tuner/datasets.py"

_CONFIG = """# Part of a config for `mlx_lm.lora --config`: the dataset %s as tuneset wrote it.
train: true
data: .
mask_prompt: true    # only the last turn of an example is learned from; without it the questions are too
"""


class MLXLM(ChatLines):
    """`{"messages": […], "tools": […]}`; the last turn is learned from, so an example teaches one turn."""

    name = "mlx-lm"
    version = 1
    status: Status = "active"
    last_verified = "2026-11-28"
    files = Files(names={"validation": "valid"}, min_examples=1)
    shape = replace(CHAT, one_form=True, string_arguments=False, message_keys=CHAT.message_keys | {"train"})
    checks = (
        require.assistant_present(_GUIDE),
        require.assistant_trained(_GUIDE),
        require.last_assistant(_GUIDE),
        require.prompt_present(_CODE),
        require.mask_last_only(_GUIDE),
        require.text_only(_GUIDE),
        require.arguments_are_objects(_GUIDE),
        require.special_tokens(_GUIDE),
    )
    rules = all_rules(
        checks,
        one_form(
            _GUIDE,
            "the first row decides how all are read, and `prompt` with `completion` goes before `messages`",
        ),
        Rule("file.blank-line", "an empty line stops the loading", _GUIDE, "take it out"),
        *shape_rules(_GUIDE),
    )

    def lines(self, examples: pa.Table) -> Iterator[bytes]:
        """One line per example; arguments of calls are objects, which is what templates show."""
        turns = Turns.of(examples)
        calls = member("tool_calls", mapped(turns.messages.tool_calls, with_objects))
        train = flag(
            masked(turns.messages), ',"train":false'
        )  # for people and for our own reader: MLX looks away
        return one_by_one(turns.lines(train, content=turns.content, calls=calls, tools=turns.tools))

    def side_files(self, name: str) -> dict[str, bytes]:
        """The part of the config that makes masks mean what they say."""
        return {"lora.yaml": (_CONFIG % name).encode()}
