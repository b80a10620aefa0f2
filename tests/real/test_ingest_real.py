"""Files written by others: every record is an example or a reject, and every kind of reject is explained."""

from collections import Counter
from pathlib import Path

import pytest

from connectors.reading import read_file
from tuneset.core.errors import InputError
from tuneset.core.spec import Fields

pytestmark = pytest.mark.real

FILES = {
    "derived/sgd_train_openai.jsonl": ("openai-chat", 768, {}),
    "derived/tm4_openai_00-03.jsonl": ("openai-chat", 2000, {}),
    "derived/xstest_shared.jsonl": ("prompt-completion", 1060, {}),
    "banking77/train.csv": ("classification", 10003, {}),
    "banking77/test.csv": ("classification", 3080, {}),
    "llama_factory_demo/alpaca_en_demo.json": ("alpaca", 999, {}),
    "llama_factory_demo/dpo_en_demo.json": ("sharegpt", 300, {}),
    "llama_factory_demo/glaive_toolcall_en_demo.json": ("sharegpt", 300, {}),
    "llama_factory_demo/identity.json": ("alpaca", 91, {}),
    "llama_factory_demo/kto_en_demo.json": ("openai-chat", 300, {}),
    "llama_factory_demo/mllm_demo.json": ("openai-chat", 6, {}),
    "llama_factory_demo/reason_tool_use_demo_50.jsonl": ("openai-chat", 50, {}),
    "llama_factory_demo/v1_dpo_demo.jsonl": ("openai-chat", 10, {}),
    "llama_factory_demo/v1_sft_demo.jsonl": ("openai-chat", 500, {}),
    "axolotl_fixtures/alpaca/alpaca.json": ("alpaca", 2, {}),
    "axolotl_fixtures/conversation.json": ("sharegpt", 1, {}),
    "axolotl_fixtures/conversation.missingturns.json": ("sharegpt", 1, {}),
    "torchtune_fixtures/alpaca_tiny.json": ("alpaca", 100, {}),
    "torchtune_fixtures/chat_tiny.json": ("sharegpt", 1, {}),
    "torchtune_fixtures/hh_rlhf_tiny.json": ("openai-chat", 1, {}),
    "torchtune_fixtures/instruct_tiny.json": ("alpaca", 2, {}),
}
"""File: connector that is sniffed, records, rejects by reason."""

UNKNOWN = (
    "llama_factory_demo/dataset_info.json",  # a catalogue
    "axolotl_fixtures/conversation.tokenized.json",  # token ids
    "torchtune_fixtures/vqa_tiny.json",  # input, output, image
    "torchtune_fixtures/stack_exchange_paired_tiny.json",  # answers called response_j and response_k
)


@pytest.mark.parametrize("name", FILES)
def test_read_is_examples_plus_rejects(shared_data: Path, name: str) -> None:
    _, records, rejects = FILES[name]
    reading = read_file(shared_data / name)
    found = Counter(reading.reasons)
    print(f"{name:52} read {reading.read:6} examples {reading.table.num_rows:6} rejected {dict(found)}")
    assert (reading.read, found) == (records, rejects)
    assert reading.table.num_rows == records - sum(rejects.values())
    assert all(any(turn["role"] == "assistant" for turn in messages) for messages in reading.messages)


@pytest.mark.parametrize("name", FILES)
def test_small_parts_and_batches_give_the_same_examples(shared_data: Path, name: str) -> None:
    connector = FILES[name][0]
    fields = Fields(text="text", label="category") if connector == "classification" else None
    whole = read_file(shared_data / name, connector=connector, fields=fields)
    cut = read_file(shared_data / name, connector=connector, fields=fields, part_bytes=50_000, batch_rows=77)
    assert (cut.read, cut.lines, cut.rejects) == (whole.read, whole.lines, whole.rejects)
    assert cut.column("messages") == whole.column("messages")


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_no_log_is_refused_with_its_keys(shared_data: Path, name: str) -> None:
    with pytest.raises(InputError, match="no format recognised"):
        read_file(shared_data / name)


def test_fields_of_the_spec_make_an_unknown_file_readable(shared_data: Path) -> None:
    fields = Fields(prompt="question", completion="response_j")
    reading = read_file(shared_data / "torchtune_fixtures/stack_exchange_paired_tiny.json", fields=fields)
    assert (reading.read, reading.table.num_rows) == (25, 25)
