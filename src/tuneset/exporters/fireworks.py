"""Fireworks AI: OpenAI's lines; 3 to 3 million of them in a dataset.

https://docs.fireworks.ai/fine-tuning/fine-tuning-models
"""

from tuneset.core.exporter import Files, Status
from tuneset.exporters import rules as require
from tuneset.exporters.chat import ChatLines, all_rules, file_rules
from tuneset.exporters.shape import WEIGHTED, shape_rules

_GUIDE = "https://docs.fireworks.ai/fine-tuning/fine-tuning-models"


class Fireworks(ChatLines):
    """`{"messages": […], "tools": […]}`; a turn with `"weight": 0` is not learned from."""

    name = "fireworks"
    version = 1
    status: Status = "active"
    last_verified = "2026-11-28"
    files = Files(min_examples=3, max_examples=3_000_000)
    shape = WEIGHTED
    checks = (
        require.assistant_present(_GUIDE),
        require.assistant_trained(_GUIDE),
        require.last_assistant(_GUIDE),
        require.content_present(_GUIDE),
        require.system_first(_GUIDE),
        *require.tools_meet(_GUIDE),
        require.function_names_plain(_GUIDE),
        require.no_names(_GUIDE),
    )
    rules = all_rules(checks, *shape_rules(_GUIDE, weight=True), *file_rules(_GUIDE, least=3, most=3_000_000))
