"""The life of an example, as `explain` tells it."""

from pathlib import Path

import orjson

import tuneset
from tuneset.build.explain import explain


def test_what_happened_to_the_messages_is_told_in_their_order(tmp_path: Path) -> None:
    said = [f"write to otto{place}@example.org" if place % 2 == 0 else "I did" for place in range(12)]
    turns = [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(said)]
    (tmp_path / "logs.jsonl").write_bytes(orjson.dumps({"messages": turns}))
    (tmp_path / "tuneset.yaml").write_text("name: a\nsources: [{path: logs.jsonl}]\n")
    (life,) = explain(tuneset.open(tmp_path).build(workers=1), "logs.jsonl:1")
    told = [step.words.partition("message ")[2].rstrip(")") for step in life.steps if "email" in step.words]
    assert told == ["0", "2", "4", "6", "8", "10"]
