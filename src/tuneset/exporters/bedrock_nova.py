"""Amazon Nova on Bedrock: conversations in the blocks of the Converse API, without tools.

https://docs.aws.amazon.com/nova/latest/userguide/fine-tune-prepare-data-understanding.html
https://docs.aws.amazon.com/bedrock/latest/userguide/nova-2-sft-data-prep.html
"""

from collections.abc import Iterator, Mapping

import orjson
import pyarrow as pa

from tuneset.core.exporter import Files, Rule, Status
from tuneset.core.spec import Fields
from tuneset.exporters import rules as require
from tuneset.exporters.chat import all_rules
from tuneset.exporters.conversation import conversations, spoken
from tuneset.exporters.fixing import NOVA_WORDS
from tuneset.exporters.rules import broken
from tuneset.exporters.shape import CONTENT, KEYS, ROLE, ROW, shape_rules

_GUIDE = "https://docs.aws.amazon.com/nova/latest/userguide/fine-tune-prepare-data-understanding.html"
_NOVA_2 = "https://docs.aws.amazon.com/bedrock/latest/userguide/nova-2-sft-data-prep.html"

_KEYS = frozenset({"schemaVersion", "system", "messages", "toolConfig"})


class BedrockNova:
    """`{"schemaVersion", "system": [{"text"}], "messages": [{"role", "content": [{"text"}]}]}`."""

    name = "bedrock-nova"
    version = 1
    status: Status = "active"
    last_verified = "2026-11-28"
    files = Files(min_examples=1)
    reader = "bedrock-converse"
    fields = Fields()
    checks = (
        require.assistant_present(_GUIDE),
        require.mask_not_honoured(_GUIDE),
        require.last_assistant(_GUIDE),
        require.system_first(_GUIDE),
        require.user_first(_GUIDE),
        require.alternate(_GUIDE),
        require.content_present(_GUIDE),
        require.content_not_blank(_GUIDE),
        require.text_only(_GUIDE),
        require.no_tools(_NOVA_2, "a job fails if its data holds tools"),
        require.no_names(_GUIDE),
        require.reserved_words(_GUIDE, NOVA_WORDS, roles=("system", "user"), fixer="space-words"),
    )
    rules = all_rules(
        checks,
        Rule(
            "file.name",
            "a file is called by letters, digits, `_`, `-`, `/` and `.` only",
            _GUIDE,
            "rename the file",
        ),
        *shape_rules(_GUIDE),
    )

    def breaks(self, examples: pa.Table) -> list[tuple[int, str]]:
        """`(row, rule id)`, sorted, for each row that would fail the job."""
        return broken(self.checks, examples)

    def lines(self, examples: pa.Table) -> Iterator[bytes]:
        """One line per example."""
        for talk in conversations(examples):
            system = [{"text": spoken(m)} for m in talk.messages if m["role"] == "system" and m["content"]]
            said = [
                {"role": m["role"], "content": [{"text": spoken(m)}]}
                for m in talk.messages
                if m["role"] != "system"
            ]
            head: dict[str, object] = {"schemaVersion": "bedrock-conversation-2024"}
            yield orjson.dumps({**head, **({"system": system} if system else {}), "messages": said})

    def side_files(self, name: str) -> dict[str, bytes]:  # noqa: ARG002, RUF100
        """None: the lines are all there is."""
        return {}

    def faults(self, record: Mapping[str, object]) -> list[str]:
        """Rules that a line breaks as it stands."""
        messages = record.get("messages")
        if type(messages) is not list or not messages or type(record.get("schemaVersion")) is not str:
            return [ROW]
        found = {fault for message in messages for fault in _message_faults(message)}
        return sorted(found if record.keys() <= _KEYS else {*found, KEYS})

    def opened(self, record: Mapping[str, object]) -> Mapping[str, object]:
        """The line itself."""
        return record


def _message_faults(message: object) -> Iterator[str]:
    if type(message) is not dict:
        yield ROW
        return
    if message.get("role") not in ("user", "assistant"):
        yield ROLE
    content = message.get("content")
    if type(content) is not list or not content or any(type(block) is not dict for block in content):
        yield CONTENT
