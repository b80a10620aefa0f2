"""Runs in torchtune's environment: `OpenAIToMessages` and `validate_messages` on lines without tools.

python with_torchtune.py FILE OUT
"""

import json
import sys
from pathlib import Path

from torchtune.data import OpenAIToMessages, validate_messages


def main(file: Path, out: Path) -> None:
    read, told = OpenAIToMessages(train_on_input=False), []
    for line in file.read_bytes().split(b"\n"):
        if line:
            messages = read(json.loads(line))["messages"]
            validate_messages(messages)
            told.append([[m.role, m.text_content, not m.masked] for m in messages])
    out.write_text(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
