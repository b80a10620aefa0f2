"""Runs in Axolotl's environment: it loads, renders, masks and drops by the config that lies beside the data.

python with_axolotl.py FOLDER TOKENIZER OUT
"""

import json
import os
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

os.environ["AXOLOTL_DO_NOT_TRACK"] = "1"

from axolotl.utils.data.sft import _load_raw_datasets
from axolotl.utils.dict import DictDefault
from axolotl.utils.schemas.datasets import SFTDataset
from transformers import AutoTokenizer

IGNORED = -100


def main(folder: str, words: str, out: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(words)
    config = (Path(folder) / "axolotl.yaml").read_text()
    written = yaml.safe_load(config.replace("PATH/OF/THIS/FOLDER", folder))
    told = {}
    for split, key in (("train", "datasets"), ("test", "test_datasets")):
        told[split] = _rows(written[key], split, tokenizer, out.parent)
    out.write_text(json.dumps(told))


def _rows(listed: list[dict[str, Any]], split: str, tokenizer: Any, place: Path) -> list[dict[str, Any]]:
    checked = [SFTDataset(**entry).model_dump(exclude_none=True) for entry in listed]
    config = DictDefault(
        {
            "datasets": checked,
            "test_datasets": checked,
            "chat_template": "tokenizer_default",
            "sequence_len": 1 << 20,
            "min_sample_len": 2,
            "train_on_inputs": False,
            "shuffle_merged_datasets": False,
            "is_preprocess": True,
            "seed": 42,
            "dataset_num_proc": 1,
            "dataset_prepared_path": str(place / f"prepared-{split}"),
        }
    )
    data, _ = _load_raw_datasets(config, config.datasets, tokenizer, split)
    return [_told(row, tokenizer) for row in data]


def _told(row: dict[str, Any], tokenizer: Any) -> dict[str, Any]:
    runs = groupby(row["labels"], key=lambda token: token != IGNORED)
    learned = [tokenizer.decode(list(run)) for kept, run in runs if kept]
    return {"shown": tokenizer.decode(row["input_ids"]), "learned": learned}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
