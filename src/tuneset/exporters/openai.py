"""OpenAI chat fine-tuning JSONL; Azure OpenAI and many others read the same lines."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import ASSISTANT, USER, Messages
from tuneset.core.exporter import Rule, Status
from tuneset.exporters.toolcalls import broken_tool_order
from tuneset.exporters.turns import Turns, flag, one_by_one

_GUIDE = "https://platform.openai.com/docs/guides/supervised-fine-tuning"
_REFERENCE = "https://platform.openai.com/docs/api-reference/fine-tuning/chat-input"
_CALLS = "https://platform.openai.com/docs/guides/function-calling"


class OpenAI:
    """`{"messages": […], "tools": […]}`; an assistant turn that is not learned from carries `"weight": 0`."""

    name = "openai"
    version = 1
    status: Status = "legacy"
    status_reason = (
        "OpenAI takes no new fine-tuning jobs after 2027-01-06 and none from new customers since 2026-05-07; "
        "the format lives on at Azure OpenAI, Fireworks and Together"
    )
    last_verified = "2026-11-22"
    min_examples = 10
    max_bytes = 512 * 2**20
    rules = (
        Rule("order.last-assistant", "the last message is the answer to learn", _GUIDE),
        Rule("assistant.present", "an example without an assistant turn teaches nothing", _REFERENCE),
        Rule("assistant.trained", "at least one assistant turn must be learned from (weight 1)", _REFERENCE),
        Rule(
            "content.present",
            "a message says something or calls a tool; users and assistants never say nothing",
            _REFERENCE,
        ),
        Rule(
            "tools.call-shape", "a call has an id, a function name and arguments as a string of JSON", _CALLS
        ),
        Rule("tools.call-answered", "each call is followed by its result before anybody else speaks", _CALLS),
        Rule("tools.result-asked", "a tool message answers a call made just before it", _CALLS),
        Rule("file.min-examples", "a training file holds at least 10 examples", _GUIDE),
        Rule("file.max-bytes", "a file holds at most 512 MB", _GUIDE),
    )

    def breaks(self, examples: pa.Table) -> list[tuple[int, str]]:
        """`(row, rule id)`, sorted, for each row that an upload would be refused for."""
        return self.broken(Messages.of(examples))

    def broken(self, messages: Messages) -> list[tuple[int, str]]:
        """The same, of messages that are open already."""
        spoken = messages.role == ASSISTANT
        trained = spoken & messages.train.to_numpy(zero_copy_only=False)
        count = len(messages.offsets) - 1
        last = messages.offsets[1:] - 1
        ends_well = np.zeros(count, np.bool_)
        filled = np.diff(messages.offsets) > 0
        ends_well[filled] = spoken[last[filled]]
        masks = {
            "order.last-assistant": ~ends_well,
            "assistant.present": messages.taught < 0,
            "assistant.trained": np.bincount(messages.row[trained], minlength=count) == 0,
            "content.present": np.bincount(messages.row[_silent(messages)], minlength=count) > 0,
        }
        found = [(int(row), rule) for rule, mask in masks.items() for row in np.flatnonzero(mask)]
        return sorted([*found, *broken_tool_order(messages)])

    def lines(self, examples: pa.Table) -> Iterator[bytes]:
        """One line per example; arguments of calls stay exactly as they were seen."""
        return one_by_one(self.encoded(Turns.of(examples)))

    def encoded(self, turns: Turns) -> pa.Array:
        """`[n]` the same lines with their line ends, as text."""
        weight = flag(_masked(turns.messages), ',"weight":0')
        return turns.lines(weight, content=turns.parts, calls=turns.calls, tools=turns.tools)

    def side_files(self, name: str) -> dict[str, bytes]:  # noqa: ARG002, RUF100
        """None: the lines are all there is."""
        return {}


def _masked(messages: Messages) -> np.ndarray:
    """`bool[m]`: what the assistant said and is not to be learned. No other role may carry a weight."""
    return (messages.role == ASSISTANT) & ~messages.train.to_numpy(zero_copy_only=False)


def _silent(messages: Messages) -> np.ndarray:
    """`bool[m]`: neither text nor parts nor calls; empty text is silence too, but not of a tool."""
    empty = pc.fill_null(pc.equal(pc.binary_length(messages.content), 0), fill_value=True)
    nothing = pc.and_(messages.parts.is_null(), messages.tool_calls.is_null())
    speaks = (messages.role == USER) | (messages.role == ASSISTANT)
    missing = messages.content.is_null().to_numpy(zero_copy_only=False)
    return nothing.to_numpy(zero_copy_only=False) & np.where(
        speaks, empty.to_numpy(zero_copy_only=False), missing
    )
