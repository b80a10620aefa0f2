"""Runs in Unsloth's environment: `standardize_data_formats` and `train_on_responses_only` of unsloth_zoo.

The package refuses to be imported without a GPU; its module of data sets does not need one.

python with_unsloth.py FOLDER TOKENIZER OUT
"""

import importlib.util
import json
import sys
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any

from datasets import load_dataset
from transformers import AutoTokenizer

IGNORED = -100


def real_module() -> Any:
    """`unsloth_zoo.dataset_utils` itself, without the package around it."""
    found = importlib.util.find_spec("unsloth_zoo")
    package = ModuleType("unsloth_zoo")
    package.__path__ = list(found.submodule_search_locations or ())
    sys.modules["unsloth_zoo"] = package
    return importlib.import_module("unsloth_zoo.dataset_utils")


def main(folder: str, words: str, out: Path) -> None:
    tools = real_module()
    tokenizer = AutoTokenizer.from_pretrained(words)
    data = load_dataset(folder, cache_dir=str(out.parent / "cache"))
    told = {}
    for split in data:
        same = tools.standardize_data_formats(data[split])
        texts = [
            tokenizer.apply_chat_template(
                row["messages"], tools=json.loads(row["tools"]) if row["tools"] else None, tokenize=False
            )
            for row in same
        ]
        mask = tools.train_on_responses_only(
            None,
            instruction_part="<|im_start|>user\n",
            response_part="<|im_start|>assistant\n",
            tokenizer=tokenizer,
            return_function=True,
        )
        ids = [tokenizer(text)["input_ids"] for text in texts]
        told[split] = [
            {"shown": text, "learned": _spans(labels, tokenizer)}
            for text, labels in zip(texts, mask({"input_ids": ids})["labels"], strict=True)
        ]
    out.write_text(json.dumps(told))


def _spans(labels: list[int], tokenizer: Any) -> list[str]:
    runs = groupby(labels, key=lambda token: token != IGNORED)
    return [tokenizer.decode(list(run)) for kept, run in runs if kept]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
