"""Runs in TRL's environment: its trainers prepare what `datasets` loads; says which tokens they learn from.

python with_trl.py TASK FOLDER TOKENIZER OUT        TASK: sft, masked, dpo, kto
"""

import json
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

from datasets import DatasetDict, load_dataset
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer, SFTConfig, SFTTrainer

IGNORED = -100
PLAIN = {
    "max_length": None,
    "report_to": [],
    "use_cpu": True,
    "bf16": False,
    "gradient_checkpointing": False,
    "per_device_train_batch_size": 2,
    "max_steps": 1,
}


def tiny(tokenizer: Any) -> LlamaForCausalLM:
    """A model of the right vocabulary that knows nothing."""
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return LlamaForCausalLM(config)


def trainer(task: str, data: DatasetDict, split: str, *, tokenizer: Any, out: Path) -> Any:
    """The trainer of a task, its data prepared as for training."""
    common = {"model": tiny(tokenizer), "train_dataset": data[split], "processing_class": tokenizer}
    settings = PLAIN | {"output_dir": str(out)}
    if task == "dpo":
        return DPOTrainer(**common, ref_model=tiny(tokenizer), args=DPOConfig(**settings))
    if task == "kto":
        return KTOTrainer(**common, ref_model=tiny(tokenizer), args=KTOConfig(**settings))
    return SFTTrainer(**common, args=SFTConfig(**settings, assistant_only_loss=task == "masked"))


def rows_of(prepared: Any, tokenizer: Any) -> list[dict[str, Any]]:
    """Each row as it was prepared, its ids as text, and what of it the loss sees."""
    return [_told(row, prepared.data_collator([row]), tokenizer) for row in prepared.train_dataset]


def _told(row: dict[str, Any], batch: dict[str, Any], tokenizer: Any) -> dict[str, Any]:
    told = {key: tokenizer.decode(value) for key, value in row.items() if key.endswith("ids")}
    told |= {"label": row["label"]} if "label" in row else {}
    if "labels" in batch:
        told["learned"] = spans(batch["labels"][0].tolist(), tokenizer)
    if "completion_mask" in batch:
        ids, mask = batch["input_ids"].tolist(), batch["completion_mask"].tolist()
        told["learned"] = [
            span
            for tokens, kept in zip(ids, mask, strict=True)
            for span in spans([t if k else IGNORED for t, k in zip(tokens, kept, strict=True)], tokenizer)
        ]
    return told


def spans(labels: list[int], tokenizer: Any) -> list[str]:
    """The runs of tokens that are learned from, as text."""
    runs = groupby(labels, key=lambda token: token != IGNORED)
    return [tokenizer.decode(list(run)) for kept, run in runs if kept]


def main(task: str, folder: str, words: str, out: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(words)
    data = load_dataset(folder, cache_dir=str(out.parent / "cache"))
    told = {}
    for split in data:
        prepared = trainer(task, data, split, tokenizer=tokenizer, out=out.parent / "run")
        told[split] = rows_of(prepared, tokenizer)
        if split == "train":
            told["loss"] = prepared.train().training_loss
    out.write_text(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]))
