"""Runs in inspect_ai's environment: `json_dataset`, as the task beside the data calls it.

python with_inspect_ai.py FOLDER OUT
"""

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any


def main(folder: Path, out: Path) -> None:
    os.chdir(folder)
    spec = importlib.util.spec_from_file_location("task", folder / "task.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    out.write_text(json.dumps([_told(sample) for sample in module.tuneset_test().dataset]))


def _told(sample: Any) -> dict[str, Any]:
    return {
        "id": sample.id,
        "target": sample.target,
        "input": [_message(message) for message in sample.input],
    }


def _message(message: Any) -> list[Any]:
    calls = [[call.id, call.function, call.arguments] for call in getattr(message, "tool_calls", None) or ()]
    return [message.role, message.text, calls, getattr(message, "tool_call_id", None)]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
