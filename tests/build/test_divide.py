"""What a division says of the closest pairs across splits."""

from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tuneset
from tuneset.build import divide
from tuneset.build.divide import reported, similarity


@given(st.floats(0, 1, width=32))
def test_a_pair_below_a_threshold_is_not_said_to_reach_it(score: float) -> None:
    said = reported(score)
    assert said <= score + 1e-6
    assert score - said < 1.1e-4


@pytest.mark.parametrize("threshold", [0.95, 0.8, 0.6667, 1.0])
def test_a_pair_at_a_threshold_is_said_to_reach_it(threshold: float) -> None:
    assert reported(float(np.float32(threshold))) == threshold
    assert reported(float(np.float32(threshold - 4e-5))) < threshold


@pytest.mark.parametrize("threshold", [0.95, 0.8, 0.57, 1.0])
def test_what_people_read_does_not_reach_a_threshold_either(threshold: float) -> None:
    assert float(similarity(reported(float(np.float32(threshold))))) == threshold
    assert float(similarity(threshold - 0.0004)) < threshold


_HALVES = (
    "river",
    "stone",
    "cloud",
    "music",
    "train",
    "paper",
    "glass",
    "table",
    "light",
    "house",
    "garden",
    "winter",
)


@pytest.mark.parametrize(("words", "unchecked"), [(20, ["near", "semantic"]), (80, ["near"])])
def test_what_was_too_much_to_compare_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: int, unchecked: list[str]
) -> None:
    """Vectors of long inputs are not believed, so they are no work either."""
    monkeypatch.setattr(divide, "MOST_PAIRS", 10)
    rng = np.random.default_rng(1)
    pairs = rng.choice(_HALVES, (60, words, 2)).tolist()
    texts = [" ".join("".join(halves) for halves in text) for text in pairs]
    rows = [{"prompt": text, "completion": f"answer {place}"} for place, text in enumerate(texts)]
    (tmp_path / "logs.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    (tmp_path / "tuneset.yaml").write_text(
        "name: many\nsources: [{path: logs.jsonl}]\nsplit: {leak_cosine: 1.0}\n"
    )
    build = tuneset.open(tmp_path).build(workers=1)
    summary = orjson.loads((build.dir / "summary.json").read_bytes())
    assert summary["leak_check"]["unchecked"] == unchecked
