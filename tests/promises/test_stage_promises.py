"""Every stage keeps every promise of `tuneset.testing`, whatever it is told to do."""

import pytest
from hypothesis import settings

from strategies import corpora
from tuneset.core.spec import CleanSpec, Coverage, Output, RedactSpec
from tuneset.core.stage import Stage
from tuneset.stages.clean import Clean
from tuneset.stages.coverage import CoverageTags
from tuneset.stages.labels import Labels
from tuneset.stages.redact import Redact
from tuneset.stages.system_prompt import CanonicalPrompt
from tuneset.testing import Promise, stage_promises

KEY = bytes(range(32))

COVERAGE = {
    "factors": {
        "intent": {"from": "label", "values": ["refund", "change_address"]},
        "length": {"from": "length"},
        "turns": {"from": "turns"},
        "model": {"from": "model"},
        "region": {"from": "field:region"},
        "old": {"from": "tag:case", "default": "none"},
        "situation": {
            "rules": [
                {"value": "refusal", "when": {"output": "can't|cannot"}},
                {"value": "tool", "when": {"calls_tool": True}},
                {"value": "long", "when": {"min_input_words": 100}},
            ],
            "default": "typical",
        },
    },
    "cells": [{"where": {"intent": "refund", "situation": "refusal"}, "train": 3, "test": 2}],
}
TAGGERS = {
    "factors": {
        "case": {"from": "case", "default": "typical"},
        "language": {"from": "language"},
        "style": {"from": "style"},
        "channel": {"from": ["tag:channel", "channel"]},
        "topic": {
            "prototypes": {
                "refund": ["I want my money back", "Please refund my order"],
                "delivery": ["Where is my parcel?", "My package has not come"],
                "regret": {"output": ["I am sorry about that", "Sorry for the trouble"]},
            }
        },
    }
}
ORDER_NUMBER = {"name": "order", "pattern": r"\d{4}-\d{2}-\d{2}-\d{5}", "hard": True}
SCHEMA = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}

TABLES = corpora(drawn=settings.default.max_examples > 100)  # the full profile draws every word
STAGES: dict[str, Stage] = {
    "clean": Clean(CleanSpec()),
    "clean-flagging": Clean(CleanSpec(truncated="flag", failed="flag", empty="keep", unicode="none")),
    "system-prompt": CanonicalPrompt("You help customers of an invented shop."),
    "redact": Redact(RedactSpec(), key=KEY),
    "redact-custom": Redact(RedactSpec.model_validate({"custom": [ORDER_NUMBER]}), key=KEY),
    "redact-realistic": Redact(RedactSpec(surrogates="realistic", consistent="user", dates="shift"), key=KEY),
    "redact-nothing": Redact(RedactSpec(hard=(), soft=()), key=KEY),
    "labels-none": Labels(Output()),
    "labels-set": Labels(Output(labels=("refund", "change_address"))),
    "labels-flagging": Labels(Output(labels=("refund",), invalid="flag")),
    "labels-pattern": Labels(Output(pattern="[a-z_]+")),
    "labels-schema": Labels(Output.model_validate({"schema": "answer.json"}), schema=SCHEMA),
    "coverage": CoverageTags(Coverage.model_validate(COVERAGE)),
    "coverage-taggers": CoverageTags(Coverage.model_validate(TAGGERS)),
    "coverage-none": CoverageTags(Coverage()),
}


@pytest.mark.parametrize(
    ("stage", "promise"),
    [
        pytest.param(stage, promise, id=f"{name}-{promise}")
        for name, stage in STAGES.items()
        for promise in stage_promises(stage, tables=TABLES, tries=settings.default.max_examples)
    ],
)
def test_every_stage_keeps_every_promise(stage: Stage, promise: Promise) -> None:
    assert isinstance(stage, Stage)
    promise()
