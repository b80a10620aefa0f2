"""Every connector and every exporter keeps every promise of `tuneset.testing`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from tuneset.core import registry
from tuneset.testing import Promise, connector_promises, exporter_promises

FIXTURES = Path(__file__).parents[1] / "connectors" / "fixtures"


def _lines(name: str, *numbers: int) -> list[dict[str, Any]]:
    """Lines of a file of samples that are calls to a model."""
    lines = (FIXTURES.parent / name).read_bytes().splitlines()
    return [orjson.loads(lines[i]) for i in numbers]


SAMPLES: Mapping[str, list[dict[str, Any]]] = {
    "openai-chat": [
        orjson.loads((FIXTURES / "openai_sft.jsonl").read_bytes().splitlines()[0]),
        {
            "messages": [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": "Here."}],
            "id": "x1",
        },
    ],
    "sharegpt": [orjson.loads((FIXTURES / "sharegpt.jsonl").read_bytes().splitlines()[0])],
    "alpaca": orjson.loads((FIXTURES / "alpaca.json").read_bytes()),
    "prompt-completion": [
        orjson.loads((FIXTURES / "hf_prompt_completion.jsonl").read_bytes().splitlines()[0]),
        orjson.loads((FIXTURES / "together_pc.jsonl").read_bytes().splitlines()[0]),
    ],
    "classification": [{"text": "my card has not come", "label": "card_arrival"}],
    "langfuse": _lines("traces/langfuse.jsonl", 0, 1, 5, 6),
    "langsmith": _lines("traces/langsmith.jsonl", 0, 1, 2, 6),
    "phoenix": _lines("traces/phoenix.jsonl", 0, 1, 5),
    "otlp": _lines("traces/otlp.jsonl", 0, 2, 4, 5),
    "helicone": _lines("traces/helicone.jsonl", 0, 1),
    "litellm": _lines("traces/litellm.jsonl", 0, 1, 5),
    "vercel-ai": _lines("traces/vercel_ai.jsonl", 0, 1, 4),
    "openwebui": orjson.loads((FIXTURES / "openwebui_chats.json").read_bytes()),
    "chatgpt-export": orjson.loads((FIXTURES / "chatgpt_conversations.json").read_bytes()),
    "inspect-ai": [orjson.loads((FIXTURES / "inspect_log.jsonl").read_bytes())],
}


def test_every_connector_has_samples() -> None:
    assert sorted(SAMPLES) == registry.names(registry.CONNECTORS)


@pytest.mark.parametrize(
    ("name", "promise"),
    [
        pytest.param(name, promise, id=f"{name}-{promise}")
        for name, samples in SAMPLES.items()
        for promise in connector_promises(registry.load(registry.CONNECTORS, name)(), samples)
    ],
)
def test_connector_keeps(name: str, promise: Promise) -> None:
    del name
    promise()


@pytest.mark.parametrize(
    ("name", "promise"),
    [
        pytest.param(name, promise, id=f"{name}-{promise}")
        for name in registry.names(registry.EXPORTERS)
        for promise in exporter_promises(registry.load(registry.EXPORTERS, name)())
    ],
)
def test_exporter_keeps(name: str, promise: Promise) -> None:
    del name
    promise()
