"""Runs in LLaMA-Factory's environment: `get_dataset` reads `dataset_info.json`, converts, encodes and masks.

python with_llama_factory.py FOLDER NAME TEMPLATE TOKENIZER OUT
"""

import json
import sys
from importlib.machinery import ModuleSpec
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any

# PyPI's torchaudio loads CUDA when imported; LLaMA-Factory's data code imports it, and uses it for sound only
sys.modules["torchaudio"] = ModuleType("torchaudio")
sys.modules["torchaudio"].__spec__ = ModuleSpec("torchaudio", None)

from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
from llamafactory.data.loader import _get_merged_dataset
from llamafactory.hparams import DataArguments, ModelArguments
from transformers import AutoTokenizer, Seq2SeqTrainingArguments

IGNORED = -100
SPLITS = {"train": "", "validation": "_validation", "test": "_test"}


def main(folder: str, name: str, template: str, words: str, out: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(words)
    told = {}
    for split, suffix in SPLITS.items():
        if (Path(folder) / f"{split}.jsonl").exists():
            told[split] = _read(folder, name + suffix, template, tokenizer, words)
    out.write_text(json.dumps(told))


def _read(folder: str, name: str, template: str, tokenizer: Any, words: str) -> dict[str, Any]:
    data = DataArguments(
        dataset=name, dataset_dir=folder, template=template, cutoff_len=1 << 20, overwrite_cache=True
    )
    model = ModelArguments(model_name_or_path=words)
    training = Seq2SeqTrainingArguments(output_dir="run", use_cpu=True, report_to=[])
    made = get_template_and_fix_tokenizer(tokenizer, data)
    aligned = _get_merged_dataset([name], model, data, training, "sft")
    module = get_dataset(made, model, data, training, stage="sft", tokenizer=tokenizer)
    encoded = [
        {
            "shown": tokenizer.decode(row["input_ids"]),
            "learned": [
                tokenizer.decode(list(run))
                for kept, run in groupby(row["labels"], key=lambda token: token != IGNORED)
                if kept
            ],
        }
        for row in module["train_dataset"]
    ]
    return {"aligned": [_aligned(row) for row in aligned], "encoded": encoded}


def _aligned(row: dict[str, Any]) -> dict[str, Any]:
    return {"system": row["_system"], "tools": row["_tools"], "turns": row["_prompt"] + row["_response"]}


if __name__ == "__main__":
    main(*sys.argv[1:5], Path(sys.argv[5]))
