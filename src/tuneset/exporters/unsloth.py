"""Unsloth: what TRL reads, since Unsloth trains with TRL's `SFTTrainer`.

https://docs.unsloth.ai/basics/datasets-guide
"""

from tuneset.core.exporter import Status
from tuneset.exporters.trl import TRL, card

_LOADING = b"""# How Unsloth reads this folder. train_on_responses_only masks all but the answers.
from datasets import load_dataset
from unsloth.chat_templates import train_on_responses_only

dataset = load_dataset("PATH/OF/THIS/FOLDER")
dataset = dataset.map(
    lambda row: {
        "text": tokenizer.apply_chat_template(row["messages"], tools=row.get("tools"), tokenize=False)
    }
)
# trainer = SFTTrainer(..., train_dataset=dataset["train"])
# trainer = train_on_responses_only(trainer, instruction_part="...", response_part="...")
"""


class Unsloth(TRL):
    """The lines of `TRL`, and a file that shows how to load them."""

    name = "unsloth"
    version = 1
    status: Status = "active"
    last_verified = "2026-11-28"

    def side_files(self, name: str) -> dict[str, bytes]:  # noqa: ARG002, RUF100
        """A card that declares the types, and the code that loads the folder."""
        features = {"messages": "json", "tools": "string"}
        return {"README.md": card(features, what="Unsloth"), "load.py.txt": _LOADING}
