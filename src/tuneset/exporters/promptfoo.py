"""promptfoo: test cases with the messages as a variable, for the sealed test split.

https://www.promptfoo.dev/docs/configuration/test-cases/
"""

from collections.abc import Mapping

from tuneset.core.exporter import Status
from tuneset.core.spec import Fields
from tuneset.exporters.chat import all_rules
from tuneset.exporters.conversation import Conversation, Json, spoken
from tuneset.exporters.evaluation import Cases, case_checks
from tuneset.exporters.shape import CHAT, ROW, is_text_or_messages, shape_rules

_GUIDE = "https://www.promptfoo.dev/docs/configuration/test-cases/"

_CONFIG = """# The sealed test set of %s: promptfoo eval -c promptfooconfig.yaml
description: sealed test set
prompts:
  - file://prompt.json
providers: []        # the models to compare
tests: file://test.jsonl
defaultTest:
  assert:
    - type: rouge-n  # how like the answer of the log? Take `equals` for labels, `llm-rubric` for judgement
      value: "{{reference.text}}"
      threshold: 0.5
"""


class Promptfoo(Cases):
    """`{"vars": {"messages": […], "reference": {"text"}}, "metadata"}`.

    No text of a log is a variable by itself: promptfoo opens what `file://…` and `package:…` name, and fills
    in templates, in variables that are text, but not in what lies deeper.
    """

    name = "promptfoo"
    version = 2
    status: Status = "active"
    last_verified = "2026-11-28"
    fields = Fields(prompt="vars.messages", completion="vars.reference.text")
    checks = case_checks(_GUIDE)
    rules = all_rules(checks, *shape_rules(_GUIDE))

    def case(self, talk: Conversation) -> dict[str, Json]:
        """A test case."""
        messages = [{k: v for k, v in m.items() if k not in ("train", "parts")} for m in talk.messages[:-1]]
        told = {"messages": messages, "reference": {"text": spoken(talk.messages[-1])}}
        if talk.tools is not None:
            told["tools"] = talk.tools
        return {"vars": told, "metadata": {"id": talk.id, **talk.tags}}

    def side_files(self, name: str) -> dict[str, bytes]:
        """A config to begin with, and the prompt that shows the messages."""
        return {"promptfooconfig.yaml": (_CONFIG % name).encode(), "prompt.json": b"{{ messages | dump }}\n"}

    def faults(self, record: Mapping[str, object]) -> list[str]:
        """Rules that a line breaks as it stands."""
        told = record.get("vars")
        if type(told) is not dict or not is_text_or_messages(told.get("messages"), CHAT):
            return [ROW]
        reference = told.get("reference")
        return [] if type(reference) is dict and type(reference.get("text")) is str else [ROW]

    def opened(self, record: Mapping[str, object]) -> Mapping[str, object]:
        """The line with the tools beside it."""
        told = record.get("vars")
        tools = told.get("tools") if type(told) is dict else None
        return {**record, **({"tools": tools} if tools else {})}
