"""Runs in mistral-common's environment: its validator for fine-tuning, and each tokenizer that it brings.

python with_mistral.py FILE OUT
"""

import json
import sys
from pathlib import Path
from typing import Any

from mistral_common.protocol.instruct.messages import (
    FinetuningAssistantMessage,
    SystemMessage,
    ToolMessage,
    UserMessage,
)
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.validator import ValidationMode
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

KINDS = {
    "system": SystemMessage,
    "user": UserMessage,
    "assistant": FinetuningAssistantMessage,
    "tool": ToolMessage,
}
FILES = {
    "v3": "mistral_instruct_tokenizer_240323.model.v3",
    "v3-tekken": "tekken_240911.json",
    "v7": "mistral_instruct_tokenizer_241114.model.v7",
}


def main(file: Path, out: Path) -> None:
    rows = [json.loads(line) for line in file.read_bytes().split(b"\n") if line]
    told = {}
    for name, data in FILES.items():
        tokenizer = MistralTokenizer.from_file(
            str(MistralTokenizer._data_path() / data), mode=ValidationMode.finetuning
        )
        told[name] = [_told(row, tokenizer) for row in rows]
    out.write_text(json.dumps(told))


def _told(row: dict[str, Any], tokenizer: MistralTokenizer) -> dict[str, Any]:
    messages = [KINDS[message["role"]](**message) for message in row["messages"]]
    encoded = tokenizer.encode_chat_completion(
        ChatCompletionRequest(messages=messages, tools=row.get("tools"))
    )
    weights = [message.weight for message in messages if isinstance(message, FinetuningAssistantMessage)]
    return {"text": tokenizer.decode(encoded.tokens), "weights": weights}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
