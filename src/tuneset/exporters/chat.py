"""Targets that read OpenAI's kind of lines: what they share; each file says what is its own."""

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa

from tuneset.core.example import ASSISTANT, Messages
from tuneset.core.exporter import Rule
from tuneset.core.spec import Fields
from tuneset.exporters.rules import Check, broken, rules_of
from tuneset.exporters.shape import CHAT, MessagesShape
from tuneset.exporters.turns import Turns, flag, one_by_one


def masked(messages: Messages) -> np.ndarray:
    """`bool[m]`: what the assistant said and is not to be learned."""
    return (messages.role == ASSISTANT) & ~messages.train.to_numpy(zero_copy_only=False)


def weighted(turns: Turns) -> pa.Array:
    """`[n]` lines in which an assistant turn that is not to be learned carries `"weight": 0`."""
    weight = flag(masked(turns.messages), ',"weight":0')
    return turns.lines(weight, content=turns.parts, calls=turns.calls, tools=turns.tools)


class ChatLines:
    """An exporter of `{"messages": […], "tools": […]}` with `weight`; a target adds name, checks, files."""

    checks: tuple[Check, ...]
    shape: MessagesShape = CHAT
    reader = "openai-chat"
    fields = Fields()

    def breaks(self, examples: pa.Table) -> list[tuple[int, str]]:
        """`(row, rule id)`, sorted, for each row that the target would refuse, drop or rewrite."""
        return broken(self.checks, examples)

    def lines(self, examples: pa.Table) -> Iterator[bytes]:
        """One line per example; arguments of calls stay exactly as they were seen."""
        return one_by_one(weighted(Turns.of(examples)))

    def side_files(self, name: str) -> dict[str, bytes]:  # noqa: ARG002, RUF100
        """None: the lines are all there is."""
        return {}

    def faults(self, record: Mapping[str, object]) -> list[str]:
        """Rules that a line breaks as it stands."""
        return self.shape.faults(record)

    def opened(self, record: Mapping[str, object]) -> Mapping[str, object]:
        """The line itself."""
        return record


def all_rules(checks: tuple[Check, ...], *others: Rule) -> tuple[Rule, ...]:
    """The rules of the checks and further ones, each id once."""
    known = dict[str, Rule]()
    for rule in (*rules_of(checks), *others):
        known.setdefault(rule.id, rule)
    return tuple(known.values())


def file_rules(
    link: str, *, least: int = 0, most: int | None = None, megabytes: int | None = None
) -> tuple[Rule, ...]:
    """Rules of whole files that a target documents."""
    rules = list[Rule]()
    if least:
        rules.append(
            Rule(
                "file.min-examples", f"a training file holds at least {least} examples", link, "collect more"
            )
        )
    if most is not None:
        rules.append(
            Rule("file.max-examples", f"a file holds at most {most:,} examples", link, "take a sample")
        )
    if megabytes is not None:
        rules.append(Rule("file.max-bytes", f"a file holds at most {megabytes:,} MB", link, "take a sample"))
    return tuple(rules)


def one_form(link: str, why: str) -> Rule:
    """A line has one form."""
    return Rule("shape.two-forms", why, link, "keep `messages` and take the other form out")
