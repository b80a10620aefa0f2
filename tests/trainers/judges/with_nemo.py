"""Runs in NeMo AutoModel's environment: `ChatDataset`, of every file and row.

python with_nemo.py FOLDER TOKENIZER OUT
"""

import json
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

from nemo_automodel.components.datasets.llm.chat_dataset import ChatDataset
from transformers import AutoTokenizer

IGNORED = -100


def main(folder: Path, words: str, out: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(words)
    told = {}
    for split in ("train", "validation", "test"):
        data = ChatDataset(str(folder / f"{split}.jsonl"), tokenizer, unshifted=True)
        told[split] = [_told(data[row], tokenizer) for row in range(len(data))]
    out.write_text(json.dumps(told))


def _told(row: dict[str, Any], tokenizer: Any) -> dict[str, Any]:
    ids = row["input_ids"]
    mask = row["loss_mask"] if "loss_mask" in row else [label != IGNORED for label in row["labels"]]
    runs = groupby(zip(ids, mask, strict=True), key=lambda pair: bool(pair[1]))
    learned = [tokenizer.decode([token for token, _ in run]) for kept, run in runs if kept]
    return {"shown": tokenizer.decode(ids), "learned": learned}


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
