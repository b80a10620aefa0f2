"""Mistral: OpenAI's lines with ids of nine signs; judged by mistral-common where it is installed.

https://docs.mistral.ai/capabilities/finetuning/text_finetuning
"""

# pyright: reportMissingImports=false

from collections.abc import Callable
from functools import cache
from typing import Any

import orjson
import pyarrow as pa

from tuneset.core.exporter import Files, Rule, Status
from tuneset.exporters import rules as require
from tuneset.exporters.chat import ChatLines, all_rules, file_rules
from tuneset.exporters.shape import WEIGHTED, shape_rules

_GUIDE = "https://docs.mistral.ai/capabilities/finetuning/text_finetuning"
_COMMON = "https://github.com/mistralai/mistral-common"

_REFUSED = Rule(
    "mistral.common",
    "mistral-common, Mistral's own validator, refuses the example",
    _COMMON,
    "`tuneset check` names the place; mend it where it was logged",
)


class Mistral(ChatLines):
    """`{"messages": […], "tools": […]}`; an assistant turn that is not learned from carries `"weight": 0`.

    The rules are those of the validator for version 3 of the tokenizer, the strictest: newer ones take more.
    With the extra `mistral` the validator itself has the last word.
    """

    name = "mistral"
    version = 1
    status: Status = "legacy"
    status_reason = (
        "Mistral's documentation files fine-tuning under deprecated, no longer actively supported; "
        "the format lives on with mistral-common"
    )
    last_verified = "2026-11-28"
    files = Files(min_examples=1, max_bytes=512 * 2**20)
    shape = WEIGHTED
    checks = (
        require.assistant_present(_GUIDE),
        require.assistant_trained(_GUIDE),
        require.last_assistant(_GUIDE),
        require.system_first(_COMMON),
        require.alternate(_COMMON, results_speak_as_users=False),
        require.content_present(_GUIDE),
        require.text_or_calls(_COMMON),
        *require.tools_meet(_GUIDE),
        require.tools_declared(_GUIDE),
        require.function_names_plain(_COMMON),
        require.mistral_ids(_COMMON),
        require.text_only(_GUIDE),
        require.no_names(_GUIDE),
    )
    rules = all_rules(
        checks, _REFUSED, *shape_rules(_GUIDE, weight=True), *file_rules(_GUIDE, least=1, megabytes=512)
    )

    def breaks(self, examples: pa.Table) -> list[tuple[int, str]]:
        """As the rules say; of rows that break none, what mistral-common says, if it is installed."""
        found = super().breaks(examples)
        validate = _validator()
        if validate is None:
            return found
        known = {row for row, _ in found}
        refused = [
            (row, _REFUSED.id)
            for row, line in enumerate(self.lines(examples))
            if row not in known and not validate(orjson.loads(line))
        ]
        return sorted([*found, *refused])


@cache
def _validator() -> Callable[[dict[str, Any]], bool] | None:
    """Does mistral-common take this line? None if it is not installed."""
    try:
        from mistral_common.exceptions import MistralCommonException
        from mistral_common.protocol.instruct.messages import (
            FinetuningAssistantMessage,
            SystemMessage,
            ToolMessage,
            UserMessage,
        )
        from mistral_common.protocol.instruct.request import ChatCompletionRequest
        from mistral_common.protocol.instruct.validator import MistralRequestValidatorV3, ValidationMode
        from pydantic import ValidationError
    except ImportError:
        return None
    kinds = {
        "system": SystemMessage,
        "user": UserMessage,
        "assistant": FinetuningAssistantMessage,
        "tool": ToolMessage,
    }
    judge = MistralRequestValidatorV3(mode=ValidationMode.finetuning)

    def takes(line: dict[str, Any]) -> bool:
        try:
            messages = [kinds[message["role"]](**message) for message in line["messages"]]
            judge.validate_request(ChatCompletionRequest(messages=messages, tools=line.get("tools")))
        except (MistralCommonException, ValidationError):
            return False
        return True

    return takes
