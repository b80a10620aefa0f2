"""Sets for evaluation: what the targets of the sealed test split share. They see no other split."""

from collections.abc import Iterator, Mapping

import orjson
import pyarrow as pa

from tuneset.core.exporter import Files
from tuneset.core.spec import Fields
from tuneset.exporters.conversation import Conversation, Json, conversations
from tuneset.exporters.rules import Check, broken

TEST_ONLY = Files(splits=("test",))


class Cases:
    """An exporter whose lines are cases with an input and the answer that is wanted."""

    checks: tuple[Check, ...]
    files = TEST_ONLY
    reader = "prompt-completion"
    fields = Fields()

    def breaks(self, examples: pa.Table) -> list[tuple[int, str]]:
        """`(row, rule id)`, sorted, for each row that makes no case."""
        return broken(self.checks, examples)

    def lines(self, examples: pa.Table) -> Iterator[bytes]:
        """One line per case."""
        return (orjson.dumps(self.case(talk)) for talk in conversations(examples))

    def case(self, talk: Conversation) -> dict[str, Json]:
        """The line of one example."""
        raise NotImplementedError

    def opened(self, record: Mapping[str, object]) -> Mapping[str, object]:
        """The line itself."""
        return record
