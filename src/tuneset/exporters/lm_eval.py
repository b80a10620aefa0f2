"""EleutherAI lm-evaluation-harness: one question a line and a task in YAML, for the sealed test split.

https://github.com/EleutherAI/lm-evaluation-harness/blob/main/docs/task_guide.md
"""

from collections.abc import Mapping

import orjson

from tuneset.core.exporter import Rule, Status
from tuneset.core.spec import Fields
from tuneset.exporters import rules as require
from tuneset.exporters.chat import all_rules
from tuneset.exporters.conversation import Conversation, Json, spoken
from tuneset.exporters.evaluation import Cases, ends_in_text, not_disliked
from tuneset.exporters.rules import Check
from tuneset.exporters.shape import fields_are, shape_rules

_GUIDE = "https://github.com/EleutherAI/lm-evaluation-harness/blob/main/docs/task_guide.md"

_TASK = """# The sealed test set of %s: lm_eval --tasks tuneset_test --include_path . --apply_chat_template
task: tuneset_test
dataset_path: json
dataset_kwargs:
  data_files:
    test: test.jsonl
test_split: test
output_type: generate_until
doc_to_text: "{% if system %}{{system}}\\n\\n{% endif %}{{prompt}}"
doc_to_target: "{{target}}"
generation_kwargs:
  until: []
  max_gen_toks: 1024
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
metadata:
  version: 1
"""

_SINGLE = Check(
    Rule(
        "turns.single",
        "a document has one question and one answer; there is no place for earlier turns",
        _GUIDE,
        "use inspect-ai or promptfoo for conversations",
    ),
    lambda talk: [m["role"] for m in talk.messages if m["role"] != "system"] != ["user", "assistant"],
)


class LMEval(Cases):
    """`{"id", "system", "prompt", "target"}`: one question, before it perhaps a system prompt."""

    name = "lm-eval"
    version = 1
    status: Status = "active"
    last_verified = "2026-11-28"
    fields = Fields(prompt="prompt", completion="target", system="system")
    checks = (
        require.assistant_present(_GUIDE),
        _SINGLE,
        require.system_first(_GUIDE),
        ends_in_text(_GUIDE),
        not_disliked(_GUIDE),
        require.text_only(_GUIDE),
        require.no_tools(_GUIDE, "there are no tools"),
        require.no_names(_GUIDE),
    )
    rules = all_rules(checks, *shape_rules(_GUIDE))

    def case(self, talk: Conversation) -> dict[str, Json]:
        """A document; all have the same keys."""
        system = next((spoken(m) for m in talk.messages if m["role"] == "system"), None)
        question, answer = spoken(talk.messages[-2]), spoken(talk.messages[-1])
        said = {
            "id": talk.id,
            "prompt": question,
            "target": answer,
            "tags": orjson.dumps(talk.tags, option=orjson.OPT_SORT_KEYS).decode(),
        }
        return {**said, "system": system}

    def side_files(self, name: str) -> dict[str, bytes]:
        """The task."""
        return {"tuneset_test.yaml": _TASK.replace("%s", name).encode()}

    def faults(self, record: Mapping[str, object]) -> list[str]:
        """Rules that a line breaks as it stands."""
        text = {name: lambda value: type(value) is str for name in ("prompt", "target")}
        return fields_are(record, text)
