"""Sets for evaluation: what the targets of the sealed test split share. They see no other split."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping

import orjson
import pyarrow as pa

from tuneset.core.exporter import Files, Rule
from tuneset.core.spec import Fields
from tuneset.exporters import rules as require
from tuneset.exporters.conversation import Conversation, Json, conversations, spoken
from tuneset.exporters.pairs import thumb_on
from tuneset.exporters.rules import Check, broken

TEST_ONLY = Files(splits=("test",))


def ends_in_text(link: str) -> Check:
    """The last message is text to compare with."""
    rule = Rule(
        "target.text",
        "the answer to compare with is text",
        link,
        "cases whose answer is a tool call need a scorer of their own",
    )
    return Check(rule, lambda talk: not talk.messages or not spoken(talk.messages[-1]))


def not_disliked(link: str) -> Check:
    """The last message is worth comparing with."""
    rule = Rule(
        "target.disliked",
        "somebody gave the answer to compare with a thumb down",
        link,
        "leave it out, or correct the answer",
    )
    return Check(rule, lambda talk: thumb_on(talk) is False)


def case_checks(link: str) -> tuple[Check, ...]:
    """What every case has: messages, after them the answer in text."""
    asked = Rule("prompt.present", "there is nothing before the answer", link, "leave it out")
    return (
        require.assistant_present(link),
        require.last_assistant(link),
        ends_in_text(link),
        Check(asked, lambda talk: len(talk.messages) < 2),
        not_disliked(link),
        require.text_only(link),
    )


class Cases(ABC):
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

    @abstractmethod
    def case(self, talk: Conversation) -> dict[str, Json]:
        """The line of one example."""

    def opened(self, record: Mapping[str, object]) -> Mapping[str, object]:
        """The line itself."""
        return record
