"""Runs in MLX-LM's environment (MLX for CPUs): the data sets of `mlx_lm.lora`, by the config beside the data.

python with_mlx_lm.py FOLDER TOKENIZER OUT
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import yaml
from mlx_lm.tuner.datasets import load_local_dataset
from transformers import AutoTokenizer

SPLITS = ("train", "validation", "test")


def main(folder: Path, words: str, out: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(words)
    config = SimpleNamespace(**yaml.safe_load((folder / "lora.yaml").read_text()))
    told = {}
    for split, data in zip(SPLITS, load_local_dataset(folder, tokenizer, config), strict=True):
        told[split] = []
        for row in range(len(data)):
            tokens, offset = data.process(data[row])
            told[split].append(
                {"shown": tokenizer.decode(tokens), "learned": tokenizer.decode(tokens[offset:])}
            )
    out.write_text(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
