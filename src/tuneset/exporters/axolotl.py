"""Axolotl, `type: chat_template`: messages with `train`, and a fragment of its config that honours it.

https://docs.axolotl.ai/docs/dataset-formats/conversation.html
"""

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa

from tuneset.core.exporter import Status
from tuneset.exporters import rules as require
from tuneset.exporters.chat import ChatLines, all_rules, masked
from tuneset.exporters.shape import CHAT, shape_rules
from tuneset.exporters.text import quoted
from tuneset.exporters.trl import card
from tuneset.exporters.turns import Turns, flag, one_by_one

_FORMAT = "https://docs.axolotl.ai/docs/dataset-formats/conversation.html"

_CONFIG = """# Part of an Axolotl config: the dataset %s as tuneset wrote it.
datasets:
  - &tuneset
    path: PATH/OF/THIS/FOLDER        # with its name: Axolotl cannot open `.`
    split: train
    type: chat_template
    field_messages: messages
    field_tools: tools
    message_field_training: train    # `train: false` on a turn: it is read and not learned
    message_property_mappings:       # all that a template may show; what is not listed is lost
      role: role
      content: content
      name: name
      tool_calls: tool_calls
      tool_call_id: tool_call_id
    roles:                           # tool messages keep their role
      system: [system]
      user: [user]
      assistant: [assistant]
      tool: [tool]
    roles_to_train: ["assistant"]
    train_on_eos: turn
test_datasets:
  - <<: *tuneset
    split: validation
"""


class Axolotl(ChatLines):
    """`{"messages": […], "tools": "[…]"}`; an assistant turn that is not learned from says `"train": false`.

    Arguments of calls stay text, which Axolotl parses itself: objects of different keys would clash in one
    column. Without `message_property_mappings` it would drop `tool_calls` and `name` from every message.
    """

    name = "axolotl"
    version = 1
    status: Status = "active"
    last_verified = "2026-11-28"
    shape = replace(
        CHAT,
        tools_as_text=True,
        string_arguments=False,
        row_keys=CHAT.row_keys | {"system"},
        message_keys=CHAT.message_keys - {"weight"}
        | {"train", "training", "train_detail", "reasoning_content"},
    )
    checks = (
        require.assistant_present(_FORMAT),
        require.assistant_trained(_FORMAT),
        require.content_present(_FORMAT),
        require.arguments_are_objects(_FORMAT),
        require.text_only(_FORMAT),
        require.special_tokens(_FORMAT),
    )
    rules = all_rules(checks, *shape_rules(_FORMAT))

    def lines(self, examples: pa.Table) -> Iterator[bytes]:
        """One line per example."""
        turns = Turns.of(examples)
        train = flag(masked(turns.messages), ',"train":false')
        encoded = turns.lines(train, content=turns.content, calls=turns.calls, tools=quoted(turns.tools))
        return one_by_one(encoded)

    def side_files(self, name: str) -> dict[str, bytes]:
        """The fragment of the config, and a card that declares the types."""
        features = {"messages": "json", "tools": "string"}
        return {"axolotl.yaml": (_CONFIG % name).encode(), "README.md": card(features, what="Axolotl")}
