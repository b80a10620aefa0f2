"""Together AI: `messages` with `weight`; one form a file, and turns that alternate.

https://docs.together.ai/docs/fine-tuning/data-preparation
"""

from dataclasses import replace

from tuneset.core.exporter import Files, Status
from tuneset.exporters import rules as require
from tuneset.exporters.chat import ChatLines, all_rules, file_rules, one_form
from tuneset.exporters.shape import WEIGHTED, shape_rules

_GUIDE = "https://docs.together.ai/docs/fine-tuning/data-preparation"
_CALLS = "https://docs.together.ai/docs/fine-tuning/function-calling"


class Together(ChatLines):
    """`{"messages": […], "tools": […]}`; an assistant turn that is not learned from carries `"weight": 0`.

    The server rejects a file in which lines of two forms stand (`text` beside `messages`), and wants users
    and assistants to take turns after the system prompt.
    """

    name = "together"
    version = 1
    status: Status = "active"
    last_verified = "2026-11-28"
    files = Files(min_examples=1, max_bytes=50_100_000_000)
    shape = replace(WEIGHTED, one_form=True)
    checks = (
        require.assistant_present(_GUIDE),
        require.assistant_trained(_GUIDE),
        require.last_assistant(_GUIDE),
        require.content_present(_GUIDE),
        require.system_first(_GUIDE),
        require.user_first(_GUIDE),
        require.alternate(_GUIDE, results_speak_as_users=False),
        *require.tools_meet(_CALLS),
        require.function_names_plain(_CALLS),
        *require.images_of_users(_GUIDE, most=10),
    )
    rules = all_rules(
        checks,
        one_form(_GUIDE, "the server rejects a file in which a line has two forms"),
        *shape_rules(_GUIDE, weight=True),
        *file_rules(_GUIDE, least=1, megabytes=50_100),
    )
