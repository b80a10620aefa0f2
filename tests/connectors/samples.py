"""Good records of every format, as JSON; all of them invented."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from connectors.provider_samples import BAD
from connectors.provider_samples import SAMPLES as PROVIDER_SAMPLES

HERE = Path(__file__).parent
FIXTURES, TRACES = HERE / "fixtures", HERE / "traces"

Record = dict[str, Any]


def lines_of(path: Path, *numbers: int) -> list[Record]:
    """The records of these lines, of all without numbers."""
    lines = path.read_bytes().splitlines()
    return [orjson.loads(lines[i]) for i in (numbers or range(len(lines)))]


def records_of(path: Path) -> list[Record]:
    """All records of a file, whatever it is."""
    if path.suffix == ".jsonl":
        return lines_of(path)
    whole = orjson.loads(path.read_bytes())
    return whole if isinstance(whole, list) else [whole]


SAMPLES: Mapping[str, list[Record]] = {
    "openai-chat": [
        *lines_of(FIXTURES / "openai_sft.jsonl", 0),
        {
            "messages": [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": "Here."}],
            "id": "x1",
        },
    ],
    "sharegpt": lines_of(FIXTURES / "sharegpt.jsonl", 0),
    "alpaca": records_of(FIXTURES / "alpaca.json"),
    "prompt-completion": [
        *lines_of(FIXTURES / "hf_prompt_completion.jsonl", 0),
        *lines_of(FIXTURES / "together_pc.jsonl", 0),
    ],
    "classification": [{"text": "my card has not come", "label": "card_arrival"}],
    **PROVIDER_SAMPLES,
    "langfuse": lines_of(TRACES / "langfuse.jsonl", 0, 1, 5, 6),
    "langsmith": lines_of(TRACES / "langsmith.jsonl", 0, 1, 2, 6),
    "phoenix": lines_of(TRACES / "phoenix.jsonl", 0, 1, 5),
    "otlp": lines_of(TRACES / "otlp.jsonl", 0, 2, 4, 5),
    "helicone": lines_of(TRACES / "helicone.jsonl", 0, 1),
    "litellm": lines_of(TRACES / "litellm.jsonl", 0, 1, 5),
    "vercel-ai": lines_of(TRACES / "vercel_ai.jsonl", 0, 1, 4),
    "openwebui": records_of(FIXTURES / "openwebui_chats.json"),
    "chatgpt-export": records_of(FIXTURES / "chatgpt_conversations.json"),
    "inspect-ai": records_of(FIXTURES / "inspect_log.jsonl"),
}
"""Records that become examples."""

_MORE = {
    "openai-chat": [
        *(FIXTURES / name for name in ("axolotl_masked.jsonl", "openai_dpo.jsonl", "mistral_sft.jsonl")),
    ],
    "prompt-completion": [FIXTURES / "trl_preference.jsonl", FIXTURES / "trl_kto.jsonl"],
    "sharegpt": [FIXTURES / "llamafactory_dpo.jsonl"],
    "langfuse": [TRACES / "langfuse.jsonl", TRACES / "langfuse_trace.json"],
    "langsmith": [TRACES / "langsmith.jsonl"],
    "phoenix": [TRACES / "phoenix.jsonl"],
    "otlp": [TRACES / "otlp.jsonl"],
    "helicone": [TRACES / "helicone.jsonl"],
    "litellm": [TRACES / "litellm.jsonl"],
    "vercel-ai": [TRACES / "vercel_ai.jsonl"],
    "openwebui": [FIXTURES / "openwebui_export.json"],
}  # fmt: skip
KINDS: Mapping[str, list[Record]] = {
    name: [
        *samples,
        *(record for path in _MORE.get(name, ()) for record in records_of(path)),
        *(record for record, _, _ in BAD.get(name, ())),
    ]
    for name, samples in SAMPLES.items()
}
"""Records of every kind that a format has, those that are rejected too."""
